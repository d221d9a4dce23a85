"""Reading AVIF and HEIC. Both lie in ISO boxes that state the size before anything is decoded (ISO 23008-12).

Both libraries are known to treat rotation apart: Pillow hands an AVIF's ``irot`` over as an EXIF orientation,
libheif turns the pixels itself and leaves a stale orientation in EXIF.
"""

import io
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.codecs import pillow
from genrepair_desktop.imaging.codecs.errors import DECODER_ERRORS, damaged, truncated
from genrepair_desktop.imaging.codecs.limits import Limits
from genrepair_desktop.imaging.codecs.metadata import Collector
from genrepair_desktop.imaging.codecs.photo import Decoded

_CONTAINERS = (b"meta", b"iprp", b"ipco")
_MAX_BOXES = 10_000
_META_BYTES = 1 << 20


def read_avif(file: BinaryIO, limits: Limits) -> Decoded:
    """Decode an AVIF: 8 bits as uint8, 10 and 12 bits as uint16 over the full range.

    Raises:
        Refused: over a limit, or truncated.
    """
    data = _whole(file)
    bits = _check_properties(data, limits, limits.av1_pixels_a_byte)
    collector = Collector(limits)
    try:
        picture = pillow.open_as(io.BytesIO(data), "AVIF", limits)
    except DECODER_ERRORS:
        # libavif refuses a picture for its EXIF header alone
        data = _without_exif(data)
        picture = pillow.open_as(io.BytesIO(data), "AVIF", limits)
        collector.left_out("the EXIF data")
    limits.check_density(len(data), *picture.size, pixels_a_byte=limits.av1_pixels_a_byte)
    collector.exif(picture.info.get("exif"))
    collector.xmp(picture.info.get("xmp"))
    collector.icc(picture.info.get("icc_profile"))
    if bits > 8:
        pixels = _deep_avif(data, bits)
    else:
        pillow.load(picture)
        pixels, _ = pillow.to_pixels(picture, None)
    metadata = collector.finish(pixels.shape[2])
    notices = list(collector.notices)
    if getattr(picture, "n_frames", 1) > 1:
        notices.append("It is an animation; its first frame is shown.")
    return Decoded(pixels, bits, metadata, collector.orientation, tuple(notices))


def _without_exif(data: bytes) -> bytes:
    """The file with its EXIF item renamed to one that decoders skip."""
    out = bytearray(data)
    at = out.find(b"infe", 0, _META_BYTES)
    while at >= 0:
        for spot in (at + 12, at + 14):  # items are numbered with 2 or 4 bytes
            if out[spot : spot + 4] == b"Exif":
                out[spot : spot + 4] = b"free"
        at = out.find(b"infe", at + 4, _META_BYTES)
    return bytes(out)


def _deep_avif(data: bytes, bits: int) -> Pixels:
    import imagecodecs

    samples = np.atleast_3d(imagecodecs.avif_decode(data, index=0))
    if samples.dtype != np.uint16:
        return samples
    return _full_range(samples, bits)


def _full_range(samples: Pixels, bits: int) -> Pixels:
    """Samples of 9 to 15 bits stretched to 16 by repeating their upper bits, as white must become 65535."""
    return (samples << (16 - bits)) | (samples >> (2 * bits - 16))


def read_heic(file: BinaryIO, limits: Limits) -> Decoded:
    """Decode the main picture of a HEIC: 8 bits as uint8, more as uint16 over the full range.

    Raises:
        Refused: over a limit, or truncated.
    """
    import pillow_heif

    data = _whole(file)
    bits = _check_properties(data, limits, limits.pixels_a_byte)
    heif = pillow_heif.open_heif(data, convert_hdr_to_8bit=False, bgr_mode=False)
    limits.check_size(*heif.size)
    limits.check_density(len(data), *heif.size)
    collector = Collector(limits)
    collector.exif(heif.info.get("exif"))
    collector.xmp(heif.info.get("xmp"))
    collector.icc(heif.info.get("icc_profile"))
    pixels = np.array(np.atleast_3d(np.asarray(heif)))
    if pixels.shape[2] not in (1, 2, 3, 4) or pixels.dtype not in (np.uint8, np.uint16):
        raise damaged("its channels are of an unknown kind")
    if pixels.dtype == np.uint16 and 8 < bits < 16:
        # libheif shifts the samples up and leaves zeros below
        pixels = _full_range(pixels >> (16 - bits), bits)
    metadata = collector.finish(pixels.shape[2])
    notices = list(collector.notices)
    if len(heif) > 1:
        notices.append(f"It holds {len(heif)} pictures; the main one is shown.")
    # libheif has turned the pixels already, so EXIF's orientation is not applied
    return Decoded(pixels, bits, metadata, 1, tuple(notices))


def _whole(file: BinaryIO) -> bytes:
    """The file's content, once its outermost boxes are seen to be complete."""
    size, at = file.seek(0, 2), 0
    for _ in range(_MAX_BOXES):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            break
        length = int.from_bytes(head[:4], "big")
        length = int.from_bytes(head[8:], "big") if length == 1 else length or size - at
        if length < 8:
            raise damaged("its boxes are scrambled")
        at += length
    if at > size:
        raise truncated()
    file.seek(0)
    return file.read()


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    at = start
    for _ in range(_MAX_BOXES):
        if at + 8 > end:
            return
        size, body = int.from_bytes(data[at : at + 4], "big"), at + 8
        if size == 1:
            size, body = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        stop = end if size == 0 else at + size
        if stop > end or stop < body:
            return
        yield data[at + 4 : at + 8], body, stop
        at = stop


def _properties(data: bytes, start: int, end: int, depth: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """The boxes that describe pictures, wherever ``meta`` holds them."""
    for name, body, stop in _boxes(data, start, end):
        if name in _CONTAINERS and depth < len(_CONTAINERS):
            # meta is a full box: 4 bytes of version and flags come first
            yield from _properties(data, body + (4 if name == b"meta" else 0), stop, depth + 1)
        elif name in (b"ispe", b"pixi"):
            yield name, data[body : min(stop, body + 32)]


def _check_properties(data: bytes, limits: Limits, pixels_a_byte: int) -> int:
    """Check the largest stated size; returns bits a sample (8 if not stated)."""
    bits, sizes = 8, 0
    for name, body in _properties(data, 0, len(data)):
        if name == b"ispe" and len(body) >= 12:
            size = int.from_bytes(body[4:8], "big"), int.from_bytes(body[8:12], "big")
            limits.check_size(*size)
            limits.check_density(len(data), *size, pixels_a_byte=pixels_a_byte)
            sizes += 1
        elif name == b"pixi" and len(body) >= 6 and body[4]:
            bits = max(bits, min(body[5], 16))
    if not sizes:
        raise damaged("it states no size")
    return bits
