"""The one way a photo is repaired: cut out, run a method, lay in. Window, command line and tests call this.

``prepare`` copies what the work needs, in milliseconds, so the document may go on changing; ``run`` takes
its time. Every method passes through here, so the promise that unpainted pixels stay bit for bit the same
is kept in one place (``finish.lay_over``).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from genrepair_desktop.errors import InvalidParameterError, MaskError
from genrepair_desktop.imaging.arrays import Pixels, check_pixels
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair import fill_run, whole_run
from genrepair_desktop.repair.catalog import blending_methods, find_method
from genrepair_desktop.repair.method import MethodSpec, ModelLoader
from genrepair_desktop.repair.params import parse_params
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.request import Box, Coverage, RepairRequest, RepairResult
from genrepair_desktop.repair.windows import damage_boxes

# rows that are copied at once: 24 megapixels take 10 ms, and 0.3 s where the system has to find the memory first
_ROWS = 256
_NOTHING = "Nothing is marked for repair: paint over the damage first, or give a mask."


def prepare(
    pixels: Pixels,
    coverage: Coverage | None,
    recipe: Recipe,
    *,
    donor: Coverage | None = None,
    is_lent: bool = False,
    cut: Callable[[Rect], Pixels] | None = None,
    pause: Callable[[], None] = lambda: None,
) -> RepairRequest:
    """Check a recipe against a photo and copy what running it needs.

    Args:
        pixels: the photo, uint8 or uint16 (h, w, 1 to 4).
        coverage: uint8 (h, w), above 0 where to repair; None means the whole picture, for methods that treat it.
        donor: uint8 (h, w), above 0 where texture may be taken from; None or all zero: anywhere.
        is_lent: nobody writes to the arrays before the repair is done, so what is asked for whole need not be copied.
        cut: gives a copy of a part of ``pixels``, for a photo that others write to meanwhile.
        pause: called between the steps, for work that can be cancelled; may raise.

    Raises:
        MaskError: nothing is marked, nothing is left unmarked for a fill, or the mask has another size.
        UnknownMethodError, InvalidParameterError: the recipe asks for what there is not.
    """
    check_pixels(pixels)
    spec = check(recipe, is_marked=coverage is not None)
    cut = cut or (lambda rect: _copy(pixels[rect.slices], pause))
    bounds = Rect.of_shape(pixels.shape)
    if coverage is None:
        everything = np.full(pixels.shape[:2], 255, np.uint8)
        return RepairRequest(recipe, pixels.shape[:2], (Box(bounds, cut(bounds), everything),))
    _check_coverage(coverage, pixels, is_fill=spec.task == "fill")
    if donor is not None and not donor.any():
        donor = None
    grow = recipe.grow
    rects = [bounds]
    if spec.task != "enlarge":
        rects = damage_boxes(coverage, lambda side: spec.context(side + 2 * grow) + grow)
    if is_lent and rects == [bounds]:
        return RepairRequest(recipe, pixels.shape[:2], (Box(bounds, pixels, coverage, donor),))
    boxes = tuple(_box(rect, cut, coverage, donor, pause) for rect in rects)
    return RepairRequest(recipe, pixels.shape[:2], boxes)


def check(recipe: Recipe, *, is_marked: bool) -> MethodSpec:
    """The recipe's method, once all is checked that can be told without looking at a pixel.

    Raises:
        MaskError: ``is_marked`` is False, and the method fills.
        UnknownMethodError, InvalidParameterError: the recipe asks for what there is not.
    """
    spec = find_method(recipe.method)
    parse_params(spec.params, recipe.params)
    if recipe.blend and not spec.blends:
        raise InvalidParameterError(
            f"{recipe.method} has no latent to blend fills in: blend those of {', '.join(blending_methods())}."
        )
    if spec.task == "fill" and not is_marked:
        raise MaskError(_NOTHING)
    return spec


def run(request: RepairRequest, ctx: RunContext, models: ModelLoader) -> RepairResult:
    """Do a prepared repair.

    The same request gives the same bytes, whatever the seed of ``ctx``: the recipe's seed counts.

    Raises:
        Cancelled: at a checkpoint; nothing was changed.
        RepairFailedError: neither the method nor its fallback gave a valid picture.
    """
    spec = find_method(request.recipe.method)
    if spec.task == "fill":
        return fill_run.fill(request, spec, ctx, models)
    if spec.task == "restore":
        return whole_run.restore(request, spec, ctx, models)
    return whole_run.enlarge(request, spec, ctx, models)


def _check_coverage(coverage: Coverage, pixels: Pixels, *, is_fill: bool) -> None:
    if not coverage.any():
        raise MaskError(_NOTHING)
    if coverage.shape != pixels.shape[:2]:
        mask_size, photo_size = (f"{a.shape[1]} x {a.shape[0]}" for a in (coverage, pixels))
        raise MaskError(f"The mask has {mask_size} pixels and the photo {photo_size}: they must be equal.")
    if is_fill and coverage.all():
        raise MaskError("The whole picture is marked, so nothing is left to repair it from: unmark a part.")


def _box(
    rect: Rect,
    cut: Callable[[Rect], Pixels],
    coverage: Coverage,
    donor: Coverage | None,
    pause: Callable[[], None],
) -> Box:
    return Box(
        rect,
        cut(rect),
        _copy(coverage[rect.slices], pause),
        None if donor is None else _copy(donor[rect.slices], pause),
    )


def _copy(array: npt.NDArray[Any], pause: Callable[[], None]) -> npt.NDArray[Any]:
    """A contiguous copy, made some rows at a time."""
    copied = np.empty(array.shape, array.dtype)
    for top in range(0, len(array), _ROWS):
        pause()
        copied[top : top + _ROWS] = array[top : top + _ROWS]
    return copied
