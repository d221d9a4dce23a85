"""Exports the open photo on the engine thread. State without widgets."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from genrepair_desktop.app.editor import export_work
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.export import Exported
from genrepair_desktop.imaging.codecs import ExportOptions


class ExportSession(QObject):
    """``exported`` carries the path of a file that was written."""

    exported = Signal(object)

    def __init__(self, session: DocumentSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._folder = Path()

    def export(self, path: Path, options: ExportOptions, *, may_overwrite: bool, with_record: bool) -> None:
        """Write the photo as it is now; the window stays usable meanwhile."""
        document, history = self._session.document, self._session.history
        if document is None or history is None:
            return
        past = export_work.past_edits(history) if with_record else None
        snapshot = document.snapshot(array for edit in history.entries for array in edit.layer_arrays())
        request = export_work.ExportRequest(
            path, document.pixels, snapshot, document.metadata, options, may_overwrite, past
        )
        watch = Watch(done=partial(self._on_done, document, history.index), failed=self._session.tell_error)
        task, title = partial(export_work.export, request), f"Exporting {path.name}"
        self._session.desk.submit(task, watch, title=title, is_writing=True)

    def _on_done(self, document: Document, index: int, exported: Exported) -> None:
        history = self._session.history
        if document is self._session.document and history is not None and history.index == index:
            self._session.mark_saved()
        self._folder = exported.path.parent
        words = " ".join((f"Exported to {exported.path}.", *exported.notices))
        self._session.tell(Notice(words, action_title="Show folder", action=self._show_folder))
        self.exported.emit(exported.path)

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))
