"""What a round brush leaves behind: the coverage of a stroke from one point to the next.

A stroke is swept, not a row of separate dabs: each pixel takes the highest coverage the brush had over it, so soft
strokes neither build up nor ripple, however slowly the pointer moves.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.mask_shapes import Stencil
from genrepair_desktop.imaging.masks import FULL, Coverage

# up to here a stroke is computed from its exact distance field; above, from stamps of one dab:
# a stamp of 2000 pixels is joined in 1 ms, its distance field takes 60 ms
EXACT_RADIUS = 24.0
# stamps stand so close that the edge between two is nowhere lower than this many pixels
_RIPPLE = 0.25
# a long stroke comes in pieces, so that a thin diagonal does not compute the square around it
_PIECE = 64.0


class BrushPoint(NamedTuple):
    """A point of a stroke: where (in pixels), how large (radius in pixels, at least 0.5), how strong (0 to 1)."""

    x: float
    y: float
    radius: float
    flow: float = 1.0


def sweep(start: BrushPoint, end: BrushPoint, hardness: float, bounds: Rect) -> Iterator[Stencil]:
    """The stroke from ``start`` to ``end`` as stencils cut at ``bounds``, to be joined by the maximum.

    Args:
        hardness: the part of the radius that is fully covered, 0 to 1; the rest falls smoothly to 0. At 1 every
            pixel whose centre is within the radius is covered and no other.
    """
    largest = max(start.radius, end.radius)
    length = float(np.hypot(end.x - start.x, end.y - start.y))
    count = max(1, int(np.ceil(length / max(_PIECE, 2 * largest))))
    piece = _exact if largest <= EXACT_RADIUS else _stamped
    for number in range(count):
        first, last = (_between(start, end, (number + step) / count) for step in (0, 1))
        stencil = piece(first, last, hardness, bounds)
        if not stencil.rect.is_empty:
            yield stencil


@lru_cache(maxsize=8)
def dab(radius: float, hardness: float) -> Coverage:
    """One touch of the brush, centred on the middle pixel of a square with an odd side. Not to be written."""
    reach = int(np.ceil(radius))
    # the four quarters mirror each other
    away = np.arange(reach + 1, dtype=np.float32)
    quarter = _profile(np.sqrt(away[:, None] ** 2 + away[None, :] ** 2), radius, hardness)
    half = np.concatenate([quarter[:, :0:-1], quarter], axis=1)
    whole = np.concatenate([half[:0:-1], half], axis=0)
    whole.flags.writeable = False
    return whole


def _profile(distance: npt.NDArray[np.float32], radius: float | npt.NDArray[Any], hardness: float) -> Coverage:
    """Coverage at a distance from the brush's centre: full up to the hard core, a smooth step to 0 at the radius."""
    if hardness >= 1.0:
        return np.where(distance <= radius, np.uint8(FULL), np.uint8(0))
    fade = np.clip((radius - distance) / ((1.0 - hardness) * radius), 0.0, 1.0)
    return np.rint(FULL * (fade * fade * (3.0 - 2.0 * fade))).astype(np.uint8)


def _between(start: BrushPoint, end: BrushPoint, share: float) -> BrushPoint:
    return BrushPoint(*(a + (b - a) * share for a, b in zip(start, end, strict=True)))


def _box(first: BrushPoint, last: BrushPoint, bounds: Rect) -> Rect:
    """Every pixel the stroke can reach; a pixel more each way, for stamps on rounded centres."""
    left = min(first.x - first.radius, last.x - last.radius)
    top = min(first.y - first.radius, last.y - last.radius)
    right = max(first.x + first.radius, last.x + last.radius)
    bottom = max(first.y + first.radius, last.y + last.radius)
    edges = (int(np.floor(left)), int(np.floor(top)), int(np.ceil(right)), int(np.ceil(bottom)))
    return Rect.from_edges(*edges).grown(1).intersect(bounds)


def _exact(first: BrushPoint, last: BrushPoint, hardness: float, bounds: Rect) -> Stencil:
    """From each pixel's distance to the segment, with radius and flow running evenly along it."""
    box = _box(first, last, bounds)
    x = np.arange(box.x, box.right, dtype=np.float32)[None, :] + np.float32(0.5 - first.x)
    y = np.arange(box.y, box.bottom, dtype=np.float32)[:, None] + np.float32(0.5 - first.y)
    dx, dy = last.x - first.x, last.y - first.y
    squared = dx * dx + dy * dy
    if squared < 1e-12:
        coverage = _profile(np.sqrt(x * x + y * y), last.radius, hardness)
        return Stencil(box, _weaker(coverage, last.flow))
    along = np.clip((x * np.float32(dx) + y * np.float32(dy)) / np.float32(squared), 0.0, 1.0)
    distance = np.hypot(x - along * np.float32(dx), y - along * np.float32(dy))
    radius = np.float32(first.radius) + along * np.float32(last.radius - first.radius)
    coverage = _profile(distance, radius, hardness)
    if min(first.flow, last.flow) < 1.0:
        flow = np.float32(first.flow) + along * np.float32(last.flow - first.flow)
        coverage = np.rint(coverage * flow).astype(np.uint8)
    return Stencil(box, coverage)


def _stamped(first: BrushPoint, last: BrushPoint, hardness: float, bounds: Rect) -> Stencil:
    """From dabs on whole pixels, close enough for a smooth edge."""
    box = _box(first, last, bounds)
    coverage = np.zeros((max(0, box.h), max(0, box.w)), np.uint8)
    length = float(np.hypot(last.x - first.x, last.y - first.y))
    # two circles of radius r at the distance s meet s^2 / 8r below their common tangent
    spacing = np.sqrt(8.0 * _RIPPLE * min(first.radius, last.radius))
    count = int(np.ceil(length / spacing))
    for number in range(count + 1):
        point = _between(first, last, number / count if count else 1.0)
        _stamp(coverage, box, point, hardness)
    return Stencil(box, coverage)


def _stamp(coverage: Coverage, box: Rect, point: BrushPoint, hardness: float) -> None:
    # pressure changes the radius all the time; in steps of 1 % the same few stamps serve
    step = max(0.5, 2.0 ** np.floor(np.log2(max(1.0, point.radius * 0.01))))
    stamp = dab(round(point.radius / step) * step, hardness)
    reach = stamp.shape[0] // 2
    place = Rect(int(np.floor(point.x)) - reach, int(np.floor(point.y)) - reach, *stamp.shape[::-1])
    shared = place.intersect(box)
    if shared.is_empty:
        return
    target = coverage[shared.relative_to(box).slices]
    np.maximum(target, _weaker(stamp[shared.relative_to(place).slices], point.flow), out=target)


def _weaker(coverage: Coverage, flow: float) -> Coverage:
    return coverage if flow >= 1.0 else np.asarray(cv2.convertScaleAbs(coverage, alpha=flow), np.uint8)
