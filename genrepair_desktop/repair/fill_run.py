"""Runs a fill: holes, windows, method, finish, blend; one box of the request after the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.errors import RepairFailedError
from genrepair_desktop.imaging.arrays import Image, Mask, Pixels, to_image
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.catalog import find_method
from genrepair_desktop.repair.finish import blend, grow_coverage, match_surroundings, samples_of
from genrepair_desktop.repair.hole_facts import Hole, find_holes
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.params import parse_params
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.request import Box, HoleRecord, RepairRequest, RepairResult
from genrepair_desktop.repair.windows import Window, plan_windows

# every photo can be filled with it, it cannot fail on finite input, and it never looks like an invention
FALLBACK_METHOD = "harmonic"
# longer holes are cut even for methods that could take them whole: memory follows the window
_LARGEST_SIDE = 1024


@dataclass(frozen=True)
class _Step:
    """One window of one box, and the method chosen for it."""

    window: Window
    method: str


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
        self._values: Mapping[str, Mapping[str, Any]] = {spec.id: recipe.params}
        self._models = models
        self._built: dict[str, Repairer] = {}

    def get(self, method: str) -> tuple[MethodSpec, Repairer]:
        spec = find_method(method)
        if method not in self._built:
            params = parse_params(spec.params, self._values.get(method, {}))
            self._built[method] = spec.build(params, self._models)
        return spec, self._built[method]


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

    def run(self, ctx: RunContext) -> tuple[Pixels, list[HoleRecord], int]:
        """The new pixels of the box, what was done to each hole, and how many pixels changed."""
        ctx.checkpoint(0.0, "looking")
        route = self._repairers.spec.route
        labels, holes = find_holes(
            self._todo, self._box.pixels, with_facts=route is not None, cut_at=self._repairers.spec.cut_at
        )
        methods = {hole.label: self._method_for(hole) for hole in holes}
        notes: dict[int, str] = {}
        steps = self._plan(holes, methods)
        work = np.cumsum([0, *(step.window.outer.area for step in steps)], dtype=np.float64)
        for index, step in enumerate(steps):
            part = ctx.part(work[index] / work[-1], work[index + 1] / work[-1], seed=self._seed(step.window))
            part.checkpoint(0.0, "repairing")
            note = self._fill_window(step, labels, part)
            if note:
                notes.update(dict.fromkeys(step.window.labels, note))
        records = [
            HoleRecord(
                hole.rect.moved(self._box.rect.x, self._box.rect.y),
                hole.area,
                methods[hole.label],
                notes.get(hole.label, ""),
            )
            for hole in holes
        ]
        result = blend(self._box.pixels, self._filled, self._coverage, self._recipe.strength)
        where = np.flatnonzero(self._coverage)
        channels = result.shape[2]
        changes = result.reshape(-1, channels)[where] != self._box.pixels.reshape(-1, channels)[where]
        return result, records, int(np.count_nonzero(changes.any(axis=1)))

    def _method_for(self, hole: Hole) -> str:
        spec = self._repairers.spec
        if spec.route is None or hole.facts is None:
            return spec.id
        return spec.route(hole.facts, self._models)

    def _plan(self, holes: list[Hole], methods: dict[int, str]) -> list[_Step]:
        bounds = Rect.of_shape(self._box.pixels.shape)
        steps: list[_Step] = []
        # thin damage first: large holes then see mended surroundings
        order = dict.fromkeys(methods[hole.label] for hole in holes)
        for method in order:
            spec = find_method(method)
            chosen = [(hole.label, hole.rect) for hole in holes if methods[hole.label] == method]
            side = min(spec.max_side or _LARGEST_SIDE, _LARGEST_SIDE)
            steps += [_Step(window, method) for window in plan_windows(chosen, spec.context, side, bounds)]
        return steps

    def _fill_window(self, step: _Step, labels: npt.NDArray[np.int32], ctx: RunContext) -> str:
        paste = self._to_paste(step.window, labels)
        if paste is None:
            return ""
        core, wanted = paste
        # as little as the hole's part in this window needs: a scratch seldom fills its cell
        margin = find_method(step.method).context(max(core.w, core.h))
        outer = core.grown(margin).intersect(step.window.outer)
        todo = self._todo[outer.slices]
        donor = None if self._donor is None else self._donor[outer.slices]
        patch = Patch(to_image(self._filled[outer.slices]), todo.copy(), donor)
        output, note = self._repair(step.method, patch, ctx)
        fill = output[core.relative_to(outer).slices][wanted]
        pixels = self._filled[core.slices]
        pixels[wanted] = samples_of(fill[None], pixels[wanted][None])[0]
        self._todo[core.slices][wanted] = False
        return note

    def _to_paste(self, window: Window, labels: npt.NDArray[np.int32]) -> tuple[Rect, Mask] | None:
        """The smallest rectangle that holds what is left of the window's holes in its core, and which pixels."""
        core = window.core
        here = labels[core.slices]
        chosen = np.zeros(max(int(here.max()), *window.labels) + 1, np.bool_)
        chosen[list(window.labels)] = True
        wanted = chosen[here] & self._todo[core.slices]
        x, y, w, h = cv2.boundingRect(wanted.astype(np.uint8))
        if w == 0:
            return None
        return Rect(core.x + x, core.y + y, w, h), wanted[y : y + h, x : x + w]

    def _repair(self, method: str, patch: Patch, ctx: RunContext) -> tuple[Image, str]:
        """The finished fill and a note; falls back when the method gives no valid picture, never silently."""
        rng = ctx.rng
        if patch.mask.all():
            # cut from a hole wider than the window: nothing known to work from yet
            raise RepairFailedError("The hole is too large for its surroundings: mark a smaller part first.")
        spec, repairer = self._repairers.get(method)
        try:
            output = repairer(patch, ctx)
            problem = problem_of(output, patch)
        except MemoryError:
            output, problem = patch.image, "out-of-memory"
        if problem:
            if method == FALLBACK_METHOD:
                raise RepairFailedError(f"The repair failed ({problem}): try another method or a smaller mask.")
            spec, repairer = self._repairers.get(FALLBACK_METHOD)
            output = repairer(patch, ctx)
        return match_surroundings(output, patch, spec, grain=self._recipe.grain, rng=rng), problem

    def _seed(self, window: Window) -> int:
        """From the recipe's seed and the place, so that a hole's fill does not depend on other holes."""
        x, y = self._box.rect.x + window.core.x, self._box.rect.y + window.core.y
        return int(np.random.SeedSequence([self._recipe.seed, x, y]).generate_state(1)[0])


def problem_of(output: Image, patch: Patch) -> str:
    """The id of what is wrong with a method's answer, or an empty string."""
    if output.shape != patch.image.shape:
        return "wrong-shape"
    fill = output[patch.mask]
    if not np.isfinite(fill).all():
        return "not-finite"
    if float(fill.min()) < -1.0 or float(fill.max()) > 2.0:
        return "out-of-range"
    return ""
