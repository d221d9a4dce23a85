"""The connected parts of a mask and how thick they are, from the numbers of the masked pixels alone.

Damage covers a hundredth of a photo: passes over all of it cost ten times what its masked pixels do. Import this
module late: it imports numba. Nothing here holds the interpreter lock.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.jit import kernel

Places = npt.NDArray[np.intp]
Depths = npt.NDArray[np.float32]
# the steps of OpenCV's DIST_L2 with a mask of 3 x 3
_STRAIGHT, _DIAGONAL = np.float32(0.955), np.float32(1.3693)
# pixels looked at between two pauses: 10 ms
_AT_ONCE = 1_000_000


class Parts(NamedTuple):
    """The 8-connected parts of a mask, in the order of OpenCV's labels.

    owner  int32 (n,): the part of each place, from 0
    edges  int32 (k, 4): left, top, right, bottom of each part; right and bottom are exclusive
    area   int64 (k,): places of each part
    depth  float32 (k,): the largest of the places' depths
    """

    owner: npt.NDArray[np.int32]
    edges: npt.NDArray[np.int32]
    area: npt.NDArray[np.int64]
    depth: Depths


def depths_of(places: Places, size: tuple[int, int], pause: Callable[[], None] = lambda: None) -> Depths:
    """The distance of each masked pixel to the nearest one that is not, float32 (n,), in pixels.

    By steps of 0.955 and 1.3693, as OpenCV's DIST_L2 in a mask of 3 x 3. What lies beyond the picture is not masked:
    a hole there is not thicker for it.

    Args:
        places: flat numbers of the masked pixels in a picture of ``size`` (h, w), as ``np.flatnonzero`` gives.
        pause: called every 10 ms or so; may raise.

    Source: Borgefors 1986, "Distance transformations in digital images".
    """
    n, width = places.size, size[1]
    depth = np.empty(n, np.float32)
    above, below = 0, n - 1
    for first, last in spans_of(n):
        pause()
        above = _sink_down(places, width, first, last, above, depth)
    for first, last in reversed(spans_of(n)):
        pause()
        below = _sink_up(places, width, first, last, below, depth)
    return depth


def find_parts(
    places: Places, size: tuple[int, int], depth: Depths | None = None, pause: Callable[[], None] = lambda: None
) -> Parts:
    """The connected parts of the mask that covers these places; for the rest see ``depths_of``, which gives ``depth``.

    Without depths those of the parts are 0.
    """
    n, width = places.size, size[1]
    depth = np.zeros(n, np.float32) if depth is None else depth
    parent, number = np.empty(n, np.int32), np.empty(n, np.int32)
    above, count = 0, 0
    for first, last in spans_of(n):
        pause()
        above = _join_down(places, width, first, last, above, parent)
    for first, last in spans_of(n):
        pause()
        count = _flatten(parent, number, first, last, count)
    block = np.full(count, np.iinfo(np.int64).max, np.int64)
    edges = np.tile(np.array([width, size[0], 0, 0], np.int32), (count, 1))
    area, deepest = np.zeros(count, np.int64), np.zeros(count, np.float32)
    for first, last in spans_of(n):
        pause()
        _measure(places, width, first, last, number, depth, parent, block, edges, area, deepest)
    # OpenCV numbers parts by the first block of 2 x 2 pixels that they touch
    order = np.argsort(block)
    rank = np.empty(count, np.int32)
    rank[order] = np.arange(count, dtype=np.int32)
    for first, last in spans_of(n):
        pause()
        parent[first:last] = rank[parent[first:last]]
    return Parts(parent, edges[order], area[order], deepest[order])


def spans_of(count: int) -> list[tuple[int, int]]:
    """Cuts work over many pixels into spans that take some 10 ms each: first and last, exclusive."""
    return [(first, min(count, first + _AT_ONCE)) for first in range(0, count, _AT_ONCE)]


@kernel
def _root(parent, i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@kernel
def _join(parent, a, b):
    """Join two trees; the smaller number becomes the root."""
    a, b = _root(parent, a), _root(parent, b)
    parent[max(a, b)] = min(a, b)


@kernel
def _row_of(place, row, width):
    """The number of the first pixel in the row of ``place``, from that of a row before or after it."""
    if row <= place < row + width:
        return row
    return place - place % width


@kernel
def _join_down(places, width, first, last, above, parent):
    """Joins each place with what touches it on the left and above.

    ``above`` is where in ``places`` the search for upper neighbours goes on; returns where it stands at the end.
    """
    row = 0
    for i in range(first, last):
        place = places[i]
        row = _row_of(place, row, width)
        has_left = i > 0 and place > row and places[i - 1] == place - 1
        parent[i] = parent[i - 1] if has_left else i
        up = place - width
        # ``place`` itself ends the search
        while places[above] < up - 1:
            above += 1
        at = above
        if places[at] == up - 1:
            upper_left, at = at, at + 1
        else:
            upper_left = -1
        if places[at] == up:
            # what else lies above touches this one, and what lies on the left has met it
            if not has_left:
                _join(parent, at, i)
            continue
        if upper_left >= 0 and place > row and not has_left:
            _join(parent, upper_left, i)
        if places[at] == up + 1 and place + 1 < row + width:
            _join(parent, at, i)
    return above


@kernel
def _sink_down(places, width, first, last, above, depth):
    """The pass from the top: takes distances from the left and from above."""
    row = 0
    for i in range(first, last):
        place = places[i]
        row = _row_of(place, row, width)
        up = place - width
        least = _STRAIGHT
        if i > 0 and place > row and places[i - 1] == place - 1:
            least += depth[i - 1]
        while places[above] < up - 1:
            above += 1
        at = above
        for step in range(-1, 2):
            cost = _STRAIGHT if step == 0 else _DIAGONAL
            if places[at] == up + step:
                if at < i and row <= place + step < row + width:
                    cost += depth[at]
                at += 1
            least = min(least, cost)
        depth[i] = least
    return above


@kernel
def _sink_up(places, width, first, last, below, depth):
    """The pass from the bottom: takes distances from the right and from below."""
    n = len(places)
    row = 0
    for i in range(last - 1, first - 1, -1):
        place = places[i]
        row = _row_of(place, row, width)
        down = place + width
        least = depth[i]
        if i + 1 < n and place + 1 < row + width and places[i + 1] == place + 1:
            least = min(least, depth[i + 1] + _STRAIGHT)
        else:
            least = min(least, _STRAIGHT)
        while places[below] > down + 1:
            below -= 1
        at = below
        for step in range(1, -2, -1):
            cost = _STRAIGHT if step == 0 else _DIAGONAL
            if places[at] == down + step:
                if at > i and row <= place + step < row + width:
                    cost += depth[at]
                at -= 1
            least = min(least, cost)
        depth[i] = least
    return below


@kernel
def _flatten(parent, number, first, last, count):
    """Point every place at its root, and number the roots from ``count`` on; returns how many there are now."""
    for i in range(first, last):
        # a parent comes before its child, so it points at the root already
        parent[i] = parent[parent[i]]
        if parent[i] == i:
            number[i] = count
            count += 1
    return count


@kernel
def _measure(places, width, first, last, number, depth, parent, block, edges, area, deepest):
    """Boxes, areas, depths and first blocks of the parts; ``parent`` becomes the number of each place's part."""
    across = (width + 1) // 2
    row, y = 0, 0
    for i in range(first, last):
        place = places[i]
        if not row <= place < row + width:
            y = place // width
            row = y * width
        x = place - row
        part = number[parent[i]]
        parent[i] = part
        edges[part, 0] = min(edges[part, 0], x)
        edges[part, 1] = min(edges[part, 1], y)
        edges[part, 2] = max(edges[part, 2], x + 1)
        edges[part, 3] = max(edges[part, 3], y + 1)
        area[part] += 1
        deepest[part] = max(deepest[part], depth[i])
        block[part] = min(block[part], (y // 2) * across + x // 2)
