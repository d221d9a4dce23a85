"""What is drawn around and over the photo, in device pixels: checkerboard, grid, rings, outlines, handles, progress.

Every line that lies on the photo is drawn twice, dark under light, so that it shows on any picture.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from genrepair_desktop.app.canvas.tools import Outline
from genrepair_desktop.app.canvas.viewport import Viewport
from genrepair_desktop.imaging.geometry import Rect

GRID_ZOOM = 8.0
# widget units around a hole within which its frame and bar are drawn
PROGRESS_ROOM = 28
_CHECKS = (QColor(0x66, 0x66, 0x66), QColor(0x99, 0x99, 0x99))
_CHECK_SIDE = 8
_LONG = 200
_DARK = QColor(0, 0, 0, 190)
_LIGHT = QColor(255, 255, 255, 235)


@dataclass(frozen=True)
class Look:
    """The canvas's own colours, ``#rrggbb``: around the photo, for what is active, for the source area."""

    background: str = "#1e1e1e"
    accent: str = "#4c9be8"
    text: str = "#f0f0f0"
    plate: str = "#202020"
    donor: str = "#34d17c"


def to_qrect(rect: Rect) -> QRect:
    return QRect(rect.x, rect.y, rect.w, rect.h)


def checkerboard(painter: QPainter, area: Rect, origin: tuple[int, int], ratio: float) -> None:
    """Grey squares that stay with the picture when it is panned."""
    side = max(1, round(_CHECK_SIDE * ratio))
    painter.fillRect(to_qrect(area), _CHECKS[0])
    first_row, first_column = (area.y - origin[1]) // side, (area.x - origin[0]) // side
    squares = [
        QRect(origin[0] + column * side, origin[1] + row * side, side, side)
        for row in range(first_row, (area.bottom - origin[1]) // side + 1)
        for column in range(first_column, (area.right - origin[0]) // side + 1)
        if (row + column) % 2
    ]
    painter.save()
    painter.setClipRect(to_qrect(area), Qt.ClipOperation.IntersectClip)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_CHECKS[1])
    painter.drawRects(squares)
    painter.restore()


def pixel_grid(painter: QPainter, viewport: Viewport, device: Rect) -> None:
    """Fine lines between the image pixels; for zooms from ``GRID_ZOOM`` on."""
    seen = viewport.to_image_rect(device)
    left, top = viewport.origin
    # stronger with every step in, so that the grid fades in and does not veil the picture at 800 %
    strength = 50 + round(60 * min(1.0, viewport.zoom / 32.0))
    painter.setPen(QPen(QColor(128, 128, 128, strength), 1))
    area = viewport.to_device_rect(seen)
    columns = (math.floor(x * viewport.zoom + left) for x in range(seen.x, seen.right + 1))
    rows = (math.floor(y * viewport.zoom + top) for y in range(seen.y, seen.bottom + 1))
    lines = [QLineF(x + 0.5, area.y, x + 0.5, area.bottom) for x in columns]
    lines += [QLineF(area.x, y + 0.5, area.right, y + 0.5) for y in rows]
    painter.drawLines(lines)


def brush_ring(painter: QPainter, centre: QPointF, radius: float, hardness: float, ratio: float) -> None:
    """The brush at its true size; a faint inner ring where its soft rim begins."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _twice(painter, ratio, lambda: painter.drawEllipse(centre, radius, radius))
    core = radius * hardness
    if 10 * ratio < core < radius - 5 * ratio:
        painter.setPen(QPen(QColor(255, 255, 255, 90), ratio))
        painter.drawEllipse(centre, core, core)
    dot = ratio
    painter.setPen(Qt.PenStyle.NoPen)
    for colour, size in ((_DARK, 1.6 * dot), (_LIGHT, 0.9 * dot)):
        painter.setBrush(colour)
        painter.drawEllipse(centre, size, size)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def cross_hair(painter: QPainter, centre: QPointF, ratio: float) -> None:
    """Where the keyboard stands."""
    near, far = 4 * ratio, 14 * ratio
    lines = [
        QLineF(centre.x() + dx * near, centre.y() + dy * near, centre.x() + dx * far, centre.y() + dy * far)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    _twice(painter, 1.5 * ratio, lambda: painter.drawLines(lines))


def outline(painter: QPainter, shape: Outline, viewport: Viewport, accent: QColor) -> None:
    """A shape in the making: dashed black and white, its corners as small squares."""
    ratio = viewport.ratio
    points = [_device_point(viewport, *point) for point in shape.points]
    path = _path_of(shape, points)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, shape.kind != "rectangle")
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if len(points) > _LONG:
        _draw_long(painter, path)
    else:
        _draw_dashed(painter, path, ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(_DARK, ratio))
    for number, handle in enumerate(shape.handles):
        side = (8 if number == 0 else 6) * ratio
        place = _device_point(viewport, *handle)
        painter.setBrush(accent if number == 0 else _LIGHT)
        painter.drawRect(QRectF(place.x() - side / 2, place.y() - side / 2, side, side))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def outline_rect(shape: Outline | None, viewport: Viewport) -> Rect:
    """The device pixels an outline may take, its handles and pens included; empty for none."""
    if shape is None or not shape.points:
        return Rect(0, 0, 0, 0)
    xs, ys = zip(*shape.points, strict=True)
    corners = [_device_point(viewport, *corner) for corner in ((min(xs), min(ys)), (max(xs), max(ys)))]
    room = 7 * viewport.ratio
    return Rect.from_edges(
        math.floor(corners[0].x() - room),
        math.floor(corners[0].y() - room),
        math.ceil(corners[1].x() + room),
        math.ceil(corners[1].y() + room),
    )


def split_handle(painter: QPainter, x: int, photo: Rect, ratio: float, accent: QColor) -> None:
    """The line between before and after down the shown part of the photo, and the grip in its middle."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for width, colour in ((3.5, QColor(0, 0, 0, 90)), (1.5, _LIGHT)):
        painter.fillRect(QRectF(x - width / 2 * ratio, photo.y, width * ratio, photo.h), colour)
    middle, radius = QPointF(x, photo.y + photo.h / 2), 15 * ratio
    painter.setPen(QPen(QColor(0, 0, 0, 110), 3 * ratio))
    painter.setBrush(_LIGHT)
    painter.drawEllipse(middle, radius, radius)
    painter.setPen(QPen(accent, 1.5 * ratio))
    painter.drawEllipse(middle, radius, radius)
    pen = QPen(QColor(40, 40, 40), 1.8 * ratio)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    for side in (-1, 1):
        tip = QPointF(x + side * 8.5 * ratio, middle.y())
        back = tip.x() - side * 4 * ratio
        wings = [QPointF(back, tip.y() - 4 * ratio), tip, QPointF(back, tip.y() + 4 * ratio)]
        painter.drawPolyline(QPolygonF(wings))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def label(painter: QPainter, text: str, place: Rect, look: Look, ratio: float, *, is_right: bool = False) -> None:
    """A word on a small plate in an upper corner of ``place``."""
    font = QFont(painter.font())
    font.setPixelSize(round(12 * ratio))
    font.setWeight(QFont.Weight.DemiBold)
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text) + 16 * ratio, metrics.height() + 6 * ratio
    if width + 16 * ratio > place.w or height + 24 * ratio > place.h:
        return
    margin = 12 * ratio
    x = place.right - margin - width if is_right else place.x + margin
    plate = QRectF(x, place.y + margin, width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    ground = QColor(look.plate)
    ground.setAlpha(205)
    painter.setBrush(ground)
    painter.drawRoundedRect(plate, height / 2, height / 2)
    painter.setPen(QColor(look.text))
    painter.setFont(font)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def hole_progress(
    painter: QPainter, rects: Iterable[Rect], fraction: float, viewport: Viewport, accent: QColor
) -> None:
    """Around each hole being worked on: a frame, and along its foot how far the work is."""
    ratio = viewport.ratio
    smallest = 18 * ratio
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for rect in rects:
        frame = _framed(viewport.to_device_rect(rect), smallest, 4 * ratio)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((_DARK, 3.5 * ratio), (accent, 2 * ratio)):
            painter.setPen(QPen(colour, width))
            painter.drawRoundedRect(frame, 4 * ratio, 4 * ratio)
        bar = QRectF(frame.left(), frame.bottom() + 4 * ratio, frame.width(), 4 * ratio)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_DARK)
        painter.drawRoundedRect(bar, 2 * ratio, 2 * ratio)
        bar.setWidth(max(4 * ratio, bar.width() * min(1.0, max(0.0, fraction))))
        painter.setBrush(accent)
        painter.drawRoundedRect(bar, 2 * ratio, 2 * ratio)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def focus_frame(painter: QPainter, size: tuple[int, int], ratio: float, accent: QColor) -> None:
    """Shows that the arrow keys act here."""
    width = max(1, round(2 * ratio))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(QBrush(accent), width)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    half = width / 2
    painter.drawRect(QRectF(half, half, size[0] - width, size[1] - width))


def _twice(painter: QPainter, width: float, draw: Callable[[], object]) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, wide in ((_DARK, width * 2.4), (_LIGHT, width)):
        painter.setPen(QPen(colour, wide))
        draw()


def _draw_dashed(painter: QPainter, path: QPainterPath, ratio: float) -> None:
    painter.setPen(QPen(_DARK, 1.5 * ratio))
    painter.drawPath(path)
    dashes = QPen(_LIGHT, 1.5 * ratio)
    dashes.setDashPattern([4, 4])
    painter.setPen(dashes)
    painter.drawPath(path)


def _draw_long(painter: QPainter, path: QPainterPath) -> None:
    """A lasso of 3000 points: pens of one pixel take 5 ms for it, any wider or dashed 100 ms."""
    for colour, offset in ((_DARK, 1.0), (_LIGHT, 0.0)):
        painter.setPen(QPen(colour, 1.0))
        painter.drawPath(path.translated(offset, offset))


def _device_point(viewport: Viewport, x: float, y: float) -> QPointF:
    left, top = viewport.origin
    return QPointF(x * viewport.zoom + left, y * viewport.zoom + top)


def _path_of(shape: Outline, points: Sequence[QPointF]) -> QPainterPath:
    path = QPainterPath()
    if shape.kind == "rectangle":
        path.addRect(QRectF(points[0], points[1]).normalized())
    elif shape.kind == "ellipse":
        path.addEllipse(QRectF(points[0], points[1]).normalized())
    else:
        path.addPolygon(QPolygonF(points))
        if shape.kind == "closed":
            path.closeSubpath()
    return path


def _framed(device: Rect, smallest: float, margin: float) -> QRectF:
    frame = QRectF(to_qrect(device)).adjusted(-margin, -margin, margin, margin)
    missing = max(0.0, smallest - frame.width()) / 2, max(0.0, smallest - frame.height()) / 2
    return frame.adjusted(-missing[0], -missing[1], missing[0], missing[1])
