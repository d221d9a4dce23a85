"""Data that unpack to far more than they are: unpacked once to nowhere, before memory is given to the picture.

A file that says all the way that it is sound and breaks off near its end costs a decoder as much as a sound one: a
PNG of 19 MB took 6.7 s and 1.4 GB to be refused. To nowhere, data unpack at half a gigabyte a second and more.
Photos never come here: they are packed to no less than a quarter.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from genrepair_desktop.imaging.codecs.errors import damaged, truncated

# deflate's best: 258 bytes from two bits
MOST_INFLATED = 1032
LARGE, _SUSPICIOUS = 256 * 2**20, 10
_PIECE = 8192
# larger blocks come from the system each time, and a third of the time goes into that
_MOST_AT_ONCE = 120_000


def is_dense(unpacked: int, packed: int) -> bool:
    """True if a picture takes so much memory for so few bytes of a file that its data are to be looked at first."""
    return unpacked > max(LARGE, packed * _SUSPICIOUS)


def pieces_of(file: BinaryIO, spans: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """The bytes at (start, length), in small pieces.

    Raises:
        Refused: the file ends before they do.
    """
    for start, length in spans:
        file.seek(start)
        rest = length
        while rest > 0:
            piece = file.read(min(rest, _PIECE))
            if not piece:
                raise truncated()
            rest -= len(piece)
            yield piece


def inflated(pieces: Iterable[bytes], enough: int) -> int:
    """How many bytes a deflated stream holds; what goes on for twice ``enough`` is looked at no further.

    Raises:
        Refused: it is broken, or breaks off.
    """
    machine, made = zlib.decompressobj(), 0
    for piece in pieces:
        got = _MOST_AT_ONCE
        # all of a piece may be taken while some of what it holds is still to come
        while piece or got == _MOST_AT_ONCE:
            try:
                got = len(machine.decompress(piece, _MOST_AT_ONCE))
            except zlib.error:
                raise damaged("its picture data are damaged") from None
            made += got
            if machine.eof or made >= 2 * enough:
                return made
            piece = machine.unconsumed_tail
    raise truncated()
