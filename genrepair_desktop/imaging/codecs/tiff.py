"""Reading TIFF: the first directory checked by our own code, the samples decoded by tifffile or libtiff.

The decoders are given the file with another directory, which holds the structural tags only: so neither private
tags nor metadata reach them, Pillow does not turn the picture on its own, and BigTIFF is read as well (TIFF 6.0).
"""

import io
import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.codecs import exif, pillow
from genrepair_desktop.imaging.codecs.errors import damaged, truncated, unsupported
from genrepair_desktop.imaging.codecs.limits import Limits
from genrepair_desktop.imaging.codecs.metadata import Collector
from genrepair_desktop.imaging.codecs.photo import Decoded
from genrepair_desktop.imaging.codecs.tags import Directory, Tag, TagError, TagReader, pack_directory
from genrepair_desktop.imaging.codecs.tiff_samples import PHOTOMETRIC_CMYK, Samples, to_pixels
from genrepair_desktop.imaging.codecs.unpack import inflated, is_dense, pieces_of

WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIPS, _SAMPLES, _STRIP_COUNTS, _X_DPI, _Y_DPI, _PLANAR, _UNIT = 273, 277, 279, 282, 283, 284, 296
_COLOUR_MAP, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_COUNTS, _EXTRA, _FORMAT = 320, 322, 323, 324, 325, 338, 339
_SUBFILE, _SUB_DIRECTORIES, _XMP, _IPTC, _ICC, _DNG = 254, 330, 700, 33723, 34675, 50706
# structure, and the tables and switches of the compressions
_STRUCTURAL = {
    WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, 266, _STRIPS, _SAMPLES, 278, _STRIP_COUNTS, _PLANAR, 292, 293, 317,
    _COLOUR_MAP, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_COUNTS, 332, _EXTRA, _FORMAT, 347,
    512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532,
}  # fmt: skip
# none, LZW, deflate (two numbers), PackBits, LZMA, Zstandard; fax and JPEG go to libtiff
_PLAIN_COMPRESSIONS = {1, 5, 8, 32946, 32773, 34925, 50000}
_DEFLATE, _LZMA = (8, 32946), 34925
# LZMA takes 4 s to unpack a gigabyte, sound or not: of so few bytes that it must be blank, it is not begun with
_MOST_BY_LZMA = 100
_CAMERA_RAW = {32803, 34892}
_MAX_SAMPLES = 16


@dataclass(frozen=True)
class _Layout:
    """What the first directory says about the samples."""

    width: int
    height: int
    bits: int
    samples: int
    compression: int
    photometric: int
    is_planar: bool
    kind: int
    extra: tuple[int, ...]

    @property
    def bytes(self) -> int:
        """How many bytes the samples take at least, unpacked."""
        return self.width * self.height * self.samples * self.bits // 8


def read_tiff(file: BinaryIO, limits: Limits) -> Decoded:
    """Decode the first page of a TIFF or BigTIFF.

    Raises:
        Refused: over a limit, truncated, camera raw, or of a rare kind.
    """
    size = file.seek(0, 2)
    try:
        reader = TagReader(lambda at, count: _read_at(file, at, count), size, 4 * limits.block_bytes)
        main = reader.directory(reader.first_at)
    except TagError as error:
        raise truncated() from error
    _refuse_raw(reader, main, file)
    layout = _layout(reader, main, limits)
    _check_segments(file, reader, main, layout, limits)
    collector = Collector(limits)
    _read_metadata(reader, main, collector)
    pixels, notices = _decode(_overlay(file, size, reader, main), layout, reader, main, collector, limits)
    if main.next_at:
        notices = (*notices, "It has more pages; the first is shown.")
    is_converted = layout.photometric in (PHOTOMETRIC_CMYK, 8)
    metadata = collector.finish_as_srgb() if is_converted else collector.finish(pixels.shape[2])
    return Decoded(pixels, layout.bits, metadata, collector.orientation, (*collector.notices, *notices))


def _read_at(file: BinaryIO, at: int, count: int) -> bytes:
    if at >= 2**62:
        return b""
    file.seek(at)
    return file.read(count)


def _refuse_raw(reader: TagReader, main: Directory, file: BinaryIO) -> None:
    is_preview = reader.integer(main, _SUBFILE, 0) & 1 and _SUB_DIRECTORIES in main.tags
    is_raw = _DNG in main.tags or reader.integer(main, PHOTOMETRIC, 0) in _CAMERA_RAW
    if is_raw or is_preview or _read_at(file, 8, 2) == b"CR":
        raise unsupported("it is a camera raw file", "develop it to TIFF with a raw program and open that")


def _layout(reader: TagReader, main: Directory, limits: Limits) -> _Layout:
    width, height = reader.integer(main, WIDTH, 0), reader.integer(main, HEIGHT, 0)
    limits.check_size(width, height)
    samples = reader.integer(main, _SAMPLES, 1)
    depths = reader.integers(main, BITS) or (1,)
    kinds = reader.integers(main, _FORMAT) or (1,)
    if len(set(depths)) > 1 or len(set(kinds)) > 1:
        raise unsupported("its channels have different depths")
    if not 1 <= samples <= _MAX_SAMPLES or not 1 <= depths[0] <= 64:
        raise unsupported(f"it has {samples} channels of {depths[0]} bits")
    if width * height * samples * depths[0] > limits.pixels * 64:
        limits.check_size(limits.side, limits.side)  # more memory than the largest allowed RGBA picture
    return _Layout(
        width, height, depths[0], samples,
        reader.integer(main, COMPRESSION, 1), reader.integer(main, PHOTOMETRIC, 1),
        reader.integer(main, _PLANAR, 1) == 2, kinds[0], reader.integers(main, _EXTRA),
    )  # fmt: skip


def _check_segments(file: BinaryIO, reader: TagReader, main: Directory, layout: _Layout, limits: Limits) -> None:
    """Refuse strips or tiles outside the file, tiles that are mostly padding, and little data for much picture."""
    size = file.seek(0, 2)
    is_tiled = _TILES in main.tags
    offsets = reader.integers(main, _TILES if is_tiled else _STRIPS)
    counts = reader.integers(main, _TILE_COUNTS if is_tiled else _STRIP_COUNTS)
    limits.check_parts(len(offsets))
    old_jpeg = layout.compression == 6
    if not offsets and not old_jpeg:
        raise damaged("it has no picture data")
    if len(counts) != len(offsets) and not old_jpeg:
        raise damaged("its picture data has no lengths")
    if any(start + count > size for start, count in zip(offsets, counts, strict=False)):
        raise truncated()
    if is_tiled:
        tile = reader.integer(main, _TILE_WIDTH, 0), reader.integer(main, _TILE_HEIGHT, 0)
        if min(tile) <= 0:
            raise damaged("its tiles have no size")
        tiles = math.ceil(layout.width / tile[0]) * math.ceil(layout.height / tile[1])
        if tiles * tile[0] * tile[1] > 4 * layout.width * layout.height + 2**24:
            raise damaged("its tiles are larger than the picture")
    # strips may lie on top of each other: the file is no larger than it is
    packed = min(sum(counts), size)
    if layout.compression == _LZMA and is_dense(layout.bytes, packed):
        most = _MOST_BY_LZMA * layout.width * layout.height // layout.bytes
        limits.check_density(packed, layout.width, layout.height, pixels_a_byte=max(1, most))
    elif layout.compression in _DEFLATE and is_dense(layout.bytes, packed):
        _check_inflates(file, layout, zip(offsets, counts, strict=False))


def _check_inflates(file: BinaryIO, layout: _Layout, segments: Iterable[tuple[int, int]]) -> None:
    """Refuse a picture whose strips or tiles are broken, or hold too little."""
    left = 2 * layout.bytes
    for segment in segments:
        left -= inflated(pieces_of(file, [segment]), max(1, left // 2))
        if left <= 0:
            return  # as many of them as this is not what the decoder will look at
    if left > layout.bytes:
        raise truncated()


def _read_metadata(reader: TagReader, main: Directory, collector: Collector) -> None:
    for code, take in ((_XMP, collector.xmp), (_ICC, collector.icc), (_IPTC, collector.iptc)):
        tag = main.tags.get(code)
        if tag and tag.type in (1, 7):
            take(tag.data)
    factor = {2: 1.0, 3: 2.54}.get(reader.integer(main, _UNIT, 2))
    x, y = reader.rational(main, _X_DPI), reader.rational(main, _Y_DPI)
    if factor and x and y:
        collector.dpi(x * factor, y * factor)
    try:
        collector.exif(exif.from_tiff(reader, main))
    except (TagError, struct.error):
        collector.left_out("the EXIF data")
    turned = reader.integer(main, exif.ORIENTATION, 1)
    collector.orientation = turned if 1 <= turned <= 8 else 1


class _Overlay(io.RawIOBase):
    """The file, with other bytes at its start and more behind its end. Has no file number on purpose."""

    def __init__(self, file: BinaryIO, size: int, head: bytes, tail: bytes) -> None:
        self._file, self._size, self._head, self._tail = file, size, head, tail
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        base = (0, self._at, self._size + len(self._tail))[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        if self._at < len(self._head):
            part = self._head[self._at :][: len(view)]
        elif self._at < self._size:
            self._file.seek(self._at)
            part = self._file.read(min(len(view), self._size - self._at))
        else:
            part = self._tail[self._at - self._size :][: len(view)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)


def _overlay(file: BinaryIO, size: int, reader: TagReader, main: Directory) -> io.BufferedReader:
    tags = [_narrowed(reader, main, tag) for code, tag in main.tags.items() if code in _STRUCTURAL]
    padding = b"\0" * (size % 2)
    at = size + len(padding)
    head = struct.pack(reader.order + "2sHI", b"II" if reader.order == "<" else b"MM", 42, at)
    return io.BufferedReader(_Overlay(file, size, head, padding + pack_directory(tags, reader.order, at)), 1 << 16)


def _narrowed(reader: TagReader, main: Directory, tag: Tag) -> Tag:
    """BigTIFF's 8-byte integers as 4-byte ones, which reach any place in a file under the size limit."""
    if tag.type < 16:
        return tag
    values = reader.integers(main, tag.code)
    return Tag(tag.code, 4, tag.count, struct.pack(f"{reader.order}{tag.count}I", *values))


def _decode(
    file: io.BufferedReader,
    layout: _Layout,
    reader: TagReader,
    main: Directory,
    collector: Collector,
    limits: Limits,
) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    if layout.compression in _PLAIN_COMPRESSIONS and layout.bits >= 8 and layout.photometric in (0, 1, 2, 3, 5):
        values = _tifffile_samples(file, layout)
        colour_map = np.array(reader.integers(main, _COLOUR_MAP), np.uint16)
        samples = Samples(values, layout.bits, layout.kind, layout.photometric, layout.extra, colour_map)
        return to_pixels(samples, collector.profile)
    if layout.bits > 8:
        raise unsupported(f"its {layout.bits}-bit samples are compressed in a way that is not read here")
    picture = pillow.open_as(file, "TIFF", limits)
    pillow.load(picture)
    return pillow.to_pixels(picture, collector.profile)


def _tifffile_samples(file: io.BufferedReader, layout: _Layout) -> npt.NDArray[Any]:
    """The raw samples, (h, w, samples)."""
    import tifffile

    with tifffile.TiffFile(file, name="photo") as tiff:
        first = tiff.pages[0]
        assert isinstance(first, tifffile.TiffPage)
        values = first.asarray()
    if layout.is_planar and layout.samples > 1:
        return np.moveaxis(values.reshape(layout.samples, layout.height, layout.width), 0, 2)
    return values.reshape(layout.height, layout.width, layout.samples)
