"""What the engine thread does for the Photo workspace: plain functions over copies, no Qt.

A result is handed over as the pixels it changed, tile by tile: the GUI thread can then lay it into the photo in
small steps, and pixels that were not changed cannot be written by mistake.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.document.document import Coverage
from genrepair_desktop.document.snapshot import Snapshot
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.geometry import Rect, tiles_touching
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.catalog import find_method
from genrepair_desktop.repair.finish import differs, fade
from genrepair_desktop.repair.mask_runs import encode_mask, hash_array
from genrepair_desktop.repair.method import ModelLoader
from genrepair_desktop.repair.pipeline import RepairRequest, RepairResult, prepare, run
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.record import models_used
from genrepair_desktop.repair.request import HoleRecord

Piece = tuple[Rect, Pixels]
_LEAST_CLOSE_UP = 72


@dataclass(frozen=True)
class HashedModels:
    """Where networks come from, and the SHA-256 of a model's weights by its id."""

    loader: ModelLoader
    hash_of: Callable[[str], str]

    def refresh(self) -> None:
        """Look again at what is installed."""
        self.loader.refresh()


@dataclass(frozen=True)
class Painted:
    """The whole mask and donor area a repair was asked with; copies. None: the whole picture, or anywhere."""

    coverage: Coverage | None
    donor: Coverage | None


@dataclass(frozen=True)
class Touched:
    """The pixels a repair changed within one tile.

    places  indices into the rectangle's pixels, row by row
    before  their samples in the photo that was repaired, (n, c)
    after   their samples at full strength, (n, c)
    """

    rect: Rect
    places: npt.NDArray[np.intp]
    before: Pixels
    after: Pixels

    def samples(self, strength: float) -> Pixels:
        """What the places show with so much of the repair in them, (n, c)."""
        return fade(self.before, self.after, strength)

    def laid_over(self, block: Pixels, samples: Pixels) -> Pixels:
        """``block``, the rectangle as it is now, with the samples at their places; a copy."""
        laid = block.copy()
        laid.reshape(-1, laid.shape[2])[self.places] = samples
        return laid


@dataclass(frozen=True)
class Outcome:
    """A finished repair.

    values       what the edit's recipe keeps: all of a record's step but the hash of the pixels that came out
    focus        where the damage is thickest of what another seed fills differently: what to look at to tell
                 one fill from another
    replacement  the whole picture in another size, or None
    touched      what changed, for a picture of the same size
    """

    recipe: Recipe
    holes: tuple[HoleRecord, ...]
    values: Mapping[str, Any]
    focus: Rect
    replacement: Pixels | None = None
    touched: tuple[Touched, ...] = ()

    @property
    def nbytes(self) -> int:
        """Memory of the pixels it holds."""
        parts = sum(one.places.nbytes + one.before.nbytes + one.after.nbytes for one in self.touched)
        return parts + (self.replacement.nbytes if self.replacement is not None else 0)


@dataclass(frozen=True)
class Asked:
    """What a repair was asked with. Read through ``snapshot``, as it was, while the document is worked on."""

    recipe: Recipe
    snapshot: Snapshot
    pixels: Pixels
    coverage: Coverage | None
    donor: Coverage | None


class Errand:
    """A repair from the press of the button on. The engine thread fills it in, the GUI thread looks at it.

    request  what is worked on; None until it has been copied out of the document
    painted  what it was asked with; set after ``request``
    """

    def __init__(self, asked: Asked) -> None:
        self._asked: Asked | None = asked
        self.request: RepairRequest | None = None
        self.painted: Painted | None = None

    def begin(self, ctx: RunContext) -> tuple[RepairRequest, Painted]:
        """Copy what is needed out of the document: 0.2 s for 100 megapixels, which the window must not wait for."""
        asked = self._asked
        if asked is None:
            raise RuntimeError("a repair begins once")
        # from here on the document need keep nothing for it
        self._asked = None
        pause = partial(ctx.checkpoint, 0.0, "looking")
        whole = asked.snapshot.whole
        painted = Painted(
            None if asked.coverage is None else whole(asked.coverage, pause),
            None if asked.donor is None else whole(asked.donor, pause),
        )
        request = prepare(
            asked.pixels,
            painted.coverage,
            asked.recipe,
            donor=painted.donor,
            cut=lambda rect: asked.snapshot.part(asked.pixels, rect, pause),
            pause=pause,
        )
        self.request, self.painted = request, painted
        return request, painted


def run_errand(errand: Errand, models: HashedModels, ctx: RunContext) -> Outcome:
    """Copy out of the document what a repair needs, and do it.

    Raises:
        MaskError: the mask covers everything.
    """
    return repair(*errand.begin(ctx), models, ctx)


def repair(request: RepairRequest, painted: Painted, models: HashedModels, ctx: RunContext) -> Outcome:
    """Run a request; gather what it changed and what its record needs."""
    result = run(request, ctx, models.loader)
    values = _step_values(result, painted, models_used(result, models.hash_of))
    touched = tuple(_touched(request, result))
    return Outcome(result.recipe, result.holes, values, focus_of(request, result.holes), result.replacement, touched)


def preview(
    pixels: Pixels, shown: Outcome, outcome: Outcome, strength: float, *, within: Rect | None = None
) -> tuple[Piece, ...]:
    """What the photo ``pixels``, which shows one outcome, would show with another in its place: whole tiles.

    ``within``: only the tiles that touch this rectangle.
    """
    laid: dict[Rect, Pixels] = {}
    steps = [(one, one.before) for one in shown.touched] + [(one, one.samples(strength)) for one in outcome.touched]
    for one, samples in steps:
        if within is None or one.rect.touches(within):
            laid[one.rect] = one.laid_over(laid.get(one.rect, pixels[one.rect.slices]), samples)
    return tuple(laid.items())


def close_up(pixels: Pixels, shown: Outcome, outcome: Outcome, strength: float) -> Pixels:
    """What ``preview`` shows at the focus, (side, side, c): of all fills the same place."""
    square = shown.focus
    cut_out = pixels[square.slices].copy()
    for place, piece in preview(pixels, shown, outcome, strength, within=square):
        shared = place.intersect(square)
        cut_out[shared.relative_to(square).slices] = piece[shared.relative_to(place).slices]
    return cut_out


def focus_of(request: RepairRequest, holes: tuple[HoleRecord, ...]) -> Rect:
    """A square around the point that is farthest from known pixels, with about as much known as hidden in it.

    Holes that come out the same whatever the seed are looked at only where there are no others.
    """
    seeded = [hole.rect for hole in holes if find_method(hole.method).is_seeded]
    depth, x, y = 0.0, 0, 0
    for box in request.boxes:
        hidden = (box.coverage > 0).astype(np.uint8)
        if seeded:
            hidden &= _within(seeded, box.rect)
        distance = cv2.distanceTransform(hidden, cv2.DIST_L2, cv2.DIST_MASK_3)
        _, deepest, _, place = cv2.minMaxLoc(distance)
        if deepest > depth:
            depth, x, y = deepest, box.rect.x + place[0], box.rect.y + place[1]
    height, width = request.size
    side = min(max(_LEAST_CLOSE_UP, round(4 * depth)), width, height)
    left, top = (min(max(0, at - side // 2), room - side) for at, room in ((x, width), (y, height)))
    return Rect(left, top, side, side)


def _within(rects: Sequence[Rect], frame: Rect) -> npt.NDArray[np.uint8]:
    """1 inside any of the rectangles, as a picture of ``frame``."""
    inside = np.zeros((frame.h, frame.w), np.uint8)
    for rect in rects:
        shared = rect.intersect(frame)
        if not shared.is_empty:
            inside[shared.relative_to(frame).slices] = 1
    return inside


def _touched(request: RepairRequest, result: RepairResult) -> Iterator[Touched]:
    before = {box.rect: box.pixels for box in request.boxes}
    for rect, piece in result.pieces:
        for tile in tiles_touching(rect, rect):
            inside = tile.relative_to(rect).slices
            old, new = before[rect][inside], piece[inside]
            places = np.flatnonzero(differs(old, new))
            if places.size:
                channels = old.shape[2]
                yield Touched(tile, places, old.reshape(-1, channels)[places], new.reshape(-1, channels)[places])


def _step_values(result: RepairResult, painted: Painted, used: Mapping[str, str]) -> dict[str, Any]:
    coverage, donor = painted.coverage, painted.donor
    return {
        "recipe": result.recipe.to_values(),
        "mask": None if coverage is None else encode_mask(coverage),
        "mask_sha256": None if coverage is None else hash_array(coverage),
        "donor": None if donor is None else encode_mask(donor),
        "methods": [hole.to_values() for hole in result.holes],
        "models": dict(used),
    }
