"""The legend: the kinds that are on the map, how many of each; a click hides one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from genrepair_desktop.app.browser.map_marks import ORDER, mark_icon
from genrepair_desktop.app.browser.map_notes import KIND_TITLES
from genrepair_desktop.app.browser.map_table import MapTable
from genrepair_desktop.app.browser.shelf import Kind
from genrepair_desktop.app.theme import Theme


class MapLegend(QWidget):
    """``changed`` carries the hidden kinds."""

    changed = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.buttons: dict[Kind, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for kind in ORDER:
            button = QToolButton()
            button.setObjectName("legendKind")
            button.setCheckable(True)
            button.setChecked(True)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.toggled.connect(self._on_toggled)
            button.hide()
            row.addWidget(button)
            self.buttons[kind] = button
        row.addStretch(1)
        self._dress()

    @property
    def hidden(self) -> frozenset[Kind]:
        """The kinds that are not to be seen."""
        return frozenset(kind for kind, button in self.buttons.items() if not button.isChecked())

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._dress()

    def show_counts(self, table: MapTable) -> None:
        """Which kinds there are, and how many of each."""
        counts = table.counts()
        for kind, button in self.buttons.items():
            button.setVisible(kind in counts)
            if kind in counts:
                button.setText(f"{KIND_TITLES[kind]} {counts[kind]:,}")
                self._name(kind)

    def _on_toggled(self) -> None:
        self._dress()
        self.changed.emit(self.hidden)

    def _dress(self) -> None:
        for kind, button in self.buttons.items():
            button.setIcon(mark_icon(kind, self._theme, is_off=not button.isChecked()))
            self._name(kind)

    def _name(self, kind: Kind) -> None:
        button = self.buttons[kind]
        words = f"{'Hide' if button.isChecked() else 'Show'} {KIND_TITLES[kind].lower()} pictures"
        button.setToolTip(words)
        button.setAccessibleName(f"{button.text()}: {words}")
