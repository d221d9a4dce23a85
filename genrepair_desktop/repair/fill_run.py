"""Runs a fill: holes, windows, method, finish, blend; one box of the request after the other."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.errors import RepairFailedError
from genrepair_desktop.imaging.arrays import Image, Mask, Pixels, to_image
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.registry.inference import NetworkFailedError
from genrepair_desktop.repair.auto import IF_IN_FACE, IF_UNLIKE, ROUTED_PARAMS, UNLIKE_FACES
from genrepair_desktop.repair.catalog import find_method
from genrepair_desktop.repair.fill_plan import Group, plan_groups
from genrepair_desktop.repair.finish import grow_coverage, lay_over, match_surroundings, samples_of
from genrepair_desktop.repair.hole_facts import Hole, find_holes
from genrepair_desktop.repair.hole_method import Place, choose_method
from genrepair_desktop.repair.method import BatchRepairer, MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.params import parse_params
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.request import MISSES, Box, HoleRecord, RepairRequest, RepairResult
from genrepair_desktop.repair.watched import run_side_by_side
from genrepair_desktop.repair.windows import Window

# every photo can be filled with it, it cannot fail on finite input, and it never looks like an invention
FALLBACK_METHOD = "harmonic"
# windows whose pixels are held in memory together: enough that some are of equal size
_TOGETHER = 128
Labels: TypeAlias = npt.NDArray[np.int32]


def fill(request: RepairRequest, spec: MethodSpec, ctx: RunContext, models: ModelLoader) -> RepairResult:
    """Fill the holes of every box. See ``pipeline.run``."""
    repairers = _Repairers(request.recipe, spec, models)
    pieces: list[tuple[Rect, Pixels]] = []
    records: list[HoleRecord] = []
    changed = 0
    areas = np.cumsum([0, *(box.rect.area for box in request.boxes)]) / sum(b.rect.area for b in request.boxes)
    for index, box in enumerate(request.boxes):
        part = ctx.part(float(areas[index]), float(areas[index + 1]))
        result, notes, count = _BoxFill(box, request, repairers, models).run(part)
        changed += count
        pieces.append((box.rect, result))
        records += notes
    ctx.checkpoint(1.0, "done")
    return RepairResult(request.recipe, tuple(pieces), None, changed, tuple(records))


class _Repairers:
    """Methods by id, built when first needed. The recipe's params belong to the recipe's own method."""

    def __init__(self, recipe: Recipe, spec: MethodSpec, models: ModelLoader) -> None:
        self.spec = spec
        routed = ROUTED_PARAMS if spec.route else {}
        self._values: Mapping[str, Mapping[str, Any]] = {**routed, spec.id: recipe.params}
        self._models = models
        self._built: dict[str, Repairer] = {}
        self._batches: dict[str, BatchRepairer] = {}
        self._lock = threading.Lock()

    def get(self, method: str) -> tuple[MethodSpec, Repairer]:
        spec = find_method(method)
        with self._lock:
            if method not in self._built:
                self._built[method] = spec.build(self._params(spec), self._models)
        return spec, self._built[method]

    def batch(self, method: str) -> BatchRepairer | None:
        """The method for several thin patches at once, if it has one."""
        spec = find_method(method)
        if spec.thin is None or spec.thin.batch is None:
            return None
        if method not in self._batches:
            self._batches[method] = spec.thin.batch(self._params(spec), self._models)
        return self._batches[method]

    def _params(self, spec: MethodSpec) -> Any:
        return parse_params(spec.params, self._values.get(spec.id, {}))


@dataclass(frozen=True)
class _Piece:
    """What a window hands to its method, and where the answer goes.

    core    the rectangle that is pasted, in pixels of the box
    wanted  which of its pixels
    patch   the pixels seen, which begin at ``outer``
    """

    core: Rect
    wanted: Mask
    outer: Rect
    patch: Patch
    seed: int


class _BoxFill:
    """The state of one box while its windows are filled: what is filled already counts as known."""

    def __init__(self, box: Box, request: RepairRequest, repairers: _Repairers, models: ModelLoader) -> None:
        self._box = box
        self._recipe = request.recipe
        self._repairers = repairers
        self._models = models
        self._coverage = grow_coverage(box.coverage, request.recipe.grow)
        self._filled = box.pixels.copy()
        self._todo: Mask = self._coverage > 0
        self._donor: Mask | None = None if box.donor is None else box.donor > 0
        self._notes: dict[int, str] = {}
        # by window at first, then by hole: the largest of a hole's windows
        self._measured: dict[Rect, float] = {}
        self._misses: dict[int, float] = {}

    def run(self, ctx: RunContext) -> tuple[Pixels, list[HoleRecord], int]:
        """The new pixels of the box, what was done to each hole, and how many pixels changed."""
        ctx.checkpoint(0.0, "looking")
        where = np.flatnonzero(self._todo)
        route = self._repairers.spec.route
        labels, holes = find_holes(
            self._todo,
            self._box.pixels,
            with_facts=route is not None,
            cut_at=self._repairers.spec.cut_at,
            pause=lambda: ctx.checkpoint(0.0, "looking"),
        )
        ctx.checkpoint(0.0, "looking")
        methods = {hole.label: self._method_for(hole, labels, ctx) for hole in holes}
        groups = plan_groups(where, labels, holes, methods)
        work = np.cumsum([0, *(window.outer.area for group in groups for window in group.windows)], dtype=np.float64)
        first = 0
        for group in groups:
            shares = work[first : first + len(group.windows) + 1] / work[-1]
            first += len(group.windows)
            (self._fill_freely if group.is_free else self._fill_in_turn)(group, labels, shares, ctx)
        records = [
            HoleRecord(
                hole.rect.moved(self._box.rect.x, self._box.rect.y),
                hole.area,
                methods[hole.label],
                self._notes.get(hole.label, ""),
                self._misses.get(hole.label),
            )
            for hole in holes
        ]
        ctx.checkpoint(1.0, "repairing")
        changed = lay_over(self._box.pixels, self._filled, self._coverage, where, self._recipe.strength)
        return self._filled, records, changed

    def _method_for(self, hole: Hole, labels: Labels, ctx: RunContext) -> str:
        place = Place(self._box.pixels, self._todo, labels, hole)
        method, note = choose_method(self._repairers.spec, place, self._models, ctx)
        if note:
            self._notes[hole.label] = note
        return method

    def _fill_in_turn(self, group: Group, labels: Labels, shares: npt.NDArray[np.float64], ctx: RunContext) -> None:
        """Window by window; each sees what those before it filled."""
        spec = find_method(group.method)
        for index, window in enumerate(group.windows):
            part = ctx.part(float(shares[index]), float(shares[index + 1]))
            part.checkpoint(0.0, "repairing")
            piece = self._shrunk_piece(window, labels, spec)
            if piece is not None:
                output, note = self._repair(group.method, piece, part)
                self._paste(piece, output, note, labels)
                self._todo[piece.core.slices][piece.wanted] = False

    def _fill_freely(self, group: Group, labels: Labels, shares: npt.NDArray[np.float64], ctx: RunContext) -> None:
        """Several windows at once, none of which sees what another fills."""
        # equal windows beside each other: networks take them as one batch
        windows = sorted(group.windows, key=lambda window: (window.outer.h, window.outer.w))
        done: list[tuple[Rect, Mask]] = []
        for start in range(0, len(windows), _TOGETHER):
            some = windows[start : start + _TOGETHER]
            part = ctx.part(float(shares[start]), float(shares[start + len(some)]))
            for piece, output, note in self._repair_all(group.method, some, labels, part):
                self._paste(piece, output, note, labels)
                done.append((piece.core, piece.wanted))
        for core, wanted in done:
            self._todo[core.slices][wanted] = False

    def _shrunk_piece(self, window: Window, labels: Labels, spec: MethodSpec) -> _Piece | None:
        """The piece of what is left to do in a window: a scratch seldom fills its cell. None if nothing is left."""
        wanted = self._wanted(window, labels)
        x, y, w, h = cv2.boundingRect(wanted.view(np.uint8))
        if w == 0:
            return None
        core = Rect(window.core.x + x, window.core.y + y, w, h)
        outer = core.grown(spec.context(max(w, h))).intersect(window.outer)
        return self._piece(window.core, core, wanted[y : y + h, x : x + w], outer)

    def _whole_piece(self, window: Window, labels: Labels) -> _Piece:
        """The piece of a window as it was planned."""
        return self._piece(window.core, window.core, self._wanted(window, labels), window.outer)

    def _wanted(self, window: Window, labels: Labels) -> Mask:
        """Which pixels of the window's core belong to its holes and are not filled yet."""
        wanted = self._todo[window.core.slices].copy()
        y, x = np.divmod(np.flatnonzero(wanted), window.core.w)
        owner = labels[window.core.slices][y, x]
        chosen = np.zeros(max(window.labels) + 1, np.bool_)
        chosen[list(window.labels)] = True
        is_other = (owner >= chosen.size) | ~chosen[np.minimum(owner, chosen.size - 1)]
        wanted[y[is_other], x[is_other]] = False
        return wanted

    def _piece(self, place: Rect, core: Rect, wanted: Mask, outer: Rect) -> _Piece:
        donor = None if self._donor is None else self._donor[outer.slices]
        corner = self._box.rect.x + outer.x, self._box.rect.y + outer.y
        own = self._repairers.spec
        blend = tuple((_given(own, seed, self._seed(place, seed)), weight) for seed, weight in self._recipe.blend)
        image = to_image(self._filled[outer.slices])
        patch = Patch(image, self._todo[outer.slices].copy(), donor, corner=corner, blend=blend)
        return _Piece(core, wanted, outer, patch, self._seed(place, self._recipe.seed))

    def _paste(self, piece: _Piece, output: Image, note: str, labels: Labels) -> None:
        # places instead of the mask: numpy looks a mask up anew each time it is used, and slowly in two dimensions
        y, x = np.divmod(np.flatnonzero(piece.wanted), piece.core.w)
        inside = piece.core.relative_to(piece.outer)
        fill = output[y + inside.y, x + inside.x]
        pixels = self._filled[piece.core.slices]
        pixels[y, x] = samples_of(fill[None], pixels[y, x][None])[0]
        misses = self._measured.pop(piece.core, None)
        if note or misses is not None:
            here = np.unique(labels[piece.core.slices][piece.wanted]).tolist()
            self._notes.update(dict.fromkeys(here, note) if note else {})
            self._misses.update({} if misses is None else {n: max(misses, self._misses.get(n, 0.0)) for n in here})

    def _repair_all(
        self, method: str, windows: Sequence[Window], labels: Labels, ctx: RunContext
    ) -> Iterator[tuple[_Piece, Image, str]]:
        """The finished fills and notes of windows that do not depend on each other, in any order."""
        spec, _ = self._repairers.get(method)
        batch = self._repairers.batch(method)
        if batch is None:
            # cut out on the threads too: pixels that are pasted meanwhile are none that another window may read
            # the largest first: at the end no thread then works long on the last one alone
            work = [partial(self._repair_window, method, window, labels) for window in reversed(windows)]
            yield from run_side_by_side(work, ctx, "repairing")
            return
        pieces = [self._whole_piece(window, labels) for window in windows]
        try:
            together = ctx.part(0.0, 1.0, is_apart=True)
            outputs = batch([piece.patch for piece in pieces], together)
        except (MemoryError, NetworkFailedError):
            # each for itself needs less, and falls back where even that gives nothing
            yield from ((piece, *self._repair(method, piece, ctx)) for piece in pieces)
            return
        for piece, output in zip(pieces, outputs, strict=True):
            ctx.checkpoint(1.0, "repairing")
            finished, problem = self._finished(output, problem_of(output, piece.patch), spec, piece, ctx)
            yield piece, finished, problem or together.note

    def _repair_window(
        self, method: str, window: Window, labels: Labels, ctx: RunContext
    ) -> tuple[_Piece, Image, str]:
        piece = self._whole_piece(window, labels)
        return piece, *self._repair(method, piece, ctx)

    def _repair(self, method: str, piece: _Piece, ctx: RunContext) -> tuple[Image, str]:
        """The finished fill and a note; falls back when the method gives no valid picture, never silently."""
        if piece.patch.mask.all():
            # cut from a hole wider than the window: nothing known to work from yet
            raise RepairFailedError("The hole is too large for its surroundings: mark a smaller part first.")
        spec, repairer = self._repairers.get(method)
        own = ctx.part(0.0, 1.0, seed=_given(spec, self._recipe.seed, piece.seed), is_apart=True)
        try:
            output = repairer(piece.patch, own)
            problem = problem_of(output, piece.patch)
        except MemoryError:
            output, problem = piece.patch.image, "out-of-memory"
        except NetworkFailedError:
            output, problem = piece.patch.image, "not-finite"
        except RepairFailedError:
            # who chose the model of faces by hand is told that it knows no such face
            if method != IF_IN_FACE or self._repairers.spec.route is None:
                raise
            output, note = self._repair(IF_UNLIKE, piece, ctx)
            return output, note or UNLIKE_FACES
        if not problem and MISSES in own.measured:
            self._measured[piece.core] = own.measured[MISSES]
        finished, problem = self._finished(output, problem, spec, piece, ctx)
        return finished, problem or own.note

    def _finished(
        self, output: Image, problem: str, spec: MethodSpec, piece: _Piece, ctx: RunContext
    ) -> tuple[Image, str]:
        if problem:
            if spec.id == FALLBACK_METHOD:
                raise RepairFailedError(f"The repair failed ({problem}): try another method or a smaller mask.")
            spec, repairer = self._repairers.get(FALLBACK_METHOD)
            output = repairer(piece.patch, ctx)
        rng = np.random.default_rng(piece.seed)
        return match_surroundings(output, piece.patch, spec, grain=self._recipe.grain, rng=rng), problem

    def _seed(self, place: Rect, seed: int) -> int:
        """From a seed of the recipe and the place, so that a hole's fill does not depend on other holes."""
        x, y = self._box.rect.x + place.x, self._box.rect.y + place.y
        return int(np.random.SeedSequence([seed, x, y]).generate_state(1)[0])


def _given(spec: MethodSpec, seed: int, here: int) -> int:
    """The seed that a method gets for a place: the recipe's 0 stays 0 where that asks for its best guess."""
    return 0 if spec.guesses_first and seed == 0 else here


def problem_of(output: Image, patch: Patch) -> str:
    """The id of what is wrong with a method's answer, or an empty string."""
    if output.shape != patch.image.shape:
        return "wrong-shape"
    fill = output.reshape(-1, output.shape[2])[patch.places]
    if not np.isfinite(fill).all():
        return "not-finite"
    if float(fill.min()) < -1.0 or float(fill.max()) > 2.0:
        return "out-of-range"
    return ""
