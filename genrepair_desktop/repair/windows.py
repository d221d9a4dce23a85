"""Which parts of a photo are worked on: boxes around the damage, and the windows a method sees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Mask
from genrepair_desktop.imaging.geometry import Rect

_CELL = 64


@dataclass(frozen=True)
class Window:
    """What a method is handed at once.

    outer   the pixels it sees: the holes and their context
    labels  the holes (numbers of the label picture) it repairs
    core    where its fill is pasted; what a long hole has outside follows in later windows
    """

    outer: Rect
    labels: tuple[int, ...]
    core: Rect


def damage_boxes(coverage: npt.NDArray[np.uint8], context: Callable[[int], int]) -> list[Rect]:
    """Boxes that hold all damage with its context, not overlapping.

    Works on a grid of 64-pixel cells, so it costs milliseconds for any photo. ``context`` tells how many
    known pixels a method wants around damage of a given length.
    """
    bounds = Rect.of_shape(coverage.shape)
    cells = _occupied_cells(coverage)
    _, _, stats, _ = cv2.connectedComponentsWithStats(cells.astype(np.uint8), connectivity=8)
    boxes = [_cell_box(stat, context, bounds) for stat in stats[1:]]
    return _merge_touching(boxes)


def plan_windows(
    holes: Sequence[tuple[int, Rect]], context: Callable[[int], int], max_side: int, bounds: Rect
) -> list[Window]:
    """Windows that together repair every hole once, in reading order.

    holes     (label, bounding box) of the holes this method repairs
    max_side  a longer hole is cut along a grid of this size; small holes that lie in one cell share a window
    bounds    the pixels there are
    """
    long_holes = [(label, box) for label, box in holes if max(box.w, box.h) > max_side]
    windows = _cut_windows(long_holes, context, max_side, bounds)
    shared: dict[tuple[int, int], list[tuple[int, Rect]]] = {}
    pitch = max(1, max_side // 2)
    for label, box in holes:
        if max(box.w, box.h) <= max_side:
            cell = ((box.y + box.h // 2) // pitch, (box.x + box.w // 2) // pitch)
            shared.setdefault(cell, []).append((label, box))
    for group in shared.values():
        windows.append(_window([label for label, _ in group], [box for _, box in group], context, bounds))
    return sorted(windows, key=lambda window: (window.core.y, window.core.x, window.labels))


def _cut_windows(
    holes: Sequence[tuple[int, Rect]], context: Callable[[int], int], max_side: int, bounds: Rect
) -> list[Window]:
    """Long holes whose boxes overlap are cut along one grid, so that a net of scratches is gone over once."""
    windows: list[Window] = []
    for area in _merge_touching([box for _, box in holes]):
        for cell in _cut(area, max_side):
            inside = [(label, box.intersect(cell)) for label, box in holes if box.touches(cell) and area.contains(box)]
            if inside:
                windows.append(_window([label for label, _ in inside], [box for _, box in inside], context, bounds))
    return windows


def _window(labels: list[int], boxes: list[Rect], context: Callable[[int], int], bounds: Rect) -> Window:
    core = boxes[0]
    for box in boxes[1:]:
        core = core.union(box)
    return Window(_with_context(core, context, bounds), tuple(labels), core)


def _occupied_cells(coverage: npt.NDArray[np.uint8]) -> Mask:
    h, w = coverage.shape
    starts = np.arange(0, w, _CELL)
    # band by band: one reduction over the whole array is ten times slower for the cache
    rows = [np.maximum.reduceat(coverage[y : y + _CELL].max(axis=0), starts) for y in range(0, h, _CELL)]
    return np.stack(rows) > 0


def _cell_box(stat: npt.NDArray[np.int32], context: Callable[[int], int], bounds: Rect) -> Rect:
    x, y, w, h = (int(value) * _CELL for value in stat[:4])
    return Rect(x, y, w, h).grown(context(max(w, h))).intersect(bounds)


def _merge_touching(boxes: list[Rect]) -> list[Rect]:
    merged: list[Rect] = []
    for box in boxes:
        while (other := next((m for m in merged if m.touches(box)), None)) is not None:
            merged.remove(other)
            box = box.union(other)
        merged.append(box)
    return sorted(merged, key=lambda rect: (rect.y, rect.x))


def _cut(box: Rect, max_side: int) -> list[Rect]:
    across, down = (-(-side // max_side) for side in (box.w, box.h))
    xs = [box.x + box.w * i // across for i in range(across + 1)]
    ys = [box.y + box.h * i // down for i in range(down + 1)]
    return [Rect.from_edges(xs[i], ys[j], xs[i + 1], ys[j + 1]) for j in range(down) for i in range(across)]


def _with_context(core: Rect, context: Callable[[int], int], bounds: Rect) -> Rect:
    return core.grown(context(max(core.w, core.h))).intersect(bounds)
