"""Which picture shows in which part of the canvas: one, two beside each other, or two along a split."""

from dataclasses import dataclass

from genrepair_desktop.app.canvas.compare import Comparison
from genrepair_desktop.app.canvas.scene import View
from genrepair_desktop.app.canvas.viewport import Viewport
from genrepair_desktop.imaging.geometry import Rect, Size

# device-independent units between the halves of side by side
_GAP = 2


@dataclass(frozen=True)
class Pane:
    """A part of the canvas in device pixels.

    view        the picture it shows
    clip        what it fills of the widget
    shift       how far right of the viewport's own place it stands
    has_layers  coverage, tools and progress are drawn on it
    """

    view: View
    clip: Rect
    shift: int = 0
    has_layers: bool = True


def lay_out(comparison: Comparison, viewport: Viewport, size: Size) -> tuple[Pane, ...]:
    """The panes of a widget of ``size`` device pixels."""
    whole = Rect(0, 0, *size)
    if comparison.is_held:
        return (Pane("opened", whole, has_layers=False),)
    if comparison.mode == "difference":
        return (Pane("difference", whole, has_layers=False),)
    if comparison.mode == "split":
        x = split_x(comparison.split, viewport, size)
        before, after = Rect(0, 0, x, size.h), Rect(x, 0, size.w - x, size.h)
        return Pane("opened", before, has_layers=False), Pane("current", after)
    if comparison.mode == "side-by-side":
        half = viewport.device_size.w
        right = size.w - half
        before, after = Rect(0, 0, half, size.h), Rect(right, 0, half, size.h)
        return Pane("opened", before, has_layers=False), Pane("current", after, right)
    return (Pane("current", whole),)


def viewport_width(comparison: Comparison, width: float) -> float:
    """How wide a pane of a widget is, in widget units."""
    if comparison.mode == "side-by-side" and not comparison.is_held:
        return max(1.0, (width - _GAP) / 2)
    return width


def split_x(split: float, viewport: Viewport, size: Size) -> int:
    """Where the split line stands, in device pixels; at the widget's edge when the picture is panned past it."""
    x = viewport.origin[0] + split * viewport.image.w * viewport.zoom
    return min(max(round(x), 0), size.w)


def split_at(x: float, viewport: Viewport) -> float:
    """The split (0 to 1 of the picture) for a place in widget units."""
    return min(max(viewport.to_image(x, 0)[0] / viewport.image.w, 0.0), 1.0)
