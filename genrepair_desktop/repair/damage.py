"""Finds scratches, cracks and dust: a probability map that the user thresholds, and a mask made of it.

Classical and without weights: thin structures that stand out from their surroundings (top hat transforms, Joyeux
et al. 1999 on film scratches), weighed against the texture around them and favoured when they go on along a line.
It takes fine natural lines such as whiskers for scratches, so the result is a suggestion to look at.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Pixels, to_image
from genrepair_desktop.imaging.masks import grow

Map = npt.NDArray[np.float32]
THRESHOLD = 0.5
_DIRECTIONS = 12
# what a structure must rise above its surroundings, in sample values, before it counts at all
_FLOOR = 0.05
# times the mean rise of the texture around it
_ABOVE_TEXTURE = 2.0
# structures that go on along a line keep their value; those of any other form need twice the rise
_SPOT_WEIGHT = 0.35
# half the length a line must go on straight, in radii
_REACH = 4
_WEAK = 0.6  # hysteresis: times the threshold
_SMALLEST = 12
_MARGIN = 1.5


def damage_map(pixels: Pixels) -> Map:
    """How much each pixel looks like damage, float32 (h, w), 0 to 1; a pixel at 0.5 is as likely as not."""
    luma = _float32(cv2.GaussianBlur(_luma(pixels), (0, 0), 0.8))
    radius = _radius(pixels.shape)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    light = _probability(_float32(cv2.morphologyEx(luma, cv2.MORPH_TOPHAT, disc)), radius)
    dark = _probability(_float32(cv2.morphologyEx(luma, cv2.MORPH_BLACKHAT, disc)), radius)
    return np.maximum(light, dark)


def threshold_map(likely: Map, threshold: float = THRESHOLD) -> npt.NDArray[np.uint8]:
    """A damage map as a coverage mask: what reaches the threshold, followed to weaker pixels, grown a little."""
    weak = (likely > _WEAK * threshold).astype(np.uint8)
    _, found, stats, _ = cv2.connectedComponentsWithStats(weak, connectivity=8, ltype=cv2.CV_32S)
    labels = found.astype(np.intp)
    peaks = np.zeros(len(stats), np.float32)
    np.maximum.at(peaks, labels.reshape(-1), likely.reshape(-1))
    kept = (peaks >= threshold) & (stats[:, cv2.CC_STAT_AREA] >= _SMALLEST)
    kept[0] = False
    return grow(kept[labels], _MARGIN)


def _luma(pixels: Pixels) -> Map:
    image = to_image(pixels)
    if image.shape[2] == 1:
        return np.ascontiguousarray(image[..., 0])
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32, copy=False)


def _radius(shape: tuple[int, ...]) -> int:
    """Half the width of the widest structure looked for: 5 pixels in a small photo, 12 in a large scan."""
    return int(np.clip(max(shape[:2]) / 400, 5, 12))


def _probability(rise: Map, radius: int) -> Map:
    size = 8 * radius + 1
    texture = _float32(cv2.blur(np.minimum(rise, 0.5), (size, size)))
    score = rise / (_FLOOR + _ABOVE_TEXTURE * texture)
    shaped = np.maximum(_along_lines(_float32(score), _REACH * radius), _SPOT_WEIGHT * score)
    squared = np.square(shaped)
    return _float32(squared / (1.0 + squared))


def _float32(values: npt.NDArray[Any]) -> Map:
    """OpenCV and numpy keep the type; their stubs do not say so."""
    return values.astype(np.float32, copy=False)


def _along_lines(score: Map, reach: int) -> Map:
    """The score where it goes on along a straight line, lower elsewhere: the best opening over the directions."""
    best = np.zeros_like(score)
    for turn in range(_DIRECTIONS):
        opened = cv2.morphologyEx(score, cv2.MORPH_OPEN, _line(reach, np.pi * turn / _DIRECTIONS))
        best = np.maximum(best, _float32(opened))
    return best


def _line(reach: int, angle: float) -> npt.NDArray[np.uint8]:
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.uint8)
    dx, dy = round(reach * np.cos(angle)), round(reach * np.sin(angle))
    cv2.line(kernel, (reach - dx, reach - dy), (reach + dx, reach + dy), 1, 1)
    return kernel
