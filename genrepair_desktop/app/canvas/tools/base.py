"""What a tool is: press, drag and release in image pixels, and one edit at the end. No Qt."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol, TypeVar

from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import Edit, StrokeRecorder
from genrepair_desktop.imaging.geometry import TILE, Rect
from genrepair_desktop.imaging.mask_shapes import Point, Stencil
from genrepair_desktop.imaging.masks import CombineMode, Coverage, bounds_of, combine

T = TypeVar("T")
MIN_BRUSH, MAX_BRUSH = 1.0, 2000.0
PressureUse = Literal["none", "size", "flow", "both"]


@dataclass(frozen=True)
class BrushSettings:
    """size      diameter in image pixels, 1 to 2000
    hardness  the part of the radius that is fully covered, 0 to 1
    pressure  what a pen's pressure changes
    """

    size: float = 40.0
    hardness: float = 1.0
    pressure: PressureUse = "size"


@dataclass(frozen=True)
class WandSettings:
    """tolerance      per channel, on the scale 0 to 255
    is_contiguous  only pixels joined to the one clicked
    """

    tolerance: float = 32.0
    is_contiguous: bool = True


@dataclass(frozen=True)
class Pointer:
    """Where the mouse, pen, finger or keyboard cross stands, in image pixels, and how it is meant.

    pressure     0 to 1; 1 for everything but a pen
    mode         how a shape or stroke joins the mask
    is_straight  a straight stroke from where the last one ended
    is_square    sides of equal length
    """

    x: float
    y: float
    pressure: float = 1.0
    mode: CombineMode = CombineMode.ADD
    is_straight: bool = False
    is_square: bool = False

    @property
    def point(self) -> Point:
        return self.x, self.y


@dataclass(frozen=True)
class Outline:
    """A shape in the making, as the canvas draws it: lines through image points.

    ``handles`` are points to be marked; ``kind`` ``ellipse`` draws the ellipse between two corner points.
    """

    points: Sequence[Point] = ()
    kind: Literal["line", "closed", "rectangle", "ellipse"] = "line"
    handles: Sequence[Point] = field(default=())


class ToolHost(Protocol):
    """What the canvas gives to its tools."""

    @property
    def document(self) -> Document | None: ...

    @property
    def brush(self) -> BrushSettings: ...

    @property
    def wand(self) -> WandSettings: ...

    @property
    def reach(self) -> float:
        """How many image pixels still count as "on" a point."""
        ...

    def commit(self, edit: Edit | None) -> None:
        """A finished stroke or shape, already shown; None if it changed nothing."""
        ...

    def show_stencil(self, stencil: Coverage | None, rect: Rect) -> None:
        """Show a stroke that will only count when it ends; ``rect`` is what is new of it. None: no more."""
        ...

    def work_aside(self, work: Callable[[], T], use: Callable[[T | None], Iterator[None]]) -> None:
        """Do ``work`` on a thread of its own, then go through the steps of ``use(result)`` in this one.

        The steps are taken some at a time between other events, so that the window stays alive. Where the work
        fails, ``use`` gets None and the error is reported.
        """
        ...

    def refresh(self) -> None:
        """The outline has changed."""
        ...


class Tool:
    """The base of all tools. ``is_active`` from the press that starts something to what ends it.

    has_ring     shows the brush's size around the pointer
    is_painting  strokes of a brush (their modifiers differ from those of shapes)
    """

    id: ClassVar[str]
    has_ring: ClassVar[bool] = False
    is_painting: ClassVar[bool] = False

    def __init__(self, host: ToolHost) -> None:
        self.host = host
        self.is_active = False

    @property
    def outline(self) -> Outline | None:
        return None

    def press(self, pointer: Pointer) -> None:
        """The button went down on the image or beside it."""

    def drag(self, pointer: Pointer) -> None:
        """The pointer moved with the button down."""

    def release(self, pointer: Pointer) -> None:
        """The button went up."""

    def hover(self, pointer: Pointer) -> None:
        """The pointer moved with no button down."""

    def finish(self) -> bool:
        """Enter or a double click: end what takes several clicks. False if there was nothing to end."""
        return False

    def step_back(self) -> bool:
        """Backspace: take back the last point. False if there was none."""
        return False

    def cancel(self) -> bool:
        """Escape: abandon what was begun and leave the document as it was. False if nothing was."""
        return False

    def forget(self) -> None:
        """The document has become another one in the middle of it: let go without touching it."""
        self.cancel()


def apply_stencil(document: Document, stencil: Stencil, mode: CombineMode, label: str) -> Edit | None:
    """Join a shape with the document's mask as one edit already applied; None if that changes nothing."""
    recorder = StrokeRecorder(document, "mask")
    for _ in steps_to_apply(recorder, document, stencil, mode):
        pass
    return recorder.finish(label)


def steps_to_apply(
    recorder: StrokeRecorder, document: Document, stencil: Stencil, mode: CombineMode
) -> Iterator[None]:
    """``apply_stencil`` row of tiles by row of tiles, 1 to 3 ms each on a large photo."""
    if stencil.is_empty:
        return
    # intersecting clears the mask wherever the shape is not
    area = bounds_of(document.mask) if mode is CombineMode.INTERSECT else stencil.rect
    for top in range(area.y // TILE * TILE, area.bottom, TILE):
        rows = Rect(area.x, top, area.w, TILE).intersect(area)
        recorder.paint(rows, lambda block, rows=rows: combine(block, stencil.within(rows), mode))
        yield
