"""The list of bookmarked places: a picture and a name each, the way back, and what else may be done with them."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from genrepair_desktop.app.browser.map_bookmarks import Bookmark, MapBookmarks
from genrepair_desktop.app.browser.shelf import thumbnail_of

_SIDE, _MOST_SHOWN = 48, 6
_KEY = int(Qt.ItemDataRole.UserRole)
_HINT = (
    "Click into the map and press Bookmark: the place is kept\n"
    "here, and in the project of the open photo once that is saved."
)
_NO_MAP = "Make a map first: it shows where this place lies"


class MapPlaces(QWidget):
    """Shows ``MapBookmarks``, and edits their names in place.

    go_asked    back to a place; carries its ``Bookmark``
    take_asked  its picture into the gallery; carries its ``Bookmark``
    """

    go_asked = Signal(object)
    take_asked = Signal(object)

    def __init__(self, bookmarks: MapBookmarks) -> None:
        super().__init__()
        self._bookmarks = bookmarks
        self.hint = QLabel(_HINT)
        self.hint.setObjectName("quiet")
        self.list = QListWidget()
        self.list.setAccessibleName("Bookmarked places")
        self.list.setIconSize(QSize(_SIDE, _SIDE))
        self.list.setEditTriggers(QListWidget.EditTrigger.EditKeyPressed | QListWidget.EditTrigger.SelectedClicked)
        self.list.setMinimumWidth(280)
        self.go_button = QPushButton("Go there")
        self.take_button = QPushButton("Take picture")
        self.take_button.setToolTip("Puts the picture of this place into the gallery")
        self.rename_button = QPushButton("Rename")
        self.forget_button = QPushButton("Forget")
        self._lay_out()
        self.list.itemChanged.connect(self._on_renamed)
        self.list.currentItemChanged.connect(self._refresh_buttons)
        self.list.itemDoubleClicked.connect(self._go)
        self.go_button.clicked.connect(self._go)
        self.take_button.clicked.connect(self._take)
        self.rename_button.clicked.connect(self._rename)
        self.forget_button.clicked.connect(self._forget)
        bookmarks.changed.connect(self.refresh)
        self.refresh()

    @property
    def current(self) -> Bookmark | None:
        """The chosen place."""
        item = self.list.currentItem()
        key = item.data(_KEY) if item is not None else None
        return next((one for one in self._bookmarks.bookmarks if one.key == key), None)

    def refresh(self) -> None:
        """Show what is bookmarked; the chosen one stays chosen."""
        known = self._bookmarks.bookmarks
        items = [self.list.item(row) for row in range(self.list.count())]
        with QSignalBlocker(self.list):
            if [item.data(_KEY) for item in items] == [one.key for one in known]:
                # never rebuilt under a name that is being edited
                for item, one in zip(items, known, strict=True):
                    item.setText(one.name)
            else:
                self._fill(known)
        self.list.setFixedHeight((_SIDE + 8) * max(1, min(len(known), _MOST_SHOWN)) + 4)
        for part in (self.list, self.go_button, self.take_button, self.rename_button, self.forget_button):
            part.setVisible(bool(known))
        self.hint.setVisible(not known)
        self._refresh_buttons()

    def _fill(self, known: Sequence[Bookmark]) -> None:
        chosen = self.current
        self.list.clear()
        for one in known:
            item = QListWidgetItem(self._icon(one), one.name)
            item.setData(_KEY, one.key)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self.list.addItem(item)
        rows = [row for row, one in enumerate(known) if chosen is not None and one.key == chosen.key]
        self.list.setCurrentRow(rows[0] if rows else len(known) - 1)

    def _refresh_buttons(self) -> None:
        has_place = self.current is not None and self.current.place is not None
        self.go_button.setEnabled(has_place)
        self.go_button.setToolTip("" if has_place else _NO_MAP)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(4)
        for button in (self.go_button, self.take_button, self.rename_button, self.forget_button):
            button.setAutoDefault(False)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addWidget(self.hint)
        column.addWidget(self.list)
        column.addLayout(row)

    def _icon(self, bookmark: Bookmark) -> QIcon:
        ratio = self.devicePixelRatioF()
        picture = QPixmap.fromImage(thumbnail_of(bookmark.marked.picture, round(_SIDE * ratio)))
        picture.setDevicePixelRatio(ratio)
        return QIcon(picture)

    def _go(self) -> None:
        if self.current is not None and self.current.place is not None:
            self.go_asked.emit(self.current)

    def _take(self) -> None:
        if self.current is not None:
            self.take_asked.emit(self.current)

    def _rename(self) -> None:
        self.list.editItem(self.list.currentItem())

    def _on_renamed(self, item: QListWidgetItem) -> None:
        self._bookmarks.rename(item.data(_KEY), item.text())

    def _forget(self) -> None:
        if self.current is not None:
            self._bookmarks.remove(self.current.key)
