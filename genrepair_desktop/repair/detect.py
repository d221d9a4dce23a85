"""Finds damage by the network ``detect`` where it is installed, and by line filters where it is not."""

from typing import Any

import numpy as np

from genrepair_desktop.imaging.arrays import Image, Pixels, to_image
from genrepair_desktop.imaging.colour import as_colour
from genrepair_desktop.imaging.geometry import Rect, Size
from genrepair_desktop.imaging.tiling import run_tiled
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.damage import THRESHOLD, Map, damage_map, threshold_map
from genrepair_desktop.repair.method import ModelLoader
from genrepair_desktop.repair.network_picture import run_on_picture
from genrepair_desktop.repair.request import Coverage

MODEL = "detect"
_TILE, _OVERLAP = 512, 48
# Four in five of the crops that the network learned on were damaged, and their marks counted three times. On photos
# as people have them the odds are lower by about this much: so many that, called at 0.5, less than 0.2 % of the
# pixels of held-out sound pictures are taken for damage
_RARER = 19.0


def damage_probability(pixels: Pixels, models: ModelLoader, ctx: RunContext) -> Map:
    """How likely each pixel is damaged, float32 (h, w) in [0, 1]; to be looked at, not believed.

    Raises:
        Cancelled: at a checkpoint.
        RepairFailedError: the network gave no valid answer.
    """
    ctx.checkpoint(0.0, "looking")
    if not models.has(MODEL):
        return damage_map(pixels)
    network = models.load(MODEL)
    likely = np.empty(pixels.shape[:2], np.float32)
    bounds = Rect.of_shape(pixels.shape)

    def look(rect: Rect) -> Image:
        ctx.checkpoint(rect.y / bounds.h, "looking")
        return _probability(network, to_image(pixels[rect.slices]), ctx)

    for rect, band in run_tiled(Size(bounds.w, bounds.h), _TILE, _OVERLAP, look):
        likely[rect.slices] = band[..., 0]
    return likely


def find_damage(pixels: Pixels, models: ModelLoader, ctx: RunContext, threshold: float = THRESHOLD) -> Coverage:
    """The mask of what looks damaged: coverage, uint8 (h, w); all zero where nothing does."""
    return threshold_map(damage_probability(pixels, models, ctx), threshold)


def among_usual_photos(probability: Map) -> Map:
    """The network's probability with the odds of damage that usual photos have; 0 stays 0 and 1 stays 1."""
    return np.asarray(probability / (probability + _RARER * (1 - probability)), np.float32)


def _probability(network: Any, image: Image, ctx: RunContext) -> Image:
    # in colour: the answer is a map, whatever the channels of the photo
    return among_usual_photos(run_on_picture(network, as_colour(image), ctx))
