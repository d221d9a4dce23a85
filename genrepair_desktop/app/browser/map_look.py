"""What stands above the map's points at a moment: thumbnails, rings, paths, links, the card under the pointer."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPixmap

from genrepair_desktop.app.browser.map_frame import MapFrame
from genrepair_desktop.app.browser.map_notes import KIND_TITLES
from genrepair_desktop.app.browser.map_overlay import THUMBNAIL, Card, Drawn
from genrepair_desktop.app.browser.map_probe import Place, ProbeSession
from genrepair_desktop.app.browser.map_session import MapSession
from genrepair_desktop.app.browser.shelf import thumbnail_of

_CARD_PX = 132
_NEAR_PX = 60
_LINKS = 8
# a path through more points is a tangle
_MOST_ON_PATH = 24


@dataclass(frozen=True)
class Seen:
    """Where one looks.

    ratio       device pixels for one of the widget's
    pointer     in the widget's pixels, None while it is elsewhere
    hovered     key of the entry that the pointer is over, here or in the gallery
    thumbnails  keys of the entries that show their picture
    """

    frame: MapFrame
    ratio: float
    pointer: QPointF | None
    hovered: int | None
    thumbnails: tuple[int, ...]
    bookmarks: tuple[tuple[Place, str], ...]


class MapLook:
    """Reads a ``MapSession`` and a ``ProbeSession``; changes nothing."""

    def __init__(self, session: MapSession, probe: ProbeSession) -> None:
        self._session, self._probe, self._shelf = session, probe, session.shelf
        # the neighbours of the entry asked for last: finding them takes longer than painting all
        self._near: tuple[object, int, tuple[int, ...]] = (None, -1, ())

    def drawn(self, seen: Seen, ground: QPixmap) -> Drawn:
        """All that the overlay paints above ``ground``, in the widget's pixels."""
        table, frame = self._session.table, seen.frame
        drawn = Drawn(ground)
        rows = table.rows_of(seen.thumbnails)
        for row, at in zip(rows, frame.to_pixels(table.points[rows]), strict=True):
            picture = self._shelf.thumbnail(table.keys[row], round(THUMBNAIL * seen.ratio))
            drawn.thumbnails.append((QPointF(*map(float, at)), picture))
        chosen = table.rows_of(self._shelf.selected)
        drawn.chosen = frame.to_pixels(table.points[chosen])
        drawn.is_path = 1 < len(chosen) <= _MOST_ON_PATH
        drawn.links = self._links(frame)
        drawn.bookmarks = [(_pixel(frame, place), name) for place, name in seen.bookmarks]
        self._draw_pointed(drawn, seen)
        return drawn

    def _draw_pointed(self, drawn: Drawn, seen: Seen) -> None:
        probe, table, side = self._probe, self._session.table, round(_CARD_PX * seen.ratio)
        rows = table.rows_of(() if seen.hovered is None else (seen.hovered,))
        if len(rows):
            drawn.hover = _pixel(seen.frame, table.points[rows[0]])
            if seen.pointer is not None:
                entry = self._shelf.entry(table.keys[rows[0]])
                lines = (entry.title, KIND_TITLES[entry.kind])
                drawn.card = Card(drawn.hover, self._shelf.thumbnail(entry.key, side), lines)
        if probe.place is not None:
            drawn.probe = _pixel(seen.frame, probe.place)
            # the card of a place goes away with the pointer; the strip under the map keeps the picture
            is_near = seen.pointer is None or (seen.pointer - drawn.probe).manhattanLength() < _NEAR_PX
            if drawn.card is None and probe.shown is not None and is_near:
                words = "Far from all pictures" if probe.shown.is_guess else "Made here"
                picture = thumbnail_of(probe.shown.picture, side)
                drawn.card = Card(drawn.probe, picture, (words,), is_warning=probe.shown.is_guess)

    def _links(self, frame: MapFrame) -> list[tuple[QPointF, QPointF]]:
        """From the one selected entry, or the place that is looked at, to those most like it."""
        table, probe = self._session.table, self._probe
        if probe.shown is not None and probe.place is not None:
            start, near = _pixel(frame, probe.place), probe.shown.neighbours
        elif len(self._shelf.selected) == 1 and not self._session.is_fitting:
            own = table.rows_of(self._shelf.selected)
            if not len(own):
                return []
            start, near = _pixel(frame, table.points[own[0]]), self._neighbours(self._shelf.selected[0])
        else:
            return []
        return [(start, _pixel(frame, place)) for place in table.points[table.rows_of(near)]]

    def _neighbours(self, key: int) -> tuple[int, ...]:
        table = self._session.table
        if self._near[0] is not table.features or self._near[1] != key:
            self._near = (table.features, key, table.neighbours(key, _LINKS))
        return self._near[2]


def _pixel(frame: MapFrame, place: Place | np.ndarray) -> QPointF:
    across, down = frame.to_pixels(np.asarray([place], np.float32))[0]
    return QPointF(float(across), float(down))
