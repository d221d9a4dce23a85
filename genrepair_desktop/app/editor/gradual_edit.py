"""Lays a repair into the document in small steps, so that the window never waits for it."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QTimer, Signal

from genrepair_desktop.app.editor.repair_work import Outcome, Touched
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import Edit, GroupEdit, StrokeRecorder
from genrepair_desktop.imaging.geometry import Rect, tiles_touching
from genrepair_desktop.repair.pipeline import RepairRequest

# a tile takes some 0.3 ms; a repair of scratches all over 24 megapixels touches 400 of them
_SLICE_SECONDS = 0.008


class GradualEdit(QObject):
    """One repair being laid in: its pixels, then its emptied mask.

    finished  (edit or None, changed pixels): the document shows all of it; None if nothing differs
    """

    finished = Signal(object, object)

    def __init__(
        self,
        document: Document,
        request: RepairRequest,
        outcome: Outcome,
        *,
        strength: float,
        keeps_mask: bool = False,
        parent: QObject | None = None,
    ) -> None:
        """``keeps_mask``: the whole photo is changed, whatever is marked in it."""
        super().__init__(parent)
        self._keeps_mask = keeps_mask
        self._document, self._request, self._outcome, self._strength = document, request, outcome, strength
        self._pixels = StrokeRecorder(document, "pixels")
        self._mask = StrokeRecorder(document, "mask")
        self._changed = 0
        self._is_laid = False
        self._steps = self._work()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._run_slice)

    def start(self) -> None:
        """Lay in the first slice now; a small repair is then finished already."""
        self._timer.start()
        self._run_slice()

    def stop(self) -> None:
        """The document is gone; forget the rest."""
        self._timer.stop()

    def _run_slice(self) -> None:
        started = time.perf_counter()
        for _ in self._steps:
            if time.perf_counter() - started > _SLICE_SECONDS:
                return
        if not self._is_laid and time.perf_counter() - started > _SLICE_SECONDS / 2:
            self._is_laid = True  # making the edit of many tiles is a slice of its own
            return
        self._timer.stop()
        self.finished.emit(self._edit(), self._changed)

    def _work(self) -> Iterator[None]:
        for touched in self._outcome.touched:
            self._lay(touched)
            yield
        bounds = self._document.bounds
        for box in self._request.boxes:
            for tile in tiles_touching(box.rect, bounds):
                part = tile.intersect(box.rect)
                hole = box.coverage[part.relative_to(box.rect).slices] > 0
                if hole.any():
                    self._unmark(part, hole)
                yield

    def _lay(self, touched: Touched) -> None:
        samples = touched.samples(self._strength)
        self._changed += int(np.count_nonzero((samples != touched.before).any(axis=1)))

        def lay(block: npt.NDArray[Any]) -> npt.NDArray[Any]:
            return touched.laid_over(block, samples)

        self._pixels.paint(touched.rect, lay)

    def _unmark(self, rect: Rect, hole: npt.NDArray[np.bool_]) -> None:
        """Newer strokes beside what was repaired stay marked."""
        if self._keeps_mask:
            return

        def unmark(block: npt.NDArray[Any]) -> npt.NDArray[Any]:
            block[hole] = 0
            return block

        self._mask.paint(rect, unmark)

    def _edit(self) -> Edit | None:
        label = f"repair:{self._outcome.recipe.method}"
        values = dict(self._outcome.values)
        # replayed with this strength the recipe gives the same bits as the full repair faded
        values["recipe"] = {**values["recipe"], "strength": self._strength}
        parts = [part for part in (self._pixels.finish(label), self._mask.finish("mask-none")) if part is not None]
        if not parts and not self._outcome.touched:
            return None  # else: nothing shows at strength 0, but the step must stay for the strength to come back
        return GroupEdit(label, tuple(parts), values)
