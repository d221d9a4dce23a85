"""Display levels of a large picture, each half the size of the one before, built where and when they are seen.

Level k has one pixel for 2^k x 2^k pixels of the picture. A level is one array, allocated at once and filled
tile by tile: the system gives it memory only where it is written, and Qt paints it in one piece without seams.
"""

import math
import time
from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.geometry import Rect, Size

# what one step of building reads: 1 megapixel, 1 ms for plain 8-bit pixels
_STEP = 1024
_TILE = 256
_MISSING, _ROUGH, _READY = 0, 1, 2
# a change larger than this is not made good at once but tile by tile, while the old picture still shows
_AT_ONCE = 2_000_000
# levels other than the one in use are kept up to this size: 50 megapixels at level 1 are 50 MB
_KEEP_BYTES = 64 * 1024 * 1024


class LevelSource(Protocol):
    """Where the pixels of a level come from."""

    @property
    def size(self) -> Size:
        """Of the picture itself."""
        ...

    @property
    def channels(self) -> int:
        """Bytes per pixel of a level: 4 for a picture (``qimage.wrap_screen``), 1 for coverage."""
        ...

    def read(self, rect: Rect, level: int) -> npt.NDArray[np.uint8]:
        """The display pixels of a rectangle of picture pixels, made 2^level times smaller (rounded up)."""
        ...

    def sketch(self, rect: Rect, level: int) -> npt.NDArray[np.uint8]:
        """The same shape in a fraction of the time, for the first look."""
        ...


class _Level:
    """One level's pixels and which of its tiles are worth looking at."""

    def __init__(self, size: Size, channels: int, tile: int) -> None:
        self.size = size
        self.tile = tile
        self.array: npt.NDArray[np.uint8] = np.empty((size.h, size.w, channels), np.uint8)
        self.state = np.zeros((-(-size.h // tile), -(-size.w // tile)), np.uint8)

    @property
    def nbytes(self) -> int:
        """Memory of the tiles that were ever built."""
        built = np.argwhere(self.state != _MISSING)
        heights = np.minimum(self.tile, self.size.h - built[:, 0] * self.tile)
        widths = np.minimum(self.tile, self.size.w - built[:, 1] * self.tile)
        return int((heights * widths).sum()) * self.array.shape[2]

    def tiles(self, rect: Rect) -> Iterator[tuple[int, int, Rect]]:
        """Row, column and rectangle of the tiles that ``rect`` (level pixels) touches."""
        bounds = Rect(0, 0, *self.size)
        inside = rect.intersect(bounds)
        if inside.is_empty:
            return
        for row in range(inside.y // self.tile, -(-inside.bottom // self.tile)):
            for column in range(inside.x // self.tile, -(-inside.right // self.tile)):
                place = Rect(column * self.tile, row * self.tile, self.tile, self.tile)
                yield row, column, place.intersect(bounds)


class Pyramid:
    """The levels of one source."""

    def __init__(self, source: LevelSource, budget: int = 256 * 2**20) -> None:
        """``budget``: bytes of all levels together. What is in sight is kept even if it takes more."""
        self._source = source
        self._budget = budget
        self._levels: dict[int, _Level] = {}

    @property
    def nbytes(self) -> int:
        """Memory in use: an array takes it only where it was written."""
        return sum(held.nbytes for held in self._levels.values())

    def set_budget(self, budget: int) -> None:
        """Take another budget; it holds from the next ``prepare``."""
        self._budget = budget

    @staticmethod
    def level_for(zoom: float) -> int:
        """The level just fine enough for a zoom: at most twice as many pixels as are shown."""
        return max(0, math.floor(math.log2(1.0 / zoom) + 1e-9))

    def pixels(self, level: int) -> npt.NDArray[np.uint8]:
        """The array of a level; what ``prepare`` has not covered is undefined. Not to be written."""
        return self._level(level).array

    def prepare(self, rect: Rect, level: int, seconds: float) -> bool:
        """Make a rectangle of picture pixels showable: in full within ``seconds``, what is left as a sketch.

        At least one tile is built, however short the time, so that repeated calls come to an end.

        Returns:
            True if everything is in full.
        """
        held = self._level(level)
        self._forget_others(level)
        if self.nbytes > self._budget:
            held = self._forget_far(rect, level)
        wanted = [
            (row, column, tile)
            for row, column, tile in held.tiles(to_level(rect, level))
            if held.state[row, column] != _READY
        ]
        deadline = time.perf_counter() + seconds
        is_complete = True
        for number, (row, column, tile) in enumerate(wanted):
            if number == 0 or time.perf_counter() < deadline:
                held.array[tile.slices] = self._read(tile, level)
                held.state[row, column] = _READY
                continue
            is_complete = False
            if held.state[row, column] == _MISSING:
                sketch = self._source.sketch(_to_picture(tile, level, self._source.size), level)
                held.array[tile.slices] = sketch.reshape(tile.h, tile.w, -1)
                held.state[row, column] = _ROUGH
        return is_complete

    def changed(self, rect: Rect, level: int) -> None:
        """The picture changed in ``rect``; ``level`` is the one on the screen, made good at once if it can be."""
        for number, held in self._levels.items():
            part = to_level(rect, number).intersect(Rect(0, 0, *held.size))
            is_now = number == level and rect.area <= _AT_ONCE
            for row, column, tile in held.tiles(part):
                if held.state[row, column] == _MISSING:
                    continue
                if is_now and held.state[row, column] == _READY:
                    place = tile.intersect(part)
                    held.array[place.slices] = self._read(place, number)
                else:
                    held.state[row, column] = _ROUGH

    def _read(self, tile: Rect, level: int) -> npt.NDArray[np.uint8]:
        block = self._source.read(_to_picture(tile, level, self._source.size), level)
        return block.reshape(tile.h, tile.w, -1)

    def _level(self, number: int) -> _Level:
        if number not in self._levels:
            size = self._source.size
            scaled = Size(-(-size.w // 2**number), -(-size.h // 2**number))
            # a tile of a coarse level is smaller, so that one step never reads more than _STEP squared
            tile = max(8, min(_TILE, _STEP >> number))
            self._levels[number] = _Level(scaled, self._source.channels, tile)
        return self._levels[number]

    def _forget_far(self, rect: Rect, level: int) -> _Level:
        """Make room: first the other levels go, then this one but for what is in sight."""
        held = self._levels[level]
        self._levels = {level: held}
        seen = sum(tile.area for _, _, tile in held.tiles(to_level(rect, level))) * self._source.channels
        # begun anew only where much is out of sight, or the last look would be built again and again
        if held.nbytes <= self._budget or held.nbytes < 2 * seen:
            return held
        fresh = _Level(held.size, self._source.channels, held.tile)
        for row, column, tile in held.tiles(to_level(rect, level)):
            fresh.array[tile.slices] = held.array[tile.slices]
            fresh.state[row, column] = held.state[row, column]
        self._levels[level] = fresh
        return fresh

    def _forget_others(self, level: int) -> None:
        for number in [n for n, held in self._levels.items() if n != level and held.array.nbytes > _KEEP_BYTES]:
            del self._levels[number]


def to_level(rect: Rect, level: int) -> Rect:
    """The level pixels that a rectangle of picture pixels touches."""
    step = 2**level
    return Rect.from_edges(rect.x // step, rect.y // step, -(-rect.right // step), -(-rect.bottom // step))


def _to_picture(rect: Rect, level: int, size: Size) -> Rect:
    """The picture pixels that a rectangle of level pixels stands for."""
    step = 2**level
    whole = Rect(rect.x * step, rect.y * step, rect.w * step, rect.h * step)
    return whole.intersect(Rect(0, 0, *size))
