"""The fills of the last repair arranged by what they put into the hole. State without widgets."""

from collections.abc import Mapping
from functools import partial

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.editor.candidates_session import CandidatesSession
from genrepair_desktop.app.engine_thread import JobDesk, Watch
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.colour import to_eight_bits
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.fills import FillsMap, map_fills
from genrepair_desktop.latent.map import Points

# with fewer the strip shows as much, and side by side
LEAST = 8
# a place on the map is made of so many fills, and of none that is less than this share of the strongest
_BLENDED, _LEAST_SHARE = 3, 0.1
# what is told apart by eye is told apart at this size too
_LARGEST_SIDE = 64


class CandidateMapSession(QObject):
    """Places the fills on a plane while somebody looks at it: alike fills lie side by side.

    changed  ``numbers`` and ``points`` are others, or there is no map
    """

    changed = Signal()

    def __init__(self, candidates: CandidatesSession, desk: JobDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.candidates = candidates
        self._desk = desk
        self.is_shown = False
        self.numbers: tuple[int, ...] = ()
        self.points: Points = np.zeros((0, 2), np.float32)
        self.said = ""
        self._asked: tuple[int, ...] = ()
        candidates.changed.connect(self._on_candidates)

    @property
    def can_show(self) -> bool:
        """True when there are enough fills for a map."""
        return len(self.candidates.candidates) >= LEAST

    def show(self, is_shown: bool) -> None:
        """Arrange the fills, and again whenever others are made; or leave it."""
        self.is_shown = is_shown
        self._on_candidates()

    def blend_at(self, places: Mapping[int, tuple[float, float]], at: tuple[float, float]) -> None:
        """Make the fill that belongs at ``at``, between those of which the map shows the ``places``."""
        self.candidates.blend(shares_at(places, at))

    def _on_candidates(self) -> None:
        fills = self.candidates.candidates
        wanted = tuple(one.number for one in fills)
        if not (self.is_shown and self.can_show) or self.candidates.is_making or wanted == self._asked:
            return
        cut_outs = [self.candidates.close_up(one) for one in fills]
        shown = [cut_out for cut_out in cut_outs if cut_out is not None]
        if len(shown) != len(fills):
            return
        self._asked = wanted
        watch = Watch(done=partial(self._on_mapped, wanted), failed=self._on_failed)
        self._desk.ask("fills-map", partial(_arranged, tuple(shown)), watch, title="Arranging the fills")

    def _on_mapped(self, numbers: tuple[int, ...], found: FillsMap) -> None:
        if numbers != tuple(one.number for one in self.candidates.candidates):
            return
        self.numbers, self.points = numbers, found.points
        how = "t-SNE" if found.kind == "tsne" else "principal components"
        self.said = (
            f"Alike fills lie side by side ({how}). Two directions hold {found.explained:.0%} of the differences."
        )
        if self.candidates.can_blend:
            self.said += " Click between fills to blend them."
        self.changed.emit()

    def _on_failed(self, error: Exception) -> None:
        self.numbers, self.points = (), np.zeros((0, 2), np.float32)
        self.said = str(error)
        self.changed.emit()


def shares_at(places: Mapping[int, tuple[float, float]], at: tuple[float, float]) -> dict[int, float]:
    """How much of the nearest fills, by number, a place between them is: by their inverse squared distances."""
    squared = {number: (x - at[0]) ** 2 + (y - at[1]) ** 2 for number, (x, y) in places.items()}
    nearest = sorted(squared, key=lambda number: squared[number])[:_BLENDED]
    weights = {number: 1.0 / max(squared[number], 1.0) for number in nearest}
    most = max(weights.values(), default=0.0)
    kept = {number: weight for number, weight in weights.items() if weight > _LEAST_SHARE * most}
    total = sum(kept.values())
    return {number: weight / total for number, weight in kept.items()}


def _arranged(cut_outs: tuple[Pixels, ...], ctx: RunContext) -> FillsMap:
    """The map of cut-outs of one place (h, w, c), by the pixels in which any two differ.

    Raises:
        MapError: the fills are all the same.
    """
    fills = np.stack([_small(cut_out) for cut_out in cut_outs])
    hole = (np.ptp(fills, axis=0) > 0).any(axis=2)
    return map_fills(fills, hole, ctx)


def _small(cut_out: Pixels) -> npt.NDArray[np.float32]:
    colours = to_eight_bits(cut_out).astype(np.float32) / 255
    side = max(cut_out.shape[:2])
    if side > _LARGEST_SIDE:
        share = _LARGEST_SIDE / side
        size = max(1, round(cut_out.shape[1] * share)), max(1, round(cut_out.shape[0] * share))
        colours = np.asarray(cv2.resize(colours, size, interpolation=cv2.INTER_AREA)).reshape(size[1], size[0], -1)
    return colours.astype(np.float32)
