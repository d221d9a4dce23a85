"""How the kinds of pictures look on the map: a shape and a colour each, so that colour is never the only sign."""

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from genrepair_desktop.app.browser.shelf import Kind
from genrepair_desktop.app.theme import Theme


@dataclass(frozen=True)
class Mark:
    """``size`` in pixels beside a usual one of 1."""

    dark: str
    light: str
    size: float = 1.0

    def colour(self, theme: Theme) -> QColor:
        """The colour with a contrast of 3:1 to the map's ground in this theme."""
        return QColor(self.dark if theme.name == "dark" else self.light)


# after Okabe and Ito, whose colours the colour-blind tell apart; lighter on dark ground, darker on light
MARKS: dict[Kind, Mark] = {
    "real": Mark("#56b4e9", "#0072b2"),
    "generated": Mark("#e69f00", "#a86400", 1.1),
    "mine": Mark("#ff8fc2", "#b3005e", 2.1),
    "damaged": Mark("#c3b1ff", "#5b3fd6", 1.3),
    "repaired": Mark("#2fd3a4", "#00724f", 1.1),
}
# what lies over what: the rare and the user's own last
ORDER: tuple[Kind, ...] = ("real", "generated", "repaired", "damaged", "mine")
_ICON = 14


def mark_path(kind: Kind) -> QPainterPath:
    """The kind's shape around 0, 1 wide."""
    path = QPainterPath()
    if kind == "real":
        path.addEllipse(QPointF(0, 0), 0.5, 0.5)
    elif kind == "repaired":
        path.addRect(QRectF(-0.43, -0.43, 0.86, 0.86))
    elif kind == "generated":
        path.addPolygon(_star(3, 0.62, 0.31))
    elif kind == "mine":
        path.addPolygon(_star(5, 0.5, 0.21))
    else:
        path.addPolygon(_cross())
    path.closeSubpath()
    return path


def mark_icon(kind: Kind, theme: Theme, *, is_off: bool = False) -> QIcon:
    """The mark for the legend; hollow where the kind is hidden."""
    icon = QIcon()
    for ratio in (1, 2):
        pixmap = QPixmap(QSize(_ICON * ratio, _ICON * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(_ICON / 2, _ICON / 2)
        side = _ICON - 3 if kind == "mine" else _ICON - 5
        painter.scale(side, side)
        colour = MARKS[kind].colour(theme)
        if is_off:
            painter.strokePath(mark_path(kind), colour)
        else:
            painter.fillPath(mark_path(kind), colour)
        painter.end()
        icon.addPixmap(pixmap)
    return icon


def mark_pixmap(kind: Kind, theme: Theme, side: float) -> QPixmap:
    """The mark as it stands on the map, a usual one ``side`` pixels wide; the middle of its middle pixel is the place.

    A thin line of the ground's colour around it keeps neighbours apart.
    """
    side *= MARKS[kind].size
    whole = 2 * math.ceil(side / 2 + 1) + 1
    pixmap = QPixmap(whole, whole)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(whole / 2, whole / 2)
    painter.scale(side, side)
    pen = QPen(theme.colour("canvas"), 1)
    pen.setCosmetic(True)
    painter.setPen(pen)
    painter.setBrush(MARKS[kind].colour(theme))
    painter.drawPath(mark_path(kind))
    painter.end()
    return pixmap


def mark_size(count: int) -> float:
    """Pixels across a usual mark, so that a map of many does not clot."""
    return 11.0 if count < 300 else 8.0 if count < 3000 else 6.0


def _star(tips: int, outer: float, inner: float) -> QPolygonF:
    turns = np.arange(2 * tips) * np.pi / tips - np.pi / 2
    radii = np.where(np.arange(2 * tips) % 2, inner, outer)
    return QPolygonF([QPointF(r * np.cos(t), r * np.sin(t)) for r, t in zip(radii, turns, strict=True)])


def _cross() -> QPolygonF:
    arm, thick = 0.5, 0.17
    corners = [
        (-arm, -thick), (-thick, -thick), (-thick, -arm), (thick, -arm), (thick, -thick), (arm, -thick),
        (arm, thick), (thick, thick), (thick, arm), (-thick, arm), (-thick, thick), (-arm, thick),
    ]  # fmt: skip
    turned = np.sqrt(0.5)
    return QPolygonF([QPointF((x - y) * turned, (x + y) * turned) for x, y in corners])
