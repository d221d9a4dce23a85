"""Widget units and device pixels where Qt speaks the one and exact pictures need the other."""

import math

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QTransform

from genrepair_desktop.imaging.geometry import Rect


def to_device_pixels(painter: QPainter, ratio: float) -> None:
    """Let a widget's painter draw in whole device pixels counted from the widget's corner."""
    base = painter.deviceTransform()
    # a child at 57 units stands at 85.5 pixels when the ratio is 1.5: half a pixel would blur everything
    exact = QTransform.fromTranslate(round(base.dx()), round(base.dy()))
    inverse, is_invertible = base.inverted()
    if is_invertible:
        painter.setWorldTransform(exact * inverse)
    else:
        painter.scale(1 / ratio, 1 / ratio)


def device_part(part: QRect, ratio: float) -> Rect:
    """The device pixels of a rectangle of widget units; a pixel more each way, for Qt rounds regions its own way."""
    return Rect.from_edges(
        math.floor(part.x() * ratio) - 1,
        math.floor(part.y() * ratio) - 1,
        math.ceil((part.x() + part.width()) * ratio) + 1,
        math.ceil((part.y() + part.height()) * ratio) + 1,
    )


def widget_part(part: Rect, ratio: float) -> QRect:
    """The widget units that hold a rectangle of device pixels."""
    left, top = math.floor(part.x / ratio), math.floor(part.y / ratio)
    return QRect(left, top, math.ceil(part.right / ratio) - left, math.ceil(part.bottom / ratio) - top)
