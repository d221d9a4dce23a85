"""The fills as a map in place of the strip: alike ones side by side, each as its own picture."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from genrepair_desktop.app.browser.map_frame import MapFrame
from genrepair_desktop.app.canvas.qimage import to_qimage
from genrepair_desktop.app.editor.candidate_map_session import CandidateMapSession
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.latent.inverse import map_edges

_SIDE = 52
_HEIGHT = 280
_MOST_STRETCH = 2.5
_PLATE = QColor(20, 20, 20, 210)
_ON_PLATE = QColor("#f2f2f2")


class CandidateMap(QWidget):
    """Hovering previews a fill in the photo, a click selects it, a double click applies it; a click between fills
    makes the one that belongs there."""

    def __init__(self, session: CandidateMapSession, theme: Theme) -> None:
        super().__init__()
        self._session, self._candidates, self._theme = session, session.candidates, theme
        self._pictures: dict[int, QPixmap] = {}
        self._hovered: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFixedHeight(_HEIGHT)
        self.setAccessibleName("Map of the fills")
        self.setAccessibleDescription("Left and right choose a fill; the strip shows the same fills in a row.")
        session.changed.connect(self._on_changed)
        self._candidates.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(640, _HEIGHT)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def places(self) -> dict[int, QPointF]:
        """The middle of each fill's picture, by its number."""
        points = self._session.points
        if not len(points):
            return {}
        room = max(1, self.width() - _SIDE), max(1, self.height() - _SIDE - 20)
        left, right, bottom, top = map_edges(points)
        # the widget is wide and low: drawn out a little, fewer pictures hide others
        stretch = float(np.clip((room[0] / room[1]) / ((right - left) / (top - bottom)), 1.0, _MOST_STRETCH))
        drawn_out = points * np.array([stretch, 1.0], np.float32)
        at = MapFrame.around(map_edges(drawn_out), *room).to_pixels(drawn_out) + _SIDE / 2
        return {number: QPointF(float(x), float(y)) for number, (x, y) in zip(self._session.numbers, at, strict=True)}

    def at(self, place: QPointF) -> int | None:
        """The fill whose picture lies here; of several the one whose middle is nearest."""
        far = {number: (middle - place).manhattanLength() for number, middle in self.places().items()}
        number = min(far, key=lambda one: far[one], default=None)
        return number if number is not None and far[number] <= _SIDE else None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        number = self.at(event.position())
        if number != self._hovered:
            self._hovered = number
            self._candidates.hover(number)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self._candidates.hover(None)
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        number = self.at(event.position())
        if number is not None:
            self._candidates.select(number)
        elif len(places := self.places()) > 1:
            known = {one: (middle.x(), middle.y()) for one, middle in places.items()}
            self._session.blend_at(known, (event.position().x(), event.position().y()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.at(event.position()) is not None:
            self._candidates.apply()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        places = self.places()
        chosen = self._candidates.selected
        for number in sorted(places, key=lambda one: (one == chosen, one == self._hovered)):
            self._paint_fill(painter, number, places[number])
        painter.setPen(QColor(self._theme.text_quiet))
        line = QRectF(8, self.height() - 22, self.width() - 16, 20)
        words = self._session.said or "Arranging the fills…"
        elided = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(line.width()))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, elided)
        painter.end()

    def _paint_fill(self, painter: QPainter, number: int, middle: QPointF) -> None:
        frame = QRectF(middle.x() - _SIDE / 2, middle.y() - _SIDE / 2, _SIDE, _SIDE)
        picture = self._picture(number)
        if picture is not None:
            painter.drawPixmap(frame, picture, QRectF(picture.rect()))
        is_chosen = number == self._candidates.selected
        colour = self._theme.accent_line if is_chosen or number == self._hovered else self._theme.line_strong
        painter.setPen(QPen(QColor(colour), 3 if is_chosen else 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame)
        candidate = self._candidates.candidate(number)
        words = f"{number}★" if candidate is not None and candidate.is_starred else str(number)
        words += " in photo" if number == self._candidates.applied else ""
        plate = QRectF(frame.left() + 2, frame.bottom() - 17, painter.fontMetrics().horizontalAdvance(words) + 8, 15)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_PLATE)
        painter.drawRoundedRect(plate, 3, 3)
        painter.setPen(_ON_PLATE)
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)

    def _picture(self, number: int) -> QPixmap | None:
        if number not in self._pictures:
            candidate = self._candidates.candidate(number)
            cut_out = None if candidate is None else self._candidates.close_up(candidate)
            if cut_out is None:
                return None
            side = round(_SIDE * self.devicePixelRatioF())
            scaled = to_qimage(np.ascontiguousarray(cut_out)).scaled(
                side, side, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            self._pictures[number] = QPixmap.fromImage(scaled)
        return self._pictures[number]

    def _on_changed(self) -> None:
        self._pictures.clear()
        self.update()
