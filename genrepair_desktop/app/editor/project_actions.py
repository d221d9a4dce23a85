"""Project files in the window: save, save as, open. The work is done on the engine thread."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from genrepair_desktop.app import ask
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.project_file import (
    SUFFIX,
    Project,
    ProjectCapture,
    capture,
    load_project,
    save_project,
)
from genrepair_desktop.jobs.context import RunContext

FILTERS = (f"GenRepair projects (*{SUFFIX})",)


class ProjectActions(QObject):
    """What the File menu does with projects. ``path`` is the project of the open document, if it has one."""

    def __init__(self, session: DocumentSession, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self.path: Path | None = None
        self._of: Document | None = None
        session.opened.connect(self._on_opened)

    def save(self) -> None:
        """Save to the project's own file; ask for one the first time."""
        if self.path is None:
            self.save_as()
        else:
            self.save_to(self.path)

    def save_as(self) -> None:
        """Ask for a file and save there."""
        photo = self._session.path
        suggestion = photo.with_suffix(SUFFIX) if photo is not None else Path(f"picture{SUFFIX}")
        chosen = ask.save_file(self._window, "Save project", self.path or suggestion, FILTERS)
        if chosen is not None:
            self.save_to(chosen if chosen.suffix == SUFFIX else chosen.with_name(chosen.name + SUFFIX))

    def save_to(self, path: Path) -> None:
        """Save the state of this moment; the user may go on painting meanwhile."""
        document, history = self._session.document, self._session.history
        if document is None or history is None:
            return
        kept, revision = capture(document, history), document.revision
        watch = Watch(done=partial(self._on_saved, path, document, revision), failed=self._session.tell_error)
        self._session.desk.submit(partial(_save, path, kept), watch, title=f"Saving {path.name}")

    def open_path(self, path: Path, *, and_then: Callable[[], None] | None = None) -> None:
        """Open a project in place of the open document; on failure that one stays."""
        watch = Watch(done=partial(self._on_loaded, path, and_then), failed=self._session.tell_error)
        self._session.desk.ask("open", partial(_load, path), watch, title=f"Opening {path.name}")

    def _on_saved(self, path: Path, document: Document, revision: int, result: None) -> None:
        if self._session.document is not document:
            return
        self.path, self._of = path, document
        if document.revision == revision:
            self._session.mark_saved()
        self._session.tell(Notice(f"Saved as {path.name}: photo, mask and every step."))

    def _on_loaded(self, path: Path, and_then: Callable[[], None] | None, project: Project) -> None:
        self._session.adopt(project.document, project.history, path.name)
        self.path, self._of = path, project.document
        if and_then is not None:
            and_then()

    def _on_opened(self) -> None:
        if self._session.document is not self._of:
            self.path, self._of = None, None


def _save(path: Path, kept: ProjectCapture, ctx: RunContext) -> None:
    ctx.checkpoint(0.0, "writing")
    save_project(path, kept)


def _load(path: Path, ctx: RunContext) -> Project:
    ctx.checkpoint(0.0, "reading")
    return load_project(path)
