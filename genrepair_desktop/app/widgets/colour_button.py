"""A button that shows a colour and lets one choose another."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QColorDialog, QPushButton


class ColourButton(QPushButton):
    """``changed`` carries the new colour as ``#rrggbb``."""

    changed = Signal(str)

    def __init__(self, name: str, colour: str) -> None:
        super().__init__()
        self._name = name
        self.colour = colour
        self.setAutoDefault(False)
        self.clicked.connect(self._choose)
        self.set_colour(colour)

    def set_colour(self, colour: str) -> None:
        """Show a colour without telling anybody."""
        self.colour = colour
        swatch = QPixmap(32, 14)
        swatch.fill(QColor(colour))
        self.setIcon(QIcon(swatch))
        self.setText(colour)
        self.setAccessibleName(f"{self._name}, {colour}")

    def _choose(self) -> None:
        chosen = QColorDialog.getColor(QColor(self.colour), self, self._name)
        if chosen.isValid():
            self.set_colour(chosen.name())
            self.changed.emit(chosen.name())
