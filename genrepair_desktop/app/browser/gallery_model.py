"""The shelf as a Qt list: which entries the gallery shows, and in which row."""

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from genrepair_desktop.app.browser.shelf import Entry, Shelf

Filter: TypeAlias = Literal["all", "starred", "generated", "mine"]
KIND_TITLES = {
    "generated": "generated",
    "mine": "my picture",
    "real": "real picture",
    "damaged": "damaged",
    "repaired": "repaired",
}
KEY_ROLE = int(Qt.ItemDataRole.UserRole)
AnyIndex = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
# fewer rows are taken out one by one, so that the view keeps its place
_MOST_SINGLE_REMOVALS = 64


class GalleryModel(QAbstractListModel):
    """Rows are keys; the entries stay on the shelf. Real pictures of the map are not shown here."""

    def __init__(self, shelf: Shelf, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shelf = shelf
        self.filter: Filter = "all"
        self._keys: list[int] = []
        self._rows: dict[int, int] = {}
        shelf.added.connect(self._on_added)
        shelf.removed.connect(self._on_removed)
        shelf.starred_changed.connect(self._on_starred)
        self.set_filter("all")

    def set_filter(self, which: Filter) -> None:
        """Show all of the user's entries, or some of them."""
        self.filter = which
        self.beginResetModel()
        self._keys = [entry.key for entry in self._shelf.entries() if self._shows(entry)]
        self._count_rows()
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._keys)

    def data(self, index: AnyIndex, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if not index.isValid() or index.row() >= len(self._keys):
            return None
        key = self._keys[index.row()]
        if role == KEY_ROLE:
            return key
        if not self._shelf.has(key):
            return None  # it went just now; its row goes in a moment
        if role == Qt.ItemDataRole.DisplayRole:
            return self._shelf.entry(key).title
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._told(self._shelf.entry(key))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            star = ", starred" if self._shelf.is_starred(key) else ""
            return f"{self._told(self._shelf.entry(key))}{star}"
        return None

    def key(self, index: AnyIndex) -> int | None:
        """The entry of a row."""
        return self._keys[index.row()] if index.isValid() and index.row() < len(self._keys) else None

    def row(self, key: int) -> int | None:
        """Where an entry stands, or None while it is filtered out."""
        return self._rows.get(key)

    def keys(self) -> tuple[int, ...]:
        """What is shown, in order."""
        return tuple(self._keys)

    def touch(self, keys: Iterable[int]) -> None:
        """Have these entries painted again."""
        for key in keys:
            row = self._rows.get(key)
            if row is not None:
                self.dataChanged.emit(self.index(row), self.index(row))

    def _shows(self, entry: Entry) -> bool:
        if entry.kind == "real":
            return False
        if self.filter == "all":
            return True
        if self.filter == "starred":
            return self._shelf.is_starred(entry.key)
        return (entry.kind == "generated") == (self.filter == "generated")

    def _told(self, entry: Entry) -> str:
        return f"{entry.title} · {KIND_TITLES[entry.kind]} · {entry.model_id or 'no model'}"

    def _count_rows(self, start: int = 0) -> None:
        if start == 0:
            self._rows = {}
        for row in range(start, len(self._keys)):
            self._rows[self._keys[row]] = row

    def _on_added(self, keys: list[int]) -> None:
        new = [key for key in keys if self._shows(self._shelf.entry(key))]
        if not new:
            return
        start = len(self._keys)
        self.beginInsertRows(_NOWHERE, start, start + len(new) - 1)
        self._keys += new
        self._count_rows(start)
        self.endInsertRows()

    def _on_removed(self, keys: list[int]) -> None:
        self._drop({key for key in keys if key in self._rows})

    def _on_starred(self, keys: list[int]) -> None:
        if self.filter != "starred":
            self.touch(keys)
            return
        self._drop({key for key in keys if key in self._rows and not self._shelf.is_starred(key)})
        if any(self._shelf.is_starred(key) and key not in self._rows for key in keys):
            self.set_filter("starred")

    def _drop(self, gone: set[int]) -> None:
        if not gone:
            return
        if len(gone) > _MOST_SINGLE_REMOVALS:
            self.beginResetModel()
            self._keys = [key for key in self._keys if key not in gone]
            self._count_rows()
            self.endResetModel()
            return
        for row in sorted((self._rows[key] for key in gone), reverse=True):
            self.beginRemoveRows(_NOWHERE, row, row)
            del self._keys[row]
            self.endRemoveRows()
        self._count_rows()
