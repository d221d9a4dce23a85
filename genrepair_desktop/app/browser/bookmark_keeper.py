"""Keeps the map's bookmarks: in the open photo's project, else in a file of the user's own. State without widgets."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject

from genrepair_desktop.app.browser.bookmark_file import Marked, from_values, read_own, values_of, write_own
from genrepair_desktop.app.browser.map_bookmarks import MapBookmarks
from genrepair_desktop.app.browser.studio import Studio
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.jobs.context import RunContext

# among the extras of a project
EXTRA = "map-bookmarks"


class BookmarkKeeper(QObject):
    """A project that was saved with bookmarks shows its own; everywhere else the user's own are shown.

    What is changed goes into the open document's extras, so that its project holds it once it is saved, and, unless
    the bookmarks are those of a project, into the user's file at once.
    """

    def __init__(
        self, bookmarks: MapBookmarks, photo: DocumentSession, studio: Studio, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._bookmarks, self._photo, self._studio = bookmarks, photo, studio
        self._own: tuple[Marked, ...] = ()
        self._is_own = True
        photo.extras_changed.connect(self._on_extras)
        bookmarks.edited.connect(self._on_edited)
        self._on_extras()
        watch = Watch(self._on_read, studio.tell_error)
        studio.desk.submit(_read, watch, title="Looking for bookmarks")

    def _on_extras(self) -> None:
        values = self._photo.extras.get(EXTRA)
        self._is_own = values is None
        self._bookmarks.take(self._own if values is None else from_values(values))

    def _on_read(self, found: tuple[Marked, ...]) -> None:
        # some may have been made while the file was read
        self._own = (*found, *self._own)
        if self._is_own and found:
            self._bookmarks.take(self._own)

    def _on_edited(self) -> None:
        marked = self._bookmarks.marked
        self._photo.keep_extra(EXTRA, values_of(marked), is_unsaved=not self._is_own)
        if self._is_own:
            self._own = marked
            watch = Watch(failed=self._studio.tell_error)
            self._studio.desk.submit(partial(_write, marked), watch, title="Keeping bookmarks", is_writing=True)


def _read(ctx: RunContext) -> tuple[Marked, ...]:
    ctx.checkpoint(0.0, "reading")
    return read_own()


def _write(marked: Sequence[Marked], ctx: RunContext) -> None:
    ctx.checkpoint(0.0, "writing")
    write_own(marked)
