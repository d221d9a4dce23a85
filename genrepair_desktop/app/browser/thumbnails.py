"""Thumbnails made on a thread of their own, what is looked at first, and kept up to a limit."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal
from PySide6.QtGui import QImage

from genrepair_desktop.app.browser.shelf import Kept, Picture, thumbnail_of

# 1,800 thumbnails of 96 pixels: some ten windows full
MOST_BYTES = 64 * 2**20
# what scrolled by faster than it could be made is forgotten: it is asked for again when it comes back
_MOST_WAITING = 600
_AT_ONCE = 24


class ThumbnailMaker(QObject):
    """Hands out finished thumbnails, and makes the others.

    made  thumbnails are ready; carries their keys
    room  how many bytes of them may be kept; asked each time, as the setting may change
    """

    made = Signal(object)
    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None, room: Callable[[], int] = lambda: MOST_BYTES) -> None:
        super().__init__(parent)
        self._room = room
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._lock = threading.Lock()
        self._waiting: OrderedDict[tuple[int, int], Picture | Kept] = OrderedDict()
        self._is_draining = False
        self._kept: OrderedDict[tuple[int, int], QImage] = OrderedDict()
        self._bytes = 0
        self._finished.connect(self._on_finished)

    def get(self, key: int, size: int, picture: Picture | Kept) -> QImage | None:
        """The thumbnail if it is there; else None, and ``made`` tells when it is."""
        where = (key, size)
        found = self._kept.get(where)
        if found is not None:
            self._kept.move_to_end(where)
            return found
        with self._lock:
            self._waiting[where] = picture
            self._waiting.move_to_end(where)
            while len(self._waiting) > _MOST_WAITING:
                self._waiting.popitem(last=False)
            must_start, self._is_draining = not self._is_draining, True
        if must_start:
            self._pool.start(_Drain(self))
        return None

    def forget(self, keys: set[int]) -> None:
        """Let the thumbnails of removed entries go."""
        for where in [where for where in self._kept if where[0] in keys]:
            self._bytes -= self._kept.pop(where).sizeInBytes()

    def shut_down(self) -> None:
        """Make no more, and wait for the one being made."""
        with self._lock:
            self._waiting.clear()
        self._pool.waitForDone()

    def drain(self) -> None:
        """Make what is waiting, newest first; on the pool's thread."""
        while True:
            with self._lock:
                some = [self._waiting.popitem() for _ in range(min(_AT_ONCE, len(self._waiting)))]
                if not some:
                    self._is_draining = False
                    return
            done = [(where, thumbnail_of(picture, where[1])) for where, picture in some]
            try:
                self._finished.emit(done)
            except RuntimeError:  # the Qt half is gone already
                return

    def _on_finished(self, done: list[tuple[tuple[int, int], QImage]]) -> None:
        for where, image in done:
            if where not in self._kept:
                self._kept[where] = image
                self._bytes += image.sizeInBytes()
        room = self._room()
        while self._bytes > room and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].sizeInBytes()
        self.made.emit({where[0] for where, _ in done})


class _Drain(QRunnable):
    def __init__(self, maker: ThumbnailMaker) -> None:
        super().__init__()
        self._maker = maker

    def run(self) -> None:
        self._maker.drain()
