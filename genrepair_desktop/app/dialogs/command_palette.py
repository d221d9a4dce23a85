"""Ctrl+Shift+P: find any command by its words and run it."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from genrepair_desktop.app.commands import Command, CommandTable
from genrepair_desktop.app.dialogs.shortcut_sheet import native
from genrepair_desktop.app.menus import GROUPS

_MOVING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class CommandPalette(QDialog):
    """Type some words, Enter runs the first hit. ``chosen`` is the command's id once accepted."""

    def __init__(self, table: CommandTable, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Find a command")
        self._table = table
        self.chosen = ""
        self.line = QLineEdit()
        self.line.setPlaceholderText("What do you want to do?")
        self.line.setAccessibleName("Words of the command")
        self.list = QTreeWidget()
        self.list.setColumnCount(2)
        self.list.setRootIsDecorated(False)
        self.list.setHeaderHidden(True)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.setAccessibleName("Commands found")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.line)
        column.addWidget(self.list)
        self.resize(560, 400)
        self.line.textChanged.connect(self._search)
        self.line.returnPressed.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        self.list.itemClicked.connect(self._choose)
        self.line.installEventFilter(self)
        self._search("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows move in the list while the words keep the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and Qt.Key(event.key()) in _MOVING:
            self.list.event(event)
            return True
        return super().eventFilter(watched, event)

    def _search(self, words: str) -> None:
        self.list.clear()
        for row in found_commands(self._table.rows, words):
            title = f"{GROUPS[row.group]}:  {row.title.rstrip('…')}"
            item = QTreeWidgetItem(self.list, [title, native(self._table.shortcuts(row.id))])
            item.setData(0, Qt.ItemDataRole.UserRole, row.id)
            item.setToolTip(0, row.help)
            item.setDisabled(not self._table.action(row.id).isEnabled())
        for place in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(place)
            if item is not None and not item.isDisabled():
                self.list.setCurrentItem(item)
                break

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item is not None and not item.isDisabled():
            self.chosen = str(item.data(0, Qt.ItemDataRole.UserRole))
            self.accept()


def found_commands(rows: tuple[Command, ...], words: str) -> list[Command]:
    """The commands whose title, heading or help has every word; titles that begin with the words come first."""
    wanted = words.lower().split()
    hits = []
    for row in rows:
        title = row.title.lower()
        text = f"{GROUPS[row.group].lower()} {title} {row.help.lower()}"
        if row.is_held or not all(word in text for word in wanted):
            continue
        rank = 0 if title.startswith(words.lower()) else 1 if all(word in title for word in wanted) else 2
        hits.append((rank, len(hits), row))
    return [row for _, _, row in sorted(hits, key=lambda hit: hit[:2])]
