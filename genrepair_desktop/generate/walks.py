"""Paths and grids between latents."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from genrepair_desktop.generate.model import GenerateError, Latents

_PARALLEL = 1e-4


def lerp(a: Latents, b: Latents, t: npt.NDArray[np.floating]) -> Latents:
    """Straight from a (d,) to b (d,) at the times t (n,): (n, d)."""
    return (a + t[:, None] * (b - a)).astype(np.float32)


def slerp(a: Latents, b: Latents, t: npt.NDArray[np.floating]) -> Latents:
    """Along the great circle from a to b (Shoemake 1985), lengths in between too: normal latents of many
    dimensions lie near a sphere, and a straight path leaves it (White 2016). Same shapes as ``lerp``.

    Nearly parallel or opposite latents have no one circle: the path is then straight.
    """
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if min(lengths) < _PARALLEL:
        return lerp(a, b, t)
    first, second = a / lengths[0], b / lengths[1]
    angle = np.arccos(np.clip(np.dot(first, second), -1, 1))
    if np.sin(angle) < _PARALLEL:
        return lerp(a, b, t)
    along = (np.sin((1 - t) * angle)[:, None] * first + np.sin(t * angle)[:, None] * second) / np.sin(angle)
    return (along * (lengths[0] + t * (lengths[1] - lengths[0]))[:, None]).astype(np.float32)


def path(points: Latents | Sequence[Latents], steps: int, *, is_spherical: bool, closed: bool = False) -> Latents:
    """Through latents (k, d) in turn, ``steps`` in all, evenly over the legs' lengths; ends included.

    ``closed`` returns to the first, without repeating it at the end: for an endless loop.

    Raises:
        GenerateError: fewer than two points, or fewer steps than points.
    """
    stops = np.asarray(points, np.float32)
    if stops.ndim != 2 or len(stops) < 2:
        raise GenerateError("A path needs at least two pictures.")
    if steps < len(stops):
        raise GenerateError(f"A path through {len(stops)} pictures needs at least as many steps, not {steps}.")
    if closed:
        stops = np.concatenate([stops, stops[:1]])
    lengths = np.linalg.norm(np.diff(stops, axis=0), axis=1)
    total = float(lengths.sum())
    reached = np.concatenate([[0.0], np.cumsum(lengths)]) / total if total > 0 else np.linspace(0, 1, len(stops))
    times = np.linspace(0, 1, steps, endpoint=not closed)
    between = slerp if is_spherical else lerp
    made = np.empty((steps, stops.shape[1]), np.float32)
    legs = np.clip(np.searchsorted(reached, times, side="right") - 1, 0, len(stops) - 2)
    for leg in np.unique(legs):
        chosen = legs == leg
        span = max(reached[leg + 1] - reached[leg], 1e-12)
        made[chosen] = between(stops[leg], stops[leg + 1], (times[chosen] - reached[leg]) / span)
    return made


def grid(corners: Latents, rows: int, columns: int, *, is_spherical: bool) -> Latents:
    """Between four latents (4, d): top left, top right, bottom left, bottom right. (rows * columns, d)."""
    if len(corners) != 4 or rows < 2 or columns < 2:
        raise GenerateError("A grid needs four pictures and at least 2 x 2 places.")
    between = slerp if is_spherical else lerp
    across, down = np.linspace(0, 1, columns), np.linspace(0, 1, rows)
    top, bottom = between(corners[0], corners[1], across), between(corners[2], corners[3], across)
    columns_made = [between(t, b, down) for t, b in zip(top, bottom, strict=True)]
    return np.stack(columns_made, axis=1).reshape(rows * columns, -1)
