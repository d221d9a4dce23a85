"""The method race: hide sound pixels near the damage under the same shape, repair them with every method, compare.

What was hidden is known, so every method gets a score on this very photo.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.errors import GenRepairError, MaskError
from genrepair_desktop.imaging.arrays import Mask, Pixels, to_image
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.masks import label_holes
from genrepair_desktop.imaging.quality import psnr, ssim, texture_distance
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.catalog import all_methods
from genrepair_desktop.repair.method import ModelLoader
from genrepair_desktop.repair.pipeline import prepare, run
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.record import lay_in
from genrepair_desktop.repair.request import Coverage
from genrepair_desktop.repair.watched import run_watched

PLACES = 4
# one or two places rank methods by luck: rather a smaller shape in more of them
_FEWEST = 3
# a larger shape is raced with its middle part: the ranking is the same, and the window waits
_LARGEST_SHAPE = 384
# known pixels between the damage and what is hidden: a method must not fill both as one hole
_GAP = 6
_CONTEXT = 96
_DIRECTIONS = 16


class RaceError(GenRepairError):
    """The methods cannot be compared on this photo."""


@dataclass(frozen=True)
class Place:
    """Where sound pixels are hidden: a window of the photo and, in it, what is damaged and what is hidden."""

    window: Rect
    damage: Mask
    hidden: Mask


@dataclass(frozen=True)
class Entry:
    """One method's result. ``fills`` holds its pixels for each window; ``problem`` says why it has none.

    psnr     dB over the hidden pixels, mean over the places; higher is better
    ssim     likewise, up to 1
    texture  sliced Wasserstein distance of patches; lower is better
    rank     mean of its places in the three orders, from 1
    seconds  for all places together
    """

    method: str
    psnr: float = 0.0
    ssim: float = 0.0
    texture: float = float("inf")
    seconds: float = 0.0
    rank: float = float("inf")
    fills: tuple[Pixels, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Race:
    """Places, what lies there, and the entries, best first."""

    places: tuple[Place, ...]
    truths: tuple[Pixels, ...]
    entries: tuple[Entry, ...]

    @property
    def winner(self) -> Entry:
        return self.entries[0]

    @property
    def doubt(self) -> str:
        """One sentence where there was room for too few places to rank by; else empty."""
        if len(self.places) >= _FEWEST:
            return ""
        places = "only one place" if len(self.places) == 1 else f"only {len(self.places)} places"
        return f"There was room for {places} to try the methods on, so the order may be luck: trust your eye too."


def race(
    pixels: Pixels,
    coverage: Coverage,
    ctx: RunContext,
    models: ModelLoader,
    *,
    methods: Sequence[str] | None = None,
    places: int = PLACES,
) -> Race:
    """Compare fill methods on a photo and its mask.

    Args:
        methods: ids to compare; None: all fills whose models are installed, but not ``auto``, which is one of them.
        places: at most so many places are hidden, 3 to 5 being useful.

    Raises:
        MaskError: nothing is marked.
        RaceError: there is no room beside the damage to hide anything, or no method gave a result.
    """
    found = run_watched(lambda: find_places(coverage, places), ctx, "looking")
    truths = tuple(pixels[place.window.slices].copy() for place in found)
    ids = list(methods) if methods is not None else racing_methods(models)
    entries = []
    for number, method in enumerate(ids):
        part = ctx.part(number / len(ids), (number + 1) / len(ids))
        entries.append(_enter(method, found, truths, part, models))
    ranked = _ranked(entries)
    if not ranked or ranked[0].problem:
        raise RaceError("No method could repair the hidden places: mark less, or choose a method by eye.")
    return Race(found, truths, tuple(ranked))


def racing_methods(models: ModelLoader) -> list[str]:
    """The fills that can run here, without those that only choose among the others."""
    specs = all_methods().values()
    return [spec.id for spec in specs if spec.task == "fill" and spec.route is None and spec.is_ready(models)]


def find_places(coverage: Coverage, count: int = PLACES) -> tuple[Place, ...]:
    """Up to ``count`` places near the largest hole where its shape fits on sound pixels; nearest first.

    A shape that fits in fewer than three places is tried at half its size, then at a quarter; where no size does,
    the one that fits in most is taken.

    Raises:
        MaskError: nothing is marked.
        RaceError: even a quarter of the shape fits nowhere.
    """
    _, holes = label_holes(coverage)
    if not holes:
        raise MaskError("Nothing is marked for repair: paint over the damage first, or give a mask.")
    largest = max(holes, key=lambda hole: hole.area).rect
    box = _middle_part(largest, _LARGEST_SHAPE)
    shape = coverage[box.slices] > 0
    damage = coverage > 0
    near = cv2.dilate(damage.astype(np.uint8), np.ones((2 * _GAP + 1, 2 * _GAP + 1), np.uint8)) > 0
    best: list[tuple[int, int]] = []
    shape_there = shape
    for scale in (1.0, 0.5, 0.25):
        smaller = _scaled(shape, scale)
        corners = _free_corners(near, box, smaller, count)
        if len(corners) > len(best):
            best, shape_there = corners, smaller
        if len(best) >= min(_FEWEST, count):
            break
    if not best:
        raise RaceError("There is no room beside the damage to try the methods on: the mask covers too much.")
    return tuple(_place(damage, corner, shape_there) for corner in best)


def _middle_part(rect: Rect, most: int) -> Rect:
    w, h = min(rect.w, most), min(rect.h, most)
    return Rect(rect.x + (rect.w - w) // 2, rect.y + (rect.h - h) // 2, w, h)


def _scaled(shape: Mask, scale: float) -> Mask:
    if scale == 1.0:
        return shape
    size = (max(1, round(shape.shape[1] * scale)), max(1, round(shape.shape[0] * scale)))
    return cv2.resize(shape.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) > 64


def _free_corners(near: Mask, box: Rect, shape: Mask, count: int) -> list[tuple[int, int]]:
    """Top left corners where the shape lies on sound pixels, apart from each other, nearest to the hole first."""
    taken = near.copy()
    corners: list[tuple[int, int]] = []
    h, w = shape.shape
    for x, y in _corners_around(box, w, h, near.shape):
        if not taken[y : y + h, x : x + w][shape].any():
            corners.append((x, y))
            taken[y : y + h, x : x + w] |= shape
            if len(corners) == count:
                break
    return corners


def _corners_around(box: Rect, w: int, h: int, bounds: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Corners on growing rings around the hole, inside the picture."""
    middle_x, middle_y = box.x + (box.w - w) / 2, box.y + (box.h - h) / 2
    stride = max(8.0, min(w, h) / 2)
    for ring in range(1, int(max(bounds[:2]) / stride) + 2):
        for turn in range(_DIRECTIONS):
            angle = 2 * np.pi * (turn + 0.5 * (ring % 2)) / _DIRECTIONS
            x, y = round(middle_x + ring * stride * np.cos(angle)), round(middle_y + ring * stride * np.sin(angle))
            if 0 <= x <= bounds[1] - w and 0 <= y <= bounds[0] - h:
                yield x, y


def _place(damage: Mask, corner: tuple[int, int], shape: Mask) -> Place:
    (x, y), (h, w) = corner, shape.shape
    window = Rect.from_edges(
        max(0, x - _CONTEXT),
        max(0, y - _CONTEXT),
        min(damage.shape[1], x + w + _CONTEXT),
        min(damage.shape[0], y + h + _CONTEXT),
    )
    hidden = np.zeros((window.h, window.w), bool)
    hidden[y - window.y : y - window.y + h, x - window.x : x - window.x + w] = shape
    return Place(window, damage[window.slices].copy(), hidden)


def _enter(
    method: str, places: Sequence[Place], truths: Sequence[Pixels], ctx: RunContext, models: ModelLoader
) -> Entry:
    fills: list[Pixels] = []
    scores: list[tuple[float, float, float]] = []
    started = time.perf_counter()
    try:
        for number, (place, truth) in enumerate(zip(places, truths, strict=True)):
            part = ctx.part(number / len(places), (number + 1) / len(places))
            mask = np.where(place.damage | place.hidden, 255, 0).astype(np.uint8)
            hidden = truth.copy()
            hidden[place.hidden] = 0  # no method may see what it is asked for
            filled = lay_in(hidden, run(prepare(hidden, mask, Recipe(method, seed=ctx.seed)), part, models))
            fills.append(filled)
            scores.append(_scores(filled, truth, place.hidden))
    except GenRepairError as error:
        return Entry(method, problem=str(error))
    seconds = time.perf_counter() - started
    means = np.mean(scores, axis=0)
    return Entry(method, float(means[0]), float(means[1]), float(means[2]), seconds, fills=tuple(fills))


def _scores(filled: Pixels, truth: Pixels, hidden: npt.NDArray[np.bool_]) -> tuple[float, float, float]:
    picture, sound = to_image(filled), to_image(truth)
    return psnr(picture, sound, hidden), ssim(picture, sound, hidden), texture_distance(picture, sound, hidden)


def _ranked(entries: Sequence[Entry]) -> list[Entry]:
    """Best first by the mean of the three orders; equal ones by PSNR. Entries with a problem come last."""
    valid = [entry for entry in entries if not entry.problem]
    orders = (
        sorted(valid, key=lambda entry: -entry.psnr),
        sorted(valid, key=lambda entry: -entry.ssim),
        sorted(valid, key=lambda entry: entry.texture),
    )
    ranked = [replace(entry, rank=sum(_position(entry, order) for order in orders) / len(orders)) for entry in valid]
    return sorted(ranked, key=lambda entry: (entry.rank, -entry.psnr)) + [e for e in entries if e.problem]


def _position(entry: Entry, order: Sequence[Entry]) -> int:
    """From 1. By identity: entries hold arrays, which cannot be compared as a whole."""
    return next(place for place, other in enumerate(order, start=1) if other is entry)
