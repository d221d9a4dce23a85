"""One photo repaired without a window: its mask from a file, a recipe run on its pixels. Shell and batch share it."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from genrepair_desktop.errors import MaskError
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.codecs import Limits, read_photo
from genrepair_desktop.imaging.geometry import Size
from genrepair_desktop.imaging.masks import fit_mask
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.catalog import find_method
from genrepair_desktop.repair.method import ModelLoader
from genrepair_desktop.repair.pipeline import prepare, run
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.record import lay_in
from genrepair_desktop.repair.request import Coverage, RepairResult

_LEAST_MASK_LIMIT = 24_000_000


@dataclass(frozen=True)
class Repaired:
    """A repaired photo and what was done to it."""

    pixels: Pixels
    result: RepairResult


def read_mask(path: Path, photo: Pixels, *, may_be_empty: bool = False) -> Coverage:
    """The mask in a picture file (white is what to repair) for a photo.

    A mask of another size but the same proportions is scaled. With ``may_be_empty`` a picture that marks nothing
    gives an empty mask.

    Raises:
        PhotoError: the file is no readable picture.
        MaskError: it marks nothing, or has other proportions.
    """
    size = Size(photo.shape[1], photo.shape[0])
    # a mask is hardly ever larger than its photo: one that unpacks to much more is refused by its header
    most = min(Limits().pixels, max(_LEAST_MASK_LIMIT, 4 * size.w * size.h))
    picture = read_photo(path, limits=Limits(pixels=most)).pixels
    try:
        fitted = fit_mask(picture, size)
    except MaskError:
        if not may_be_empty:
            raise
        return np.zeros((size.h, size.w), np.uint8)
    if fitted.how == "centred":
        raise MaskError(
            f"The mask {path.name} has {picture.shape[1]} x {picture.shape[0]} pixels and the photo "
            f"{size.w} x {size.h}: they need the same proportions."
        )
    return fitted.coverage


def needs_mask(method: str) -> bool:
    """True for methods that fill; the others can treat the whole picture.

    Raises:
        UnknownMethodError: there is no such method.
    """
    return find_method(method).task == "fill"


def repair_pixels(
    pixels: Pixels,
    coverage: Coverage | None,
    recipe: Recipe,
    ctx: RunContext,
    models: ModelLoader,
    *,
    donor: Coverage | None = None,
) -> Repaired:
    """Run a recipe on a photo's pixels; these are not written to. ``donor``: where texture may be taken from."""
    pause = partial(ctx.checkpoint, 0.0, "looking")
    request = prepare(pixels, coverage, recipe, donor=donor, is_lent=True, pause=pause)
    result = run(request, ctx, models)
    return Repaired(lay_in(pixels, result), result)
