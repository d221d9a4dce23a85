"""What arrays held at one moment, for a reader on another thread, while the document goes on being painted.

Nothing is copied when a snapshot is taken: a 100-megapixel photo would cost the window 150 ms and 500 MB. Instead
whoever writes into one of the arrays first gives the old tile to every snapshot that has not read it yet.
"""

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.geometry import TILE, Rect, tiles_touching

Array = npt.NDArray[Any]


class Snapshot:
    """The content of some arrays as it was. Told of writes by ``Snapshots.before_write``."""

    def __init__(self, arrays: Iterable[Array]) -> None:
        self._arrays = {id(array): array for array in arrays}
        self._kept: dict[tuple[int, Rect], Array] = {}
        self._lock = threading.Lock()

    def bands(self, array: Array, rect: Rect | None = None) -> Iterator[Array]:
        """Copies of ``rect`` of ``array`` (None: all of it), ``TILE`` rows at a time, as it was.

        Arrays it was not made for come as they are.
        """
        wanted = rect or Rect.of_shape(array.shape)
        for top in range(wanted.y, wanted.bottom, TILE):
            band = Rect(wanted.x, top, wanted.w, min(TILE, wanted.bottom - top))
            with self._lock:
                block = array[band.slices].copy()
                if id(array) in self._arrays:
                    for tile in tiles_touching(band, Rect.of_shape(array.shape)):
                        kept = self._kept.get((id(array), tile))
                        if kept is not None:
                            shared = tile.intersect(band)
                            block[shared.relative_to(band).slices] = kept[shared.relative_to(tile).slices]
            yield block

    def whole(self, array: Array, pause: Callable[[], None] = lambda: None) -> Array:
        """A copy of all of ``array`` as it was."""
        return self.part(array, Rect.of_shape(array.shape), pause)

    def part(self, array: Array, rect: Rect, pause: Callable[[], None] = lambda: None) -> Array:
        """A copy of ``rect`` of ``array`` as it was. ``pause`` is called every ``TILE`` rows; may raise."""
        copy = np.empty((rect.h, rect.w, *array.shape[2:]), array.dtype)
        top = 0
        for band in self.bands(array, rect):
            pause()
            copy[top : top + len(band)] = band
            top += len(band)
        return copy

    def keep(self, array: Array, rect: Rect) -> None:
        """``rect`` of ``array`` is about to be written."""
        if self._arrays.get(id(array)) is not array:
            return
        with self._lock:
            for tile in tiles_touching(rect, Rect.of_shape(array.shape)):
                if (id(array), tile) not in self._kept:
                    self._kept[id(array), tile] = array[tile.slices].copy()

    @property
    def nbytes(self) -> int:
        """Memory that the snapshot costs so far."""
        with self._lock:
            return sum(tile.nbytes for tile in self._kept.values())


class Snapshots:
    """The living snapshots of one document; one that nobody reads any more is forgotten by itself."""

    def __init__(self) -> None:
        self._living: weakref.WeakSet[Snapshot] = weakref.WeakSet()

    def take(self, arrays: Iterable[Array]) -> Snapshot:
        snapshot = Snapshot(arrays)
        self._living.add(snapshot)
        return snapshot

    def before_write(self, array: Array, rect: Rect) -> None:
        """``rect`` of ``array`` is about to be written."""
        for snapshot in list(self._living):
            snapshot.keep(array, rect)
