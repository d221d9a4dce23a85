"""Places worth coming back to. They are pictures with latents, so that another map knows where they lie."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.browser import map_work
from genrepair_desktop.app.browser.bookmark_file import MOST_BOOKMARKS, Marked, clean_name
from genrepair_desktop.app.browser.map_probe import Place, Probed
from genrepair_desktop.app.browser.map_session import MapSession
from genrepair_desktop.app.browser.shelf import Entry, in_8_bits
from genrepair_desktop.app.engine_thread import JobDesk, Watch


@dataclass(frozen=True)
class Bookmark:
    """``key`` tells bookmarks apart, and from the shelf's entries; ``place`` is where it lies on the map that is
    shown, None while nobody knows."""

    key: int
    marked: Marked
    place: Place | None

    @property
    def name(self) -> str:
        return self.marked.name

    @property
    def entry(self) -> Entry:
        """The picture, as the map places it."""
        marked = self.marked
        return Entry(self.key, "generated", marked.model_id, marked.picture, marked.latent, marked.name)


class MapBookmarks(QObject):
    """The bookmarks that are shown.

    changed  bookmarks came, went, or have another name or place
    edited   the user changed what has to be kept
    """

    changed = Signal()
    edited = Signal()

    def __init__(self, session: MapSession, desk: JobDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._desk = session, desk
        self.bookmarks: tuple[Bookmark, ...] = ()
        # below the keys that the shelf gives
        self._next_key = -2
        self._map: object = None
        session.aids_changed.connect(self._on_aids)

    @property
    def marked(self) -> tuple[Marked, ...]:
        """What has to be kept."""
        return tuple(one.marked for one in self.bookmarks)

    @property
    def is_full(self) -> bool:
        return len(self.bookmarks) >= MOST_BOOKMARKS

    def add(self, probed: Probed) -> None:
        """Remember a place by the picture that lies there."""
        if self.is_full:
            return
        taken = {one.name for one in self.bookmarks}
        name = next(name for n in range(1, MOST_BOOKMARKS + 2) if (name := f"Place {n}") not in taken)
        marked = Marked(name, probed.model_id, in_8_bits(probed.picture), probed.latent)
        self._map = self._session.fitted
        self._change((*self.bookmarks, self._bookmark(marked, probed.place)))

    def rename(self, key: int, name: str) -> None:
        """Give one another name; an empty one is ignored."""
        cleaned = clean_name(name)
        if cleaned and any(one.key == key and one.name != cleaned for one in self.bookmarks):
            self._change(
                replace(one, marked=replace(one.marked, name=cleaned)) if one.key == key else one
                for one in self.bookmarks
            )

    def remove(self, key: int) -> None:
        """Forget one."""
        self._change(one for one in self.bookmarks if one.key != key)

    def take(self, marked: Sequence[Marked]) -> None:
        """Show these in place of all others, as they were kept."""
        self.bookmarks = tuple(self._bookmark(one, None) for one in marked)
        self._map = None
        self.changed.emit()
        self._on_aids()

    def _bookmark(self, marked: Marked, place: Place | None) -> Bookmark:
        self._next_key -= 1
        return Bookmark(self._next_key, marked, place)

    def _change(self, bookmarks: Iterable[Bookmark]) -> None:
        self.bookmarks = tuple(bookmarks)
        self.changed.emit()
        self.edited.emit()

    def _on_aids(self) -> None:
        """Another map: where do they lie on it?"""
        fitted, source = self._session.fitted, self._session.source
        if fitted is None or source is None or fitted is self._map or not self.bookmarks:
            return
        self._map = fitted
        self.bookmarks = tuple(replace(one, place=None) for one in self.bookmarks)
        entries = tuple(one.entry for one in self.bookmarks)
        task = partial(map_work.place, entries, source, fitted, self._session.models)
        watch = Watch(done=partial(self._on_placed, fitted))
        self._desk.ask("map-bookmarks", task, watch, title="Finding bookmarks again")
        self.changed.emit()

    def _on_placed(self, fitted: object, found: map_work.Newcomers) -> None:
        if fitted is not self._session.fitted:
            return
        places = {
            entry.key: (float(point[0]), float(point[1]))
            for entry, point in zip(found.entries, found.points, strict=True)
        }
        self.bookmarks = tuple(replace(one, place=places.get(one.key, one.place)) for one in self.bookmarks)
        self.changed.emit()
