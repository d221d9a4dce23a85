"""The command table's machinery: one row a command; menus, tools, shortcut sheet and palette read it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence

from genrepair_desktop.app.icons import icon
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.theme import Theme

if TYPE_CHECKING:
    from genrepair_desktop.app.workbench import Workbench


@dataclass(frozen=True)
class AppState:
    """What decides which commands make sense now.

    has_photo     a photo is open and shown; false in the Samples workspace, so that its keys go to the gallery
    has_document  a photo is open, shown or not
    has_gallery   the gallery holds pictures, has_selection: some are selected, has_shown: one is shown large,
    has_made      and it is a new one
    has_suggestion  damage is being looked for, or what was found is shown
    """

    has_photo: bool = False
    has_mask: bool = False
    has_donor: bool = False
    has_last_mask: bool = False
    is_busy: bool = False
    can_undo: bool = False
    can_redo: bool = False
    has_candidates: bool = False
    has_suggestion: bool = False
    has_choice: bool = False
    has_repair: bool = False
    treats_whole_picture: bool = False
    has_document: bool = False
    in_samples: bool = False
    has_model: bool = False
    has_gallery: bool = False
    has_selection: bool = False
    has_shown: bool = False
    has_made: bool = False

    @property
    def can_repair(self) -> bool:
        """A photo is open, the engine is free for it, and the method has something to work on."""
        return self.has_photo and not self.is_busy and (self.has_mask or self.treats_whole_picture)


def always(state: AppState) -> bool:
    """For commands that make sense at any time."""
    return True


def with_photo(state: AppState) -> bool:
    """For commands that need a photo in sight."""
    return state.has_photo


def with_document(state: AppState) -> bool:
    """For commands that need an open photo, in sight or not."""
    return state.has_document


def in_photo(state: AppState) -> bool:
    """For commands of the Photo workspace that need no photo."""
    return not state.in_samples


@dataclass(frozen=True)
class Command:
    """Something a user can invoke.

    id         stable: shortcuts are stored under it
    title      what menus say
    shortcuts  built-in key sequences, in portable text
    handler    called with the workbench; a checkable command's handler reads what it must itself
    help       one sentence for tooltip, status tip and screen readers
    is_held    acts while the key is down (no action is bound to the key, the window watches it)
    """

    id: str
    title: str
    handler: Callable[["Workbench"], object]
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    enabled_when: Callable[[AppState], bool] = always
    help: str = ""
    is_checkable: bool = False
    is_held: bool = False

    @property
    def group(self) -> str:
        """The first part of the id: the heading it stands under."""
        return self.id.partition(".")[0]


class CommandTable(QObject):
    """Turns rows into actions, keeps them enabled as the state says, and owns their shortcuts."""

    shortcuts_changed = Signal()

    def __init__(
        self, rows: Sequence[Command], workbench: "Workbench", settings: Settings, theme: Theme, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._rows = {row.id: row for row in rows}
        self._workbench = workbench
        self._settings = settings
        self._actions = {row.id: self._make_action(row, theme) for row in rows}
        for row in rows:
            self._bind(row.id)
        self._state = AppState()
        self.refresh(self._state)

    @property
    def rows(self) -> tuple[Command, ...]:
        return tuple(self._rows.values())

    def row(self, command_id: str) -> Command:
        return self._rows[command_id]

    def action(self, command_id: str) -> QAction:
        """The command as a Qt action, for menus and tool buttons."""
        return self._actions[command_id]

    def run(self, command_id: str) -> None:
        """Invoke a command as its shortcut would; nothing happens when it is disabled."""
        if self._rows[command_id].enabled_when(self._state):
            self._actions[command_id].trigger()

    def refresh(self, state: AppState) -> None:
        """Enable what makes sense now."""
        self._state = state
        for row in self._rows.values():
            self._actions[row.id].setEnabled(row.enabled_when(state))

    def set_theme(self, theme: Theme) -> None:
        for row in self._rows.values():
            if row.icon:
                self._actions[row.id].setIcon(icon(row.icon, theme))

    def shortcuts(self, command_id: str) -> tuple[str, ...]:
        """The sequences in force: the user's, else the built-in ones."""
        own = self._settings.shortcuts(command_id)
        return self._rows[command_id].shortcuts if own is None else own

    def conflict(self, sequence: str, *, but: str) -> Command | None:
        """The other command that already answers to ``sequence``."""
        wanted = _portable(sequence)
        for row in self._rows.values():
            if row.id != but and wanted in map(_portable, self.shortcuts(row.id)):
                return row
        return None

    def set_shortcuts(self, command_id: str, sequences: Iterable[str]) -> None:
        """Give a command other shortcuts, and remember them.

        Raises:
            ValueError: another command has one of them.
        """
        wanted = tuple(dict.fromkeys(_portable(sequence) for sequence in sequences if sequence))
        for sequence in wanted:
            other = self.conflict(sequence, but=command_id)
            if other is not None:
                raise ValueError(f"{sequence} already belongs to “{other.title}”.")
        is_builtin = wanted == tuple(map(_portable, self._rows[command_id].shortcuts))
        self._settings.set_shortcuts(command_id, None if is_builtin else wanted)
        self._bind(command_id)
        self.shortcuts_changed.emit()

    def reset_shortcuts(self) -> None:
        """Back to the built-in shortcuts, all of them."""
        for command_id in self._rows:
            self._settings.set_shortcuts(command_id, None)
            self._bind(command_id)
        self.shortcuts_changed.emit()

    def _make_action(self, row: Command, theme: Theme) -> QAction:
        action = QAction(row.title, self)
        action.setObjectName(row.id)
        action.setCheckable(row.is_checkable)
        action.setAutoRepeat(row.id in _REPEATING)
        if row.icon:
            action.setIcon(icon(row.icon, theme))
        action.triggered.connect(self._on_triggered)
        return action

    def _bind(self, command_id: str) -> None:
        action, row = self._actions[command_id], self._rows[command_id]
        sequences = [QKeySequence(text) for text in self.shortcuts(command_id)]
        action.setShortcuts([] if row.is_held else sequences)
        keys = ", ".join(sequence.toString(QKeySequence.SequenceFormat.NativeText) for sequence in sequences)
        tip = row.title.rstrip("…") + (f"  ({keys})" if keys else "")
        action.setToolTip(f"{tip}\n{row.help}" if row.help else tip)
        action.setStatusTip(row.help or row.title)

    def _on_triggered(self) -> None:
        sender = self.sender()
        if isinstance(sender, QAction):
            self._workbench.run(self._rows[sender.objectName()])


# holding these keys down means doing it again and again
_REPEATING = frozenset(
    (
        "edit.undo", "edit.redo", "tool.smaller", "tool.larger", "tool.softer", "tool.harder", "view.zoom-in",
        "view.zoom-out",
    )
)  # fmt: skip


def _portable(sequence: str) -> str:
    return QKeySequence(sequence).toString(QKeySequence.SequenceFormat.PortableText)
