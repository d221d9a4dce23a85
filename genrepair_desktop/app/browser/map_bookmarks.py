"""Places worth coming back to. They are pictures with latents, so that another map knows where they lie."""

from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.browser import map_work
from genrepair_desktop.app.browser.map_probe import Place, Probed
from genrepair_desktop.app.browser.map_session import MapSession
from genrepair_desktop.app.browser.shelf import Entry
from genrepair_desktop.app.engine_thread import JobDesk, Watch


@dataclass(frozen=True)
class Bookmark:
    """``place`` is where it lies on the map that is shown; None while nobody knows."""

    name: str
    entry: Entry
    place: Place | None


class MapBookmarks(QObject):
    """``changed``: bookmarks came, went, or have another place."""

    changed = Signal()

    def __init__(self, session: MapSession, desk: JobDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._desk = session, desk
        self.bookmarks: tuple[Bookmark, ...] = ()
        self._made = 0
        self._map: object = None
        session.aids_changed.connect(self._on_aids)

    def add(self, probed: Probed) -> None:
        """Remember a place by the picture that lies there."""
        self._made += 1
        # keys below those that the shelf gives
        entry = Entry(-1 - self._made, "generated", probed.model_id, probed.picture, probed.latent, "")
        self.bookmarks = (*self.bookmarks, Bookmark(f"Place {self._made}", entry, probed.place))
        self._map = self._session.fitted
        self.changed.emit()

    def remove(self, name: str) -> None:
        """Forget one."""
        self.bookmarks = tuple(one for one in self.bookmarks if one.name != name)
        self.changed.emit()

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
        self.bookmarks = tuple(replace(one, place=places.get(one.entry.key, one.place)) for one in self.bookmarks)
        self.changed.emit()
