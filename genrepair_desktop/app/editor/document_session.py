"""The open photo as Qt state without widgets: opening, history, and who wants to know."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from genrepair_desktop import paths
from genrepair_desktop.app import texts
from genrepair_desktop.app.engine_thread import JobDesk, Watch
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.document.document import Change, Document
from genrepair_desktop.document.edits import Edit
from genrepair_desktop.document.history import History
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.codecs import Limits, Photo, read_photo
from genrepair_desktop.jobs.context import RunContext


class DocumentSession(QObject):
    """One document at a time. Widgets read it, listen to it, and ask it to change; it knows no widget.

    opened     another document took the place (or none: ``document`` is None)
    changed    a layer of the document changed; carries the ``Change``
    history_changed  an edit was pushed, undone or redone, or the document was saved
    extras_changed  ``extras`` are others, because of another document or of ``take_extras``
    extra_kept  a value of ``extras`` changed that is in no file yet
    noticed    something to tell the user; carries a ``Notice``

    ``extras`` are JSON values by name that travel with the document in its project file.
    """

    opened = Signal()
    changed = Signal(object)
    history_changed = Signal()
    extras_changed = Signal()
    extra_kept = Signal()
    noticed = Signal(object)

    def __init__(self, desk: JobDesk, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.settings = settings
        self.document: Document | None = None
        self.history: History | None = None
        self.title = ""
        self.extras: dict[str, Any] = {}
        self._last_mask: np.ndarray | None = None
        self._unsubscribe: list[Callable[[], None]] = []

    def open_path(self, path: Path, *, and_then: Callable[[], None] | None = None) -> None:
        """Read a photo on the engine thread and show it; on failure the open document stays."""
        watch = Watch(done=partial(self._on_read, path, and_then), failed=self.tell_error)
        self.desk.ask("open", partial(_read, path, self.limits), watch, title=f"Opening {path.name}")

    def open_pixels(self, pixels: Pixels, title: str) -> None:
        """Show a picture that has no file, such as a pasted one; it counts as unsaved."""
        self._adopt(Document(pixels), title)
        if self.history is not None:
            self.history.mark_unsaved()

    def adopt(self, document: Document, history: History, title: str, extras: Mapping[str, Any] | None = None) -> None:
        """Show a document that comes with its history, such as a project's."""
        self._adopt(document, title, history, extras)

    def take_extras(self, extras: Mapping[str, Any]) -> None:
        """What the open document's project holds beside it was found later than the document itself."""
        self.extras = dict(extras)
        self.extras_changed.emit()

    def keep_extra(self, name: str, value: Any, *, is_unsaved: bool) -> None:
        """Let a JSON value travel with the open document; nothing happens without one.

        ``is_unsaved``: it is nowhere else, so the document counts as unsaved.
        """
        if self.history is not None and self.extras.get(name) != value:
            self.extras[name] = value
            if is_unsaved:
                self.history.mark_unsaved()
                self.extra_kept.emit()

    def close(self) -> None:
        """Show no document."""
        self._adopt(None, "")

    @property
    def history_budget(self) -> int:
        """Bytes for undo steps."""
        return self.settings.memory.history

    def apply_memory(self) -> None:
        """Take over another memory setting."""
        if self.history is not None:
            self.history.set_budget(self.history_budget)

    @property
    def limits(self) -> Limits:
        """How large a photo may be."""
        return Limits(pixels=self.settings.largest_megapixels * 10**6)

    @property
    def path(self) -> Path | None:
        """The file of the open photo."""
        return self.document.path if self.document is not None else None

    @property
    def save_folder(self) -> Path:
        """Where to offer saving: beside the photo; a sample's folder, or one that is gone, is no place for work."""
        path, last = self.path, Path(self.settings.last_folder or Path.home())
        if path is not None and path.parent.is_dir() and paths.resources_dir() not in path.parents:
            return path.parent
        return last if last.is_dir() else Path.home()

    @property
    def is_clean(self) -> bool:
        """True when nothing would be lost by closing."""
        return self.history is None or self.history.is_clean

    @property
    def last_mask(self) -> np.ndarray | None:
        """The mask of the last repair or of the photo before: coverage, to be read only."""
        return self._last_mask

    def remember_mask(self, coverage: np.ndarray) -> None:
        """Keep a mask so that it can be brought back or used on the next photo."""
        if coverage.any():
            self._last_mask = coverage

    def push(self, edit: Edit | None) -> None:
        """Apply an edit; None (a change that changes nothing) is ignored."""
        if edit is not None and self.history is not None:
            self.history.push(edit)

    def push_applied(self, edit: Edit | None) -> None:
        """Record a finished stroke."""
        if edit is not None and self.history is not None:
            self.history.push_applied(edit)

    def undo(self) -> None:
        if self.history is not None:
            self.history.undo()

    def redo(self) -> None:
        if self.history is not None:
            self.history.redo()

    def jump(self, index: int) -> None:
        """Go to the state after ``index`` edits."""
        if self.history is not None:
            self.history.jump(index)

    def mark_saved(self) -> None:
        """The document as it is now is in a file."""
        if self.history is not None:
            self.history.mark_clean()

    def tell(self, notice: Notice) -> None:
        """Put a sentence into the bar above the photo."""
        self.noticed.emit(notice)

    def tell_error(self, error: Exception) -> None:
        """Tell an expected error in its own words, any other as a fault that cost nothing."""
        if isinstance(error, GenRepairError):
            self.tell(Notice(str(error), "error"))
        else:
            kept = "The photo is as it was" if self.document is not None else "Nothing was changed"
            if isinstance(error, MemoryError):
                words = "There is not enough memory for this: close other programs, or take a smaller part."
                self.tell(Notice(f"{words} {kept}.", "error"))
                return
            self.tell(Notice(f"That did not work: {type(error).__name__}: {error}. {kept}.", "error"))

    def _on_read(self, path: Path, and_then: Callable[[], None] | None, photo: Photo) -> None:
        document = Document(photo.pixels, path=path, metadata=photo.metadata, source=photo.source)
        self._adopt(document, path.name)
        if paths.resources_dir() not in path.parents:  # the bundled samples are no photos of the user
            self.settings.add_recent_file(path)
            self.settings.last_folder = str(path.parent)
        if photo.notices:
            self.tell(Notice(" ".join(photo.notices)))
        if and_then is not None:
            and_then()

    def _adopt(
        self,
        document: Document | None,
        title: str,
        history: History | None = None,
        extras: Mapping[str, Any] | None = None,
    ) -> None:
        if self.document is not None:
            self.remember_mask(self.document.mask)
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe = []
        self.document, self.title, self.history = document, title, None
        self.extras = dict(extras or {})
        if document is not None:
            self.history = history or History(document, self.history_budget)
            self._unsubscribe = [
                document.subscribe(self._on_change),
                self.history.subscribe(self._on_history),
            ]
        self.opened.emit()
        self.extras_changed.emit()

    def _on_change(self, change: Change) -> None:
        self.changed.emit(change)

    def _on_history(self) -> None:
        self.history_changed.emit()


def _read(path: Path, limits: Limits, ctx: RunContext) -> Any:
    ctx.checkpoint(0.0, "reading")
    photo = read_photo(path, limits=limits)
    ctx.checkpoint(1.0, "reading")
    return photo


def entry_details(history: History | None) -> list[str]:
    """What stands behind each title: for a repair, which method did which places; else nothing."""
    if history is None:
        return []
    recipes = [edit.recipe or {} for edit in history.entries]
    return ["", *(texts.methods_sentence(recipe.get("methods", ())) for recipe in recipes)]


def entry_titles(history: History | None) -> list[str]:
    """The history for people: the opened photo, then every edit."""
    if history is None:
        return []
    return [texts.edit_title("opened"), *(texts.edit_title(edit.label) for edit in history.entries)]
