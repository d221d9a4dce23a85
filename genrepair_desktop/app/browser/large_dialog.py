"""One picture large, with what is known of it, and the next and the one before by the arrow keys."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from genrepair_desktop.app.browser.gallery_model import KIND_TITLES, GalleryModel
from genrepair_desktop.app.browser.picture_pane import PicturePane
from genrepair_desktop.app.browser.shelf import Entry, Shelf
from genrepair_desktop.app.theme import Theme


class LargeDialog(QDialog):
    """Walks through what the gallery shows; the selection follows."""

    def __init__(self, shelf: Shelf, gallery: GalleryModel, key: int, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Picture")
        self._shelf, self._gallery, self.key = shelf, gallery, key
        self.pane = PicturePane(theme)
        self.facts = QLabel()
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.previous_button, self.next_button = QPushButton("Previous"), QPushButton("Next")
        self.close_button = QPushButton("Close")
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.facts, 1)
        for button in (self.previous_button, self.next_button, self.close_button):
            button.setAutoDefault(False)
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.pane, 1)
        column.addLayout(foot)
        self.previous_button.clicked.connect(self._back)
        self.next_button.clicked.connect(self._on)
        self.close_button.clicked.connect(self.accept)
        self.resize(640, 700)
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Left:
            self._back()
        elif event.key() == Qt.Key.Key_Right:
            self._on()
        else:
            super().keyPressEvent(event)

    def _on(self) -> None:
        self._step(1)

    def _back(self) -> None:
        self._step(-1)

    def _step(self, step: int) -> None:
        row, keys = self._gallery.row(self.key), self._gallery.keys()
        if row is not None and 0 <= row + step < len(keys):
            self.key = keys[row + step]
            self._shelf.select([self.key])
            self._show()

    def _show(self) -> None:
        entry = self._shelf.entry(self.key)
        self.pane.show_picture(entry.picture, entry.title)
        self.facts.setText(facts_of(entry))
        row = self._gallery.row(self.key)
        self.previous_button.setEnabled(bool(row))
        self.next_button.setEnabled(row is not None and row + 1 < self._gallery.rowCount())


def facts_of(entry: Entry) -> str:
    """What is known of an entry, in one line."""
    parts = [entry.title, KIND_TITLES[entry.kind], f"{entry.side} x {entry.side}", entry.model_id]
    return "  ·  ".join(part for part in parts if part)
