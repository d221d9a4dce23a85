"""The pictures on the table: what gallery, map and fusion share. State of the GUI thread, without widgets."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from genrepair_desktop.app.canvas.qimage import to_qimage
from genrepair_desktop.generate.model import Latents

Kind: TypeAlias = Literal["generated", "mine", "real", "damaged", "repaired"]
# float32 (side, side, c), c = 1 or 3, sRGB-encoded, [0, 1]
Picture: TypeAlias = npt.NDArray[np.float32]

# uint8, the same shape: what a picture file holds, in a quarter of the memory
Kept: TypeAlias = npt.NDArray[np.uint8]

# what an entry says before a shelf has taken it
NO_KEY = -1
# 300 thumbnails of 160 pixels, more than a map shows at once
THUMBNAIL_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Entry:
    """A picture with what is known of it.

    key       given by the shelf; ``NO_KEY`` before
    model_id  the model whose latent it has, "" for none
    made      the picture as it was made, or, on a shelf, in 8 bits: ten thousand of 64 pixels take 123 MB then
    latent    (d,), or None where the model has none
    title     what the user reads of it
    seed      of the run that made it, or None
    number    its place in that run, or None
    """

    key: int
    kind: Kind
    model_id: str
    made: Picture | Kept
    latent: Latents | None
    title: str
    seed: int | None = None
    number: int | None = None

    @property
    def picture(self) -> Picture:
        """float32 (side, side, c); computed at each call (10 µs) where 8 bits are kept."""
        if self.made.dtype == np.uint8:
            return self.made.astype(np.float32) / np.float32(255)
        return self.made.astype(np.float32, copy=False)

    @property
    def side(self) -> int:
        """The picture's width and height in pixels."""
        return self.made.shape[0]


class Shelf(QObject):
    """Entries in the order they came, which of them are selected, and which one the pointer is over.

    added             entries came; carries their keys
    removed           entries went; carries their keys
    selected_changed  ``selected`` is another one
    starred_changed   entries got or lost their star; carries their keys
    hovered           the pointer is over an entry, wherever it is shown; carries its key, or None

    ``room``: how many bytes of thumbnails may be kept; asked each time, as the setting may change.
    """

    added = Signal(list)
    removed = Signal(list)
    selected_changed = Signal()
    starred_changed = Signal(list)
    hovered = Signal(object)

    def __init__(self, parent: QObject | None = None, room: Callable[[], int] = lambda: THUMBNAIL_BYTES) -> None:
        super().__init__(parent)
        self._room = room
        self._entries: dict[int, Entry] = {}
        self._selected: tuple[int, ...] = ()
        self._starred: set[int] = set()
        self._next_key = 0
        self._hovered: int | None = None
        self._thumbnails: OrderedDict[tuple[int, int], QImage] = OrderedDict()
        self._thumbnail_bytes = 0

    @property
    def selected(self) -> tuple[int, ...]:
        """Keys in the order they were chosen."""
        return self._selected

    def add(self, entries: Iterable[Entry]) -> list[int]:
        """Take entries, give each a key of its own, and return the keys.

        Raises:
            ValueError: a picture is not float32 (side, side, 1 or 3).
        """
        keys: list[int] = []
        for entry in entries:
            shape, kind = entry.made.shape, entry.made.dtype
            is_square = len(shape) == 3 and shape[0] == shape[1] and shape[2] in (1, 3)
            if not is_square or kind not in (np.float32, np.uint8):
                raise ValueError(f"an entry's picture is float32 or uint8 (side, side, 1 or 3), got {kind} {shape}")
            self._entries[self._next_key] = replace(entry, key=self._next_key, made=in_8_bits(entry.made))
            keys.append(self._next_key)
            self._next_key += 1
        if keys:
            self.added.emit(keys)
        return keys

    def remove(self, keys: Iterable[int]) -> None:
        """Let entries go; unknown keys are ignored."""
        gone = [key for key in dict.fromkeys(keys) if key in self._entries]
        if not gone:
            return
        for key in gone:
            del self._entries[key]
        self._starred.difference_update(gone)
        if self._hovered in gone:
            self.hover(None)
        lost = set(gone)
        for where in [where for where in self._thumbnails if where[0] in lost]:
            self._thumbnail_bytes -= self._thumbnails.pop(where).sizeInBytes()
        self.removed.emit(gone)
        self.select(key for key in self._selected if key not in lost)

    def entry(self, key: int) -> Entry:
        """One entry.

        Raises:
            KeyError: it is not on the shelf.
        """
        return self._entries[key]

    def has(self, key: int) -> bool:
        """True while the entry is on the shelf."""
        return key in self._entries

    def entries(self) -> tuple[Entry, ...]:
        """All of them, in the order they came."""
        return tuple(self._entries.values())

    def select(self, keys: Iterable[int]) -> None:
        """Choose these and no others; unknown keys are ignored."""
        chosen = tuple(key for key in dict.fromkeys(keys) if key in self._entries)
        if chosen != self._selected:
            self._selected = chosen
            self.selected_changed.emit()

    def selected_entries(self) -> tuple[Entry, ...]:
        """The selected entries, in the order they were chosen."""
        return tuple(self._entries[key] for key in self._selected)

    def star(self, keys: Sequence[int], is_starred: bool) -> None:
        """Give entries a star, or take it away."""
        known = [key for key in keys if key in self._entries and (key in self._starred) != is_starred]
        if not known:
            return
        if is_starred:
            self._starred.update(known)
        else:
            self._starred.difference_update(known)
        self.starred_changed.emit(known)

    def is_starred(self, key: int) -> bool:
        return key in self._starred

    def hover(self, key: int | None) -> None:
        """Say which entry the pointer is over; None for none."""
        if key != self._hovered:
            self._hovered = key
            self.hovered.emit(key)

    def thumbnail(self, key: int, size: int) -> QImage:
        """The picture at ``size`` x ``size``, made at once (about 0.1 ms) and kept: for the few that are looked
        at. Who shows thousands makes them on another thread: see ``thumbnails.ThumbnailMaker``.

        Raises:
            KeyError: it is not on the shelf.
        """
        where = (key, size)
        if where in self._thumbnails:
            self._thumbnails.move_to_end(where)
            return self._thumbnails[where]
        self._thumbnails[where] = made = thumbnail_of(self._entries[key].made, size)
        self._thumbnail_bytes += made.sizeInBytes()
        room = self._room()
        while self._thumbnail_bytes > room and len(self._thumbnails) > 1:
            self._thumbnail_bytes -= self._thumbnails.popitem(last=False)[1].sizeInBytes()
        return made


def in_8_bits(picture: Picture | Kept) -> Kept:
    """A picture as a file would hold it; one in 8 bits stays as it is. May be called on any thread."""
    if picture.dtype == np.uint8:
        return picture.astype(np.uint8, copy=False)
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def thumbnail_of(picture: Picture | Kept, size: int) -> QImage:
    """A picture scaled to a square of ``size`` pixels. May be called on any thread."""
    how = cv2.INTER_AREA if picture.shape[0] > size else cv2.INTER_CUBIC
    scaled = cv2.resize(in_8_bits(picture), (size, size), interpolation=how)
    return to_qimage(np.asarray(scaled, np.uint8).reshape(size, size, -1))
