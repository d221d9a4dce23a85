"""F1: every shortcut on one page, by heading."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from genrepair_desktop.app.commands import Command, CommandTable
from genrepair_desktop.app.menus import GROUPS

# what the canvas does with the pointer; no command, so not in the table
_POINTER = (
    ("Paint a straight line", "Shift+click"),
    ("Take away", "Right button"),
    ("Move the photo", "Space+drag, middle button"),
    ("Zoom at the pointer", "Wheel"),
    ("Brush size", "Alt+wheel, Alt+drag"),
    ("Original while held", "Tab"),
    ("Pointer by keyboard", "Arrows, Space"),
)
_COLUMNS = 3


class ShortcutSheet(QDialog):
    """Reads the command table; ``wants_editing`` is set when the user asked to change shortcuts."""

    def __init__(self, table: CommandTable, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.wants_editing = False
        body = QWidget()
        columns = QHBoxLayout(body)
        columns.setSpacing(32)
        stacks = [QVBoxLayout() for _ in range(_COLUMNS)]
        for stack in stacks:
            stack.setSpacing(0)
            columns.addLayout(stack)
        heights = [0] * _COLUMNS
        for title, lines in _groups(table):
            place = heights.index(min(heights))
            stacks[place].addWidget(_group(title, lines))
            heights[place] += len(lines) + 2
        for stack in stacks:
            stack.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(body)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.edit_button = QPushButton("Change shortcuts…")
        self.edit_button.setAutoDefault(False)
        buttons.addButton(self.edit_button, QDialogButtonBox.ButtonRole.ActionRole)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(12)
        column.addWidget(scroll)
        column.addWidget(buttons)
        buttons.rejected.connect(self.reject)
        self.edit_button.clicked.connect(self._on_edit)
        self.resize(1080, 720)

    def _on_edit(self) -> None:
        self.wants_editing = True
        self.accept()


def native(sequences: tuple[str, ...]) -> str:
    """Key sequences as this system writes them."""
    return ", ".join(QKeySequence(text).toString(QKeySequence.SequenceFormat.NativeText) for text in sequences)


def _groups(table: CommandTable) -> list[tuple[str, list[tuple[str, str]]]]:
    by_group: dict[str, list[Command]] = {}
    for row in table.rows:
        if table.shortcuts(row.id):
            by_group.setdefault(row.group, []).append(row)
    groups = [
        (GROUPS[group], [(row.title.rstrip("…"), native(table.shortcuts(row.id))) for row in rows])
        for group, rows in by_group.items()
    ]
    return [*groups, ("Pointer", list(_POINTER))]


def _group(title: str, lines: list[tuple[str, str]]) -> QWidget:
    box = QWidget()
    grid = QGridLayout(box)
    grid.setContentsMargins(0, 0, 0, 14)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(2)
    grid.setColumnStretch(0, 1)
    head = QLabel(title)
    head.setObjectName("sectionTitle")
    grid.addWidget(head, 0, 0, 1, 2)
    for row, (words, keys) in enumerate(lines, start=1):
        key_label = QLabel(keys)
        key_label.setObjectName("quiet")
        key_label.setTextFormat(Qt.TextFormat.PlainText)
        grid.addWidget(QLabel(words), row, 0)
        grid.addWidget(key_label, row, 1, Qt.AlignmentFlag.AlignRight)
    return box
