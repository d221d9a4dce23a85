"""From a nearest-neighbour field back to colours. Import this module late: it imports numba."""

import numpy as np

from genrepair_desktop.imaging.jit import kernel


@kernel
def vote(image, holes, index, field, weight, radius, bandwidth, rounds, out, first, last):
    """Colours of the hole pixels ``first`` to ``last`` as the robust mean of what the patches over them show.

    Wexler et al. 2007, eq. 3, with a mean-shift in colour: after the weighted mean of all votes, ``rounds`` times
    the mean of those near it (Cauchy weights of width ``bandwidth``). Where two sources disagree the pixel
    follows one of them; a plain mean would blur.

    image   float32 (h, w, c); field int32 (n, 2) and index int32 (h, w) as in ``nnf.search``
    holes   int32 (m, 2): y, x of the pixels to colour; out float32 (m, c). No vote leaves out as it is
    weight  float32 (n,): trust in each target's patch; 0 for none
    """
    h, w, channels = image.shape
    side = 2 * radius + 1
    votes = np.empty((side * side, channels), np.float32)
    trust = np.empty(side * side, np.float32)
    mean = np.empty(channels, np.float32)
    for i in range(first, last):
        y, x = holes[i, 0], holes[i, 1]
        n = 0
        for dy in range(-radius, radius + 1):
            if y - dy < 0 or y - dy >= h:
                continue
            for dx in range(-radius, radius + 1):
                if x - dx < 0 or x - dx >= w:
                    continue
                j = index[y - dy, x - dx]
                if j < 0 or weight[j] <= 0:
                    continue
                for c in range(channels):
                    votes[n, c] = image[field[j, 0] + dy, field[j, 1] + dx, c]
                trust[n] = weight[j]
                n += 1
        if n == 0:
            continue
        for c in range(channels):
            mean[c] = 0
        for turn in range(rounds + 1):
            total = np.float32(0)
            for c in range(channels):
                out[i, c] = 0
            for k in range(n):
                t = trust[k]
                if turn > 0:
                    d = np.float32(0)
                    for c in range(channels):
                        d += (votes[k, c] - mean[c]) ** 2
                    near = np.float32(1) / (np.float32(1) + d / (bandwidth * bandwidth))
                    t *= near * near
                total += t
                for c in range(channels):
                    out[i, c] += t * votes[k, c]
            for c in range(channels):
                out[i, c] /= total
                mean[c] = out[i, c]


@kernel
def peel(image, known, guide, order, allowed, sources, draws, origin, radius):
    """A first fill from the rim inwards, pixel by pixel (Efros & Leung 1999, with Ashikhmin's 2001 candidates).

    Every pixel in ``order`` takes the colour of the source whose surroundings are most like what is known or
    already filled around it. Candidates are the continuations of its neighbours' sources and a few random ones.

    image    float32 (h, w, c): filled in place; known bool (h, w): updated in place
    guide    float32 (h, w, c): complete; its difference counts for known and unknown pixels alike. Zeros: no guide
    order    int32 (m, 2): y, x of the pixels, rim first
    allowed  uint8 (h, w): 1 at the centres of patches that may be taken; sources int32 (s, 2): their y, x
    draws    int32 (m, k): which sources each pixel tries
    origin   int32 (h, w, 2): the source of each filled pixel, -1 elsewhere; updated in place
    """
    h, w = known.shape
    for i in range(order.shape[0]):
        y, x = order[i, 0], order[i, 1]
        best = np.float32(np.inf)
        by, bx = sources[draws[i, 0], 0], sources[draws[i, 0], 1]
        for k in range(draws.shape[1] + 9):
            if k < 9:
                dy, dx = k // 3 - 1, k % 3 - 1
                ny, nx = y + dy, x + dx
                if ny < 0 or nx < 0 or ny >= h or nx >= w or origin[ny, nx, 0] < 0:
                    continue
                cy, cx = origin[ny, nx, 0] - dy, origin[ny, nx, 1] - dx
                if cy < 0 or cx < 0 or cy >= h or cx >= w or allowed[cy, cx] == 0:
                    continue
            else:
                cy, cx = sources[draws[i, k - 9], 0], sources[draws[i, k - 9], 1]
            d = _known_distance(image, known, guide, y, x, cy, cx, radius)
            if d < best:
                best, by, bx = d, cy, cx
        for c in range(image.shape[2]):
            image[y, x, c] = image[by, bx, c]
        origin[y, x, 0], origin[y, x, 1] = by, bx
        known[y, x] = True


@kernel
def _known_distance(image, known, guide, y, x, cy, cx, radius):
    """Mean squared difference of two patches over what is known of the first, and of their guides."""
    h, w, channels = image.shape
    colours, guides = np.float32(0), np.float32(0)
    known_count, count = 0, 0
    for dy in range(max(-radius, -y), min(radius, h - 1 - y) + 1):
        for dx in range(max(-radius, -x), min(radius, w - 1 - x) + 1):
            ay, ax, by, bx = y + dy, x + dx, cy + dy, cx + dx
            count += 1
            for c in range(channels):
                d = guide[ay, ax, c] - guide[by, bx, c]
                guides += d * d
            if known[ay, ax]:
                known_count += 1
                for c in range(channels):
                    d = image[ay, ax, c] - image[by, bx, c]
                    colours += d * d
    return colours / np.float32(max(known_count, 1)) + guides / np.float32(count)


@kernel
def slopes_of_sources(image, pixels, index, field, softest, slopes):
    """The slopes to the right and downwards that a healed picture should have at each of ``pixels``.

    They are the slopes of the sources, and where neighbours come from different sources the mean of what both
    say: a seam then has the slope of the picture on either side and not the step between them (Darabi et al.
    2012 vote for gradients likewise). A step well above ``softest`` is no seam but an edge, and stays.

    image   float32 (h, w, c); index and field as for ``vote``
    pixels  int32 (m, 2): the hole pixels and their left and upper neighbours
    slopes  float32 (h, w, 2, c): written at ``pixels``; [..., 0, :] is image[y, x + 1] - image[y, x]
    """
    h, w, channels = image.shape
    for i in range(pixels.shape[0]):
        y, x = pixels[i, 0], pixels[i, 1]
        for way in range(2):
            ny, nx = (y, x + 1) if way == 0 else (y + 1, x)
            if ny >= h or nx >= w:
                continue
            here, there = index[y, x], index[ny, nx]
            step = np.float32(0)
            for c in range(channels):
                shown = image[ny, nx, c] - image[y, x, c]
                total, count = np.float32(0), 0
                if here >= 0:
                    sy, sx = field[here, 0], field[here, 1]
                    total += image[sy + ny - y, sx + nx - x, c] - image[sy, sx, c]
                    count += 1
                if there >= 0:
                    sy, sx = field[there, 0], field[there, 1]
                    total += image[sy, sx, c] - image[sy - ny + y, sx - nx + x, c]
                    count += 1
                slope = total / np.float32(count) if count > 0 else shown
                slopes[y, x, way, c] = slope
                step += (shown - slope) ** 2 / np.float32(channels)
            share = step / (step + softest * softest)
            for c in range(channels):
                shown = image[ny, nx, c] - image[y, x, c]
                slopes[y, x, way, c] += share * (shown - slopes[y, x, way, c])


@kernel
def relax(image, voted, holes, slopes, screen, backwards):
    """One over-relaxed Gauss-Seidel sweep of the screened Poisson equation over the hole pixels, in place.

    Minimises |grad image - slopes|^2 + screen * |image - voted|^2: colours stay near the vote, seams vanish over
    about 1 / sqrt(screen) pixels (Bhat et al. 2008). voted float32 (m, c); the rest as above.
    """
    h, w, channels = image.shape
    for k in range(holes.shape[0]):
        i = holes.shape[0] - 1 - k if backwards else k
        y, x = holes[i, 0], holes[i, 1]
        for c in range(channels):
            total = screen * voted[i, c]
            weight = screen
            if x + 1 < w:
                total += image[y, x + 1, c] - slopes[y, x, 0, c]
                weight += 1
            if x > 0:
                total += image[y, x - 1, c] + slopes[y, x - 1, 0, c]
                weight += 1
            if y + 1 < h:
                total += image[y + 1, x, c] - slopes[y, x, 1, c]
                weight += 1
            if y > 0:
                total += image[y - 1, x, c] + slopes[y - 1, x, 1, c]
                weight += 1
            image[y, x, c] += np.float32(1.6) * (total / weight - image[y, x, c])
