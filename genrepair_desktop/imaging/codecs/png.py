"""Reading PNG: the chunks walked and checked by our own code, the image data decoded by libpng at full depth.

The decoder sees the critical chunks only; text, profiles and EXIF are unpacked here, with a bound (PNG, 3rd ed.).
"""

import binascii
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from genrepair_desktop.imaging.codecs.errors import damaged, truncated
from genrepair_desktop.imaging.codecs.limits import Limits
from genrepair_desktop.imaging.codecs.metadata import Collector
from genrepair_desktop.imaging.codecs.photo import Decoded
from genrepair_desktop.imaging.codecs.unpack import MOST_INFLATED, inflated, is_dense, pieces_of

SIGNATURE = b"\x89PNG\r\n\x1a\n"
XMP_KEYWORD = b"XML:com.adobe.xmp"
_PACKED_KEYWORDS = {
    b"iTXt": (XMP_KEYWORD.lower(),),
    b"zTXt": (b"raw profile type exif", b"raw profile type app1"),
}
_CRITICAL = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_METRES_AN_INCH = 0.0254
_BLOCK = 1 << 20
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def read_png(file: BinaryIO, limits: Limits) -> Decoded:
    """Decode a PNG of 1 to 16 bits a sample, palette and transparency resolved. Of an animation, the still picture.

    Raises:
        Refused: over a limit, truncated, or a checksum is wrong.
    """
    import imagecodecs

    collector = Collector(limits)
    data, bits, is_animated = _read_chunks(file, limits, collector)
    # a copy only when grey: np.atleast_3d gives it a channel axis
    pixels = np.atleast_3d(imagecodecs.png_decode(data))
    metadata = collector.finish(pixels.shape[2])
    notices = list(collector.notices)
    if is_animated:
        notices.append("It is an animation; its still picture is shown.")
    return Decoded(pixels, bits, metadata, collector.orientation, tuple(notices))


def _read_chunks(file: BinaryIO, limits: Limits, collector: Collector) -> tuple[bytearray, int, bool]:
    """The critical chunks as a PNG of their own, bits a sample, and whether it is an animation.

    Two passes: checksums first, so that a damaged file of a gigabyte is refused without being held.
    """
    size = file.seek(0, 2)
    file.seek(len(SIGNATURE))
    needed: list[tuple[int, int]] = []
    bits, is_animated, name, packed = 0, False, b"", 0
    while name != b"IEND":
        limits.check_parts(len(needed))
        start, head = file.tell(), file.read(8)
        length, name = int.from_bytes(head[:4], "big"), head[4:]
        if len(head) < 8 or start + length + 12 > size:
            raise truncated()
        if not name.isalpha() or (not bits and name != b"IHDR"):
            raise damaged("its chunks are scrambled")
        if name == b"IHDR":
            bits = _check_header(file.read(length), limits)
            file.seek(start + 8)
        if name in _CRITICAL:
            _check_sum(file, name, length)
            needed.append((start, length + 12))
            packed += length
        elif length <= limits.block_bytes:
            payload, check = file.read(length), file.read(4)
            if zlib.crc32(payload, zlib.crc32(name)) == int.from_bytes(check, "big"):
                _read_ancillary(name, payload, limits, collector)
        file.seek(start + length + 12)
        is_animated |= name == b"acTL"
    data = _gathered(file, needed)
    least = _least_bytes(data[16:33])
    if least > packed * MOST_INFLATED + 4096:
        raise truncated()
    if is_dense(least, packed) and inflated(_picture_data(file, needed), least) < least:
        raise truncated()
    return data, bits, is_animated


def _picture_data(file: BinaryIO, spans: list[tuple[int, int]]) -> Iterator[bytes]:
    for start, length in spans:
        file.seek(start + 4)
        if file.read(4) == b"IDAT":
            yield from pieces_of(file, [(start + 8, length - 12)])


def _least_bytes(header: bytes | bytearray) -> int:
    """How many bytes the picture's rows take at least, unpacked."""
    width, height, bits, kind = struct.unpack_from(">IIBB", header)
    return height * (width * bits * _CHANNELS.get(kind, 1) // 8)


def _check_sum(file: BinaryIO, name: bytes, length: int) -> None:
    total = zlib.crc32(name)
    while length:
        block = file.read(min(length, _BLOCK))
        if not block:
            raise truncated()
        total, length = zlib.crc32(block, total), length - len(block)
    if total != int.from_bytes(file.read(4), "big"):
        raise damaged("its checksum is wrong, so the picture data has changed")


def _gathered(file: BinaryIO, spans: list[tuple[int, int]]) -> bytearray:
    out = bytearray(SIGNATURE)
    for start, length in spans:
        file.seek(start)
        out += file.read(length)
    return out


def _check_header(payload: bytes, limits: Limits) -> int:
    if len(payload) != 13:
        raise damaged("its header has the wrong size")
    width, height, bits = struct.unpack_from(">IIB", payload)
    limits.check_size(width, height)
    return bits


def _read_ancillary(name: bytes, payload: bytes, limits: Limits, collector: Collector) -> None:
    if name == b"eXIf":
        collector.exif(payload)
    elif name == b"pHYs" and len(payload) == 9 and payload[8] == 1:
        x, y, _ = struct.unpack(">IIB", payload)
        collector.dpi(x * _METRES_AN_INCH, y * _METRES_AN_INCH)
    elif name in (b"iCCP", b"iTXt", b"zTXt"):
        try:
            _read_packed(name, payload, limits, collector)
        except (zlib.error, ValueError, IndexError):
            collector.left_out(f"a block of text or colour data ({name.decode()})")


def _read_packed(name: bytes, payload: bytes, limits: Limits, collector: Collector) -> None:
    keyword, rest = payload.split(b"\0", 1)
    wanted = _PACKED_KEYWORDS.get(name)
    # unpacking is the expensive part: of a thousand such chunks only the first is
    if (wanted and keyword.lower() not in wanted) or not collector.is_first(name.decode()):
        return
    if name == b"iCCP":
        collector.icc(unpack(rest[1:], limits.block_bytes))
    elif name == b"iTXt":
        is_packed = rest[0]
        text = rest[2:].split(b"\0", 2)[2]
        collector.xmp(unpack(text, limits.block_bytes) if is_packed else text)
    else:
        # ImageMagick's way before eXIf: name, length and hexadecimal digits, one to a line
        lines = unpack(rest[1:], limits.block_bytes).split(b"\n", 3)
        collector.exif(binascii.unhexlify(b"".join(lines[3].split())))


def unpack(data: bytes, limit: int) -> bytes:
    """Inflate, but never to more than ``limit`` bytes.

    Raises:
        ValueError: it would be more, or breaks off.
        zlib.error: it is broken.
    """
    machine = zlib.decompressobj()
    out = machine.decompress(data, limit)
    if not machine.eof:
        raise ValueError("too large or incomplete")
    return out
