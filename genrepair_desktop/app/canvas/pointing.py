"""Mouse, pen, touch and trackpad: what they do to the view, the brush's size, the split handle and the tool."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QInputDevice, QMouseEvent, QNativeGestureEvent, QTabletEvent, QTouchEvent, QWheelEvent

from genrepair_desktop.app.canvas.tools import Pointer
from genrepair_desktop.imaging.masks import CombineMode

if TYPE_CHECKING:
    from genrepair_desktop.app.canvas.canvas_widget import CanvasWidget

_NOTCH = 120.0
# a wheel notch zooms by this much, four notches by two
_ZOOM_PER_NOTCH = 2.0**0.25
_SIZE_PER_NOTCH = 1.15
# Alt-drag: this many widget units double the brush
_UNITS_TO_DOUBLE = 120.0
# a finger that moved less than this has not begun a stroke: a second one may still come for a pinch
_TOUCH_SLACK = 6.0
_SPLIT_GRIP = 12.0

Modifiers = Qt.KeyboardModifier
Action = Literal["idle", "tool", "pan", "brush-size", "split"]


@dataclass
class _Drag:
    """What the pressed button is doing."""

    action: Action = "idle"
    last: QPointF = field(default_factory=QPointF)
    start: QPointF = field(default_factory=QPointF)
    size: float = 0.0
    mode: CombineMode = CombineMode.ADD
    modifiers: Modifiers = Modifiers.NoModifier


class Pointing:
    """Turns pointer events of the canvas into calls. Positions are in widget units."""

    def __init__(self, canvas: "CanvasWidget") -> None:
        self._canvas = canvas
        self._drag = _Drag()
        self._touch_start: QPointF | None = None
        self._pinch: tuple[QPointF, float] | None = None
        self.is_space_held = False
        self.has_panned = False

    @property
    def action(self) -> Action:
        return self._drag.action

    def press(
        self,
        at: QPointF,
        button: Qt.MouseButton,
        modifiers: Modifiers,
        *,
        pressure: float = 1.0,
        is_eraser: bool = False,
    ) -> None:
        """A button went down; a second one while the first is down is ignored."""
        if self._drag.action != "idle" or self._canvas.document is None:
            return
        self._drag = _Drag(self._action_for(at, button, modifiers), at, at, self._canvas.toolbox.brush.size)
        self._drag.modifiers = modifiers
        self._drag.mode = self._mode(button, modifiers, is_eraser)
        if self._drag.action == "tool":
            if button == Qt.MouseButton.RightButton and self._canvas.toolbox.tool.step_back():
                self._drag.action = "idle"
                return
            if not self._canvas.toolbox.tool.is_active and not self._canvas.may_begin():
                self._drag.action = "idle"
                return
            self._canvas.toolbox.tool.press(self._pointer(at, modifiers, pressure))
        self._canvas.pointer_state_changed()

    def move(self, at: QPointF, modifiers: Modifiers, *, pressure: float = 1.0) -> None:
        """The pointer moved, with or without a button."""
        drag, canvas = self._drag, self._canvas
        if drag.action == "tool":
            canvas.toolbox.tool.drag(self._pointer(at, modifiers, pressure))
        elif drag.action == "pan":
            self.has_panned = True
            canvas.pan(at.x() - drag.last.x(), at.y() - drag.last.y())
        elif drag.action == "brush-size":
            canvas.toolbox.set_brush_size(drag.size * 2 ** ((at.x() - drag.start.x()) / _UNITS_TO_DOUBLE))
        elif drag.action == "split":
            canvas.drag_split(at.x())
        else:
            canvas.toolbox.tool.hover(self._pointer(at, modifiers, pressure))
        drag.last = at
        # while the brush grows its ring stays where it was
        canvas.point_at(drag.start if drag.action == "brush-size" else at)

    def release(self, at: QPointF, modifiers: Modifiers, *, pressure: float = 1.0) -> None:
        """The button went up."""
        action, self._drag.action = self._drag.action, "idle"
        if action == "tool":
            self._canvas.toolbox.tool.release(self._pointer(at, modifiers, pressure))
        self._canvas.pointer_state_changed()

    def abandon(self) -> None:
        """Forget the press; the tool has been cancelled, or the button's release will never come."""
        self._drag.action = "idle"
        self._touch_start = self._pinch = None
        self._canvas.pointer_state_changed()

    def mouse_press(self, event: QMouseEvent) -> None:
        if self._drag.action != "idle" and event.buttons() == event.button():
            # the release before went to another window
            self._canvas.cancel()
        self.press(event.position(), event.button(), event.modifiers())

    def mouse_move(self, event: QMouseEvent) -> None:
        if self._drag.action != "idle" and event.buttons() == Qt.MouseButton.NoButton:
            self.release(event.position(), event.modifiers())
        self.move(event.position(), event.modifiers())

    def mouse_release(self, event: QMouseEvent) -> None:
        self.release(event.position(), event.modifiers())

    def tablet(self, event: QTabletEvent) -> None:
        """A pen: pressure, and its other end as eraser."""
        is_eraser = event.pointerType() == event.pointerType().Eraser
        at, modifiers = event.position(), event.modifiers()
        if event.type() == QEvent.Type.TabletPress:
            self.press(at, event.button(), modifiers, pressure=event.pressure(), is_eraser=is_eraser)
        elif event.type() == QEvent.Type.TabletMove:
            self.move(at, modifiers, pressure=event.pressure())
        else:
            self.release(at, modifiers, pressure=event.pressure())
        event.accept()

    def wheel(self, event: QWheelEvent) -> None:
        """Alt: brush size. A trackpad pans, Ctrl zooms; a mouse wheel zooms or scrolls as the user chose."""
        # with Alt held, some systems turn the wheel sideways
        turned = event.angleDelta().y() or event.angleDelta().x()
        canvas, modifiers = self._canvas, event.modifiers()
        if modifiers & Modifiers.AltModifier:
            canvas.toolbox.set_brush_size(canvas.toolbox.brush.size * _SIZE_PER_NOTCH ** (turned / _NOTCH))
        elif modifiers & Modifiers.ControlModifier or (canvas.wheel_zooms and not _is_trackpad(event)):
            canvas.zoom_by(_ZOOM_PER_NOTCH ** (turned / _NOTCH), event.position())
        else:
            self._scroll(event)
        event.accept()

    def pinch(self, event: QNativeGestureEvent) -> bool:
        """A trackpad's own gestures; False for those the canvas does not know."""
        if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self._canvas.zoom_by(1.0 + event.value(), event.position())
            return True
        if event.gestureType() == Qt.NativeGestureType.SmartZoomNativeGesture:
            self._canvas.toggle_fit(event.position())
            return True
        return False

    def touch(self, event: QTouchEvent) -> None:
        """One finger works the tool, two move and zoom the view."""
        points = [point.position() for point in event.points()]
        if event.type() == QEvent.Type.TouchCancel:
            self._canvas.cancel()
        elif len(points) >= 2:
            self._two_fingers(points[0], points[1])
        elif event.type() == QEvent.Type.TouchBegin:
            self._touch_start = points[0]
        elif event.type() == QEvent.Type.TouchEnd:
            self._finger_up(points[0], event.modifiers())
        elif self._pinch is None:
            self._finger_moved(points[0], event.modifiers())
        if event.type() in (QEvent.Type.TouchEnd, QEvent.Type.TouchCancel):
            self._touch_start = self._pinch = None
        event.accept()

    def _finger_moved(self, at: QPointF, modifiers: Modifiers) -> None:
        if self._touch_start is not None:
            if (at - self._touch_start).manhattanLength() < _TOUCH_SLACK:
                return
            self.press(self._touch_start, Qt.MouseButton.LeftButton, modifiers)
            self._touch_start = None
        self.move(at, modifiers)

    def _finger_up(self, at: QPointF, modifiers: Modifiers) -> None:
        if self._pinch is not None:
            return
        if self._touch_start is not None:
            self.press(self._touch_start, Qt.MouseButton.LeftButton, modifiers)
        self.release(at, modifiers)

    def _two_fingers(self, first: QPointF, second: QPointF) -> None:
        middle, apart = (first + second) / 2, max(1.0, QPointF.dotProduct(first - second, first - second) ** 0.5)
        if self._pinch is None:
            # what one finger had begun was no stroke
            self._canvas.cancel()
            self._touch_start = None
        else:
            before, distance = self._pinch
            self._canvas.pan(middle.x() - before.x(), middle.y() - before.y())
            self._canvas.zoom_by(apart / distance, middle)
        self._pinch = middle, apart

    def _scroll(self, event: QWheelEvent) -> None:
        moved = event.pixelDelta()
        if moved.isNull():
            moved = event.angleDelta() / 2
        dx, dy = moved.x(), moved.y()
        if event.modifiers() & Modifiers.ShiftModifier and dx == 0:
            dx, dy = dy, 0
        self._canvas.pan(dx, dy)

    def _action_for(self, at: QPointF, button: Qt.MouseButton, modifiers: Modifiers) -> Action:
        tool = self._canvas.toolbox.tool
        if button == Qt.MouseButton.MiddleButton:
            return "pan"
        if button == Qt.MouseButton.LeftButton and (self.is_space_held or tool.id == "pan"):
            return "pan"
        if button not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton) or tool.id == "pan":
            return "idle"
        split = self._canvas.split_position
        if split is not None and abs(at.x() - split) <= _SPLIT_GRIP:
            return "split"
        if tool.is_painting and modifiers & Modifiers.AltModifier:
            return "brush-size"
        return "tool"

    def _mode(self, button: Qt.MouseButton, modifiers: Modifiers, is_eraser: bool) -> CombineMode:
        if is_eraser or button == Qt.MouseButton.RightButton:
            return CombineMode.SUBTRACT
        if self._canvas.toolbox.tool.is_painting:
            is_taking = bool(modifiers & Modifiers.ControlModifier)
            return CombineMode.SUBTRACT if is_taking else self._canvas.toolbox.mode
        has_shift = bool(modifiers & Modifiers.ShiftModifier)
        if modifiers & Modifiers.AltModifier:
            return CombineMode.INTERSECT if has_shift else CombineMode.SUBTRACT
        return CombineMode.ADD if has_shift else self._canvas.toolbox.mode

    def _pointer(self, at: QPointF, modifiers: Modifiers, pressure: float) -> Pointer:
        x, y = self._canvas.image_point(at)
        has_shift = bool(modifiers & Modifiers.ShiftModifier)
        # Shift held from the press on chose the mode; pressed later it squares the shape
        began_with_shift = bool(self._drag.modifiers & Modifiers.ShiftModifier)
        is_square = bool(modifiers & Modifiers.ControlModifier) or (has_shift and not began_with_shift)
        return Pointer(x, y, pressure, self._drag.mode, is_straight=has_shift, is_square=is_square)


def _is_trackpad(event: QWheelEvent) -> bool:
    device = event.pointingDevice()
    if device is not None and device.type() == QInputDevice.DeviceType.TouchPad:
        return True
    return event.phase() != Qt.ScrollPhase.NoScrollPhase
