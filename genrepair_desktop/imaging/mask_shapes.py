"""Shapes as coverage: rectangle, ellipse, polygon and lasso, and the area of similar colour around a pixel.

Shapes are hard: a pixel belongs to a shape when its centre (x + 0.5, y + 0.5) lies inside. A shape comes as a
``Stencil``, cut at the picture, so that a small shape on a large photo costs little.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np

from genrepair_desktop.imaging.arrays import Pixels, full_scale
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.masks import Coverage, as_coverage, bounds_of

Point: TypeAlias = tuple[float, float]
# how far around a click the wand looks before it looks at the whole picture
_FIRST_LOOK = 512


class Stencil(NamedTuple):
    """Coverage of the pixels in ``rect``; nothing outside it."""

    rect: Rect
    coverage: Coverage

    @property
    def is_empty(self) -> bool:
        return self.rect.is_empty or not self.coverage.any()

    def within(self, rect: Rect) -> Coverage:
        """The coverage of any other rectangle, 0 beyond the stencil; a copy."""
        block = np.zeros((rect.h, rect.w), np.uint8)
        shared = rect.intersect(self.rect)
        if not shared.is_empty:
            block[shared.relative_to(rect).slices] = self.coverage[shared.relative_to(self.rect).slices]
        return block


NOTHING = Stencil(Rect(0, 0, 0, 0), np.zeros((0, 0), np.uint8))


def rectangle(first: Point, second: Point, bounds: Rect) -> Stencil:
    """The upright rectangle between two corners."""
    rect = _pixels_between(first, second).intersect(bounds)
    return Stencil(rect, np.full((rect.h, rect.w), 255, np.uint8)) if not rect.is_empty else NOTHING


def ellipse(first: Point, second: Point, bounds: Rect) -> Stencil:
    """The ellipse that fills the upright rectangle between two corners."""
    rect = _pixels_between(first, second).intersect(bounds)
    if rect.is_empty:
        return NOTHING
    (x0, y0), (x1, y1) = first, second
    down = (np.arange(rect.y, rect.bottom) + 0.5 - (y0 + y1) / 2) / (abs(y1 - y0) / 2)
    half_widths = abs(x1 - x0) / 2 * np.sqrt(np.maximum(0.0, 1.0 - down**2))
    columns = np.arange(rect.x, rect.right, dtype=np.float32) + np.float32(0.5) - np.float32((x0 + x1) / 2)
    return Stencil(rect, as_coverage(np.abs(columns)[None, :] <= half_widths.astype(np.float32)[:, None]))


def polygon(points: Sequence[Point], bounds: Rect) -> Stencil:
    """The inside of a closed outline, also one that crosses itself (every loop counts: non-zero winding).

    Scan conversion: each edge adds its direction to the row where it passes a pixel's centre line; the running
    sum along the row is the winding number.
    """
    outline = np.asarray(points, np.float64)
    if len(outline) < 3:
        return NOTHING
    low, high = outline.min(axis=0), outline.max(axis=0)
    rect = _pixels_between((low[0], low[1]), (high[0], high[1])).intersect(bounds)
    if rect.is_empty:
        return NOTHING
    # one column more: an edge beyond the right side of the picture turns nothing on
    turns = np.zeros((rect.h, rect.w + 1), np.int16)
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        _add_edge(turns, (x0 - rect.x, y0 - rect.y), (x1 - rect.x, y1 - rect.y))
    return Stencil(rect, as_coverage(np.cumsum(turns[:, :-1], axis=1, dtype=np.int16) != 0))


def similar_area(pixels: Pixels, x: int, y: int, *, tolerance: float = 32.0, is_contiguous: bool = True) -> Stencil:
    """The magic wand: pixels whose every channel differs from the pixel (x, y) by at most ``tolerance``.

    Args:
        tolerance: on the scale 0 to 255, also for 16-bit pixels.
        is_contiguous: only those joined to (x, y) over their sides; else all over the picture.

    Raises:
        IndexError: (x, y) is outside the picture.
    """
    near = similar_nearby(pixels, x, y, tolerance=tolerance) if is_contiguous else None
    if near is not None:
        return near
    return similar_everywhere([pixels], pixels[y, x], (x, y) if is_contiguous else None, tolerance=tolerance)


def similar_nearby(pixels: Pixels, x: int, y: int, *, tolerance: float) -> Stencil | None:
    """The contiguous area, if it ends near (x, y) as most do; None if only a look at the whole picture can tell.

    Raises:
        IndexError: (x, y) is outside the picture.
    """
    bounds = Rect.of_shape(pixels.shape)
    if not bounds.contains(Rect(x, y, 1, 1)):
        raise IndexError(f"({x}, {y}) is outside {bounds}")
    window = Rect(x, y, 1, 1).grown(_FIRST_LOOK).intersect(bounds)
    found = _joined(_similar(pixels[window.slices], pixels[y, x], tolerance), x - window.x, y - window.y)
    return None if _touches_inner_edge(found, window, bounds) else _cut(Stencil(window, found))


def similar_everywhere(
    bands: Iterable[Pixels], sample: Pixels, start: tuple[int, int] | None, *, tolerance: float
) -> Stencil:
    """All pixels similar to ``sample``, (c,), or only those joined to the place ``start`` (x, y).

    ``bands`` are rows of the picture from top to bottom, as many at a time as is handy.
    """
    similar = np.concatenate([_similar(band, sample, tolerance) for band in bands])
    found = similar if start is None else _joined(similar, *start)
    return _cut(Stencil(Rect.of_shape(found.shape), found))


def _pixels_between(first: Point, second: Point) -> Rect:
    """The pixels whose centres lie between two corners."""
    (x0, x1), (y0, y1) = sorted((first[0], second[0])), sorted((first[1], second[1]))
    edges = (int(np.ceil(v - 0.5)) for v in (x0, y0, x1, y1))
    return Rect.from_edges(*edges)


def _add_edge(turns: np.ndarray, start: Point, end: Point) -> None:
    """Note where the edge passes the centre lines of the rows, +1 downwards and -1 upwards."""
    (x0, y0), (x1, y1) = (start, end) if start[1] <= end[1] else (end, start)
    rows = np.arange(max(0, int(np.ceil(y0 - 0.5))), min(turns.shape[0], int(np.ceil(y1 - 0.5))))
    if len(rows) == 0:
        return
    crossings = x0 + (rows + 0.5 - y0) * ((x1 - x0) / (y1 - y0))
    columns = np.clip(np.ceil(crossings - 0.5), 0, turns.shape[1] - 1).astype(np.intp)
    turns[rows, columns] += 1 if start[1] <= end[1] else -1


def _similar(pixels: Pixels, sample: Pixels, tolerance: float) -> Coverage:
    white = full_scale(pixels)
    margin = tolerance * white / 255.0
    low = np.maximum(np.ceil(sample - margin), 0.0)
    high = np.minimum(np.floor(sample + margin), white)
    return np.asarray(cv2.inRange(pixels, low.astype(np.float64), high.astype(np.float64)), np.uint8)


def _joined(similar: Coverage, x: int, y: int) -> Coverage:
    """The part of ``similar`` that hangs together with (x, y); ``similar`` itself is used up."""
    cv2.floodFill(similar, None, (x, y), (128,), flags=4)  # pyright: ignore[reportCallIssue, reportArgumentType]
    # one pass in place: at 50 megapixels a comparison and its conversion cost more than the flood
    return np.asarray(cv2.inRange(similar, 128, 128, similar), np.uint8)  # pyright: ignore[reportCallIssue, reportArgumentType]


def _touches_inner_edge(found: Coverage, window: Rect, bounds: Rect) -> bool:
    """True if the area reaches a side of the window that is not also a side of the picture."""
    sides = (
        (window.x > bounds.x, found[:, 0]),
        (window.y > bounds.y, found[0]),
        (window.right < bounds.right, found[:, -1]),
        (window.bottom < bounds.bottom, found[-1]),
    )
    return any(is_inner and bool(line.any()) for is_inner, line in sides)


def _cut(stencil: Stencil) -> Stencil:
    """The same coverage in the smallest rectangle."""
    inner = bounds_of(stencil.coverage)
    if inner.is_empty:
        return NOTHING
    return Stencil(inner.moved(stencil.rect.x, stencil.rect.y), stencil.coverage[inner.slices])
