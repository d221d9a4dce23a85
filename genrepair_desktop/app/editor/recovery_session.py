"""Keeps the open document recoverable, and offers what an earlier run left behind."""

import contextlib
import logging
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.project_actions import ProjectActions
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.document.keeper import Keeper
from genrepair_desktop.document.recovery import Recoverable, Recovered, discard, find_recoverable, recover
from genrepair_desktop.jobs.context import RunContext

_log = logging.getLogger(__name__)


class RecoverySession(QObject):
    """Follows a ``DocumentSession``: one journal for each document it opens, dropped when it is closed.

    found          what an earlier run left behind was looked for; carries the list, newest first
    choice_asked   the user wants to see the list
    open_asked     recover this once the open document may be left; carries a ``Recoverable``
    rescued        after a fault, a copy of the open document is on the disk
    """

    found = Signal(object)
    choice_asked = Signal()
    open_asked = Signal(object)
    rescued = Signal()
    _failed = Signal(object)

    def __init__(
        self,
        session: DocumentSession,
        root: Path,
        parent: QObject | None = None,
        *,
        projects: ProjectActions | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._root, self._projects = session, root, projects
        self._keeper: Keeper | None = None
        self._taken: Recovered | None = None
        self._offer: Notice | None = None
        self.entries: list[Recoverable] = []
        self._discarded: set[Path] = set()
        session.opened.connect(self._on_opened)
        session.extra_kept.connect(self._on_extra)
        self._failed.connect(self._on_failed)
        if projects is not None:
            projects.saved.connect(self._on_saved)

    def offer(self) -> None:
        """If an earlier run ended without closing its documents, say so and offer them."""
        self._look(Watch(done=self._on_offered, failed=self._session.tell_error))

    def look(self) -> None:
        """Look what can be recovered; ``found`` tells."""
        self._look(Watch(done=self._on_found, failed=self._session.tell_error))

    def recover(self, entry: Recoverable) -> None:
        """Open what was kept, with its whole history; the open document stays if that fails."""
        task = partial(_recover, entry, self._session.history_budget)
        watch = Watch(done=self._on_recovered, failed=self._session.tell_error)
        self._session.desk.ask("open", task, watch, title=f"Recovering {entry.title}")

    def discard(self, entry: Recoverable) -> None:
        """Forget what was kept, on the user's word."""
        self._discarded.add(entry.folder)
        self.entries = [one for one in self.entries if one != entry]
        task = partial(_discard, entry)
        self._session.desk.submit(task, Watch(failed=self._session.tell_error), title=f"Discarding {entry.title}")

    def rescue(self) -> bool:
        """After a fault, write the open document down as it is now; ``rescued`` follows. False: not done."""
        try:
            return self._keeper is not None and self._keeper.rescue(self._tell_rescued)
        except Exception:  # noqa: BLE001  the fault may be in the document: never a second fault on top of the first
            _log.exception("no rescue copy")
            return False

    def close(self, *, discard: bool = True) -> None:
        """End keeping. ``discard``: the document was closed on purpose, and nothing of it needs to be offered."""
        if self._keeper is not None:
            self._keeper.close(discard=discard)
            self._keeper = None

    def _look(self, watch: Watch) -> None:
        self._session.desk.ask("recovery", partial(_find, self._root), watch, title="Looking for unsaved work")

    def _on_found(self, entries: list[Recoverable]) -> None:
        # a look that began before the last discard still saw it
        self.entries = [entry for entry in entries if entry.folder not in self._discarded]
        self.found.emit(self.entries)

    def _on_offered(self, entries: list[Recoverable]) -> None:
        self._on_found(entries)
        if not entries:
            return
        newest = entries[0].title
        if len(entries) == 1:
            text = f"Your work on {newest} was interrupted; nothing of it is lost."
            self._offer = Notice(text, action_title="Recover", action=partial(self.open_asked.emit, entries[0]))
        else:
            text = f"Your work on {newest} and {len(entries) - 1} more was interrupted; nothing of it is lost."
            self._offer = Notice(text, action_title="Choose…", action=self.choice_asked.emit)
        self._session.tell(self._offer)

    def _tell_again(self) -> None:
        """The photo named at the start took the place of the offer: show it once more, then never again."""
        if self._offer is not None:
            self._session.tell(self._offer)
            self._offer = None

    def _on_recovered(self, recovered: Recovered) -> None:
        entry = recovered.entry
        self.entries = [one for one in self.entries if one != entry]
        self._offer, self._taken = None, recovered
        if self._projects is not None and entry.project is not None:
            self._projects.belongs_to(recovered.document, entry.project)
        self._session.adopt(recovered.document, recovered.history, entry.title, recovered.extras)
        self._session.tell(Notice(f"{entry.title} is back as it was, with every step. Save or export it."))

    def _on_opened(self) -> None:
        self.close()
        document, history = self._session.document, self._session.history
        taken, self._taken = self._taken, None
        if document is None or history is None:
            return
        if self._offer is not None:
            QTimer.singleShot(0, self._tell_again)
        is_taken = taken is not None and taken.document is document
        try:
            self._keeper = Keeper(
                self._root,
                document,
                history,
                self._session.title,
                project=self._projects.path if self._projects is not None else None,
                extras=taken.extras if is_taken and taken is not None else None,
                # only then what it was recovered from may go
                on_kept=taken.discard if is_taken and taken is not None else _nothing,
                on_failure=self._tell_failed,
            )
        except OSError as error:
            self._on_failed(error)

    def _tell_rescued(self) -> None:
        """Called on the journal's thread; the signal brings it to the window's."""
        with contextlib.suppress(RuntimeError):  # the window is gone already
            self.rescued.emit()

    def _tell_failed(self, error: Exception) -> None:
        """Called on the journal's thread; the signal brings it to the window's."""
        with contextlib.suppress(RuntimeError):
            self._failed.emit(error)

    def _on_saved(self, path: Path) -> None:
        if self._keeper is not None:
            self._keeper.saved(path)

    def _on_extra(self) -> None:
        if self._keeper is not None:
            self._keeper.keep_extras(self._session.extras)

    def _on_failed(self, error: Exception) -> None:
        _log.warning("no autosave: %s", error)
        words = f"Autosave is off: {self._root} cannot be written. Save the project by hand."
        self._session.tell(Notice(words, "error"))


def _nothing() -> None:
    """For a document that was not recovered."""


def _find(root: Path, ctx: RunContext) -> list[Recoverable]:
    ctx.checkpoint(0.0, "reading")
    return find_recoverable(root)


def _recover(entry: Recoverable, budget: int, ctx: RunContext) -> Recovered:
    ctx.checkpoint(0.0, "reading")
    recovered = recover(entry, history_budget=budget)
    if ctx.token.is_cancelled:
        recovered.let_go()
    ctx.checkpoint(1.0, "reading")
    return recovered


def _discard(entry: Recoverable, ctx: RunContext) -> None:
    ctx.checkpoint(0.0, "writing")
    discard(entry)
