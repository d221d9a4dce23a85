"""Masks of damage for training and measuring: LaMa's thin, medium and thick presets, and scratches.

Suvorov et al. 2022, "Resolution-robust Large Mask Inpainting with Fourier Convolutions": irregular strokes and
boxes, given there for 256-pixel pictures and scaled here by size / 256. Painters draw on a uint8 (h, w) canvas, and
only from the generator they are given.
"""

from collections.abc import Callable
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Mask

MaskKind = Literal["thin", "medium", "thick", "scratch"]
# LaMa rejects masks that hide more than half of the picture
_MAX_COVER = 0.5
_Canvas = npt.NDArray[np.uint8]


def draw_mask(
    kind: MaskKind, size: int | tuple[int, int], rng: np.random.Generator, scale: float | None = None
) -> Mask:
    """A mask of one kind that hides at least one pixel and at most half of the picture.

    ``size``: (height, width), or the side of a square. ``scale`` multiplies LaMa's widths and lengths; by default
    the shorter side / 256.
    """
    shape = (size, size) if isinstance(size, int) else size
    factor = min(shape) / 256 if scale is None else scale
    while True:
        canvas = np.zeros(shape, np.uint8)
        _PAINTERS[kind](canvas, rng, factor)
        if 0 < canvas.mean() <= _MAX_COVER:
            return canvas.astype(bool)


def irregular_strokes(
    canvas: _Canvas,
    rng: np.random.Generator,
    k: float,
    *,
    count: tuple[int, int],
    max_width: float,
    max_length: float,
) -> None:
    """LaMa's random polylines of one to five pieces, 5 to ``5 + max_width`` wide, all lengths times ``k``."""
    h, w = canvas.shape
    for stroke in range(int(rng.integers(count[0], count[1] + 1))):
        x, y = float(rng.integers(0, w)), float(rng.integers(0, h))
        for _ in range(int(rng.integers(1, 6))):
            angle = 0.01 + float(rng.uniform(0, 4))
            if stroke % 2 == 0:
                angle = 2 * np.pi - angle
            length = k * (10 + float(rng.uniform(0, max_length)))
            width = max(1, round(k * (5 + float(rng.uniform(0, max_width)))))
            x2 = float(np.clip(x + length * np.sin(angle), 0, w))
            y2 = float(np.clip(y + length * np.cos(angle), 0, h))
            cv2.line(canvas, (round(x), round(y)), (round(x2), round(y2)), 1, width)
            x, y = x2, y2


def boxes(canvas: _Canvas, rng: np.random.Generator, *, count: tuple[int, int], sides: tuple[float, float]) -> None:
    """Upright boxes of random sides."""
    h, w = canvas.shape
    for _ in range(int(rng.integers(count[0], count[1] + 1))):
        bh, bw = (max(1, round(float(rng.uniform(*sides)))) for _ in range(2))
        y, x = int(rng.integers(0, max(1, h - bh))), int(rng.integers(0, max(1, w - bw)))
        canvas[y : y + bh, x : x + bw] = 1


def scratches(
    canvas: _Canvas, rng: np.random.Generator, *, count: tuple[int, int], widths: tuple[float, float]
) -> None:
    """Long, thin, slightly bent lines, most of them right across the picture, some of them broken."""
    size = max(canvas.shape)
    for _ in range(int(rng.integers(count[0], count[1] + 1))):
        line = scratch_line(size, rng)
        # Log-uniform: hair lines are what most scans have
        width = float(np.exp(rng.uniform(np.log(widths[0]), np.log(widths[1]))))
        keep = np.ones(len(line), bool)
        if rng.random() < 0.3:
            keep = np.repeat(rng.random(8) < 0.7, -(-len(line) // 8))[: len(line)]
        for k in range(len(line) - 1):
            if keep[k]:
                a, b = np.round(line[k]).astype(int), np.round(line[k + 1]).astype(int)
                wide = max(1, round(width * float(rng.uniform(0.8, 1.2))))
                cv2.line(canvas, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])), 1, wide)


def scratch_line(size: int, rng: np.random.Generator, points: int = 33) -> npt.NDArray[np.float64]:
    """The centre line of a scratch as (points, 2) x, y: a straight run with a bow and a small wander."""
    centre = rng.uniform(0, size, 2)
    angle = float(rng.uniform(0, np.pi))
    if rng.random() < 0.4:
        # Transport scratches of film run along it
        angle = float(rng.choice([0.0, np.pi / 2])) + float(rng.normal(0, 0.06))
    length = size * float(rng.uniform(0.3, 1.6))
    t = np.linspace(-0.5, 0.5, points)
    bow = length * float(rng.normal(0, 0.08)) * (1 - 4 * t**2)
    wander = np.cumsum(rng.normal(0, 0.003 * size, points))
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    return centre + np.outer(t * length, along) + np.outer(bow + wander - wander.mean(), across)


def _thin(canvas: _Canvas, rng: np.random.Generator, k: float) -> None:
    irregular_strokes(canvas, rng, k, count=(4, 50), max_width=10, max_length=40)


def _medium(canvas: _Canvas, rng: np.random.Generator, k: float) -> None:
    if rng.random() < 0.3:
        boxes(canvas, rng, count=(0, 5), sides=(10 * k, 50 * k))
    irregular_strokes(canvas, rng, k, count=(4, 5), max_width=50, max_length=100)


def _thick(canvas: _Canvas, rng: np.random.Generator, k: float) -> None:
    if rng.random() < 0.3:
        boxes(canvas, rng, count=(1, 3), sides=(30 * k, 150 * k))
    irregular_strokes(canvas, rng, k, count=(1, 5), max_width=100, max_length=200)


def _scratch(canvas: _Canvas, rng: np.random.Generator, k: float) -> None:
    # Widths are of pixels, not of the picture's size: 1 to 6 at any scan size that is repaired in tiles. A very
    # small picture has room for fewer
    most = max(1, min(12, 12 * min(canvas.shape) // 128))
    scratches(canvas, rng, count=(min(3, most), most), widths=(1, 6))


_PAINTERS: dict[MaskKind, Callable[[_Canvas, np.random.Generator, float], None]] = {
    "thin": _thin,
    "medium": _medium,
    "thick": _thick,
    "scratch": _scratch,
}
