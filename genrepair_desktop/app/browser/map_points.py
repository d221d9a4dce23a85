"""The map's ground and its points, painted into a picture that is kept while they stand still."""

import cv2
import numpy as np
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPixmap

from genrepair_desktop.app.browser.map_frame import MapFrame
from genrepair_desktop.app.browser.map_marks import ORDER, mark_pixmap, mark_size
from genrepair_desktop.app.browser.map_table import MapTable
from genrepair_desktop.app.browser.shelf import Kind
from genrepair_desktop.app.canvas.qimage import to_qimage
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.latent.ground import Ground

_SMOOTHER = 4


class PointsLayer:
    """A ring or a card that moves above ten thousand points would have all of them painted again at every step;
    above a picture of them it costs nothing."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._table, self._frame = MapTable(), MapFrame()
        self._rows: dict[Kind, np.ndarray] = {}
        self._hidden: frozenset[Kind] = frozenset()
        self._ground: Ground | None = None
        self._shades = QPixmap()
        self._marks: dict[tuple[Kind, float], QPixmap] = {}
        self._kept: QPixmap | None = None

    def picture(self, size: QSize, ratio: float) -> QPixmap:
        """The map at so many points, ``ratio`` device pixels each."""
        kept = self._kept
        if kept is None or kept.deviceIndependentSize().toSize() != size or kept.devicePixelRatio() != ratio:
            # painted in device pixels: marks at whole ones are sharp, and need no scaling
            kept = QPixmap(size * ratio)
            kept.fill(_grey(self._theme, 0.0))
            painter = QPainter(kept)
            self._paint_ground(painter, ratio)
            for kind in ORDER:
                if kind not in self._hidden:
                    self._paint_points(painter, kind, ratio)
            painter.end()
            kept.setDevicePixelRatio(ratio)
            self._kept = kept
        return kept

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._marks.clear()
        self.show_ground(self._ground)

    def show_frame(self, frame: MapFrame) -> None:
        """Show this part of the map."""
        self._kept, self._frame = None, frame

    def show_table(self, table: MapTable) -> None:
        """Show these points."""
        if mark_size(len(table)) != mark_size(len(self._table)):
            self._marks.clear()
        self._kept, self._table = None, table
        self._rows = {kind: table.of_kind(kind) for kind in table.counts()}

    def hide_kinds(self, kinds: frozenset[Kind]) -> None:
        """Show all kinds but these."""
        self._kept, self._hidden = None, kinds

    def show_ground(self, ground: Ground | None) -> None:
        """Density as brightness, empty areas in the even grey that surrounds the map."""
        self._kept, self._ground = None, ground
        if ground is not None:
            shades = _shades(ground, self._theme)
            # smoothed once here: the cells would show as squares
            smooth = cv2.resize(shades, None, fx=_SMOOTHER, fy=_SMOOTHER, interpolation=cv2.INTER_CUBIC)
            self._shades = QPixmap.fromImage(to_qimage(np.ascontiguousarray(smooth)))

    def _paint_ground(self, painter: QPainter, ratio: float) -> None:
        if self._ground is None:
            return
        left, right, bottom, top = self._ground.edges
        corners = self._frame.to_pixels(np.array([(left, top), (right, bottom)], np.float32)) * ratio
        (x0, y0), (x1, y1) = corners.tolist()
        whole = QRectF(x0, y0, x1 - x0, y1 - y0)
        # only what is seen: zoomed in far, the whole would be larger than a painter's coordinates
        seen = whole.intersected(QRectF(0, 0, self._frame.width * ratio, self._frame.height * ratio))
        if seen.isEmpty():
            return
        across, down = self._shades.width() / whole.width(), self._shades.height() / whole.height()
        source = QRectF((seen.x() - x0) * across, (seen.y() - y0) * down, seen.width() * across, seen.height() * down)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(seen, self._shades, source)

    def _paint_points(self, painter: QPainter, kind: Kind, ratio: float) -> None:
        rows = self._rows.get(kind)
        if rows is None:
            return
        mark = self._mark(kind, ratio)
        half = mark.width() // 2
        at = self._frame.to_pixels(self._table.points[rows]) * ratio
        limits = (self._frame.width * ratio + half, self._frame.height * ratio + half)
        at = at[((at > -half) & (at < limits)).all(axis=1)]
        draw = painter.drawPixmap
        for x, y in (np.floor(at).astype(np.int64) - half).tolist():
            draw(x, y, mark)

    def _mark(self, kind: Kind, ratio: float) -> QPixmap:
        where = (kind, ratio)
        if where not in self._marks:
            self._marks[where] = mark_pixmap(kind, self._theme, mark_size(len(self._table)) * ratio)
        return self._marks[where]


def _shades(ground: Ground, theme: Theme) -> np.ndarray:
    """The ground as RGB, row 0 at the top."""
    empty, bare, dense = (np.array([_tone(theme, at)] * 3, np.float32) for at in (0.0, 0.5, 1.0))
    # the square root: thin parts differ visibly from bare ones, though the densest place is many times as dense
    density = np.sqrt(ground.density)[..., None]
    shade = bare + (dense - bare) * density
    presence = ground.presence[..., None]
    return np.rint(empty + (shade - empty) * presence).astype(np.uint8)


def _tone(theme: Theme, share: float) -> int:
    """The ground's greys: 0 empty, 0.5 among points, 1 where they are densest."""
    tones = {"dark": (0x30, 0x18, 0x0A), "light": (0xD0, 0xF0, 0xFF)}[theme.name]
    return tones[round(share * 2)]


def _grey(theme: Theme, share: float) -> QColor:
    tone = _tone(theme, share)
    return QColor(tone, tone, tone)
