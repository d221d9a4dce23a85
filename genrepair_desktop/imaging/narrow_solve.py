"""Solves harmonic and biharmonic fills of narrow holes: compiled, without sparse matrices in between.

A scratch of any length has a narrow band once its pixels are numbered along it, and few numbers in that band: to
gather them in general sparse matrices took four times as long as to solve for them. Import this module late: it
imports numba. Nothing here holds the interpreter lock.
"""

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.imaging.jit import kernel
from genrepair_desktop.imaging.mask_parts import Places, find_parts

Order: TypeAlias = Literal["harmonic", "biharmonic"]
Samples: TypeAlias = npt.NDArray[np.float64]

# The plate's equation inside the picture: rows down, columns right, weight; the pixel itself has 20
_PLATE = (
    *((-2, 0, 1), (-1, -1, 2), (-1, 0, -8), (-1, 1, 2), (0, -2, 1), (0, -1, -8)),
    *((0, 1, -8), (0, 2, 1), (1, -1, 2), (1, 0, -8), (1, 1, 2), (2, 0, 1)),
)
# One call cannot be interrupted: unknowns times the square of the band; 2e8 take 70 ms
_MOST_WORK = 2e8


def solve_narrow(image: Image, places: Places, order: Order) -> Samples | None:
    """What the masked pixels become, float64 (n, c) in the order of ``places``; None if a hole is too wide.

    Harmonic: the sum of squared differences of neighbours is least. Biharmonic: the sum of squared graph Laplacians
    at masked pixels and at known ones beside them. Nothing reaches beyond the picture; known pixels alone are read.

    Args:
        image: (h, w, c).
        places: flat numbers of the masked pixels, as ``np.flatnonzero`` gives; not all of them.
    """
    numbers = np.full(image.shape[:2], -1, np.int32)
    numbers.reshape(-1)[places] = np.arange(places.size, dtype=np.int32)
    reach = 2 if order == "biharmonic" else 1
    sequence, starts, bands = _in_sequence(numbers, places, reach)
    if float((np.diff(starts) * bands.astype(np.float64) ** 2).sum()) > _MOST_WORK:
        return None
    return _solved(np.ascontiguousarray(image), numbers, places, sequence, starts, bands, reach)


def clip_to_rim(filled: Image, image: Image, places: Places, reach: int, overshoot: float) -> None:
    """Clip each hole of ``filled``, in place, to the range of the known pixels of ``image`` near it, by channel.

    A known pixel between holes counts for the last of them; a hole with no pixel of its own keeps the full range.

    Args:
        filled, image: (h, w, c); ``filled`` is C-contiguous.
        places: as for ``solve_narrow``; pixels that touch at a corner are of one hole.
        reach: how far around a hole pixels count, in pixels along rows and columns.
        overshoot: the share of a hole's range by which it may go beyond it.
    """
    parts = find_parts(places, (image.shape[0], image.shape[1]))
    labels = np.zeros(image.shape[:2], np.int32)
    labels.reshape(-1)[places] = parts.owner + 1
    _clip_to_rim(
        filled, np.ascontiguousarray(image), labels, places, reach, np.float32(overshoot), parts.area.size + 1
    )


@kernel
def _clip_to_rim(filled, image, labels, places, reach, overshoot, count):
    h, w, channels = image.shape
    owner = np.zeros((h, w), np.int32)
    low = np.full((count, channels), np.float32(np.inf))
    high = np.full((count, channels), np.float32(-np.inf))
    rim = np.empty(min(h * w, len(places) * (2 * reach + 1) ** 2), np.int64)
    found = 0
    for place in places:
        y, x = divmod(place, w)
        label = labels[y, x]
        for qy in range(max(0, y - reach), min(h, y + reach + 1)):
            for qx in range(max(0, x - reach), min(w, x + reach + 1)):
                if labels[qy, qx] != 0:
                    continue
                if owner[qy, qx] == 0:
                    rim[found] = qy * w + qx
                    found += 1
                owner[qy, qx] = max(owner[qy, qx], label)
    for place in rim[:found]:
        y, x = divmod(place, w)
        label = owner[y, x]
        for c in range(channels):
            low[label, c] = min(low[label, c], image[y, x, c])
            high[label, c] = max(high[label, c], image[y, x, c])
    for label in range(count):
        for c in range(channels):
            if low[label, c] > high[label, c]:
                low[label, c], high[label, c] = np.float32(0), np.float32(1)
                continue
            slack = (high[label, c] - low[label, c]) * overshoot
            low[label, c] = max(low[label, c] - slack, np.float32(0))
            high[label, c] = min(high[label, c] + slack, np.float32(1))
    for place in places:
        y, x = divmod(place, w)
        for c in range(channels):
            filled[y, x, c] = min(max(filled[y, x, c], low[labels[y, x], c]), high[labels[y, x], c])


@kernel
def _in_sequence(numbers, places, reach):
    """Order the unknowns so that those which share an equation are near each other, component by component.

    Breadth first from a pixel at an end, as Cuthill and McKee 1969 do; the end is where a first pass arrives last.

    Returns:
        The unknowns in their order; where in it each component begins, and its end; the band of each component:
        how far apart two unknowns that share an equation are at most.
    """
    h, w = numbers.shape
    n = len(places)
    sequence = np.empty(n, np.int32)
    seen = np.zeros(n, np.uint8)
    place_of = np.empty(n, np.int32)
    starts = np.empty(n + 1, np.int64)
    bands = np.empty(n, np.int32)
    count = 0
    first = 0
    for root in range(n):
        if seen[root]:
            continue
        begin, found = root, first
        for mark in range(1, 3):
            sequence[first] = begin
            seen[begin] = mark
            taken, found = first, first + 1
            while taken < found:
                y, x = divmod(places[sequence[taken]], w)
                taken += 1
                for dy in range(-reach, reach + 1):
                    rest = reach - abs(dy)
                    for dx in range(-rest, rest + 1):
                        if not (0 <= y + dy < h and 0 <= x + dx < w):
                            continue
                        near = numbers[y + dy, x + dx]
                        if near >= 0 and seen[near] < mark:
                            seen[near] = mark
                            sequence[found] = near
                            found += 1
            begin = sequence[found - 1]
        for at in range(first, found):
            place_of[sequence[at]] = at
        starts[count] = first
        bands[count] = _band(numbers, places, sequence, place_of, first, found, reach)
        count += 1
        first = found
    starts[count] = n
    return sequence, starts[: count + 1], bands[:count]


@kernel
def _band(numbers, places, sequence, place_of, first, last, reach):
    h, w = numbers.shape
    band = 0
    for at in range(first, last):
        y, x = divmod(places[sequence[at]], w)
        for dy in range(-reach, reach + 1):
            rest = reach - abs(dy)
            for dx in range(-rest, rest + 1):
                if 0 <= y + dy < h and 0 <= x + dx < w and numbers[y + dy, x + dx] >= 0:
                    band = max(band, at - place_of[numbers[y + dy, x + dx]])
    return band


@kernel
def _solved(image, numbers, places, sequence, starts, bands, reach):
    """Set up and solve the equations of one component after the other. ``numbers`` is used up."""
    w = numbers.shape[1]
    n, channels = len(places), image.shape[2]
    for at in range(n):
        y, x = divmod(places[sequence[at]], w)
        numbers[y, x] = at
    solution = np.empty((n, channels), np.float64)
    for component in range(len(bands)):
        first, last = starts[component], starts[component + 1]
        # matrix[j, k] is the entry of the unknowns j and j + k of this component
        matrix = np.zeros((last - first, bands[component] + 1), np.float64)
        sums = np.zeros((last - first, channels), np.float64)
        for at in range(first, last):
            y, x = divmod(places[sequence[at]], w)
            if reach == 1:
                _add_membrane(image, numbers, y, x, first, matrix, sums)
            else:
                _add_plate(image, numbers, y, x, first, matrix, sums)
        _solve_band(matrix, sums)
        for at in range(first, last):
            solution[sequence[at]] = sums[at - first]
    return solution


@kernel
def _add_membrane(image, numbers, y, x, first, matrix, sums):
    """The equation of an unknown pixel that minimises squared differences between neighbours."""
    h, w = numbers.shape
    own = numbers[y, x] - first
    for way in range(4):
        qy, qx = _neighbour(y, x, way)
        if not (0 <= qy < h and 0 <= qx < w):
            continue
        matrix[own, 0] += 1.0
        other = numbers[qy, qx]
        if other < 0:
            for c in range(image.shape[2]):
                sums[own, c] += np.float64(image[qy, qx, c])
        elif other - first > own:
            matrix[own, other - first - own] -= 1.0


@kernel
def _add_plate(image, numbers, y, x, first, matrix, sums):
    """The equation of an unknown pixel that minimises squared Laplacians: those at it and at its neighbours."""
    h, w = numbers.shape
    own = numbers[y, x] - first
    if 2 <= y < h - 2 and 2 <= x < w - 2:
        matrix[own, 0] = 20.0
        # written out instead of twelve calls of _add: each would cost as much as what it does
        for way in range(12):
            dy, dx, weight = _PLATE[way]
            other = numbers[y + dy, x + dx]
            if other < 0:
                for c in range(image.shape[2]):
                    sums[own, c] -= weight * np.float64(image[y + dy, x + dx, c])
            elif other - first > own:
                matrix[own, other - first - own] = np.float64(weight)
        return
    # at the border a pixel has fewer neighbours, and the thirteen weights are others
    for way in range(5):
        ry, rx = _neighbour(y, x, way)
        if not (0 <= ry < h and 0 <= rx < w):
            continue
        degree = _degree(ry, rx, h, w)
        outer = degree if way == 4 else -1.0
        for second in range(5):
            qy, qx = _neighbour(ry, rx, second)
            if 0 <= qy < h and 0 <= qx < w:
                inner = degree if second == 4 else -1.0
                _add(image, numbers, qy, qx, outer * inner, own, first, matrix, sums)


@kernel
def _add(image, numbers, qy, qx, weight, own, first, matrix, sums):
    """Add ``weight`` times the pixel q to the equation of the unknown ``own``; half of the matrix says all of it."""
    if numbers[qy, qx] < 0:
        for c in range(image.shape[2]):
            sums[own, c] -= weight * np.float64(image[qy, qx, c])
    elif numbers[qy, qx] - first >= own:
        matrix[own, numbers[qy, qx] - first - own] += weight


@kernel
def _degree(y, x, h, w):
    """How many neighbours a pixel has in the picture."""
    return np.float64((y > 0) + (y < h - 1) + (x > 0) + (x < w - 1))


@kernel
def _neighbour(y, x, way):
    """The pixel above, left, right, below, or itself."""
    if way == 0:
        return y - 1, x
    if way == 1:
        return y, x - 1
    if way == 2:
        return y, x + 1
    if way == 3:
        return y + 1, x
    return y, x


@kernel
def _solve_band(matrix, sums):
    """Cholesky without roots (L D L^T), and both substitutions.

    ``sums`` becomes the solution; ``matrix`` is used up.
    """
    n, channels = sums.shape
    width = matrix.shape[1]
    # a copy: that it is no part of the row below is what lets the inner loop be compiled to vectors
    pivot = np.empty(width, np.float64)
    for j in range(n):
        most = min(width, n - j)
        inverse = 1.0 / matrix[j, 0]
        # where the hole is narrower than at its widest, the far end of the band is empty
        while most > 1 and matrix[j, most - 1] == 0.0:
            most -= 1
        for k in range(1, most):
            pivot[k] = matrix[j, k]
        for k in range(1, most):
            factor = pivot[k] * inverse
            if factor != 0.0:
                row, rest = matrix[j + k], pivot[k:most]
                for i in range(len(rest)):
                    row[i] -= factor * rest[i]
                for c in range(channels):
                    sums[j + k, c] -= factor * sums[j, c]
    for j in range(n - 1, -1, -1):
        most = min(width, n - j)
        for c in range(channels):
            total = sums[j, c]
            for k in range(1, most):
                total -= matrix[j, k] * sums[j + k, c]
            sums[j, c] = total / matrix[j, 0]
