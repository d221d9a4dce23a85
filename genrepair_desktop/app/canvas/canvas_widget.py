"""The canvas: the photo view with tools in hand; pointer and keys become edits of the document."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QTabletEvent,
    QTouchEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from genrepair_desktop.app.canvas import decorations
from genrepair_desktop.app.canvas.keys import Keys
from genrepair_desktop.app.canvas.photo_view import PhotoView, display_of
from genrepair_desktop.app.canvas.pointing import Pointing
from genrepair_desktop.app.canvas.sources import ToDisplay
from genrepair_desktop.app.canvas.toolbox import ToolBox
from genrepair_desktop.document.document import Change, Document
from genrepair_desktop.document.edits import Edit
from genrepair_desktop.document.history import History
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.masks import Coverage

# rings smaller than this, in widget units, come with a cross-hair, so that the pointer never vanishes
_SMALL_RING = 4.0
_TOUCHES = {
    QEvent.Type.TouchBegin,
    QEvent.Type.TouchUpdate,
    QEvent.Type.TouchEnd,
    QEvent.Type.TouchCancel,
}


@dataclass(frozen=True)
class Pointed:
    """The pixel under the pointer: its place, its samples as the file has them, its colour on the screen."""

    x: int
    y: int
    samples: tuple[int, ...]
    colour: str


class CanvasWidget(PhotoView):
    """Shows one document and works on it. Which tool, brush and mode is the business of ``toolbox``.

    pointer_moved   Pointed, or None off the picture
    stroke_ended    the Edit of a finished stroke or shape; it is in the history already
    wheel_zooms     a mouse wheel zooms (else it scrolls, and zooms with Ctrl)
    """

    pointer_moved = Signal(object)
    stroke_ended = Signal(object)

    def __init__(
        self, parent: QWidget | None = None, *, display_for: Callable[[Document], ToDisplay] = display_of
    ) -> None:
        super().__init__(parent, display_for=display_for)
        self._history: History | None = None
        self._at: QPointF | None = None
        # device pixels the ring, and outline and cross, were last drawn on
        self._ring = self._marks = Rect(0, 0, 0, 0)
        self.wheel_zooms = True
        # asked before a stroke or shape begins; False: not now
        self.may_begin: Callable[[], bool] = lambda: True
        self.toolbox = ToolBox(self)
        self.pointing = Pointing(self)
        self.keys = Keys(self)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Photo"))
        self.setAccessibleDescription(
            self.tr("Arrow keys move a cross over the photo; Space or Enter starts and ends a stroke there.")
        )

    def set_document(self, document: Document | None, history: History | None) -> None:
        """Show another document, fitted to the window; finished strokes go to ``history.push_applied``."""
        self.cancel()
        self.keys.cross = None
        self._history = history
        self.show_document(document)
        self.pointer_state_changed()

    @property
    def is_busy(self) -> bool:
        """A stroke or shape has begun and not ended: no time for undo."""
        return self.toolbox.tool.is_active

    def cancel(self) -> bool:
        """Abandon the stroke or shape in the making; False if there is none."""
        was_active = self.toolbox.tool.cancel()
        self.pointing.abandon()
        return was_active

    def _on_change(self, change: Change) -> None:
        if change.is_resized:
            self.toolbox.tool.forget()
            self.pointing.abandon()
        super()._on_change(change)

    # ---- what the tools ask for ----

    def record(self, edit: Edit | None) -> None:
        """A stroke or shape has ended; None if it changed nothing."""
        if edit is not None and self._history is not None:
            self._history.push_applied(edit)
            self.stroke_ended.emit(edit)

    def show_stencil(self, stencil: Coverage | None, rect: Rect) -> None:
        """Tint a stroke that is not part of the mask yet."""
        if self._scene is not None:
            self._scene.set_stencil(stencil, rect, self._level)
            self.refresh_image(rect)

    def refresh(self) -> None:
        """An outline or the cross has changed: repaint it where it was and where it is."""
        tool_rect = decorations.outline_rect(self.toolbox.tool.outline, self.viewport)
        marks = tool_rect.union(self._cross_rect())
        self._refresh_device(self._marks)
        self._marks = marks
        self._refresh_device(marks)
        self.ring_changed()

    # ---- the pointer ----

    @property
    def pointed(self) -> tuple[float, float] | None:
        """The image point under the mouse; None when it is elsewhere."""
        return None if self._at is None else self.image_point(self._at)

    def point_at(self, at: QPointF | None) -> None:
        """The mouse is here now, or gone."""
        self._at = at
        self.keys.follow_mouse()
        self.ring_changed()
        point = self.pointed
        if point is None:
            self.pointer_moved.emit(None)
        else:
            self.tell_pointed(*point)

    def tell_pointed(self, x: float, y: float) -> None:
        """Let the status bar know of an image point."""
        pixel = Rect(int(x // 1), int(y // 1), 1, 1)
        if self._document is None or self._scene is None or not self._document.bounds.contains(pixel):
            self.pointer_moved.emit(None)
            return
        samples = tuple(int(sample) for sample in self._document.pixels[pixel.y, pixel.x])
        red, green, blue = self._scene.display_colour(pixel.x, pixel.y)
        self.pointer_moved.emit(Pointed(pixel.x, pixel.y, samples, f"#{red:02x}{green:02x}{blue:02x}"))

    def ring_changed(self) -> None:
        """Repaint the brush's ring where it was and where it is."""
        self._refresh_device(self._ring)
        self._ring = self._ring_rect()
        self._refresh_device(self._ring)
        self._choose_cursor()

    def pointer_state_changed(self) -> None:
        """Another tool, a button or Space: the cursor may be another."""
        self.ring_changed()

    def _ring_centre(self) -> QPointF | None:
        """In device pixels of the viewport; at the keyboard's cross if that is shown."""
        tool = self.toolbox.tool
        is_moving = self.pointing.action in ("pan", "split") or self.pointing.is_space_held
        point = self.keys.cross or self.pointed
        if self._scene is None or point is None or not tool.has_ring or is_moving:
            return None
        left, top = self.viewport.origin
        return QPointF(point[0] * self.viewport.zoom + left, point[1] * self.viewport.zoom + top)

    @property
    def _ring_radius(self) -> float:
        """In device pixels."""
        return self.toolbox.brush.size / 2 * self.viewport.zoom

    def _ring_rect(self) -> Rect:
        centre = self._ring_centre()
        if centre is None:
            return Rect(0, 0, 0, 0)
        reach = int(self._ring_radius + 4 * self.viewport.ratio) + 1
        x, y = int(centre.x()), int(centre.y())
        return Rect(x - reach, y - reach, 2 * reach + 1, 2 * reach + 1)

    def _cross_rect(self) -> Rect:
        if self.keys.cross is None:
            return Rect(0, 0, 0, 0)
        left, top = self.viewport.origin
        x, y = (round(place * self.viewport.zoom) for place in self.keys.cross)
        return Rect(x + left, y + top, 1, 1).grown(round(18 * self.viewport.ratio))

    def _choose_cursor(self) -> None:
        shape = Qt.CursorShape
        action = self.pointing.action
        split = self.split_position
        is_on_split = split is not None and self._at is not None and abs(self._at.x() - split) <= 12
        if self._document is None:
            self.unsetCursor()
        elif action == "pan":
            self.setCursor(shape.ClosedHandCursor)
        elif self.pointing.is_space_held or self.toolbox.tool.id == "pan":
            self.setCursor(shape.OpenHandCursor)
        elif action == "split" or (action == "idle" and is_on_split):
            self.setCursor(shape.SplitHCursor)
        elif self.toolbox.tool.has_ring and self._ring_radius > _SMALL_RING * self.viewport.ratio:
            self.setCursor(shape.BlankCursor)
        else:
            self.setCursor(shape.CrossCursor)

    def _paint_over(self, painter: QPainter) -> None:
        super()._paint_over(painter)
        if self._scene is None:
            return
        for pane in self._panes():
            painter.save()
            painter.setClipRect(decorations.to_qrect(pane.clip))
            painter.translate(pane.shift, 0)
            self._paint_tools(painter)
            painter.restore()
        if self.hasFocus() and self.keys.cross is not None:
            decorations.focus_frame(painter, self._device_size, self.viewport.ratio, QColor(self.look.accent))

    def _paint_tools(self, painter: QPainter) -> None:
        view = self.viewport
        shape = self.toolbox.tool.outline
        if shape is not None:
            decorations.outline(painter, shape, view, QColor(self.look.accent))
        centre = self._ring_centre()
        if centre is not None:
            decorations.brush_ring(painter, centre, self._ring_radius, self.toolbox.brush.hardness, view.ratio)
        if self.keys.cross is not None:
            left, top = view.origin
            x, y = self.keys.cross
            decorations.cross_hair(painter, QPointF(x * view.zoom + left, y * view.zoom + top), view.ratio)

    # ---- events ----

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pointing.mouse_press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointing.mouse_move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.pointing.mouse_release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # the second press of a double click: it closes a polygon, and is a press for every other tool
        if not (event.button() == Qt.MouseButton.LeftButton and self.toolbox.tool.finish()):
            self.pointing.mouse_press(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.pointing.wheel(event)

    def tabletEvent(self, event: QTabletEvent) -> None:
        self.pointing.tablet(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.keys.press(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self.keys.release(event):
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        # the key's release will go to another widget
        self.pointing.is_space_held = False
        self.pointer_state_changed()
        super().focusOutEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.point_at(None)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self.keys.wants(event):
            # the key comes here as a key press, not to a command that has it as its shortcut
            event.accept()
            return True
        if event.type() in _TOUCHES and isinstance(event, QTouchEvent):
            self.pointing.touch(event)
            return True
        if isinstance(event, QNativeGestureEvent):
            return self.pointing.pinch(event)
        return super().event(event)
