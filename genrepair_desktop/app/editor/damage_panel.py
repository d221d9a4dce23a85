"""Find damage: one button, then a sensitivity with live preview."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from genrepair_desktop.app.editor.damage_session import DEFAULT_SENSITIVITY, DamageSession
from genrepair_desktop.app.icons import dress
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.number_field import NumberField
from genrepair_desktop.app.widgets.rows import add_row, panel_form


class DamagePanel(QWidget):
    """Reads and writes a ``DamageSession``: the button, then that it looks, then what it found."""

    def __init__(self, damage: DamageSession, theme: Theme) -> None:
        super().__init__()
        self._damage = damage
        self.find_button = QPushButton("Find damage")
        dress(self.find_button, "detect", theme, side=16)
        self.find_button.setToolTip(
            "Marks what looks like scratches, cracks and dust (Ctrl+F); look at it before you repair"
        )
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setToolTip("Stop looking")
        self.sensitivity = NumberField(
            theme, name="Sensitivity", low=0, high=100, default=DEFAULT_SENSITIVITY, unit="%",
            help="Raise it to find fainter damage. Fine lines that belong to the photo may be found too.",
        )  # fmt: skip
        self.apply_button = QPushButton("Add to mask")
        self.apply_button.setToolTip("Keep what was found. Painting on it, or pressing Repair, does so too")
        self.discard_button = QPushButton("Discard")
        self.discard_button.setToolTip("Forget what was found (Esc)")
        self._looking = self._make_looking()
        self._suggestion = self._make_suggestion()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for part in (self.find_button, self._looking, self._suggestion):
            column.addWidget(part)
        self.find_button.clicked.connect(damage.find)
        self.cancel_button.clicked.connect(damage.discard)
        self.sensitivity.changed.connect(self._on_sensitivity)
        self.apply_button.clicked.connect(damage.apply)
        self.discard_button.clicked.connect(damage.discard)
        damage.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the button, or what was found."""
        damage = self._damage
        self.find_button.setVisible(not damage.is_active)
        self._looking.setVisible(damage.is_looking)
        self._suggestion.setVisible(damage.is_active and not damage.is_looking)
        self.sensitivity.set_value(damage.sensitivity)

    def _make_looking(self) -> QWidget:
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(QLabel("Looking for damage…"), 1)
        row.addWidget(self.cancel_button)
        return body

    def _make_suggestion(self) -> QWidget:
        body = QWidget()
        rows = panel_form(body)
        add_row(rows, "Sensitivity", self.sensitivity)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.apply_button)
        buttons.addWidget(self.discard_button)
        rows.addRow(buttons)
        return body

    def _on_sensitivity(self, percent: float) -> None:
        self._damage.set_sensitivity(round(percent))
