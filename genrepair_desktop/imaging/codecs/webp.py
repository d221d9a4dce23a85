"""Reading WebP: the RIFF chunks walked by our own code, one bitstream decoded by libwebp (RFC 9649)."""

import struct
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.codecs.errors import damaged, truncated
from genrepair_desktop.imaging.codecs.limits import Limits
from genrepair_desktop.imaging.codecs.metadata import Collector
from genrepair_desktop.imaging.codecs.photo import Decoded

_FRAME_HEAD = 16


@dataclass
class _Frame:
    """One bitstream: its chunks, and where it stands on the canvas (None: it is the canvas)."""

    alpha: bytes = b""
    stream: bytes = b""
    stream_name: bytes = b""
    corner: tuple[int, int] | None = None


def read_webp(file: BinaryIO, limits: Limits) -> Decoded:
    """Decode a WebP; of an animation, the first frame.

    Raises:
        Refused: over a limit, or truncated.
    """
    collector = Collector(limits)
    size = file.seek(0, 2)
    file.seek(12)
    canvas: tuple[int, int] | None = None
    frame, frames = _Frame(), 0
    for count in range(limits.parts + 1):
        limits.check_parts(count)
        head = file.read(8)
        if len(head) < 8:
            break
        name, length = head[:4], int.from_bytes(head[4:], "little")
        if file.tell() + length > size:
            raise truncated()
        if name == b"ANMF":
            frames += 1
        if not _is_wanted(name, length, frames, limits):
            file.seek(length + length % 2, 1)
            continue
        payload = file.read(length)
        file.seek(length % 2, 1)
        if name == b"VP8X" and length >= 10:
            canvas = (1 + int.from_bytes(payload[4:7], "little"), 1 + int.from_bytes(payload[7:10], "little"))
        elif name == b"ANMF":
            frame = _animation_frame(payload)
        elif name in (b"VP8 ", b"VP8L"):
            frame.stream, frame.stream_name = frame.stream or payload, frame.stream_name or name
        elif name == b"ALPH":
            frame.alpha = frame.alpha or payload
        else:
            _read_metadata(name, payload, collector)
    if not frame.stream:
        raise truncated()
    pixels = _on_canvas(_decode(frame, limits), frame.corner, canvas, limits)
    metadata = collector.finish(pixels.shape[2])
    notices = (*collector.notices, *(("It is an animation; its first frame is shown.",) if frames > 1 else ()))
    return Decoded(pixels, 8, metadata, collector.orientation, notices)


def _is_wanted(name: bytes, length: int, frames: int, limits: Limits) -> bool:
    if name == b"ANMF":
        return frames == 1
    if name in (b"EXIF", b"XMP ", b"ICCP"):
        return length <= limits.block_bytes
    return name in (b"VP8X", b"VP8 ", b"VP8L", b"ALPH")


def _read_metadata(name: bytes, payload: bytes, collector: Collector) -> None:
    readers = {b"EXIF": collector.exif, b"XMP ": collector.xmp, b"ICCP": collector.icc}
    readers[name](payload)


def _animation_frame(payload: bytes) -> _Frame:
    if len(payload) < _FRAME_HEAD:
        raise truncated()
    x, y = (2 * int.from_bytes(payload[at : at + 3], "little") for at in (0, 3))
    frame, at = _Frame(corner=(x, y)), _FRAME_HEAD
    while at + 8 <= len(payload):
        name, length = payload[at : at + 4], int.from_bytes(payload[at + 4 : at + 8], "little")
        part = payload[at + 8 : at + 8 + length]
        if name == b"ALPH":
            frame.alpha = part
        elif name in (b"VP8 ", b"VP8L"):
            frame.stream, frame.stream_name = part, name
            break
        at += 8 + length + length % 2
    return frame


def _stream_size(frame: _Frame) -> tuple[int, int]:
    stream = frame.stream
    if frame.stream_name == b"VP8L" and stream[:1] == b"\x2f" and len(stream) >= 5:
        bits = int.from_bytes(stream[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if frame.stream_name == b"VP8 " and stream[3:6] == b"\x9d\x01\x2a" and len(stream) >= 10:
        width, height = struct.unpack_from("<HH", stream, 6)
        return width & 0x3FFF, height & 0x3FFF
    raise damaged("its picture data has no header")


def _chunk(name: bytes, payload: bytes) -> bytes:
    return name + len(payload).to_bytes(4, "little") + payload + b"\0" * (len(payload) % 2)


def _decode(frame: _Frame, limits: Limits) -> Pixels:
    import imagecodecs

    width, height = _stream_size(frame)
    limits.check_size(width, height)
    limits.check_density(len(frame.stream), width, height)
    body = _chunk(frame.stream_name, frame.stream)
    if frame.alpha:
        flags = bytes((0x10, 0, 0, 0)) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        body = _chunk(b"VP8X", flags) + _chunk(b"ALPH", frame.alpha) + body
    riff = b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body
    return np.atleast_3d(imagecodecs.webp_decode(riff))


def _on_canvas(
    pixels: Pixels, corner: tuple[int, int] | None, canvas: tuple[int, int] | None, limits: Limits
) -> Pixels:
    """The first frame of an animation, set on its transparent canvas; other pictures are as they are."""
    height, width = pixels.shape[:2]
    if corner is None or canvas is None or canvas == (width, height):
        return pixels
    limits.check_size(*canvas)
    x, y = corner
    if x + width > canvas[0] or y + height > canvas[1]:
        raise damaged("its first frame lies outside the picture")
    whole = np.zeros((canvas[1], canvas[0], 4), np.uint8)
    whole[y : y + height, x : x + width, : pixels.shape[2]] = pixels
    if pixels.shape[2] == 3:
        whole[y : y + height, x : x + width, 3] = 255
    return whole
