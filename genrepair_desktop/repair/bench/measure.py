"""What a measuring process does: one method on the photos, or on the large photo, with its own peak memory."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from genrepair_desktop.imaging.arrays import Pixels, to_image
from genrepair_desktop.imaging.quality import psnr, ssim, texture_distance
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.bench import cases
from genrepair_desktop.repair.method import ModelLoader
from genrepair_desktop.repair.photo_job import repair_pixels
from genrepair_desktop.repair.recipe import Recipe

# scikit-image's biharmonic on the whole picture: not a method of the catalog, but what ours is held against
REFERENCE = "skimage-biharmonic"
_MOST_RUNS, _SECONDS_TO_BEGIN = 5, 20.0
Fill = Callable[[Pixels, cases.Coverage], Pixels]


@dataclass(frozen=True)
class Scores:
    """Of one method on one kind of mask, means over the photos; of the hole alone.

    seconds   median for a 512-pixel photo, prepare to finished pixels
    textured  the texture distance on the textured photos alone
    """

    psnr: float
    ssim: float
    texture: float
    textured: float
    seconds: float


def fill_function(method: str, models: ModelLoader) -> Fill:
    """The method as a function from photo and mask to the whole repaired photo."""
    if method == REFERENCE:
        return _skimage_biharmonic

    def fill(pixels: Pixels, coverage: cases.Coverage) -> Pixels:
        return repair_pixels(pixels, coverage, Recipe(method), RunContext(), models).pixels

    return fill


def measure_small(method: str, models: ModelLoader) -> dict[str, dict[str, float]]:
    """Scores by kind of mask, as JSON values."""
    fill = fill_function(method, models)
    _warm_up(fill)
    return {kind: asdict(_scores(fill, kind)) for kind in cases.MASKS}


def measure_large(method: str, models: ModelLoader) -> dict[str, float]:
    """Seconds for the 24-megapixel photo, and the hole's PSNR.

    The best of up to five runs, begun within 20 s: in the first the system finds its memory, which on a virtual
    machine can take longer than the repair.
    """
    fill = fill_function(method, models)
    _warm_up(fill)
    truth, coverage = cases.large_photo(), cases.large_mask()
    damaged = _damaged(truth, coverage)
    repaired, seconds = _timed(fill, damaged, coverage)
    runs, spent = 1, seconds
    while runs < _MOST_RUNS and spent < _SECONDS_TO_BEGIN:
        del repaired  # its memory counts once
        repaired, again = _timed(fill, damaged, coverage)
        runs, spent, seconds = runs + 1, spent + again, min(seconds, again)
    hole = coverage > 0
    error = np.mean((repaired[hole].astype(np.float64) - truth[hole]) ** 2)
    return {"seconds": seconds, "psnr": float(10 * np.log10(255.0**2 / max(error, 1e-9)))}


def _timed(fill: Fill, pixels: Pixels, coverage: cases.Coverage) -> tuple[Pixels, float]:
    started = time.perf_counter()
    repaired = fill(pixels, coverage)
    return repaired, time.perf_counter() - started


def _scores(fill: Fill, kind: str) -> Scores:
    rows = {}
    for number, name in enumerate(cases.PHOTOS):
        truth, coverage = cases.photo(name), cases.mask(kind, seed=number)
        damaged = _damaged(truth, coverage)
        started = time.perf_counter()
        repaired = to_image(fill(damaged, coverage))
        seconds = time.perf_counter() - started
        sound, hole = to_image(truth), coverage > 0
        texture = texture_distance(repaired, sound, hole)
        rows[name] = (psnr(repaired, sound, hole), ssim(repaired, sound, hole), texture, seconds)
    table = np.array(list(rows.values()))
    return Scores(
        psnr=float(table[:, 0].mean()),
        ssim=float(table[:, 1].mean()),
        texture=float(table[:, 2].mean()),
        textured=float(np.mean([rows[name][2] for name in cases.TEXTURED])),
        seconds=float(np.median(table[:, 3])),
    )


def _damaged(truth: Pixels, coverage: cases.Coverage) -> Pixels:
    """The photo with white where it is damaged: a method that looked under the mask would show it."""
    damaged = truth.copy()
    damaged[coverage > 0] = 255
    return damaged


def _warm_up(fill: Fill) -> None:
    """Imports, compiled kernels and weights are loaded before the clock starts."""
    pixels = cases.photo("astronaut")[:96, :96].copy()
    coverage = np.zeros((96, 96), np.uint8)
    coverage[20:60, 30:70] = 255
    coverage[80:82, 10:90] = 255
    fill(pixels, coverage)


def _skimage_biharmonic(pixels: Pixels, coverage: cases.Coverage) -> Pixels:
    from skimage.restoration import inpaint_biharmonic

    image = to_image(pixels)
    filled = inpaint_biharmonic(image, coverage > 0, channel_axis=2)
    return np.rint(np.clip(filled, 0, 1) * 255).astype(np.uint8)
