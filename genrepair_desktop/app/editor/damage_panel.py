"""Find damage: one button, then a sensitivity with live preview."""

from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from genrepair_desktop.app.editor.damage_session import DEFAULT_SENSITIVITY, DamageSession
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.number_field import NumberField


class DamagePanel(QWidget):
    """Reads and writes a ``DamageSession``."""

    def __init__(self, damage: DamageSession, theme: Theme) -> None:
        super().__init__()
        self._damage = damage
        self.find_button = QPushButton("Find damage")
        self.find_button.setToolTip("Suggests scratches, cracks and dust as a mask; look at it before you repair")
        self.sensitivity = NumberField(
            theme, name="Sensitivity", low=0, high=100, default=DEFAULT_SENSITIVITY, unit="%",
            help="Raise it to find fainter damage. Fine lines that belong to the photo may be found too.",
        )  # fmt: skip
        self.apply_button = QPushButton("Add to mask")
        self.discard_button = QPushButton("Discard")
        self._suggestion = QWidget()
        rows = QFormLayout(self._suggestion)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setVerticalSpacing(4)
        label = QLabel("Sensitivity")
        label.setBuddy(self.sensitivity)
        rows.addRow(label, self.sensitivity)
        buttons = QHBoxLayout()
        buttons.addWidget(self.apply_button)
        buttons.addWidget(self.discard_button)
        rows.addRow(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.find_button)
        column.addWidget(self._suggestion)
        self.find_button.clicked.connect(damage.find)
        self.sensitivity.changed.connect(self._on_sensitivity)
        self.apply_button.clicked.connect(damage.apply)
        self.discard_button.clicked.connect(damage.discard)
        damage.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the button, or what was found."""
        self.find_button.setVisible(not self._damage.is_active)
        self._suggestion.setVisible(self._damage.is_active)
        self.sensitivity.set_value(self._damage.sensitivity)

    def _on_sensitivity(self, percent: float) -> None:
        self._damage.set_sensitivity(round(percent))
