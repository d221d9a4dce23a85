"""Keeps the open document recoverable, and offers at the start what an earlier run left behind."""

import logging
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject

from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.history import History
from genrepair_desktop.document.recovery import Keeper, Recoverable, discard, find_recoverable, recover
from genrepair_desktop.jobs.context import RunContext

_log = logging.getLogger(__name__)


class RecoverySession(QObject):
    """Follows a ``DocumentSession``: one journal for each document it opens, dropped when it is closed."""

    def __init__(self, session: DocumentSession, root: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._root = session, root
        self._keeper: Keeper | None = None
        session.opened.connect(self._on_opened)

    def offer(self) -> None:
        """If an earlier run ended without closing its document, say so and offer the newest."""
        watch = Watch(done=self._on_found, failed=self._session.tell_error)
        self._session.desk.ask("recovery", partial(_find, self._root), watch, title="Looking for unsaved work")

    def recover(self, entry: Recoverable) -> None:
        """Open what was kept, with its whole history; the open document stays if that fails."""
        watch = Watch(done=partial(self._on_recovered, entry), failed=self._session.tell_error)
        self._session.desk.ask("open", partial(_recover, entry), watch, title=f"Recovering {entry.title}")

    def close(self) -> None:
        """End keeping: the document was closed on purpose."""
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None

    def _on_found(self, entries: list[Recoverable]) -> None:
        if not entries:
            return
        newest = entries[0]
        more = f" ({len(entries) - 1} more will be offered after it)" if len(entries) > 1 else ""
        text = f"Your work on {newest.title} was interrupted; nothing of it is lost{more}."
        self._session.tell(Notice(text, action_title="Recover", action=partial(self.recover, newest)))

    def _on_recovered(self, entry: Recoverable, found: tuple[Document, History]) -> None:
        document, history = found
        self._session.adopt(document, history, entry.title)
        discard(entry)
        self._session.tell(Notice(f"{entry.title} is back as it was, with every step. Save or export it."))

    def _on_opened(self) -> None:
        self.close()
        document, history = self._session.document, self._session.history
        if document is None or history is None:
            return
        try:
            self._keeper = Keeper(self._root, document, history, self._session.title)
        except OSError as error:
            _log.warning("no autosave: %s", error)
            self._session.tell(
                Notice(f"Autosave is off: {self._root} cannot be written. Save the project by hand.", "error")
            )


def _find(root: Path, ctx: RunContext) -> list[Recoverable]:
    ctx.checkpoint(0.0, "reading")
    return find_recoverable(root)


def _recover(entry: Recoverable, ctx: RunContext) -> tuple[Document, History]:
    ctx.checkpoint(0.0, "reading")
    return recover(entry)
