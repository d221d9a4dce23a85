"""Finds the holes of a mask and measures what the choice of a method depends on."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Mask, Pixels, colour_channels, full_scale
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.repair.method import HoleFacts

_RIM = 6
# how many windows of a long hole are looked at for its texture: a sample tells as much as the whole rim
_TEXTURE_SAMPLES = 9


@dataclass(frozen=True)
class Hole:
    """One connected part of a mask. ``facts`` is None where they were not asked for."""

    label: int
    rect: Rect
    area: int
    facts: HoleFacts | None


def find_holes(mask: Mask, pixels: Pixels, *, with_facts: bool) -> tuple[npt.NDArray[np.int32], list[Hole]]:
    """The 8-connected holes of a mask.

    Returns:
        A label picture, int32 (h, w), 0 where nothing is masked, and the holes in the order of their labels.
    """
    _, found, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8, ltype=cv2.CV_32S)
    labels = found.astype(np.int32, copy=False)
    holes = []
    for label, (x, y, w, h, area) in enumerate(stats.tolist()[1:], start=1):
        rect = Rect(x, y, w, h)
        facts = _facts(labels, label, rect, area, mask, pixels) if with_facts else None
        holes.append(Hole(label, rect, area, facts))
    return labels, holes


def _facts(labels: npt.NDArray[np.int32], label: int, rect: Rect, area: int, mask: Mask, pixels: Pixels) -> HoleFacts:
    own = (labels[rect.slices] == label).astype(np.uint8)
    # the picture's border is not known either, but a hole there is not thinner for it: pad with known
    distance = cv2.distanceTransform(cv2.copyMakeBorder(own, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0), cv2.DIST_L2, 3)
    return HoleFacts(
        area, 2.0 * float(distance.max()), max(rect.w, rect.h), _rim_texture(labels, label, rect, mask, pixels)
    )


def _rim_texture(labels: npt.NDArray[np.int32], label: int, rect: Rect, mask: Mask, pixels: Pixels) -> float:
    """Standard deviation of the known rim minus its 7 x 7 mean, in [0, 1]; 0 if there is no rim."""
    bounds = Rect.of_shape(mask.shape)
    squares, count = 0.0, 0
    for area in _samples(rect, bounds):
        own = (labels[area.slices] == label).astype(np.uint8)
        rim = cv2.dilate(own, np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8)).astype(bool) & ~mask[area.slices]
        if not rim.any():
            continue
        colours = pixels[area.slices][..., : colour_channels(pixels)]
        grey = colours.mean(axis=2, dtype=np.float32) / full_scale(pixels)
        known = (~mask[area.slices]).astype(np.float32)
        weight = cv2.blur(known, (7, 7)) + 1e-6
        residual = (grey - cv2.blur(grey * known, (7, 7)) / weight)[rim]
        squares += float((residual.astype(np.float64) ** 2).sum())
        count += residual.size
    return float(np.sqrt(squares / count)) if count else 0.0


def _samples(rect: Rect, bounds: Rect) -> list[Rect]:
    """The whole neighbourhood of a small hole; squares spread evenly over that of a long one."""
    whole = rect.grown(_RIM).intersect(bounds)
    side = 256
    if whole.area <= _TEXTURE_SAMPLES * side * side:
        return [whole]
    steps = np.linspace(0.0, 1.0, 3)
    corners = [
        (whole.x + t * max(0, whole.w - side), whole.y + s * max(0, whole.h - side)) for s in steps for t in steps
    ]
    return [Rect(int(x), int(y), side, side).intersect(whole) for x, y in corners]
