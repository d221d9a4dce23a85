"""What the tests of the command line share: how a command ended, a small photo, the mask of its damage."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


def picture(
    seed: int = 0, *, depth: type = np.uint8, channels: int = 3, size: tuple[int, int] = (120, 160)
) -> np.ndarray:
    """Soft light with a little grain: something that every method can repair well."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : size[0], 0 : size[1]] / max(size)
    planes = [0.5 + 0.3 * np.sin(5 * x + 3 * y + phase) for phase in range(channels)]
    noisy = np.stack(planes, axis=2) + rng.normal(0, 0.01, (*size, channels))
    return np.rint(np.clip(noisy, 0, 1) * np.iinfo(depth).max).astype(depth)


def scratch(size: tuple[int, int] = (120, 160)) -> np.ndarray:
    """A mask with one line across and one spot."""
    mask = np.zeros(size, np.uint8)
    cv2.line(mask, (10, 20), (size[1] - 20, size[0] - 30), 255, 3)
    cv2.circle(mask, (size[1] // 2, 25), 7, 255, -1)
    return mask
