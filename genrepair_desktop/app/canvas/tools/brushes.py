"""Tools that paint with a round brush: mask, eraser, donor area, and back to the original."""

from typing import ClassVar

import numpy as np

from genrepair_desktop.app.canvas.tools.base import Pointer, Tool, ToolHost, apply_stencil
from genrepair_desktop.document.document import Document, Layer
from genrepair_desktop.document.edits import Edit, StrokeRecorder
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.mask_brush import BrushPoint, sweep
from genrepair_desktop.imaging.mask_shapes import Stencil
from genrepair_desktop.imaging.masks import CombineMode, Coverage, combine

# the lightest touch of a pen still marks something
_LEAST_PRESSURE = 0.05


class _Stroke:
    """What one stroke does to the document while it runs."""

    def __init__(self, document: Document, layer: Layer) -> None:
        self.document = document
        self.recorder = StrokeRecorder(document, layer)

    def lay(self, stencil: Stencil) -> None:
        raise NotImplementedError

    def end(self, label: str) -> Edit | None:
        return self.recorder.finish(label)

    def abandon(self) -> None:
        self.recorder.abandon()


class _DirectStroke(_Stroke):
    """Adds to a coverage layer or takes away from it; maximum and minimum need no memory of the stroke."""

    def __init__(self, document: Document, layer: Layer, mode: CombineMode) -> None:
        super().__init__(document, layer)
        self._mode = mode

    def lay(self, stencil: Stencil) -> None:
        self.recorder.paint(stencil.rect, lambda block: combine(block, stencil.coverage, self._mode))


class _Gathered:
    """The coverage of a whole stroke so far, in the size of the photo (memory only where it was touched)."""

    def __init__(self, document: Document) -> None:
        self.coverage: Coverage = np.zeros((document.bounds.h, document.bounds.w), np.uint8)
        self.rect = Rect(0, 0, 0, 0)

    def add(self, stencil: Stencil) -> Coverage:
        """Returns what the stroke covers within the stencil's rectangle."""
        part = self.coverage[stencil.rect.slices]
        np.maximum(part, stencil.coverage, out=part)
        self.rect = self.rect.union(stencil.rect)
        return part


class _IntersectStroke(_Stroke):
    """Keeps of the mask what the stroke covers; it can only be told at the end, so until then it just shows."""

    def __init__(self, document: Document, host: ToolHost) -> None:
        super().__init__(document, "mask")
        self._host = host
        self._gathered = _Gathered(document)

    def lay(self, stencil: Stencil) -> None:
        self._gathered.add(stencil)
        self._host.show_stencil(self._gathered.coverage, stencil.rect)

    def end(self, label: str) -> Edit | None:
        rect = self._gathered.rect
        self._host.show_stencil(None, rect)
        stencil = Stencil(rect, self._gathered.coverage[rect.slices])
        return apply_stencil(self.document, stencil, CombineMode.INTERSECT, label)

    def abandon(self) -> None:
        self._host.show_stencil(None, self._gathered.rect)


class _RestoreStroke(_Stroke):
    """Brings back the opened pixels, mixed by the stroke's whole coverage so that slow strokes are no stronger."""

    def __init__(self, document: Document) -> None:
        super().__init__(document, "pixels")
        self._gathered = _Gathered(document)

    def lay(self, stencil: Stencil) -> None:
        weight = self._gathered.add(stencil)
        opened = self.document.opened(stencil.rect)

        def restore(block: Pixels) -> Pixels:
            return _mixed(self.recorder.before(stencil.rect), opened, weight)

        self.recorder.paint(stencil.rect, restore)


class BrushTool(Tool):
    """Marks the mask; the mode says whether strokes add, take away or keep."""

    id = "brush"
    layer: ClassVar[Layer] = "mask"
    has_ring = True
    is_painting = True

    def __init__(self, host: ToolHost) -> None:
        super().__init__(host)
        self._stroke: _Stroke | None = None
        self._last: BrushPoint | None = None

    def press(self, pointer: Pointer) -> None:
        document = self.host.document
        if document is None:
            return
        self.cancel()
        self._stroke = self._begin(document, pointer.mode)
        self.is_active = True
        here = self._brush_point(pointer)
        self._sweep(self._last if pointer.is_straight and self._last else here, here)

    def drag(self, pointer: Pointer) -> None:
        if self._stroke is not None and self._last is not None:
            self._sweep(self._last, self._brush_point(pointer))

    def release(self, pointer: Pointer) -> None:
        if self._stroke is None:
            return
        stroke, self._stroke = self._stroke, None
        self.is_active = False
        self.host.commit(stroke.end(self.id))

    def cancel(self) -> bool:
        if self._stroke is None:
            return False
        stroke, self._stroke = self._stroke, None
        self.is_active = False
        self._last = None
        stroke.abandon()
        return True

    def forget(self) -> None:
        # to abandon would write tiles of the old picture into the new one
        self._stroke = self._last = None
        self.is_active = False

    def _begin(self, document: Document, mode: CombineMode) -> _Stroke:
        if mode is CombineMode.INTERSECT:
            return _IntersectStroke(document, self.host)
        return _DirectStroke(document, self.layer, mode)

    def _sweep(self, start: BrushPoint, end: BrushPoint) -> None:
        document = self.host.document
        if self._stroke is None or document is None:
            return
        for stencil in sweep(start, end, self.host.brush.hardness, document.bounds):
            self._stroke.lay(stencil)
        self._last = end

    def _brush_point(self, pointer: Pointer) -> BrushPoint:
        brush = self.host.brush
        force = max(_LEAST_PRESSURE, min(1.0, pointer.pressure))
        size = brush.size * (force if brush.pressure in ("size", "both") else 1.0)
        flow = force if brush.pressure in ("flow", "both") else 1.0
        return BrushPoint(pointer.x, pointer.y, max(0.5, size / 2), flow)


class EraserTool(BrushTool):
    """Takes away from the mask, whatever the mode."""

    id = "eraser"

    def _begin(self, document: Document, mode: CombineMode) -> _Stroke:
        return _DirectStroke(document, "mask", CombineMode.SUBTRACT)


class DonorTool(BrushTool):
    """Marks where texture may be taken from; with the right button, where not."""

    id = "donor"

    def _begin(self, document: Document, mode: CombineMode) -> _Stroke:
        is_taking_away = mode is CombineMode.SUBTRACT
        return _DirectStroke(document, "donor", CombineMode.SUBTRACT if is_taking_away else CombineMode.ADD)


class RestoreTool(BrushTool):
    """Paints the photo as it was opened back over a repair."""

    id = "restore"

    def _begin(self, document: Document, mode: CombineMode) -> _Stroke:
        return _RestoreStroke(document)


def _mixed(before: Pixels, opened: Pixels, weight: Coverage) -> Pixels:
    """``before`` where the weight is 0 and ``opened`` where it is 255, both exactly; rounded between."""
    share = weight[..., None].astype(np.int32)
    summed = before.astype(np.int32) * (255 - share) + opened.astype(np.int32) * share
    return ((summed + 127) // 255).astype(before.dtype)
