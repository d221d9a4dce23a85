"""How the memory that the user grants is shared out among what grows with work."""

import ctypes
import sys
from dataclasses import dataclass

import psutil

MEGABYTE = 2**20
# ten windows full of the gallery, and more than a map shows at once
_MOST_THUMBNAILS = 96 * MEGABYTE
# malloc.h
_M_ARENA_MAX = -8


@dataclass(frozen=True)
class MemoryShares:
    """Bytes for each; together never more than what was granted.

    history  undo steps of the open photo
    display  smaller copies of the photo for the screen
    fills    the candidates of the last repair
    models   networks kept ready
    thumbnails  small pictures of the gallery and the map
    """

    history: int
    display: int
    fills: int
    models: int
    thumbnails: int

    @property
    def total(self) -> int:
        return self.history + self.display + self.fills + self.models + self.thumbnails


def shares_of(megabytes: int) -> MemoryShares:
    """How ``megabytes`` are shared out: undo is what a person misses first."""
    whole = megabytes * MEGABYTE
    thumbnails = min(_MOST_THUMBNAILS, whole // 16)
    return MemoryShares(
        history=whole // 2 - thumbnails, display=whole // 4, fills=whole // 8, models=whole // 8, thumbnails=thumbnails
    )


def default_megabytes() -> int:
    """A quarter of the machine."""
    return max(256, psutil.virtual_memory().total // 4 // MEGABYTE)


def share_heaps() -> None:
    """Let all threads take memory from two heaps. Called before there are any.

    glibc gives new threads heaps of their own, up to eight a core, and work here comes and goes on new threads: each
    heap keeps the most it ever needed.
    """
    if sys.platform != "linux":
        return
    try:
        ctypes.CDLL("libc.so.6").mallopt(_M_ARENA_MAX, 2)
    except (OSError, AttributeError):
        return  # another C library
