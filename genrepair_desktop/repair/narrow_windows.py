"""Cuts long thin damage into windows along its way, so that little of the sound picture is worked on.

A scratch across 24 megapixels has a box of 24 megapixels around it, and a network or a search that looks at all of
that does fifty times the work that the scratch needs. Here boxes of damage are joined, pair by pair up a binary
tree over the picture, wherever one window for both costs less than two.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.geometry import Rect

# networks work on blocks of 8 x 8: windows that begin on that grid give the same answer as the whole picture
CELL = 8
_RIGHT = 2

Floats = npt.NDArray[np.float64]
Boxes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class _Level:
    """Nodes of one level of the tree, as a grid.

    boxes     (4, rows, columns): left, top, right, bottom of the damage in each node; right 0 where there is none
    cost      (rows, columns): of the cheapest way to cover that damage
    is_whole  (rows, columns): True where that way is one window
    axis      along which the next finer level was paired: 1 columns, 0 rows
    """

    boxes: Boxes
    cost: Floats
    is_whole: npt.NDArray[np.bool_]
    axis: int


@dataclass(frozen=True)
class _Prices:
    """What a window costs, in pixels of work, in a picture of ``h`` by ``w`` pixels."""

    h: int
    w: int
    context: int
    start_cost: int
    max_side: int

    @property
    def nothing(self) -> Boxes:
        """A box that a union with any other leaves as the other is."""
        return np.array([self.w, self.h, 0, 0], np.int32)[:, None, None]

    def of(self, boxes: Boxes) -> Floats:
        left, top, right, bottom = boxes
        width = np.minimum(right + self.context, self.w) - np.maximum(left - self.context, 0)
        height = np.minimum(bottom + self.context, self.h) - np.maximum(top - self.context, 0)
        price = width.astype(np.float64) * height + self.start_cost
        price[np.maximum(right - left, bottom - top) > self.max_side] = np.inf
        price[right == 0] = 0.0
        return price


def narrow_cores(
    pixels: npt.NDArray[np.intp], size: tuple[int, int], context: int, *, max_side: int, start_cost: int
) -> list[Rect]:
    """Rectangles that hold every damaged pixel exactly once, in reading order.

    Their sizes make the sum over all windows of ``start_cost`` and the pixels seen (rectangle and context, as far as
    the picture goes) small: along a diagonal scratch they are about twice the context long.

    Args:
        pixels: the flat numbers of the damaged pixels in a picture of ``size`` (h, w), as ``np.flatnonzero`` gives.
        context: known pixels that are looked at on each side.
        max_side: no rectangle is longer; at least ``CELL``.
        start_cost: what a window costs beside its pixels, as a number of pixels.
    """
    prices = _Prices(*size, context=context, start_cost=start_cost, max_side=max_side)
    levels = [_cells(pixels, prices)]
    while max(levels[-1].cost.shape) > 1:
        rows, columns = levels[-1].cost.shape
        levels.append(_paired(levels[-1], 1 if columns >= rows else 0, prices))
    return sorted(_chosen(levels), key=lambda rect: (rect.y, rect.x))


def _cells(pixels: npt.NDArray[np.intp], prices: _Prices) -> _Level:
    """The finest level: the cells of the grid that hold damage."""
    occupied = np.zeros((-(-prices.h // CELL), -(-prices.w // CELL)), np.bool_)
    row, column = np.divmod(pixels, prices.w)
    occupied[row // CELL, column // CELL] = True
    y, x = (CELL * np.arange(n, dtype=np.int32) for n in occupied.shape)
    edges = (x[None], y[:, None], np.minimum(x + CELL, prices.w)[None], np.minimum(y + CELL, prices.h)[:, None])
    boxes = np.stack([np.where(occupied, *pair) for pair in zip(edges, prices.nothing, strict=True)])
    return _Level(boxes, prices.of(boxes), np.ones(occupied.shape, np.bool_), 0)


def _paired(level: _Level, axis: int, prices: _Prices) -> _Level:
    """The next coarser level: each node joins two neighbours along ``axis``."""
    boxes, cost = level.boxes, level.cost
    if cost.shape[axis] % 2:
        edge = np.broadcast_to(prices.nothing, np.take(boxes, [0], axis + 1).shape)
        boxes = np.concatenate([boxes, edge], axis + 1)
        cost = np.concatenate([cost, np.zeros(edge.shape[1:])], axis)
    first, second = [(slice(start, None, 2), slice(None))[:: 1 - 2 * axis] for start in (0, 1)]
    even, odd = boxes[:, *first], boxes[:, *second]
    both = np.concatenate([np.minimum(even[:2], odd[:2]), np.maximum(even[2:], odd[2:])])
    apart = cost[first] + cost[second]
    together = prices.of(both)
    return _Level(both, np.minimum(apart, together), together <= apart, axis)


def _chosen(levels: list[_Level]) -> list[Rect]:
    """Walk down the tree and stop at the nodes that are one window."""
    found: list[Rect] = []
    nodes = np.zeros((1, 2), np.intp)
    for depth in reversed(range(len(levels))):
        level = levels[depth]
        y, x = nodes[:, 0], nodes[:, 1]
        occupied = level.boxes[_RIGHT, y, x] > 0
        stops = occupied & level.is_whole[y, x]
        found += [Rect.from_edges(*(int(edge) for edge in box)) for box in level.boxes[:, y[stops], x[stops]].T]
        goes_on = nodes[occupied & ~stops]
        if not len(goes_on):
            break
        pairs = np.repeat(goes_on, 2, axis=0)
        pairs[:, level.axis] *= 2
        pairs[1::2, level.axis] += 1
        # the last of an odd row has no neighbour
        nodes = pairs[pairs[:, level.axis] < levels[depth - 1].cost.shape[level.axis]]
    return found
