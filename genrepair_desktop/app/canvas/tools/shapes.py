"""Tools that draw a closed shape: rectangle, ellipse, lasso, polygon."""

import math
from collections.abc import Sequence
from typing import ClassVar, Literal

from genrepair_desktop.app.canvas.tools.base import Outline, Pointer, Tool, ToolHost, apply_stencil
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.mask_shapes import (
    Point,
    Stencil,
    ellipse,
    polygon,
    rectangle,
)
from genrepair_desktop.imaging.masks import CombineMode


class _ShapeTool(Tool):
    """Holds the points of a shape in the making and the mode it was begun with."""

    def __init__(self, host: ToolHost) -> None:
        super().__init__(host)
        self._points: list[Point] = []
        self._mode = CombineMode.ADD

    def press(self, pointer: Pointer) -> None:
        if self.host.document is None:
            return
        self._points = [pointer.point]
        self._mode = pointer.mode
        self.is_active = True

    def release(self, pointer: Pointer) -> None:
        if self.is_active:
            self.drag(pointer)
            self._end()

    def cancel(self) -> bool:
        was_active, self.is_active = self.is_active, False
        self._points = []
        self.host.refresh()
        return was_active

    def _stencil(self, points: Sequence[Point], bounds: Rect) -> Stencil:
        raise NotImplementedError

    def _end(self) -> None:
        points, document = self._points, self.host.document
        self.cancel()
        if document is not None:
            self.host.commit(apply_stencil(document, self._stencil(points, document.bounds), self._mode, self.id))


class _BoxTool(_ShapeTool):
    """Dragged from corner to corner."""

    kind: ClassVar[Literal["rectangle", "ellipse"]]

    @property
    def outline(self) -> Outline | None:
        return Outline(self._points, self.kind) if len(self._points) == 2 else None

    def drag(self, pointer: Pointer) -> None:
        if not self.is_active:
            return
        start = self._points[0]
        self._points = [start, _square(start, pointer.point) if pointer.is_square else pointer.point]
        self.host.refresh()


class RectangleTool(_BoxTool):
    """Marks an upright rectangle."""

    id = "rectangle"
    kind = "rectangle"

    def _stencil(self, points: Sequence[Point], bounds: Rect) -> Stencil:
        return rectangle(points[0], points[-1], bounds)


class EllipseTool(_BoxTool):
    """Marks an upright ellipse."""

    id = "ellipse"
    kind = "ellipse"

    def _stencil(self, points: Sequence[Point], bounds: Rect) -> Stencil:
        return ellipse(points[0], points[-1], bounds)


class LassoTool(_ShapeTool):
    """Marks what a freely drawn line encloses."""

    id = "lasso"

    @property
    def outline(self) -> Outline | None:
        return Outline(self._points, "closed") if len(self._points) > 1 else None

    def drag(self, pointer: Pointer) -> None:
        # an eighth of "on a point" is one unit of the screen: finer than that nobody draws
        if self.is_active and math.dist(pointer.point, self._points[-1]) >= self.host.reach / 8:
            self._points.append(pointer.point)
            self.host.refresh()

    def _stencil(self, points: Sequence[Point], bounds: Rect) -> Stencil:
        return polygon(points, bounds)


class PolygonTool(_ShapeTool):
    """Marks what straight lines from click to click enclose."""

    id = "polygon"

    def __init__(self, host: ToolHost) -> None:
        super().__init__(host)
        self._rubber: Point | None = None

    @property
    def outline(self) -> Outline | None:
        if not self._points:
            return None
        ends = [self._rubber] if self._rubber else []
        return Outline([*self._points, *ends], "line", tuple(self._points))

    def press(self, pointer: Pointer) -> None:
        if not self._points:
            super().press(pointer)
        elif len(self._points) >= 3 and math.dist(pointer.point, self._points[0]) <= self.host.reach:
            self._end()
            return
        elif pointer.point != self._points[-1]:
            self._points.append(pointer.point)
        self.hover(pointer)

    def drag(self, pointer: Pointer) -> None:
        self.hover(pointer)

    def release(self, pointer: Pointer) -> None:
        """A click has set its point on the press already."""

    def hover(self, pointer: Pointer) -> None:
        if self.is_active:
            self._rubber = pointer.point
            self.host.refresh()

    def finish(self) -> bool:
        if not self.is_active:
            return False
        self._end()
        return True

    def step_back(self) -> bool:
        if not self.is_active:
            return False
        self._points.pop()
        if not self._points:
            return self.cancel()
        self.host.refresh()
        return True

    def cancel(self) -> bool:
        self._rubber = None
        return super().cancel()

    def _stencil(self, points: Sequence[Point], bounds: Rect) -> Stencil:
        return polygon(points, bounds)


class PanTool(Tool):
    """Moves the view; the canvas itself does it."""

    id = "pan"


def _square(start: Point, end: Point) -> Point:
    """``end`` moved so that both sides are as long as the longer one."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    side = max(abs(dx), abs(dy))
    return start[0] + math.copysign(side, dx), start[1] + math.copysign(side, dy)
