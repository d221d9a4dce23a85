"""Finds the holes of a mask and measures what the choice of a method depends on."""

import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Mask, Pixels, colour_channels, full_scale
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.repair.method import HoleFacts
from genrepair_desktop.repair.patterns import is_pattern

_RIM = 6
# how many windows of a long hole are looked at for its texture: a sample tells as much as the whole rim
_TEXTURE_SAMPLES = 9
# rows whose distances are taken together, and those beyond them that may be nearest
_BAND, _BAND_MARGIN = 256, 32
# so many bands are looked at on several threads
_WORTH_THREADS = 8


@dataclass(frozen=True)
class Hole:
    """One connected part of a mask.

    thickness  twice the largest distance from one of its pixels to a known one, in pixels
    facts      None where they were not asked for
    """

    label: int
    rect: Rect
    area: int
    thickness: float
    facts: HoleFacts | None


def find_holes(
    mask: Mask,
    pixels: Pixels,
    *,
    with_facts: bool,
    cut_at: float | None = None,
    pause: Callable[[], None] = lambda: None,
) -> tuple[npt.NDArray[np.int32], list[Hole]]:
    """The 8-connected holes of a mask.

    Args:
        cut_at: a thickness in pixels: where scratches cross a larger hole, its thin arms and its thick body
            become holes of their own, so that each can be repaired in its own way. Thin ones come first.
        pause: called between the steps; may raise.

    Returns:
        A label picture, int32 (h, w), 0 where nothing is masked, and the holes in the order of their labels.
    """
    pause()
    parts = None if cut_at is None else _thin_and_thick(mask, cut_at, pause)
    pause()
    labels = _labels(mask if parts is None else parts[0])
    pause()
    if parts is not None:
        thick = _labels(parts[1])
        pause()
        labels[parts[1]] = thick[parts[1]] + labels.max()
        pause()
    holes = []
    for label, (rect, area, depth) in enumerate(_measured(labels, mask, pause), start=1):
        facts = None
        if with_facts:
            pause()
            texture = _rim_texture(labels, label, rect, mask, pixels)
            is_thick = cut_at is not None and 2.0 * depth > cut_at
            repeats = is_thick and is_pattern(pixels, mask, labels[rect.slices] == label, rect)
            facts = HoleFacts(area, 2.0 * depth, max(rect.w, rect.h), texture, repeats)
        holes.append(Hole(label, rect, area, 2.0 * depth, facts))
    return labels, holes


def _thin_and_thick(mask: Mask, cut_at: float, pause: Callable[[], None]) -> tuple[Mask, Mask] | None:
    """The mask in two: what an opening by a disc of diameter ``cut_at`` takes away, and what it leaves.

    None if nothing is as thick as that.
    """
    core = _padded_distance(mask) > cut_at / 2
    if not core.any():
        return None
    pause()
    reach = cv2.distanceTransform((~core).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # half as far again: the ragged edge of a body is not an arm
    thick = mask & (reach <= 0.75 * cut_at)
    pause()
    arms = mask & ~thick
    labels = _labels(arms)
    pause()
    rects = [rect for rect, _, _ in _measured(labels, arms, pause)]
    touching = np.zeros(len(rects) + 1, bool)
    touching[labels[cv2.dilate(thick.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0]] = True
    pause()
    is_short = np.array([False, *(max(rect.w, rect.h) <= 2 * cut_at for rect in rects)])
    thick |= (touching & is_short)[labels]
    return mask & ~thick, thick


def _labels(mask: Mask) -> npt.NDArray[np.int32]:
    """The number of each masked pixel's hole, from 1; 0 for background."""
    # without OpenCV's statistics, which take five times as long as the labels
    _, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=8, ltype=cv2.CV_32S)
    return np.asarray(labels, np.int32)


def _measured(labels: npt.NDArray[np.int32], mask: Mask, pause: Callable[[], None]) -> list[tuple[Rect, int, float]]:
    """Bounding box, area and largest distance from a known pixel, of each label in turn."""
    pixels = np.flatnonzero(mask)
    owner = labels.ravel()[pixels]
    y, x = np.divmod(pixels, mask.shape[1])
    count = int(owner.max()) + 1 if owner.size else 1
    edges = np.full((4, count), max(mask.shape), np.intp)
    # left and top are minima; right and bottom are maxima, kept as minima of what is left of the picture
    for row, values in enumerate((x, y, -x, -y)):
        np.minimum.at(edges[row], owner, values)
    depth = np.zeros(count, np.float32)
    np.maximum.at(depth, owner, _distances(mask, y, x, pause))
    area = np.bincount(owner, minlength=count)
    rects = [Rect.from_edges(left, top, 1 - right, 1 - bottom) for left, top, right, bottom in edges.T.tolist()]
    return list(zip(rects, area.tolist(), depth.tolist(), strict=True))[1:]


def _distances(
    mask: Mask, y: npt.NDArray[np.intp], x: npt.NDArray[np.intp], pause: Callable[[], None]
) -> npt.NDArray[np.float32]:
    """``_padded_distance`` at some pixels in the order of rows, band by band: at 24 megapixels the whole takes
    200 MB, which costs more time than the distances."""
    found = np.empty(y.size, np.float32)

    def look(top: int) -> None:
        here = slice(*np.searchsorted(y, [top, top + _BAND]))
        first = max(0, top - _BAND_MARGIN)
        if here.start < here.stop:
            found[here] = _padded_distance(mask[first : top + _BAND + _BAND_MARGIN])[y[here] - first, x[here]]

    tops = range(0, mask.shape[0], _BAND)
    if len(tops) < _WORTH_THREADS:
        for top in tops:
            pause()
            look(top)
    else:
        _side_by_side(look, tops, pause)
    if found.size and found.max() >= _BAND_MARGIN:
        return _padded_distance(mask)[y, x]
    return found


def _side_by_side(work: Callable[[int], None], items: Iterable[int], pause: Callable[[], None]) -> None:
    with ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="distances") as executor:
        waiting = deque(executor.submit(work, item) for item in items)
        try:
            while waiting:
                pause()
                waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _padded_distance(mask: Mask) -> npt.NDArray[np.float32]:
    """Distance of masked pixels to the nearest known one.

    The picture's border is not known either, but a hole there is not thinner for it: what lies beyond counts as
    known.
    """
    padded = cv2.copyMakeBorder(mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1].astype(np.float32, copy=False)


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
