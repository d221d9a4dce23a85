"""How a fill network is run on holes of any size; the learned fills share it.

A network that learned on small crops is sure of the picture near the rim and guesses in the middle of a wide
hole. So wide holes are filled at several scales: the middle comes from a smaller picture, where the hole is
narrow, the rim from the picture itself.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import cv2
import numpy as np

from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.colour import as_colour, from_colour
from genrepair_desktop.imaging.one_ink import in_one_ink
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.registry.inference import run_network
from genrepair_desktop.repair.method import Patch
from genrepair_desktop.repair.network_call import call_network

# the networks learn on 128-pixel crops; beyond this distance from the rim they see no known pixel to speak of
_SURE, _UNSURE = 20.0, 36.0
_SMALLEST_SIDE = 32
# what one call of the network is given: about 0.1 s on two cores, so that a cancel is seen soon
_BATCH_PIXELS = 160_000


def fill_with_network(network: Any, image: Image, mask: Mask, ctx: RunContext, noise: Image | None = None) -> Image:
    """Fill ``mask`` with ``network(start, mask[, noise])``; known pixels come back unchanged.

    Args:
        network: a module as ``networks.fill_unet`` describes.
        image: float32 (h, w, 1 or 3) in [0, 1]; what it holds under the mask is not read.
        mask: bool (h, w).
        noise: float32 (h, w, c) for networks that take noise; at smaller scales its mean over blocks.

    Raises:
        NetworkFailedError: the network gave no picture, in any number format.
    """
    filled = _fill(network, as_colour(image), mask, ctx, noise)
    # a network that learned from colour photos puts specks of colour into a grey one
    return from_colour(in_one_ink(filled, mask), image)


def fill_several_with_network(network: Any, patches: Sequence[Patch], ctx: RunContext) -> list[Image]:
    """``fill_with_network`` for each patch; patches of one size that follow each other go through it together.

    Meant for thin damage: holes are filled at one scale.

    Raises:
        MemoryError: together they are too large.
        NetworkFailedError: the network gave no picture, in any number format.
    """
    filled: list[Image] = []
    while len(filled) < len(patches):
        ctx.checkpoint(len(filled) / len(patches), "repairing")
        filled += _fill_alike(network, _first_alike(patches[len(filled) :]), ctx)
    return filled


def _first_alike(patches: Sequence[Patch]) -> list[Patch]:
    """The first patch and those of its size that follow, as many as go into one call."""
    shape = patches[0].image.shape
    most = max(1, _BATCH_PIXELS // (shape[0] * shape[1]))
    return list(takewhile(lambda patch: patch.image.shape == shape, patches[:most]))


def _fill_alike(network: Any, patches: Sequence[Patch], ctx: RunContext) -> list[Image]:
    starts = np.stack([prefill(patch.image, patch.mask) for patch in patches])
    masks = np.stack([patch.mask for patch in patches])[..., None]
    # several that are too much for a graphics card come again one by one
    planes = [as_colour(starts), masks.astype(np.float32)]
    answers = run_network(network, planes, may_leave_card=len(patches) == 1, tell=ctx.told.add)
    known = np.stack([patch.image for patch in patches])
    return list(np.where(masks, from_colour(answers, known), known).astype(np.float32, copy=False))


def _fill(network: Any, image: Image, mask: Mask, ctx: RunContext, noise: Image | None) -> Image:
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    is_wide = float(depth.max()) > _UNSURE and min(mask.shape) >= 2 * _SMALLEST_SIDE
    ctx.checkpoint(0.0, "repairing")
    if not is_wide:
        return _fill_at_one_scale(network, image, mask, noise, ctx)
    size = (-(-mask.shape[1] // 2), -(-mask.shape[0] // 2))
    small = _fill(network, *_halved(image, mask, size), ctx.part(0.0, 0.5), _half_noise(noise, size))
    middle = cv2.resize(small, (mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_CUBIC)
    ctx.checkpoint(0.5, "repairing")
    # the network corrects a start that already has the structure the smaller picture found
    rim = _fill_at_one_scale(network, np.where(mask[..., None], middle, image), mask, noise, ctx, has_start=True)
    share = np.clip((depth - _SURE) / (_UNSURE - _SURE), 0.0, 1.0)[..., None]
    ctx.checkpoint(1.0, "repairing")
    return np.where(mask[..., None], rim * (1 - share) + middle * share, image).astype(np.float32)


def _fill_at_one_scale(
    network: Any, image: Image, mask: Mask, noise: Image | None, ctx: RunContext, *, has_start: bool = False
) -> Image:
    smooth = prefill(image, mask)
    if has_start:
        # near the rim the smooth fill is what the network learned to start from; further in, the given one
        depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
        share = np.clip(depth / _SURE, 0.0, 1.0)[..., None]
        smooth = np.where(mask[..., None], smooth * (1 - share) + image * share, image).astype(np.float32)
    planes = [smooth, mask[..., None].astype(np.float32)]
    if noise is not None:
        planes.append(noise)
    answer = call_network(network, planes, ctx)
    return np.where(mask[..., None], answer, image).astype(np.float32)


def _halved(image: Image, mask: Mask, size: tuple[int, int]) -> tuple[Image, Mask]:
    """Half the size: a pixel is known where it saw any known pixel, and is the mean of those."""
    known = (~mask).astype(np.float32)
    weight = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    total = cv2.resize(image * known[..., None], size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], -1)
    # a pixel that is mostly hole carries the hole's rim, with whatever smear the damage left on it
    return (total / np.maximum(weight, 1e-6)[..., None]).astype(np.float32), weight < 0.5


def _half_noise(noise: Image | None, size: tuple[int, int]) -> Image | None:
    if noise is None:
        return None
    # the mean of four has half the deviation: doubled it is the same kind of noise again
    return 2.0 * cv2.resize(noise, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], -1)
