"""A widget that looks at a picture through a viewport: zoom, pan, fit, sizes and scale factors. Paints nothing."""

from PySide6.QtCore import QEvent, QPointF, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from genrepair_desktop.app.canvas.viewport import Viewport
from genrepair_desktop.imaging.geometry import Size


class ZoomView(QWidget):
    """Holds the viewport. Points are in widget units and may lie in either half of side by side.

    view_changed    Viewport, after zoom, pan or another size
    """

    view_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport = Viewport(Size(1, 1), 1.0, 1.0)
        # the user has not zoomed or panned: the photo stays fitted when the widget grows
        self._stays_fitted = True

    def zoom_fit(self) -> None:
        """Show the whole photo, and keep it whole when the widget's size changes."""
        self._stays_fitted = True
        self._look_through(self.viewport.fitted())

    def zoom_actual(self, at: QPointF | None = None) -> None:
        """One pixel of the photo for one of the screen."""
        self._move_view(self.viewport.zoomed(1.0, self._anchor(at)))

    def toggle_fit(self, at: QPointF | None = None) -> None:
        """From the whole photo to its pixels and back."""
        if self._stays_fitted:
            self.zoom_actual(at)
        else:
            self.zoom_fit()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        self._move_view(self.viewport.zoomed(self.viewport.zoom * factor, self._anchor(at)))

    def zoom_in(self, at: QPointF | None = None) -> None:
        """To the next round zoom, about a widget point or the middle."""
        self._move_view(self.viewport.stepped(1, self._anchor(at)))

    def zoom_out(self, at: QPointF | None = None) -> None:
        """To the round zoom before, about a widget point or the middle."""
        self._move_view(self.viewport.stepped(-1, self._anchor(at)))

    def pan(self, dx: float, dy: float) -> None:
        """Move the photo by widget units."""
        self._move_view(self.viewport.panned(dx, dy))

    def show_image_point(self, x: float, y: float) -> None:
        """Pan just far enough for an image point to be seen."""
        at = self.viewport.to_widget(x, y)
        room = self.viewport.width, self.viewport.height
        margins = [min(24.0, length / 4) for length in room]
        outside = [
            min(0.0, place - margin) + max(0.0, place - (length - margin))
            for place, margin, length in zip(at, margins, room, strict=True)
        ]
        if any(outside):
            self.pan(-outside[0], -outside[1])

    def image_point(self, at: QPointF) -> tuple[float, float]:
        """The image point under a widget point; the same in both halves of side by side."""
        return self.viewport.to_image(self._pane_x(at.x()), at.y())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._resize_viewport()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._resize_viewport()
        return super().event(event)

    def _pane_width(self) -> float:
        """How wide the part of the widget is that the viewport describes."""
        return self.width()

    def _pane_x(self, x: float) -> float:
        """A widget's x as the viewport counts it."""
        return x

    @property
    def _device_size(self) -> Size:
        ratio = self.viewport.ratio
        return Size(max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)))

    def _resize_viewport(self) -> None:
        view = self.viewport.resized(self._pane_width(), self.height(), self.devicePixelRatioF())
        self._look_through(view.fitted() if self._stays_fitted else view)

    def _watch_ratio(self) -> None:
        # a window dragged to another screen is repainted before it is told
        if self.devicePixelRatioF() != self.viewport.ratio:
            self._resize_viewport()

    def _move_view(self, viewport: Viewport) -> None:
        self._stays_fitted = False
        self._look_through(viewport)

    def _look_through(self, viewport: Viewport) -> None:
        if viewport != self.viewport:
            self.viewport = viewport
            self.update()
            self.view_changed.emit(viewport)

    def _anchor(self, at: QPointF | None) -> tuple[float, float] | None:
        return None if at is None else (self._pane_x(at.x()), at.y())
