"""Nearest-neighbour fields between patches, by randomised search (Barnes et al. 2009, PatchMatch).

A *field* says for each *target* (a patch that touches the hole) where in the known picture the most similar
patch lies. Positions are patch centres. Import this module late: it imports numba.

Patches are compared on *features*: int16 (h, w, FEATURES), so that a row of a patch is one run of memory.
Kernels work on a range of targets and read the neighbours outside it from the field before the pass: the ranges
are independent, and the answer does not depend on how many threads run them.
"""

import numpy as np

from genrepair_desktop.imaging.jit import kernel, reordering_kernel

# colour (3), gradient (2), guide (3). 8 keeps the rows of patches a multiple of the vector width: 7 x 7 x 8
# compares in 106 ns, 7 x 7 x 5 takes 150 to 400 ns
FEATURES = 8
PATCH_SIDES = (5, 7, 9)


@reordering_kernel
def _row_distance_5(features, ay, ax, by, bx):
    total = np.float32(0)
    for i in range(40):
        d = np.float32(features[ay, ax + i]) - np.float32(features[by, bx + i])
        total += d * d
    return total


@reordering_kernel
def _row_distance_7(features, ay, ax, by, bx):
    total = np.float32(0)
    for i in range(56):
        d = np.float32(features[ay, ax + i]) - np.float32(features[by, bx + i])
        total += d * d
    return total


@reordering_kernel
def _row_distance_9(features, ay, ax, by, bx):
    total = np.float32(0)
    for i in range(72):
        d = np.float32(features[ay, ax + i]) - np.float32(features[by, bx + i])
        total += d * d
    return total


@kernel
def _distance(features, ay, ax, by, bx, side, limit):
    """Squared distance of two patches; stops when it passes ``limit``. Features are integers: sums are exact."""
    r = side // 2
    ay -= r
    by -= r
    ax = (ax - r) * 8
    bx = (bx - r) * 8
    total = np.float32(0)
    for k in range(side):
        if side == 7:
            total += _row_distance_7(features, ay + k, ax, by + k, bx)
        elif side == 5:
            total += _row_distance_5(features, ay + k, ax, by + k, bx)
        else:
            total += _row_distance_9(features, ay + k, ax, by + k, bx)
        if total >= limit:
            break
    return total


@kernel
def _scramble(state):
    """SplitMix64 (Steele et al. 2014): a counter becomes a random 64-bit number."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@kernel
def rescore(features, targets, field, cost, penalty, side, first, last):
    """Write the cost of the field as it is, for the targets ``first`` to ``last``."""
    for i in range(first, last):
        y, x = field[i, 0], field[i, 1]
        cost[i] = penalty[y, x] + _distance(features, targets[i, 0], targets[i, 1], y, x, side, np.float32(np.inf))


@kernel
def search(features, targets, index, allowed, penalty, field, before, cost, side, first, last, backwards, seed, reach):
    """One pass over the targets ``first`` to ``last``: take over from neighbours, then look around at random.

    features  int16 (h, w * FEATURES)
    targets   int32 (n, 2): y, x of the targets, in reading order
    index     int32 (h, w): number of the target at a pixel, or -1
    allowed   uint8 (h, w): 1 where a patch may be taken from
    penalty   float32 (h, w): added to the cost of taking the patch there
    field     int32 (n, 2): improved in place; ``before`` is its copy from before the pass
    cost      float32 (n,): cost of the field; improved in place
    backwards takes over from right and below and runs from last to first
    reach     largest distance of the random search, in pixels; halved until it is 1
    """
    h, w = index.shape
    step = -1 if backwards else 1
    for count in range(last - first):
        i = last - 1 - count if backwards else first + count
        ty, tx = targets[i, 0], targets[i, 1]
        by, bx = field[i, 0], field[i, 1]
        best = cost[i]
        for way in range(2):
            dy, dx = (0, step) if way == 0 else (step, 0)
            ny, nx = ty - dy, tx - dx
            if ny < 0 or nx < 0 or ny >= h or nx >= w:
                continue
            j = index[ny, nx]
            if j < 0:
                continue
            if first <= j < last:
                cy, cx = field[j, 0] + dy, field[j, 1] + dx
            else:
                cy, cx = before[j, 0] + dy, before[j, 1] + dx
            if cy < 0 or cx < 0 or cy >= h or cx >= w or (cy == by and cx == bx):
                continue
            if allowed[cy, cx] == 0 or penalty[cy, cx] >= best:
                continue
            d = penalty[cy, cx] + _distance(features, ty, tx, cy, cx, side, best - penalty[cy, cx])
            if d < best:
                best, by, bx = d, cy, cx
        state = np.uint64(seed) + np.uint64(i) * np.uint64(0x9E3779B97F4A7C15)
        radius = reach
        while radius >= 1:
            state += np.uint64(0x9E3779B97F4A7C15)
            bits = _scramble(state)
            span = np.uint64(2 * radius + 1)
            cy = by + np.int64((bits & np.uint64(0xFFFFFFFF)) % span) - radius
            cx = bx + np.int64((bits >> np.uint64(32)) % span) - radius
            radius //= 2
            if cy < 0 or cx < 0 or cy >= h or cx >= w or allowed[cy, cx] == 0 or penalty[cy, cx] >= best:
                continue
            d = penalty[cy, cx] + _distance(features, ty, tx, cy, cx, side, best - penalty[cy, cx])
            if d < best:
                best, by, bx = d, cy, cx
        field[i, 0], field[i, 1] = by, bx
        cost[i] = best
