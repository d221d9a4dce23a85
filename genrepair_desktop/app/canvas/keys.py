"""The canvas without a mouse: arrow keys move a cross, Space and Enter act where it stands.

Space or Enter starts what a pressed button would start, the arrows drag, and the same key ends it. Where a tool
takes several clicks (polygon) Space sets a point, Enter closes, Backspace takes the last point back. Escape
abandons, and puts away the cross when there is nothing to abandon. Space held while the mouse drags moves the view.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent

from genrepair_desktop.app.canvas.tools import Pointer

if TYPE_CHECKING:
    from genrepair_desktop.app.canvas.canvas_widget import CanvasWidget

Key = Qt.Key
_ARROWS = {Key.Key_Left: (-1, 0), Key.Key_Right: (1, 0), Key.Key_Up: (0, -1), Key.Key_Down: (0, 1)}
_OWN_KEYS = {Key.Key_Space, Key.Key_Return, Key.Key_Enter, Key.Key_Escape, Key.Key_Backspace}
# widget units an arrow key moves the cross; with Shift, and with Ctrl a single image pixel
_STEP, _BIG_STEP = 8.0, 64.0


class Keys:
    """Turns key events of the canvas into calls. ``cross`` is in image pixels, None while it is put away."""

    def __init__(self, canvas: "CanvasWidget") -> None:
        self._canvas = canvas
        self.cross: tuple[float, float] | None = None

    def wants(self, event: QKeyEvent) -> bool:
        """True if a key must not be taken by a command now.

        In the middle of a stroke none may be: undo would pull the picture from under it. A polygon needs its own
        keys, and the cross its own as long as no candidate waits for Enter.
        """
        canvas, key = self._canvas, Qt.Key(event.key())
        if canvas.is_busy:
            return canvas.toolbox.tool.id != "polygon" or key in _OWN_KEYS
        return self.cross is not None and not canvas.has_preview and key in _OWN_KEYS

    def press(self, event: QKeyEvent) -> bool:
        """True if the key meant something here."""
        key = Qt.Key(event.key())
        canvas = self._canvas
        if canvas.document is None:
            return False
        if key in _ARROWS:
            self._move(*_ARROWS[key], event.modifiers())
            return True
        if key == Key.Key_Space:
            if not event.isAutoRepeat():
                canvas.pointing.is_space_held = True
                canvas.pointing.has_panned = False
                canvas.pointer_state_changed()
            return True
        if key in (Key.Key_Return, Key.Key_Enter):
            return canvas.toolbox.tool.finish() or self._act()
        if key == Key.Key_Backspace:
            return canvas.toolbox.tool.step_back()
        if key == Key.Key_Escape:
            return canvas.cancel() or self._put_away()
        if key in (Key.Key_Plus, Key.Key_Equal, Key.Key_Minus):
            zoom = canvas.zoom_out if key == Key.Key_Minus else canvas.zoom_in
            zoom(self._middle_of_attention())
            return True
        return False

    def release(self, event: QKeyEvent) -> bool:
        """A tapped Space acts; one that was held to move the view does not."""
        if event.key() != Key.Key_Space or event.isAutoRepeat():
            return False
        pointing = self._canvas.pointing
        was_tapped = pointing.is_space_held and not pointing.has_panned and pointing.action == "idle"
        pointing.is_space_held = False
        self._canvas.pointer_state_changed()
        return was_tapped and self._act()

    def follow_mouse(self) -> None:
        """The mouse moved: the cross is where one looks no longer, unless it is dragging."""
        if self.cross is not None and not self._canvas.toolbox.tool.is_active:
            self._put_away()

    def _act(self) -> bool:
        """Press or release at the cross."""
        if self.cross is None:
            return False
        tool, pointer = self._canvas.toolbox.tool, self._pointer()
        if tool.is_active and tool.id != "polygon":
            tool.release(pointer)
        elif tool.is_active or self._canvas.may_begin():
            tool.press(pointer)
            if not tool.is_active or tool.id == "polygon":
                tool.release(pointer)
        self._canvas.pointer_state_changed()
        return True

    def _move(self, dx: int, dy: int, modifiers: Qt.KeyboardModifier) -> None:
        canvas = self._canvas
        view = canvas.viewport
        if self.cross is None:
            self.cross = canvas.pointed or view.to_image(view.width / 2, view.height / 2)
            canvas.update()
        units = _BIG_STEP if modifiers & Qt.KeyboardModifier.ShiftModifier else _STEP
        step = max(1.0, units * view.ratio / view.zoom)
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            step = 1.0
        x = min(max(self.cross[0] + dx * step, 0.5), view.image.w - 0.5)
        y = min(max(self.cross[1] + dy * step, 0.5), view.image.h - 0.5)
        self.cross = x, y
        canvas.show_image_point(x, y)
        if canvas.toolbox.tool.is_active:
            canvas.toolbox.tool.drag(self._pointer())
        else:
            canvas.toolbox.tool.hover(self._pointer())
        canvas.tell_pointed(x, y)
        canvas.refresh()

    def _pointer(self) -> Pointer:
        x, y = self.cross or (0.0, 0.0)
        return Pointer(x, y, mode=self._canvas.toolbox.mode)

    def _put_away(self) -> bool:
        was_shown, self.cross = self.cross is not None, None
        if was_shown:
            # the frame around everything goes with it
            self._canvas.update()
        return was_shown

    def _middle_of_attention(self) -> QPointF | None:
        """The cross, or else the pointer, in widget units."""
        point = self.cross or self._canvas.pointed
        return QPointF(*self._canvas.viewport.to_widget(*point)) if point else None
