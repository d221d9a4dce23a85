"""Reading GIF (its first frame) and BMP."""

import io
import struct
from typing import BinaryIO

import numpy as np

from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.codecs import pillow
from genrepair_desktop.imaging.codecs.errors import damaged, truncated
from genrepair_desktop.imaging.codecs.limits import Limits
from genrepair_desktop.imaging.codecs.photo import Decoded, PhotoMetadata

_METRES_AN_INCH = 0.0254
_RLE = (1, 2)
# two bytes make a run of up to 255 pixels
_MOST_RUN = 128


def read_gif(file: BinaryIO, limits: Limits) -> Decoded:
    """Decode the first frame of a GIF.

    Comments and the other frames are not given to the decoder: Pillow joins comments in quadratic time.

    Raises:
        Refused: over a limit, or truncated.
    """
    data, has_more = _first_frame(file, limits)
    picture = pillow.open_as(io.BytesIO(data), "GIF", limits)
    pillow.load(picture)
    pixels, _ = pillow.to_pixels(picture, None)
    notices = ("It is an animation; its first frame is shown.",) if has_more else ()
    return Decoded(pixels, 8, notices=notices)


def _first_frame(file: BinaryIO, limits: Limits) -> tuple[bytes, bool]:
    """The GIF cut down to its first frame, and whether it has more."""
    screen = file.read(13)
    if len(screen) < 13:
        raise truncated()
    limits.check_size(*struct.unpack_from("<HH", screen, 6))
    kept = bytearray(screen + file.read(_table_size(screen[10])))
    control = b""
    for count in range(limits.parts + 1):
        limits.check_parts(count)
        introducer = file.read(1)
        if introducer == b"!":
            label, body = file.read(1), _sub_blocks(file, limits.parts)
            control = b"!" + label + body if label == b"\xf9" else control
        elif introducer == b",":
            _append_frame(file, kept, control, limits)
            return bytes(kept) + b";", _has_more(file, limits)
        elif introducer in (b"", b";"):
            raise truncated()
    raise damaged("its blocks are scrambled")


def _append_frame(file: BinaryIO, kept: bytearray, control: bytes, limits: Limits) -> None:
    head = file.read(9)
    if len(head) < 9:
        raise truncated()
    x, y, width, height, flags = struct.unpack("<HHHHB", head)
    limits.check_size(x + width, y + height)
    kept += control + b"," + head + file.read(_table_size(flags))
    kept += file.read(1) + _sub_blocks(file, limits.parts * 20)


def _table_size(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _sub_blocks(file: BinaryIO, most: int) -> bytes:
    """A chain of at most ``most`` sub-blocks, with its terminator."""
    out = bytearray()
    for _ in range(most):
        size = file.read(1)
        block = file.read(size[0] if size else 0)
        if not size or len(block) < size[0]:
            raise truncated()
        out += size + block
        if size == b"\0":
            return bytes(out)
    raise damaged("its blocks have no end")


def _has_more(file: BinaryIO, limits: Limits) -> bool:
    """True if another frame follows; what is broken behind the first frame does not matter."""
    for _ in range(16):
        introducer = file.read(1)
        if introducer != b"!":
            return introducer == b","
        file.read(1)
        size = file.read(1)
        while size and size != b"\0" and file.tell() < limits.file_bytes:
            file.seek(size[0], 1)
            size = file.read(1)
    return False


def read_bmp(file: BinaryIO, limits: Limits) -> Decoded:
    """Decode a BMP.

    Raises:
        Refused: over a limit, or truncated.
    """
    head = file.read(54)
    if len(head) < 26:
        raise truncated()
    size = file.seek(0, 2)
    is_old = struct.unpack_from("<I", head, 14)[0] == 12
    width, height = struct.unpack_from("<HH" if is_old else "<ii", head, 18)
    limits.check_size(width, abs(height))
    bits = struct.unpack_from("<H", head, 24 if is_old else 28)[0] if len(head) >= 30 else 0
    compression = 0 if is_old or len(head) < 34 else struct.unpack_from("<I", head, 30)[0]
    start = struct.unpack_from("<I", head, 10)[0]
    if compression not in _RLE and start + (width * bits + 31) // 32 * 4 * abs(height) > size:
        raise truncated()
    file.seek(0)
    if compression in _RLE:
        if (size - start) * _MOST_RUN < width * abs(height):
            raise truncated()
        pixels = _run_length(file.read(2 * width * abs(height) + 2**20), (abs(height), width))
    else:
        picture = pillow.open_as(file, "BMP", limits)
        pillow.load(picture)
        pixels, _ = pillow.to_pixels(picture, None)
    return Decoded(pixels, 8, PhotoMetadata(dpi=_bmp_density(head)))


def _run_length(data: bytes, shape: tuple[int, int]) -> Pixels:
    """Through OpenCV: Pillow unpacks runs in Python, a minute for a large picture."""
    import cv2

    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        raise ValueError("run-length data") from error
    if pixels is None or pixels.shape[:2] != shape:
        raise damaged("its run-length data is broken")
    return pixels


def _bmp_density(head: bytes) -> tuple[float, float] | None:
    if len(head) < 46 or struct.unpack_from("<I", head, 14)[0] < 40:
        return None
    x, y = (value * _METRES_AN_INCH for value in struct.unpack_from("<ii", head, 38))
    return (x, y) if x > 1 and y > 1 else None
