"""The map's ground and its points, drawn by pyqtgraph into a picture that is kept while they stand still."""

from typing import Any

import cv2
import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPixmap, QResizeEvent

from genrepair_desktop.app.browser.map_frame import MapFrame
from genrepair_desktop.app.browser.map_marks import MARKS, ORDER, mark_path, mark_size
from genrepair_desktop.app.browser.map_table import MapTable
from genrepair_desktop.app.browser.shelf import Kind
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.latent.ground import Ground

_SMOOTHER = 4


class PointsLayer:
    """Built once pyqtgraph is imported: see ``map_view``.

    Its view is never on the screen. A ring or a card that moves above ten thousand points would have all of them
    drawn again at every step; above a picture of them it costs nothing.
    """

    def __init__(self, theme: Theme) -> None:
        import pyqtgraph

        self._pg: Any = pyqtgraph
        self._theme = theme
        self._table, self._ground = MapTable(), None
        self._hidden: frozenset[Kind] = frozenset()
        self._view: Any = pyqtgraph.GraphicsView()
        self._box: Any = pyqtgraph.ViewBox(enableMenu=False, enableMouse=False)
        self._box.disableAutoRange()
        self._view.setCentralItem(self._box)
        self._image: Any = pyqtgraph.ImageItem(axisOrder="row-major")
        self._box.addItem(self._image, ignoreBounds=True)
        self._scatters: dict[Kind, Any] = {}
        for depth, kind in enumerate(ORDER):
            scatter = pyqtgraph.ScatterPlotItem(pxMode=True, symbol=mark_path(kind), useCache=True)
            scatter.setZValue(depth + 1)
            self._box.addItem(scatter, ignoreBounds=True)
            self._scatters[kind] = scatter
        self._kept: QPixmap | None = None
        self.set_theme(theme)

    def picture(self, size: QSize, ratio: float) -> QPixmap:
        """The map at so many points, ``ratio`` device pixels each."""
        kept = self._kept
        if kept is None or kept.deviceIndependentSize().toSize() != size or kept.devicePixelRatio() != ratio:
            self._resize(size)
            kept = QPixmap(size * ratio)
            kept.setDevicePixelRatio(ratio)
            kept.fill(_mixed(self._theme, 0.0))
            # the library brings its transforms up to date before it paints on a screen; here nobody else asks
            self._view.scene().prepareForPaint()
            painter = QPainter(kept)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            whole = QRectF(QPointF(0, 0), size)
            self._view.scene().render(painter, whole, whole)
            painter.end()
            self._kept = kept
        return kept

    def close(self) -> None:
        """Let the drawing library's view go before the application does."""
        self._view.close()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._view.setBackground(_mixed(theme, 0.0))
        self._dress()
        self.show_ground(self._ground)

    def show_frame(self, frame: MapFrame) -> None:
        """Show this part of the map."""
        self._kept = None
        left, right, bottom, top = frame.edges
        self._box.setRange(QRectF(left, bottom, right - left, top - bottom), padding=0, disableAutoRange=True)

    def show_table(self, table: MapTable) -> None:
        """Show these points."""
        self._kept = None
        is_other_size = mark_size(len(table)) != mark_size(len(self._table))
        self._table = table
        if is_other_size:
            self._dress()
        for kind, scatter in self._scatters.items():
            rows = table.of_kind(kind)
            scatter.setData(x=table.points[rows, 0], y=table.points[rows, 1])

    def hide_kinds(self, kinds: frozenset[Kind]) -> None:
        """Show all kinds but these."""
        self._kept = None
        self._hidden = kinds
        for kind, scatter in self._scatters.items():
            scatter.setVisible(kind not in kinds)

    def show_ground(self, ground: Ground | None) -> None:
        """Density as brightness, empty areas in the even grey that surrounds the map."""
        self._kept, self._ground = None, ground
        self._image.setVisible(ground is not None)
        if ground is None:
            return
        shades = _shades(ground, self._theme)
        # smoothed once here: the cells would show as squares
        smooth = cv2.resize(shades, None, fx=_SMOOTHER, fy=_SMOOTHER, interpolation=cv2.INTER_CUBIC)
        self._image.setImage(np.ascontiguousarray(smooth[::-1]), levels=None)
        left, right, bottom, top = ground.edges
        self._image.setRect(QRectF(left, bottom, right - left, top - bottom))

    def _resize(self, size: QSize) -> None:
        """A view that is not on the screen is told its size only when it comes there."""
        if self._view.size() != size:
            self._view.resize(size)
            self._view.resizeEvent(QResizeEvent(size, size))

    def _dress(self) -> None:
        side = mark_size(len(self._table))
        # a thin line of the ground's colour keeps neighbours apart
        pen = self._pg.mkPen(self._theme.colour("canvas"), width=1)
        for kind, scatter in self._scatters.items():
            scatter.setSize(side * MARKS[kind].size)
            scatter.setPen(pen)
            scatter.setBrush(self._pg.mkBrush(MARKS[kind].colour(self._theme)))


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


def _mixed(theme: Theme, share: float) -> QColor:
    tone = _tone(theme, share)
    return QColor(tone, tone, tone)
