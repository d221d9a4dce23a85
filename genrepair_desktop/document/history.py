"""Undo and redo within a byte budget."""

from collections.abc import Callable, Sequence
from typing import Protocol

from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import Edit

DEFAULT_BUDGET = 512 * 1024 * 1024


class HistoryRecorder(Protocol):
    """Is told every step of a history, on the thread that makes it; must return within milliseconds."""

    def pushed(self, edit: Edit) -> None:
        """An edit came on top. ``edit`` holds what the document shows now, and belongs to the recorder."""
        ...

    def moved(self, index: int) -> None:
        """Undo or redo: now the first ``index`` edits ever pushed are applied."""
        ...


class History:
    """The edits of one document, oldest first.

    ``index`` counts the applied edits: ``entries[:index]`` are shown, ``entries[index:]`` can be redone.
    When the edits together exceed ``budget`` bytes the oldest are forgotten; the newest is always kept.
    """

    def __init__(self, document: Document, budget: int = DEFAULT_BUDGET) -> None:
        self._document = document
        self._budget = budget
        self._entries: list[Edit] = []
        self._index = 0
        # how many entries were applied at the last save; None once that state cannot be reached any more
        self._clean_index: int | None = 0
        self._listeners: list[Callable[[], None]] = []
        self._recorder: HistoryRecorder | None = None
        # recorders count from the first edit ever made, whatever was forgotten since
        self._forgotten = 0

    @property
    def entries(self) -> Sequence[Edit]:
        return tuple(self._entries)

    @property
    def index(self) -> int:
        return self._index

    @property
    def forgotten(self) -> int:
        """How many of the oldest edits were dropped to stay within the budget."""
        return self._forgotten

    @property
    def can_undo(self) -> bool:
        return self._index > 0

    @property
    def can_redo(self) -> bool:
        return self._index < len(self._entries)

    @property
    def is_clean(self) -> bool:
        """True when the document is as it was last saved."""
        return self._clean_index == self._index

    @property
    def nbytes(self) -> int:
        return sum(edit.nbytes for edit in self._entries)

    @property
    def budget(self) -> int:
        """Bytes that the edits may take together."""
        return self._budget

    def set_budget(self, budget: int) -> None:
        """Take another budget; beyond it the oldest edits are forgotten at once."""
        self._budget = budget
        before = self._forgotten
        self._forget_oldest()
        if self._forgotten != before:
            self._tell()

    def mark_clean(self) -> None:
        """The document as it is now was saved."""
        self._clean_index = self._index
        self._tell()

    def mark_unsaved(self) -> None:
        """No state of this history was ever saved (a pasted or recovered picture)."""
        self._clean_index = None
        self._tell()

    def restore(self, entries: Sequence[Edit], index: int, *, is_clean: bool, forgotten: int = 0) -> None:
        """Take over a saved history whose document already shows the first ``index`` entries.

        Args:
            forgotten: how many edits before them were forgotten already.

        Raises:
            IndexError: ``index`` is not a position of ``entries``.
        """
        if not 0 <= index <= len(entries):
            raise IndexError(f"history has {len(entries)} edits, asked for {index}")
        self._entries = list(entries)
        self._index = index
        self._forgotten = forgotten
        self._clean_index = index if is_clean else None
        self._tell()

    def record_to(self, recorder: HistoryRecorder | None) -> None:
        """Tell ``recorder`` of every step from now on; None ends that."""
        self._recorder = recorder

    def push(self, edit: Edit) -> None:
        """Apply an edit; everything that could be redone is forgotten."""
        coming = edit.frozen() if self._recorder else None
        edit.swap(self._document)
        self._append(edit, coming)

    def push_applied(self, edit: Edit) -> None:
        """Record an edit that the document already shows, such as a finished stroke."""
        self._append(edit, edit.mirrored(self._document) if self._recorder else None)

    def _append(self, edit: Edit, coming: Edit | None) -> None:
        if self._clean_index is not None and self._clean_index > self._index:
            self._clean_index = None
        del self._entries[self._index :]
        self._entries.append(edit)
        self._index += 1
        if self._recorder and coming:
            self._recorder.pushed(coming)
        self._forget_oldest()
        self._tell()

    def undo(self) -> None:
        """Take back the last edit; nothing happens if there is none."""
        if self.can_undo:
            self._index -= 1
            self._entries[self._index].swap(self._document)
            self._step_recorded()
            self._tell()

    def redo(self) -> None:
        """Do the next edit again; nothing happens if there is none."""
        if self.can_redo:
            self._entries[self._index].swap(self._document)
            self._index += 1
            self._step_recorded()
            self._tell()

    def jump(self, index: int) -> None:
        """Undo or redo until ``index`` edits are applied.

        Raises:
            IndexError: there are fewer edits.
        """
        if not 0 <= index <= len(self._entries):
            raise IndexError(f"history has {len(self._entries)} edits, asked for {index}")
        while self._index > index:
            self.undo()
        while self._index < index:
            self.redo()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after every change of the history, until the returned function is called."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    def _step_recorded(self) -> None:
        if self._recorder:
            self._recorder.moved(self._forgotten + self._index)

    def _forget_oldest(self) -> None:
        # an edit that could be redone is never the oldest while there is nothing before it to undo
        while self.nbytes > self._budget and len(self._entries) > 1 and self._index > 0:
            del self._entries[0]
            self._index -= 1
            self._forgotten += 1
            if self._clean_index is not None:
                self._clean_index = self._clean_index - 1 if self._clean_index > 0 else None

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()
