"""Which points show their picture: only those that are seen, have room, and are few enough. Pure maths."""

from collections.abc import Sequence

import numpy as np

from genrepair_desktop.latent.map import Points

MOST = 150


def spread_out(at: Points, side: float, *, most: int = MOST) -> Sequence[int]:
    """Of points in pixels (n, 2) those whose squares of ``side`` do not lie over another's.

    None at all where more than ``most`` points are seen: pictures would then hide more than they show.
    """
    if not 0 < len(at) <= most:
        return []
    kept: list[int] = []
    for i, place in enumerate(at):
        if not kept or (np.abs(at[kept] - place).max(axis=1) >= side).all():
            kept.append(i)
    return kept
