"""Reading JPEG: the segments walked by our own code, the entropy-coded rest by libjpeg-turbo.

The decoder is given only what it needs to decode, so that no metadata can disturb it (ITU-T T.81, annex B).
"""

import io
import re
import struct
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from genrepair_desktop.imaging.codecs.errors import PhotoLimitError, Refused, damaged, truncated, unsupported
from genrepair_desktop.imaging.codecs.limits import Limits
from genrepair_desktop.imaging.codecs.metadata import Collector
from genrepair_desktop.imaging.codecs.photo import Decoded, JpegEncoding, Subsampling

_SOI, _EOI, _SOS, _DQT, _DHT = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4
_APP0, _APP1, _APP2, _APP13, _APP14, _COM = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE
_BASELINE, _EXTENDED, _PROGRESSIVE = 0xC0, 0xC1, 0xC2
_ALL_FRAMES = set(range(0xC0, 0xD0)) - {_DHT, 0xC8, 0xCC}
_SLACK, _MAX_SCAN_BYTES = 1 << 24, 384 << 20
# not a stuffed zero, a restart, or fill
_MARKER = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")
_SAMPLINGS: dict[tuple[tuple[int, int], ...], Subsampling] = {
    ((1, 1), (1, 1), (1, 1)): "4:4:4",
    ((2, 1), (1, 1), (1, 1)): "4:2:2",
    ((2, 2), (1, 1), (1, 1)): "4:2:0",
}
_XMP_PREFIX, _IRB_PREFIX, _ICC_PREFIX = b"http://ns.adobe.com/xap/1.0/\0", b"Photoshop 3.0\0", b"ICC_PROFILE\0"


@dataclass
class _Header:
    """What stands before the first scan."""

    kept: bytearray
    width: int = 0
    height: int = 0
    sampling: tuple[tuple[int, int], ...] = ()
    marker: int = 0
    tables: dict[int, tuple[int, ...]] = field(default_factory=dict)
    profile_parts: dict[int, bytes] = field(default_factory=dict)


def read_jpeg(file: BinaryIO, limits: Limits) -> Decoded:
    """Decode a JPEG of 8 bits a sample in grey, colour or CMYK.

    Raises:
        Refused: over a limit, truncated, or of a rare kind.
    """
    collector = Collector(limits)
    header = _read_header(file, limits, collector)
    limits.check_size(header.width, header.height)
    data = header.kept
    start = len(data)
    _append_scans(data, file, header.width * header.height)
    scans, end = _measure_scans(data, start, limits)
    limits.check_scans(scans, header.width, header.height)
    if (end - start) * 8 < _blocks(header):
        # every block takes at least one bit; a decoder would spend seconds on filling in grey
        raise truncated()
    del data[end:]
    data += b"\xff\xd9"
    if header.profile_parts:
        collector.icc(b"".join(part for _, part in sorted(header.profile_parts.items())))
    _read_density(header, collector)
    return _decode(data, header, collector, limits)


def _decode(data: bytearray, header: _Header, collector: Collector, limits: Limits) -> Decoded:
    notices: tuple[str, ...] = ()
    if len(header.sampling) == 4:
        from genrepair_desktop.imaging.codecs import pillow

        picture = pillow.open_as(io.BytesIO(data), "JPEG", limits)
        pillow.load(picture)
        pixels, notices = pillow.to_pixels(picture, collector.profile)
        metadata = collector.finish_as_srgb()
    else:
        import imagecodecs

        pixels = np.atleast_3d(imagecodecs.jpeg8_decode(data))
        metadata = collector.finish(pixels.shape[2])
    return Decoded(pixels, 8, metadata, collector.orientation, (*collector.notices, *notices), _encoding(header))


def _read_header(file: BinaryIO, limits: Limits, collector: Collector) -> _Header:
    header = _Header(bytearray(file.read(2)))
    for count in range(limits.parts):
        limits.check_parts(count)
        marker = _next_marker(file)
        if marker == _EOI:
            raise damaged("it ends before any picture data")
        if marker == _SOI or 0xD0 <= marker <= 0xD7 or marker == 0x01:
            continue
        size = file.read(2)
        payload = file.read(max(0, int.from_bytes(size, "big") - 2))
        if len(size) < 2 or len(payload) + 2 < int.from_bytes(size, "big"):
            raise truncated()
        if marker in _ALL_FRAMES:
            _read_frame(header, marker, payload)
        elif marker == _DQT:
            _read_tables(header, payload)
        if _is_needed(marker, payload):
            header.kept += bytes((0xFF, marker)) + size + payload
        else:
            _read_metadata(marker, payload, header, collector)
        if marker == _SOS:
            if not header.marker:
                raise damaged("it has no frame header")
            return header
    limits.check_parts(limits.parts + 1)
    return header


def _next_marker(file: BinaryIO) -> int:
    byte = file.read(1)
    skipped = 0
    # junk between segments is common and harmless in small amounts
    while byte and byte != b"\xff" and skipped < 65536:
        byte = file.read(1)
        skipped += 1
    while byte == b"\xff":
        byte = file.read(1)
    if not byte:
        raise truncated()
    if byte == b"\0" or skipped == 65536:
        raise damaged("its segments are scrambled")
    return byte[0]


def _is_needed(marker: int, payload: bytes) -> bool:
    """True for what the decoder needs: tables, frame, scan; JFIF and Adobe tell it the colour space."""
    if marker == _APP0:
        return payload.startswith(b"JFIF\0")
    if marker == _APP14:
        return payload.startswith(b"Adobe")
    return not (_APP0 <= marker <= 0xEF or marker == _COM)


def _read_frame(header: _Header, marker: int, payload: bytes) -> None:
    if marker not in (_BASELINE, _EXTENDED, _PROGRESSIVE):
        raise unsupported("it is a lossless, hierarchical or arithmetic-coded JPEG, which is not read here")
    if header.marker:
        raise damaged("it has two frame headers")
    if len(payload) < 6:
        raise truncated()
    precision, header.height, header.width, count = struct.unpack_from(">BHHB", payload)
    if precision != 8:
        raise unsupported(f"it is a JPEG of {precision} bits a sample, which is not read here")
    if count not in (1, 3, 4) or len(payload) < 6 + 3 * count:
        raise damaged(f"it says it has {count} colour channels")
    header.marker = marker
    samplings = (payload[7 + 3 * index] for index in range(count))
    header.sampling = tuple((sampling >> 4, sampling & 15) for sampling in samplings)


def _read_tables(header: _Header, payload: bytes) -> None:
    from PIL.JpegImagePlugin import zigzag_index

    at = 0
    while at < len(payload):
        wide, name = payload[at] >> 4, payload[at] & 15
        size = 128 if wide else 64
        values = payload[at + 1 : at + 1 + size]
        if len(values) < size:
            return  # the decoder will say so
        numbers = struct.unpack(">64H", values) if wide else tuple(values)
        header.tables[name] = tuple(numbers[index] for index in zigzag_index)
        at += 1 + size


def _read_metadata(marker: int, payload: bytes, header: _Header, collector: Collector) -> None:
    if marker == _APP1 and payload.startswith(b"Exif\0"):
        collector.exif(payload[6:])
    elif marker == _APP1 and payload.startswith(_XMP_PREFIX):
        collector.xmp(payload[len(_XMP_PREFIX) :])
    elif marker == _APP2 and payload.startswith(_ICC_PREFIX) and len(payload) > 14:
        header.profile_parts.setdefault(payload[12], payload[14:])
    elif marker == _APP13 and payload.startswith(_IRB_PREFIX):
        collector.iptc(_iptc(payload[len(_IRB_PREFIX) :]))


def _read_density(header: _Header, collector: Collector) -> None:
    at = bytes(header.kept).find(b"JFIF\0")
    if at >= 0 and len(header.kept) >= at + 12:
        unit, x, y = struct.unpack_from(">BHH", header.kept, at + 7)
        factor = {1: 1.0, 2: 2.54}.get(unit)
        if factor:
            collector.dpi(x * factor, y * factor)


def _iptc(resources: bytes) -> bytes | None:
    """The IPTC records among Photoshop's image resources."""
    at = 0
    while resources[at : at + 4] == b"8BIM" and at + 12 <= len(resources):
        code = struct.unpack_from(">H", resources, at + 4)[0]
        name = resources[at + 6] + 1
        at += 6 + name + name % 2
        if at + 4 > len(resources):
            return None
        size = struct.unpack_from(">I", resources, at)[0]
        if code == 0x0404:
            return resources[at + 4 : at + 4 + size]
        at += 4 + size + size % 2
    return None


def _blocks(header: _Header) -> int:
    """How many 8 × 8 blocks of all channels the picture has, rounded down."""
    most = max(x for x, _ in header.sampling) * max(y for _, y in header.sampling)
    share = sum(x * y for x, y in header.sampling) / max(most, 1)
    return int((header.width // 8) * (header.height // 8) * share)


def _append_scans(data: bytearray, file: BinaryIO, pixels: int) -> None:
    """Read the scans, and not much of what may follow the picture (a film, a second picture, sparse zeros)."""
    # noise at quality 100 takes under 6 bytes a pixel; 384 MiB are searched in a second
    room = min(pixels * 6 + _SLACK, _MAX_SCAN_BYTES)
    while room > 0 and (block := file.read(min(room, 1 << 20))):
        data += block
        room -= len(block)
    if len(data) > _MAX_SCAN_BYTES and data.rfind(b"\xff\xd9", len(data) - _SLACK) < 0 and file.read(1):
        raise Refused(PhotoLimitError, "one picture in it takes more than 384 MiB", "save it again as PNG or TIFF")


def _measure_scans(data: bytearray, at: int, limits: Limits) -> tuple[int, int]:
    """How many scans there are, and where the picture ends in ``data``, whose first scan starts at ``at``.

    Raises:
        Refused: there is no end.
    """
    scans, start = 1, at
    while (match := _MARKER.search(data, at)) and scans <= limits.scans:
        marker = data[match.start() + 1]
        if marker == _EOI:
            return scans, match.start()
        scans += marker == _SOS
        at = match.start() + 2 + int.from_bytes(data[match.start() + 2 : match.start() + 4], "big")
    if scans > limits.scans:
        return max(scans, data.count(b"\xff\xda", start)), len(data)
    # a flipped bit may look like a marker and lead the walk astray: a later end is believed then
    end = data.rfind(b"\xff\xd9", start)
    if end < 0 or end < data.rfind(b"\xff\xda", start):
        raise truncated()
    return scans, end


def _encoding(header: _Header) -> JpegEncoding | None:
    tables = tuple(header.tables[name] for name in sorted(header.tables))
    if not tables or max(max(table) for table in tables) > 255 or len(header.sampling) == 4:
        return None
    grey = len(header.sampling) == 1
    subsampling = None if grey else _SAMPLINGS.get(header.sampling)
    return JpegEncoding(tables[:2], subsampling, header.marker == _PROGRESSIVE)
