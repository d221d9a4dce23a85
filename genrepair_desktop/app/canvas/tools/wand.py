"""The magic wand: marks the area of similar colour around a click."""

import math
from collections import deque
from collections.abc import Iterator
from functools import partial

from genrepair_desktop.app.canvas.tools.base import Pointer, Tool, ToolHost, apply_stencil, steps_to_apply
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import StrokeRecorder
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.mask_shapes import NOTHING, Stencil, similar_everywhere, similar_nearby
from genrepair_desktop.imaging.masks import CombineMode

# a look at so many pixels and the mark take 10 ms; the whole of a large photo is looked at beside the window
_AT_ONCE = 4_000_000


class WandTool(Tool):
    """Marks the area of similar colour around a click.

    Most areas are small and marked at once. One that runs through a large photo takes 0.1 s and more: it is looked
    for on a thread and marked in steps. Until then the tool is active, as in the middle of a stroke.
    """

    id = "wand"

    def __init__(self, host: ToolHost) -> None:
        super().__init__(host)
        self._clicks: deque[Pointer] = deque()
        self._recorder: StrokeRecorder | None = None
        # what comes back from a search that was given up finds another turn
        self._turn = 0

    def press(self, pointer: Pointer) -> None:
        self._clicks.append(pointer)
        if not self.is_active:
            self._next()

    def cancel(self) -> bool:
        was_active = self.is_active
        recorder = self._recorder
        self.forget()
        if recorder is not None:
            recorder.abandon()
        return was_active

    def forget(self) -> None:
        self._clicks.clear()
        self._recorder = None
        self._turn += 1
        self.is_active = False

    def _next(self) -> None:
        """Take the clicks in their order, as far as they can be answered at once."""
        self.is_active = False
        while self._clicks and not self.is_active:
            self._answer(self._clicks.popleft())

    def _answer(self, pointer: Pointer) -> None:
        document, wand = self.host.document, self.host.wand
        x, y = math.floor(pointer.x), math.floor(pointer.y)
        if document is None or not document.bounds.contains(Rect(x, y, 1, 1)):
            return
        pixels = document.pixels
        area = similar_nearby(pixels, x, y, tolerance=wand.tolerance) if wand.is_contiguous else None
        start = (x, y) if wand.is_contiguous else None
        search = partial(similar_everywhere, sample=pixels[y, x].copy(), start=start, tolerance=wand.tolerance)
        if area is None and document.bounds.area > _AT_ONCE:
            self.is_active = True
            snapshot = document.snapshot()
            lay = partial(self._lay, document, pointer.mode, self._turn)
            self.host.work_aside(lambda: search(snapshot.bands(pixels)), lay)
            return
        self.host.commit(apply_stencil(document, area or search([pixels]), pointer.mode, self.id))

    def _lay(self, document: Document, mode: CombineMode, turn: int, area: Stencil | None) -> Iterator[None]:
        """Mark what was found, step by step."""
        if turn != self._turn:
            return
        recorder = self._recorder = StrokeRecorder(document, "mask")
        for _ in steps_to_apply(recorder, document, area or NOTHING, mode):
            yield
            if turn != self._turn:
                return
        self._recorder = None
        self.host.commit(recorder.finish(self.id))
        self._next()
