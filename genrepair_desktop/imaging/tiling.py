"""Run a function over overlapping tiles of a picture of any size and blend the seams.

Memory follows one row of tiles, not the picture: finished rows are handed out as they come.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.imaging.geometry import Rect, Size

Work: TypeAlias = Callable[[Rect], Image]
# below this a tile is mostly overlap
SMALLEST_TILE = 64


def tile_starts(length: int, tile: int, overlap: int) -> list[int]:
    """Where tiles of ``tile`` pixels begin so that neighbours share at least ``overlap`` and the last one ends
    at ``length``. One tile if the length is not longer than it.

    Raises:
        ValueError: the overlap is not smaller than the tile.
    """
    if overlap >= tile:
        raise ValueError(f"overlap {overlap} must be smaller than the tile {tile}")
    if length <= tile:
        return [0]
    count = -(-(length - overlap) // (tile - overlap))
    return [round(i * (length - tile) / (count - 1)) for i in range(count)]


def run_tiled(size: Size, tile: int, overlap: int, work: Work, *, scale: int = 1) -> Iterator[tuple[Rect, Image]]:
    """Yield finished bands, top to bottom, as (rect in output pixels, float32 image).

    ``work(rect)`` returns the output for an input rectangle, ``scale`` times as large. In an overlap the
    outputs are mixed with half-sine weights. When ``work`` raises ``MemoryError`` everything not yet handed
    out is done again with tiles half as large, down to ``SMALLEST_TILE``; then the error goes on.
    """
    top = 0
    while top < size.h:
        try:
            for band in _bands(Rect(0, top, size.w, size.h - top), tile, overlap, work, scale):
                yield band
                top = band[0].bottom // scale
        except MemoryError:
            if tile // 2 < SMALLEST_TILE:
                raise
            tile //= 2
            overlap = min(overlap, tile // 4)


def _bands(area: Rect, tile: int, overlap: int, work: Work, scale: int) -> Iterator[tuple[Rect, Image]]:
    rows = tile_starts(area.h, tile, overlap)
    height, width = min(tile, area.h), min(tile, area.w)
    # the sum of weighted outputs of the rows that are not finished, and the sum of the weights
    total = weight = None
    for index, y in enumerate(rows):
        ramp_above = 0 if index == 0 else rows[index - 1] + height - y
        band, band_weight = _row(Rect(area.x, area.y + y, area.w, height), width, overlap, work, scale)
        rise = _rise(ramp_above * scale, height * scale)[:, None, None]
        if index + 1 < len(rows):
            rise = rise * _rise((y + height - rows[index + 1]) * scale, height * scale)[::-1, None, None]
        band, band_weight = band * rise, band_weight * rise
        if total is not None and weight is not None:
            shared = total.shape[0]
            band[:shared] += total
            band_weight[:shared] += weight
        done = (rows[index + 1] - y if index + 1 < len(rows) else height) * scale
        rect = Rect(area.x * scale, (area.y + y) * scale, area.w * scale, done)
        yield rect, (band[:done] / band_weight[:done]).astype(np.float32, copy=False)
        total, weight = band[done:], band_weight[done:]


def _row(row: Rect, width: int, overlap: int, work: Work, scale: int) -> tuple[Image, Image]:
    columns = tile_starts(row.w, width, min(overlap, width - 1))
    total: Image | None = None
    weight = np.zeros((row.h * scale, row.w * scale, 1), np.float32)
    for index, x in enumerate(columns):
        output = work(Rect(row.x + x, row.y, width, row.h))
        if total is None:
            total = np.zeros((row.h * scale, row.w * scale, output.shape[2]), np.float32)
        ramp = np.ones(width * scale, np.float32)
        if index > 0:
            ramp *= _rise((columns[index - 1] + width - x) * scale, width * scale)
        if index + 1 < len(columns):
            ramp *= _rise((x + width - columns[index + 1]) * scale, width * scale)[::-1]
        span = slice(x * scale, (x + width) * scale)
        total[:, span] += output * ramp[None, :, None]
        weight[:, span] += ramp[None, :, None]
    assert total is not None  # tile_starts never returns an empty list
    return total, weight


def _rise(overlap: int, length: int) -> Image:
    """Weights along a tile whose first ``overlap`` pixels are shared: half a sine up to 1."""
    ramp = np.ones(length, np.float32)
    steps = min(overlap, length)
    ramp[:steps] = np.sin((np.arange(steps, dtype=np.float32) + 0.5) / max(1, steps) * (np.pi / 2)) ** 2
    return np.maximum(ramp, np.float32(1e-4))
