"""The map itself: points below, what is said of them above, and the pointer between."""

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from genrepair_desktop.app.browser.map_frame import MapFrame
from genrepair_desktop.app.browser.map_look import MapLook, Seen
from genrepair_desktop.app.browser.map_overlay import THUMBNAIL, Drawn, MapOverlay
from genrepair_desktop.app.browser.map_points import PointsLayer
from genrepair_desktop.app.browser.map_probe import Place, ProbeSession
from genrepair_desktop.app.browser.map_session import MapSession
from genrepair_desktop.app.browser.map_thumbnails import spread_out
from genrepair_desktop.app.browser.shelf import Kind, Shelf
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.latent.inverse import map_edges, within

_REACH_PX = 11.0
_KEY_STEP = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class MapView(QWidget):
    """Shows a ``MapSession`` and a ``ProbeSession``; selects and hovers on the shelf."""

    def __init__(self, session: MapSession, probe: ProbeSession, theme: Theme) -> None:
        super().__init__()
        self._session, self._probe = session, probe
        self._shelf: Shelf = session.shelf
        self.frame = MapFrame()
        self.points = PointsLayer(theme)
        self._look = MapLook(session, probe)
        self.overlay = MapOverlay(theme, self._drawn, self)
        self.hidden: frozenset[Kind] = frozenset()
        self.bookmarks: tuple[tuple[Place, str], ...] = ()
        self.shows_thumbnails = True
        self._follows = True
        self._hovered: int | None = None
        self._pointer: QPointF | None = None
        self._thumbnails: list[int] = []
        # thumbnails are chosen anew once the map stands still, not at every step of a zoom
        self._tidy = QTimer(self, singleShot=True, interval=60)
        self._tidy.timeout.connect(self._choose_thumbnails)
        self._connect()
        self._on_placed()
        self._on_aids()

    def sizeHint(self) -> QSize:
        return QSize(560, 480)

    def minimumSizeHint(self) -> QSize:
        return QSize(240, 160)

    def set_theme(self, theme: Theme) -> None:
        self.overlay.set_theme(theme)
        self.points.set_theme(theme)
        self.overlay.refresh()

    def hide_kinds(self, kinds: Iterable[Kind]) -> None:
        """Show and select all kinds but these."""
        self.hidden = frozenset(kinds)
        self.points.hide_kinds(self.hidden)
        self._choose_thumbnails()

    def show_thumbnails(self, is_shown: bool) -> None:
        """Pictures in place of points where there is room for them."""
        self.shows_thumbnails = is_shown
        self._choose_thumbnails()

    def show_bookmarks(self, bookmarks: Iterable[tuple[Place, str]]) -> None:
        self.bookmarks = tuple(bookmarks)
        self.overlay.refresh()

    def show_all(self) -> None:
        """The whole map."""
        self._follows = True
        self._fit()

    def go_to(self, place: Place) -> None:
        """Bring a place into the middle."""
        self._set_frame(self.frame.centred(*place))

    def zoom(self, factor: float) -> None:
        """Around the middle."""
        self._on_zoomed(factor, self.width() / 2, self.height() / 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        size = event.size()
        self.overlay.resize(size)
        if self._follows:
            self._fit()
        else:
            self._set_frame(self.frame.resized(size.width(), size.height()))

    def _connect(self) -> None:
        overlay, session = self.overlay, self._session
        overlay.clicked.connect(self._on_clicked)
        overlay.dragged.connect(self._on_dragged)
        overlay.dropped.connect(self._on_dropped)
        overlay.panned.connect(self._on_panned)
        overlay.zoomed.connect(self._on_zoomed)
        overlay.lassoed.connect(self._on_lassoed)
        overlay.pointed.connect(self._on_pointed)
        overlay.left.connect(self._on_left)
        overlay.key.connect(self._on_key)
        session.placed.connect(self._on_placed)
        session.aids_changed.connect(self._on_aids)
        self._probe.changed.connect(self.overlay.refresh)
        self._shelf.selected_changed.connect(self.overlay.refresh)
        self._shelf.hovered.connect(self._on_shelf_hovered)

    def _on_placed(self) -> None:
        self.points.show_table(self._session.table)
        if self._follows:
            self._fit()
        else:
            self._after_move()

    def _on_aids(self) -> None:
        aids = self._session.aids
        self.points.show_ground(aids.ground if aids is not None else None)
        self.overlay.refresh()

    def _fit(self) -> None:
        points = self._session.table.points
        if len(points):
            self._set_frame(MapFrame.around(map_edges(points), self.width(), self.height()))

    def _set_frame(self, frame: MapFrame) -> None:
        self.frame = frame
        self.points.show_frame(frame)
        self._after_move()

    def _after_move(self) -> None:
        self.overlay.refresh()
        self._tidy.start()

    def _visible(self) -> "np.ndarray":
        """Which rows can be pointed at: those of kinds that are not hidden."""
        return np.array([kind not in self.hidden for kind in self._session.table.kinds], bool)

    def _at(self, x: float, y: float) -> int | None:
        """The key of the entry under a pixel."""
        table = self._session.table
        framed = self._framed_at(x, y)
        if framed is not None:
            return framed
        rows = np.flatnonzero(self._visible()) if self.hidden else None
        points = table.points if rows is None else table.points[rows]
        found = self.frame.nearest(points, x, y, _REACH_PX)
        if found is None:
            return None
        return table.keys[found if rows is None else int(rows[found])]

    def _framed_at(self, x: float, y: float) -> int | None:
        """The key of the thumbnail under a pixel; the later one lies above."""
        if not self._thumbnails:
            return None
        rows = self._session.table.rows_of(self._thumbnails)
        apart = np.abs(self.frame.to_pixels(self._session.table.points[rows]) - (x, y)).max(axis=1)
        under = np.flatnonzero(apart <= THUMBNAIL / 2)
        return self._session.table.keys[int(rows[under[-1]])] if len(under) else None

    def _on_clicked(self, x: float, y: float, adds: bool) -> None:
        key = self._at(x, y)
        if key is None:
            if self._probe.can_make:
                self._probe.look(self.frame.to_map(x, y))
            return
        self._probe.clear()
        selected = self._shelf.selected
        if not adds:
            self._shelf.select([key])
        elif key in selected:
            self._shelf.select(one for one in selected if one != key)
        else:
            self._shelf.select([*selected, key])

    def _on_dragged(self, x: float, y: float) -> None:
        self._pointer = QPointF(x, y)
        self._shelf.hover(None)
        self._probe.move(self.frame.to_map(x, y))

    def _on_dropped(self, x: float, y: float) -> None:
        if self._probe.place is not None:
            self._probe.settle(self.frame.to_map(x, y))

    def _on_panned(self, across: float, down: float) -> None:
        self._follows = False
        self._set_frame(self.frame.panned(across, down))

    def _on_zoomed(self, factor: float, x: float, y: float) -> None:
        self._follows = False
        self._set_frame(self.frame.zoomed(factor, x, y))

    def _on_lassoed(self, outline: "np.ndarray", adds: bool) -> None:
        table = self._session.table
        if not len(table) or len(outline) < 3:
            return
        inside = within(self.frame.to_pixels(table.points), outline)
        is_visible = self._visible()
        keys = [table.keys[i] for i in inside if is_visible[i]]
        self._shelf.select([*self._shelf.selected, *keys] if adds else keys)

    def _on_pointed(self, x: float, y: float) -> None:
        self._pointer = QPointF(x, y)
        self._shelf.hover(self._at(x, y))
        if self._probe.place is not None:
            self.overlay.refresh()

    def _on_left(self) -> None:
        self._pointer = None
        self._shelf.hover(None)

    def _on_shelf_hovered(self, key: int | None) -> None:
        self._hovered = key
        self.overlay.refresh()

    def _on_key(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _KEY_STEP:
            far = 48 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 12
            at = self._probe.place or (self.frame.x, self.frame.y)
            across, down = self.frame.to_pixels(np.array([at], np.float32))[0]
            dx, dy = _KEY_STEP[key]
            self._probe.move(self.frame.to_map(float(across) + far * dx, float(down) + far * dy))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._probe.place is not None:
            self._probe.settle(self._probe.place)
        elif key == Qt.Key.Key_Escape and self._probe.place is not None:
            self._probe.clear()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1.25)
        elif key == Qt.Key.Key_Minus:
            self.zoom(0.8)
        elif key in (Qt.Key.Key_0, Qt.Key.Key_Home):
            self.show_all()
        else:
            event.ignore()

    def _choose_thumbnails(self) -> None:
        table = self._session.table
        self._thumbnails = []
        if self.shows_thumbnails and len(table):
            seen = self.frame.seen(table.points, THUMBNAIL / 2)
            if self.hidden:
                seen = seen[self._visible()[seen]]
            at = self.frame.to_pixels(table.points[seen])
            self._thumbnails = [table.keys[int(seen[i])] for i in spread_out(at, THUMBNAIL)]
        self.overlay.refresh()

    def _drawn(self) -> Drawn:
        """What is to be seen now."""
        table, ratio = self._session.table, self.devicePixelRatioF()
        if not len(table):
            return Drawn()
        ground = self.points.picture(self.size(), ratio)
        seen = Seen(self.frame, ratio, self._pointer, self._hovered, tuple(self._thumbnails), self.bookmarks)
        return self._look.drawn(seen, ground)
