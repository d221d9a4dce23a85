"""The image pyramid of the exemplar fill: what each level knows, and which patches may be taken from it."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.colour import luma

# A coarse level with fewer patches to choose from picks nonsense: on a cup with blobs of 60 pixels the hole PSNR
# was 15 dB with a coarsest level of 150 patches, 16 with 1000, 21 with 2500
_FEWEST_SOURCES = 2000
# the middle of the deepest hole of the coarsest level is this near to its rim, in pixels
_COARSEST_DEPTH = 5.0
# half the side of the square over which roughness is averaged; larger misses borders of textures
_ROUGHNESS_RADIUS = 5
ROUGHNESS_CHANNELS = 2


@dataclass(frozen=True)
class Level:
    """One size of the picture.

    image    (h, w, c + 2): the colours and two channels of roughness (``_roughness``); the hole holds nothing
    guide    (h, w, c), complete: what the fill should look like from afar; None if nobody said
    allowed  uint8 (h, w): 1 at the centres of patches that may be taken
    """

    image: Image
    hole: Mask
    guide: Image | None
    allowed: npt.NDArray[np.uint8]


def build_levels(
    image: Image,
    hole: Mask,
    donor: Mask | None,
    guide: Image | None,
    *,
    side: int,
    roughness: float,
    pause: Callable[[], None],
) -> list[Level]:
    """The pyramid, finest first; each level half as large. Empty when not one whole patch is known.

    It ends where the middle of the deepest hole is within a patch of its rim, so that the first fill is
    steered by known pixels everywhere, or earlier where too few known patches would be left.
    ``roughness`` weighs roughness against colour; ``pause`` is called between the steps and may raise.
    """
    rough = np.float32(roughness) * _roughness(image, hole)
    pause()
    if guide is not None:
        guide = np.where(hole[..., None], guide, image).astype(np.float32)
    level = Level(np.concatenate([image, rough], axis=2), hole, guide, _allowed(~hole, donor, side))
    depth = float(depth_in(hole).max())
    levels: list[Level] = []
    while level.hole.any() and np.count_nonzero(level.allowed) >= (_FEWEST_SOURCES if levels else 1):
        levels.append(level)
        pause()
        if depth <= _COARSEST_DEPTH:
            break
        depth /= 2
        donor = None if donor is None else _sum_of_blocks(donor.astype(np.float32)[..., None])[..., 0] >= 2
        level = _halve(level, donor, side)
    return levels


def depth_in(hole: Mask) -> Image:
    """Distance of each hole pixel to the nearest known one, 0 outside; float32 (h, w).

    OpenCV's last bit depends on where the array lies in memory. The exact squared distance is a whole number, so
    rounding it makes the result the same every time (to depths of about 2000).
    """
    distance = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.sqrt(np.rint(distance.astype(np.float64) ** 2)).astype(np.float32)


def _allowed(known: Mask, donor: Mask | None, side: int) -> npt.NDArray[np.uint8]:
    """Centres of wholly known patches that lie in the donor region; only centred in it where it is narrow."""
    square = np.ones((side, side), np.uint8)
    whole = _erode(known, square)
    if donor is None:
        return whole
    inside = _erode(known & donor, square)
    return inside if inside.any() else whole * donor.astype(np.uint8)


def _erode(region: Mask, square: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return cv2.erode(region.astype(np.uint8), square, borderType=cv2.BORDER_CONSTANT, borderValue=0).astype(np.uint8)


def _halve(level: Level, donor: Mask | None, side: int) -> Level:
    """The next level: means over the known pixels of 2 x 2; a hole where fewer than half of them are known."""
    known = (~level.hole).astype(np.float32)[..., None]
    weight = _sum_of_blocks(known)
    count = _sum_of_blocks(np.ones_like(known))
    image = (_sum_of_blocks(level.image * known) / np.maximum(weight, 1)).astype(np.float32)
    hole = weight[..., 0] < np.minimum(2, count[..., 0])
    guide = None if level.guide is None else (_sum_of_blocks(level.guide) / count).astype(np.float32)
    return Level(image, hole, guide, _allowed(~hole, donor, side))


def _sum_of_blocks(array: Image) -> Image:
    h, w = array.shape[:2]
    even = np.pad(array, ((0, h % 2), (0, w % 2), (0, 0)))
    return even[0::2, 0::2] + even[1::2, 0::2] + even[0::2, 1::2] + even[1::2, 1::2]


def _roughness(image: Image, hole: Mask) -> Image:
    """How rough the surroundings of each pixel are: mean horizontal and vertical slope of the known luma.

    Coarse levels have lost the texture, and there flat patches would win everywhere; these two channels go
    through the pyramid with the colours and keep them apart (Newson et al. 2014, section 3.3).
    """
    brightness = luma(image)
    known = (~hole).astype(np.float32)
    slopes = np.zeros((*hole.shape, ROUGHNESS_CHANNELS), np.float32)
    is_sure = np.zeros_like(slopes)
    is_sure[:, 1:, 0] = known[:, 1:] * known[:, :-1]
    is_sure[1:, :, 1] = known[1:] * known[:-1]
    slopes[:, 1:, 0] = np.abs(brightness[:, 1:] - brightness[:, :-1])
    slopes[1:, :, 1] = np.abs(brightness[1:] - brightness[:-1])
    box = (2 * _ROUGHNESS_RADIUS + 1, 2 * _ROUGHNESS_RADIUS + 1)
    total = cv2.boxFilter(slopes * is_sure, cv2.CV_32F, box)
    return (total / np.maximum(cv2.boxFilter(is_sure, cv2.CV_32F, box), 1e-3)).astype(np.float32)
