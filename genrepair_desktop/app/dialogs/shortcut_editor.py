"""The page of the preferences where shortcuts are changed, with a check for conflicts."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from genrepair_desktop.app.commands import CommandTable
from genrepair_desktop.app.dialogs.shortcut_sheet import native
from genrepair_desktop.app.menus import GROUPS

_ID = Qt.ItemDataRole.UserRole


class ShortcutEditor(QWidget):
    """Pick a command, press keys, Set. Changes hold at once."""

    def __init__(self, table: CommandTable) -> None:
        super().__init__()
        self._table = table
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter commands")
        self.list = self._make_list()
        self._places: dict[str, int] = {}
        self.keys = QKeySequenceEdit()
        self.keys.setMaximumSequenceLength(1)
        self.keys.setAccessibleName("New shortcut")
        for line in self.keys.findChildren(QLineEdit):
            line.setAccessibleName("New shortcut")
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.set_button = QPushButton("Set")
        self.clear_button = QPushButton("No shortcut")
        self.default_button = QPushButton("Built-in")
        self.reset_button = QPushButton("Reset all")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.keys, 1)
        for button in (self.set_button, self.clear_button, self.default_button, self.reset_button):
            button.setAutoDefault(False)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.filter)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        column.addWidget(self.message)
        self.filter.textChanged.connect(self._on_filter)
        self.list.itemSelectionChanged.connect(self._on_selected)
        self.keys.keySequenceChanged.connect(self._on_keys)
        self.set_button.clicked.connect(self._on_set)
        self.clear_button.clicked.connect(self._on_clear)
        self.default_button.clicked.connect(self._on_default)
        self.reset_button.clicked.connect(self._on_reset)
        self._refresh()
        self._on_selected()

    def select(self, command_id: str) -> None:
        """Put the cursor on a command."""
        self.list.selectRow(self._places[command_id])

    @property
    def selected(self) -> str:
        """The id of the command under the cursor, or an empty string."""
        items = self.list.selectedItems()
        return str(items[0].data(_ID)) if items else ""

    def _make_list(self) -> QTableWidget:
        made = QTableWidget(0, 2)
        made.setHorizontalHeaderLabels(["Command", "Shortcut"])
        made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        made.verticalHeader().hide()
        made.setShowGrid(False)
        made.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        made.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        made.setAccessibleName("Commands and their shortcuts")
        made.setTabKeyNavigation(False)
        made.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return made

    def _refresh(self) -> None:
        rows = self._table.rows
        self.list.setRowCount(len(rows))
        for place, row in enumerate(rows):
            title = QTableWidgetItem(f"{GROUPS[row.group]}:  {row.title.rstrip('…')}")
            title.setData(_ID, row.id)
            self._places[row.id] = place
            self.list.setItem(place, 0, title)
            self._show_keys(row.id)

    def _show_keys(self, command_id: str) -> None:
        keys = QTableWidgetItem(native(self._table.shortcuts(command_id)))
        keys.setData(_ID, command_id)
        self.list.setItem(self._places[command_id], 1, keys)

    def _on_filter(self, words: str) -> None:
        wanted = words.lower().split()
        for row in self._table.rows:
            text = f"{GROUPS[row.group]} {row.title} {native(self._table.shortcuts(row.id))}".lower()
            self.list.setRowHidden(self._places[row.id], not all(word in text for word in wanted))

    def _on_selected(self) -> None:
        command_id = self.selected
        for part in (self.keys, self.set_button, self.clear_button, self.default_button):
            part.setEnabled(bool(command_id))
        own = self._table.shortcuts(command_id) if command_id else ()
        self.keys.setKeySequence(QKeySequence(own[0] if own else ""))
        self.message.clear()

    def _on_keys(self, keys: QKeySequence) -> None:
        text = keys.toString(QKeySequence.SequenceFormat.PortableText)
        other = self._table.conflict(text, but=self.selected) if text else None
        self.set_button.setEnabled(bool(self.selected) and other is None)
        self.message.setText(
            f"These keys belong to “{other.title.rstrip('…')}”: free them there first." if other else ""
        )

    def _on_set(self) -> None:
        self._store((self.keys.keySequence().toString(QKeySequence.SequenceFormat.PortableText),))

    def _on_clear(self) -> None:
        self._store(())

    def _on_default(self) -> None:
        self._store(self._table.row(self.selected).shortcuts)

    def _on_reset(self) -> None:
        self._table.reset_shortcuts()
        self._refresh()
        self._on_selected()

    def _store(self, sequences: tuple[str, ...]) -> None:
        command_id = self.selected
        try:
            self._table.set_shortcuts(command_id, sequences)
        except ValueError as error:
            self.message.setText(str(error))
            return
        self._show_keys(command_id)
        self._on_selected()
