"""The map as it is seen: points, thumbnails, rings, paths, the card under the pointer. Tells what is done on it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from genrepair_desktop.app.theme import Theme

MapTool: TypeAlias = Literal["explore", "lasso", "pan"]
THUMBNAIL = 44
_CARD = 132
_CLICK_PX = 4
_PLATE = QColor(20, 20, 20, 225)
_ON_PLATE = QColor("#f2f2f2")
Pixels2: TypeAlias = npt.NDArray[np.float32]


def _none() -> Pixels2:
    return np.zeros((0, 2), np.float32)


@dataclass(frozen=True)
class Card:
    """A picture beside a place, with a line or two under it."""

    at: QPointF
    picture: QImage
    lines: tuple[str, ...]
    is_warning: bool = False


@dataclass
class Drawn:
    """What the overlay shows, in its own pixels.

    thumbnails  pictures and the middle of each
    ground      the map below, as large as the widget
    chosen      points in the order they were selected; ``is_path`` joins them
    links       pairs of ends
    """

    ground: QPixmap | None = None
    thumbnails: list[tuple[QPointF, QImage]] = field(default_factory=list)
    chosen: Pixels2 = field(default_factory=_none)
    is_path: bool = False
    links: list[tuple[QPointF, QPointF]] = field(default_factory=list)
    bookmarks: list[tuple[QPointF, str]] = field(default_factory=list)
    hover: QPointF | None = None
    probe: QPointF | None = None
    card: Card | None = None


class MapOverlay(QWidget):
    """Knows pixels only: the view translates.

    clicked    without a drag; x, y, whether to add to the selection
    dragged    with the left button in the explore tool; x, y
    dropped    where that ended
    panned     by so many pixels
    zoomed     factor and the pixel that stays
    lassoed    an outline (n, 2), whether to add
    pointed    the pointer is here, no button held
    left       the pointer is gone
    key        a key nobody else wants; carries the event
    """

    clicked = Signal(float, float, bool)
    dragged = Signal(float, float)
    dropped = Signal(float, float)
    panned = Signal(float, float)
    zoomed = Signal(float, float, float)
    lassoed = Signal(object, bool)
    pointed = Signal(float, float)
    left = Signal()
    key = Signal(object)

    def __init__(self, theme: Theme, look: Callable[[], Drawn], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._look, self._is_stale = look, True
        self.tool: MapTool = "explore"
        self.drawn = Drawn()
        self._start: QPointF | None = None
        self._last = QPointF()
        self._gesture: MapTool | None = None
        self._outline: list[QPointF] = []
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Map of the pictures")
        self.setAccessibleDescription(
            "Arrow keys move a place on the map, Enter makes its picture, plus and minus zoom, 0 shows all."
        )

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.refresh()

    def refresh(self) -> None:
        """Look anew at what is to be drawn, once, when it is painted next."""
        self._is_stale = True
        self.update()

    def set_tool(self, tool: MapTool) -> None:
        self.tool = tool
        shapes = {"explore": Qt.CursorShape.CrossCursor, "pan": Qt.CursorShape.OpenHandCursor}
        self.setCursor(shapes.get(tool, Qt.CursorShape.PointingHandCursor))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._start = self._last = event.position()
        is_left = event.button() == Qt.MouseButton.LeftButton
        self._gesture = self.tool if is_left else "pan"
        if is_left and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._gesture = "lasso"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        here = event.position()
        if self._start is None:
            self.pointed.emit(here.x(), here.y())
            return
        is_click = (here - self._start).manhattanLength() < _CLICK_PX and self._last == self._start
        if is_click:
            return
        if self._gesture == "pan":
            self.panned.emit(here.x() - self._last.x(), here.y() - self._last.y())
        elif self._gesture == "lasso":
            self._outline = [*self._outline, here] if self._outline else [self._start, here]
            self.update()
        else:
            self.dragged.emit(here.x(), here.y())
        self._last = here

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        start, self._start = self._start, None
        if start is None:
            return
        here, adds = event.position(), _adds(event.modifiers())
        if self._last == start:
            if event.button() == Qt.MouseButton.LeftButton:
                self.clicked.emit(here.x(), here.y(), adds)
        elif self._gesture == "lasso":
            outline, self._outline = self._outline, []
            self.lassoed.emit(np.array([(p.x(), p.y()) for p in outline], np.float32), adds)
            self.update()
        elif self._gesture == "explore":
            self.dropped.emit(here.x(), here.y())

    def wheelEvent(self, event: QWheelEvent) -> None:
        at = event.position()
        self.zoomed.emit(1.0015 ** event.angleDelta().y(), at.x(), at.y())
        event.accept()

    def leaveEvent(self, event: object) -> None:
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.key.emit(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._is_stale:
            self.drawn, self._is_stale = self._look(), False
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        accent = QColor(self._theme.accent_line)
        if self.drawn.ground is not None:
            painter.drawPixmap(0, 0, self.drawn.ground)
        self._paint_thumbnails(painter)
        self._paint_links(painter)
        self._paint_chosen(painter, accent)
        self._paint_bookmarks(painter)
        drawn = self.drawn
        if drawn.hover is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._theme.text), 1.5))
            painter.drawEllipse(drawn.hover, 9, 9)
        if drawn.probe is not None:
            _paint_cross(painter, drawn.probe, accent)
        if self._outline:
            self._paint_outline(painter, accent)
        if self.hasFocus():
            painter.setPen(QPen(accent, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        if drawn.card is not None:
            _paint_card(painter, drawn.card, self.rect())
        painter.end()

    def _paint_thumbnails(self, painter: QPainter) -> None:
        edge = QPen(QColor(self._theme.canvas), 2)
        for at, picture in self.drawn.thumbnails:
            frame = QRectF(at.x() - THUMBNAIL / 2, at.y() - THUMBNAIL / 2, THUMBNAIL, THUMBNAIL)
            painter.drawImage(frame, picture)
            painter.setPen(edge)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(frame)

    def _paint_links(self, painter: QPainter) -> None:
        painter.setPen(QPen(QColor(self._theme.text_quiet), 1, Qt.PenStyle.DotLine))
        for start, end in self.drawn.links:
            painter.drawLine(start, end)

    def _paint_chosen(self, painter: QPainter, accent: QColor) -> None:
        places = [QPointF(float(x), float(y)) for x, y in self.drawn.chosen]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.drawn.is_path and len(places) > 1:
            painter.setPen(QPen(accent, 2))
            painter.drawPolyline(QPolygonF(places))
        half = THUMBNAIL / 2 + 2
        framed = {(at.x(), at.y()) for at, _ in self.drawn.thumbnails}
        painter.setPen(QPen(accent, 2.5))
        for place in places:
            if (place.x(), place.y()) in framed:
                painter.drawRect(QRectF(place.x() - half, place.y() - half, 2 * half, 2 * half))
            else:
                painter.drawEllipse(place, 7.5, 7.5)
        if self.drawn.is_path:
            for number, place in enumerate(places, 1):
                _paint_tag(painter, place + QPointF(10, -16), str(number))

    def _paint_bookmarks(self, painter: QPainter) -> None:
        for at, name in self.drawn.bookmarks:
            painter.setPen(QPen(QColor(self._theme.text), 1.5))
            painter.setBrush(QColor(self._theme.accent))
            painter.drawPolygon(
                QPolygonF([at, at + QPointF(-6, -9), at + QPointF(-6, -20), at + QPointF(6, -20), at + QPointF(6, -9)])
            )
            _paint_tag(painter, at + QPointF(10, -22), name)

    def _paint_outline(self, painter: QPainter, accent: QColor) -> None:
        veil = QColor(accent)
        veil.setAlpha(40)
        painter.setPen(QPen(accent, 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(veil)
        painter.drawPolygon(QPolygonF(self._outline))


def _adds(modifiers: Qt.KeyboardModifier) -> bool:
    return bool(modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier))


def _paint_cross(painter: QPainter, at: QPointF, accent: QColor) -> None:
    for colour, width in ((QColor(0, 0, 0, 160), 4.0), (accent, 2.0)):
        painter.setPen(QPen(colour, width))
        for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(at + QPointF(4 * across, 4 * down), at + QPointF(12 * across, 12 * down))


def _paint_tag(painter: QPainter, at: QPointF, words: str) -> None:
    width = painter.fontMetrics().horizontalAdvance(words) + 10
    plate = QRectF(at.x(), at.y(), width, painter.fontMetrics().height() + 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_PLATE)
    painter.drawRoundedRect(plate, 4, 4)
    painter.setPen(_ON_PLATE)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)


def _paint_card(painter: QPainter, card: Card, within: QRect) -> None:
    """Beside the pointer, on whichever side there is room, always on a plate of its own."""
    metrics = painter.fontMetrics()
    height = _CARD + 8 + len(card.lines) * metrics.height()
    left = card.at.x() + 18
    if left + _CARD + 8 > within.right():
        left = card.at.x() - 18 - _CARD - 8
    top = min(max(4.0, card.at.y() - height / 2), within.bottom() - height - 4.0)
    plate = QRectF(max(4.0, left), top, _CARD + 8, height + 4)
    painter.setPen(QPen(QColor("#f0a63a") if card.is_warning else QColor(90, 90, 90), 1))
    painter.setBrush(_PLATE)
    painter.drawRoundedRect(plate, 5, 5)
    painter.drawImage(QRectF(plate.left() + 4, plate.top() + 4, _CARD, _CARD), card.picture)
    painter.setPen(_ON_PLATE)
    for i, line in enumerate(card.lines):
        at = QRectF(plate.left() + 6, plate.top() + _CARD + 6 + i * metrics.height(), _CARD - 4, metrics.height())
        words = metrics.elidedText(line, Qt.TextElideMode.ElideRight, int(at.width()))
        painter.drawText(at, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
