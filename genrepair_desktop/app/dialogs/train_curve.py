"""A small curve: one figure over the minutes trained, drawn by itself."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from genrepair_desktop.app.dialogs.train_follow import Series
from genrepair_desktop.app.theme import Theme

_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 10, 36, 20
_TITLE = 26
# of the values, the share at each end that does not set the scale: the first steps of a training are far off
_OUTLYING = 0.02
_DOT = 2.5


class CurveWidget(QWidget):
    """Shows a ``Series``: a line, or dots where there are few points."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._title = ""
        self._series = Series()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(104)

    def show_series(self, title: str, series: Series) -> None:
        """Draw another curve, or more of the same."""
        self._title, self._series = title, series
        newest = f", now {series.values[-1]:.4g} after {series.minutes[-1]:.0f} minutes" if series.values else ""
        self.setAccessibleName(f"Curve of {title}{newest}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 150)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(_LEFT, _TOP, self.width() - _LEFT - _RIGHT, self.height() - _TOP - _BOTTOM)
        painter.fillRect(self.rect(), self._theme.colour("field"))
        painter.setPen(self._theme.colour("text"))
        painter.drawText(QRectF(8, 0, self.width() - 16, _TITLE), Qt.AlignmentFlag.AlignVCenter, self._title)
        values = self._series.values
        painter.setPen(self._theme.colour("text_quiet"))
        if not values:
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "No figures yet")
            return
        low, high = scale_of(values)
        self._draw_axes(painter, area, low, high)
        self._draw_values(painter, area, low, high)

    def _draw_axes(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value, y in ((high, area.top()), ((low + high) / 2, area.center().y()), (low, area.bottom())):
            painter.setPen(QPen(self._theme.colour("line"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(self._theme.colour("text_quiet"))
            painter.drawText(QRectF(0, y - 9, _LEFT - 6, 18), right, f"{value:.4g}")
        foot = QRectF(area.left(), area.bottom() + 2, area.width(), _BOTTOM - 2)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "0")
        painter.drawText(foot, right, f"{max(self._series.minutes[-1], 0):.3g} min")

    def _draw_values(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        last = max(self._series.minutes[-1], 1e-9)
        points = [
            QPointF(
                area.left() + area.width() * minutes / last,
                area.bottom() - area.height() * min(1.0, max(0.0, (value - low) / (high - low))),
            )
            for minutes, value in zip(self._series.minutes, self._series.values, strict=True)
        ]
        painter.setPen(QPen(self._theme.colour("accent_line"), 1.6))
        painter.drawPolyline(QPolygonF(points))
        if len(points) < area.width() / 12:
            painter.setBrush(self._theme.colour("accent_line"))
            for point in points:
                painter.drawEllipse(point, _DOT, _DOT)


def scale_of(values: list[float]) -> tuple[float, float]:
    """The range to draw: of all values but the outlying ones, never empty."""
    ordered = sorted(values)
    cut = int(len(ordered) * _OUTLYING)
    low, high = ordered[cut], ordered[len(ordered) - 1 - cut]
    # the newest value is always in sight
    low, high = min(low, values[-1]), max(high, values[-1])
    room = max((high - low) * 0.05, abs(high) * 1e-3, 1e-9)
    return low - room, high + room
