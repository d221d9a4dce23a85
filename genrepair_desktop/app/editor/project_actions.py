"""Project files in the window: save, save as, open, and who else has one open. Work is done on the engine thread."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from genrepair_desktop.app import ask
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.document.document import Document, Embedded
from genrepair_desktop.document.project_file import (
    SUFFIX,
    Project,
    ProjectCapture,
    capture,
    load_project,
    project_extras,
    save_project,
)
from genrepair_desktop.document.project_lock import (
    REFRESH_S,
    ProjectInUseError,
    ProjectLock,
    lock_project,
    mark_path,
)
from genrepair_desktop.files import FileError
from genrepair_desktop.imaging.codecs.limits import Limits
from genrepair_desktop.jobs.context import RunContext

FILTERS = (f"GenRepair projects (*{SUFFIX})",)


@dataclass(frozen=True)
class _Opened:
    project: Project
    lock: ProjectLock | None


@dataclass(frozen=True)
class _Saved:
    embedded: Embedded | None
    lock: ProjectLock | None


class LockLostError(FileError):
    """Another window took the project over while this one was away."""

    action = "Cannot save"


class ProjectActions(QObject):
    """What the File menu does with projects. ``path`` is the project of the open document, if it has one.

    saved  the document as it is now is in its project file; carries the path
    """

    saved = Signal(object)

    def __init__(self, session: DocumentSession, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self.path: Path | None = None
        self._of: Document | None = None
        self._lock: ProjectLock | None = None
        self._refresh = QTimer(self, interval=REFRESH_S * 1000)
        self._refresh.timeout.connect(self._refresh_lock)
        session.opened.connect(self._on_opened)

    def save(self, *, and_then: Callable[[], object] | None = None) -> None:
        """Save to the project's own file; ask for one the first time. ``and_then`` follows a save that went well."""
        if self.path is None:
            self.save_as(and_then=and_then)
        else:
            self.save_to(self.path, and_then=and_then)

    def save_as(self, *, and_then: Callable[[], object] | None = None) -> None:
        """Ask for a file and save there."""
        photo = self._session.path
        suggestion = self._session.save_folder / f"{photo.stem if photo is not None else 'picture'}{SUFFIX}"
        chosen = ask.save_file(self._window, "Save project", self.path or suggestion, FILTERS)
        if chosen is not None:
            path = chosen if chosen.suffix == SUFFIX else chosen.with_name(chosen.name + SUFFIX)
            self.save_to(path, and_then=and_then)

    def save_to(self, path: Path, *, and_then: Callable[[], object] | None = None) -> None:
        """Save the state of this moment; the user may go on painting meanwhile."""
        document, history = self._session.document, self._session.history
        if document is None or history is None:
            return
        held = self._lock if self._lock is not None and _is_same(self._lock.project, path) else None
        task = partial(_save, path, capture(document, history, extras=self._session.extras), held)
        done = partial(self._on_saved, path, document, document.revision, and_then)
        watch = Watch(done=done, failed=self._session.tell_error)
        self._session.desk.submit(task, watch, title=f"Saving {path.name}", is_writing=True)

    def open_path(self, path: Path, *, and_then: Callable[[], None] | None = None, as_copy: bool = False) -> None:
        """Open a project in place of the open document; on failure that one stays.

        ``as_copy``: it belongs to no file until it is saved under another name, so nobody is in its way.
        """
        held = self._lock if self._lock is not None and _is_same(self._lock.project, path) else None
        task = partial(_load, path, held, self._session.limits, self._session.history_budget, not as_copy)
        watch = Watch(
            done=partial(self._on_loaded, None if as_copy else path, path.name, and_then),
            failed=partial(self._on_refused, path, and_then),
        )
        self._session.desk.ask("open", task, watch, title=f"Opening {path.name}")

    def belongs_to(self, document: Document, path: Path) -> None:
        """``document``, which is about to be opened, is that of a project; it is locked when it is saved.

        It comes from a journal, which knows the photo alone: what else the project holds is read from its file.
        """
        self._take(document, path, None)
        # a project that cannot be read has nothing that saving could lose
        watch = Watch(done=partial(self._on_extras, document))
        self._session.desk.ask("extras", partial(_read_extras, path), watch, title=f"Looking into {path.name}")

    def _on_extras(self, document: Document, extras: Mapping[str, Any]) -> None:
        if self._session.document is document:
            # what the journal kept is newer than the file
            self._session.take_extras({**extras, **self._session.extras})

    def _on_saved(
        self, path: Path, document: Document, revision: int, and_then: Callable[[], object] | None, saved: _Saved
    ) -> None:
        if self._session.document is not document:
            if saved.lock is not None and saved.lock is not self._lock:
                saved.lock.release()
            return
        self._take(document, path, saved.lock)
        document.embedded = saved.embedded or document.embedded
        self._session.tell(Notice(f"Saved as {path.name}: photo, mask and every step."))
        if document.revision == revision:
            self._session.mark_saved()
            self.saved.emit(path)
            if and_then is not None:
                and_then()

    def _on_loaded(self, path: Path | None, name: str, and_then: Callable[[], None] | None, opened: _Opened) -> None:
        document = opened.project.document
        self._take(document, path, opened.lock)
        title = name if path is not None else f"Copy of {name}"
        self._session.adopt(document, opened.project.history, title, opened.project.extras)
        if path is None:
            opened.project.history.mark_unsaved()
        if and_then is not None:
            and_then()

    def _on_refused(self, path: Path, and_then: Callable[[], None] | None, error: Exception) -> None:
        if not isinstance(error, ProjectInUseError):
            self._session.tell_error(error)
            return
        open_copy = partial(self.open_path, path, and_then=and_then, as_copy=True)
        self._session.tell(Notice(str(error), "error", action_title="Open a copy", action=open_copy))

    def _take(self, document: Document, path: Path | None, lock: ProjectLock | None) -> None:
        if self._lock is not None and self._lock is not lock:
            self._lock.release()
        self.path, self._of, self._lock = path, document, lock
        if lock is not None:
            self._refresh.start()
        else:
            self._refresh.stop()

    def _on_opened(self) -> None:
        document = self._session.document
        if document is not self._of or document is None:
            if self._lock is not None:
                self._lock.release()
            self._refresh.stop()
            self.path, self._of, self._lock = None, None, None

    def _refresh_lock(self) -> None:
        if self._lock is not None:
            task = partial(_touch, self._lock)
            self._session.desk.ask("lock", task, Watch(), title="Keeping the project marked as open")


def _is_same(one: Path, other: Path) -> bool:
    return mark_path(one) == mark_path(other)


def _save(path: Path, kept: ProjectCapture, held: ProjectLock | None, ctx: RunContext) -> _Saved:
    ctx.checkpoint(0.0, "writing")
    if held is not None and not held.is_ours:
        raise LockLostError(path, "somebody else opened it meanwhile", "save under another name")
    lock = held or lock_project(path)
    return _Saved(save_project(path, kept), lock)


def _load(
    path: Path, held: ProjectLock | None, limits: Limits, budget: int, is_locked: bool, ctx: RunContext
) -> _Opened:
    ctx.checkpoint(0.0, "reading")
    # a lock that nobody takes over is let go with this function's values
    lock = (held or lock_project(path)) if is_locked else None
    return _Opened(load_project(path, limits=limits, history_budget=budget), lock)


def _read_extras(path: Path, ctx: RunContext) -> Mapping[str, Any]:
    ctx.checkpoint(0.0, "reading")
    return project_extras(path)


def _touch(lock: ProjectLock, ctx: RunContext) -> None:
    ctx.checkpoint(0.0, "writing")
    lock.refresh()
