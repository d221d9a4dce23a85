"""Finds the holes of a mask and measures what the choice of a method depends on."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Mask, Pixels, colour_channels, full_scale
from genrepair_desktop.imaging.geometry import TILE, Rect
from genrepair_desktop.repair.method import HoleFacts
from genrepair_desktop.repair.patterns import is_pattern

_RIM = 6
# how many windows of a long hole are looked at for its texture: a sample tells as much as the whole rim
_TEXTURE_SAMPLES = 9
# bounding box, area, largest depth
_Measured = tuple[Rect, int, float]


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
    from genrepair_desktop.imaging.mask_parts import depths_of

    pause()
    places = np.flatnonzero(mask)
    depth = depths_of(places, mask.shape[:2], pause)
    thick = None if cut_at is None else _thick_places(mask, places, depth, cut_at, pause)
    labels = np.zeros(mask.shape, np.int32)
    measured: list[_Measured] = []
    for chosen in (None,) if thick is None else (~thick, thick):
        some = (places, depth) if chosen is None else (places[chosen], depth[chosen])
        measured += _labelled(labels, *some, len(measured) + 1, pause)
    holes = []
    for label, (rect, area, depth) in enumerate(measured, start=1):
        facts = None
        if with_facts:
            pause()
            texture = _rim_texture(labels, label, rect, mask, pixels)
            is_thick = cut_at is not None and 2.0 * depth > cut_at
            repeats = is_thick and is_pattern(pixels, mask, labels[rect.slices] == label, rect)
            facts = HoleFacts(area, 2.0 * depth, max(rect.w, rect.h), texture, repeats)
        holes.append(Hole(label, rect, area, 2.0 * depth, facts))
    return labels, holes


def _thick_places(
    mask: Mask,
    places: npt.NDArray[np.intp],
    depth: npt.NDArray[np.float32],
    cut_at: float,
    pause: Callable[[], None],
) -> npt.NDArray[np.bool_] | None:
    """Which places an opening by a disc of diameter ``cut_at`` leaves; None if nothing is as thick as that."""
    core = places[depth > cut_at / 2]
    if not core.size:
        return None
    bounds = Rect.of_shape(mask.shape)
    around = np.ones(mask.shape, np.uint8)
    around.reshape(-1)[core] = 0
    # half as far again: the ragged edge of a body is not an arm
    reach = 0.75 * cut_at
    margin = int(reach) + 1
    tiles = _tiles_near(core, bounds, margin)
    thick = np.zeros(mask.shape, np.bool_)
    for tile in tiles:
        pause()
        outer = tile.grown(margin).intersect(bounds)
        distance = cv2.distanceTransform(
            np.ascontiguousarray(around[outer.slices]), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
        )
        thick[tile.slices] = mask[tile.slices] & (distance[tile.relative_to(outer).slices] <= reach)
    is_thick = thick.reshape(-1)[places]
    arms = np.zeros(mask.shape, np.int32)
    measured = _labelled(arms, places[~is_thick], depth[~is_thick], 1, pause)
    touching = np.zeros(len(measured) + 1, bool)
    for tile in tiles:
        pause()
        outer = tile.grown(1).intersect(bounds)
        beside = cv2.dilate(thick[outer.slices].view(np.uint8), np.ones((3, 3), np.uint8))
        touching[arms[outer.slices][beside > 0]] = True
    is_short = np.array([False, *(max(rect.w, rect.h) <= 2 * cut_at for rect, _, _ in measured)])
    return is_thick | (touching & is_short)[arms.reshape(-1)[places]]


def _tiles_near(places: npt.NDArray[np.intp], bounds: Rect, margin: int) -> list[Rect]:
    """The tiles of the grid that some place lies in, or beside by no more than ``margin``."""
    down, across = -(-bounds.h // TILE), -(-bounds.w // TILE)
    y, x = np.divmod(places, bounds.w)
    occupied = np.zeros((down, across), np.uint8)
    occupied[y // TILE, x // TILE] = 1
    side = 2 * -(-margin // TILE) + 1
    near = cv2.dilate(occupied, np.ones((side, side), np.uint8))
    return [Rect(int(j) * TILE, int(i) * TILE, TILE, TILE).intersect(bounds) for i, j in np.argwhere(near)]


def _labelled(
    labels: npt.NDArray[np.int32],
    places: npt.NDArray[np.intp],
    depth: npt.NDArray[np.float32],
    first: int,
    pause: Callable[[], None],
) -> list[_Measured]:
    """Write the numbers of the holes at these places into ``labels``, from ``first`` on.

    Returns:
        Bounding box, area and largest depth of each of them.
    """
    from genrepair_desktop.imaging.mask_parts import find_parts, spans_of

    h, w = labels.shape
    parts = find_parts(places, (h, w), depth, pause)
    for start, end in spans_of(places.size):
        pause()
        labels.reshape(-1)[places[start:end]] = parts.owner[start:end] + first
    rects = [Rect.from_edges(*edges) for edges in parts.edges.tolist()]
    return list(zip(rects, parts.area.tolist(), parts.depth.tolist(), strict=True))


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
