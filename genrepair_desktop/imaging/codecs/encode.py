"""Pixels and metadata made into the bytes of a file, one function a format.

A window lives beside this: nothing here may keep the interpreter's lock for long. So large pieces are not joined,
Pillow gets pixels that it need not copy, and it writes into a pipe.
"""

import io
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, BinaryIO

import cv2
import numpy as np
from PIL import Image

from genrepair_desktop.imaging.arrays import Pixels, has_alpha
from genrepair_desktop.imaging.codecs import exif
from genrepair_desktop.imaging.codecs.options import ExportOptions, WriteFormat
from genrepair_desktop.imaging.codecs.photo import PhotoMetadata
from genrepair_desktop.imaging.codecs.png import XMP_KEYWORD
from genrepair_desktop.imaging.codecs.tags import TagError

Bytes = bytes | bytearray | memoryview
Pieces = tuple[Bytes, ...]
Notices = tuple[str, ...]

_METRES_AN_INCH = 0.0254
_PNG_HEADER = 8 + 25
# what a PNG of any picture may have beside its samples and what does not shrink of them
_PNG_SLACK = 1 << 16
_SEGMENT = 65_533
# on 3.5 megapixels of photos: level 4 takes 0.26 s for 4.4 MB, 6 takes 0.6 s for 4.2 MB, 9 takes 2.2 s for 4.2 MB
_PNG_LEVEL = 4
# the same photos losslessly: method 0 takes 0.2 s for 3.1 MB, 2 takes 1.1 s for 2.8 MB
_WEBP_LOSSLESS = {"lossless": True, "exact": True, "quality": 0, "method": 0}
# the same photos at quality 95: speed 9 takes 0.5 s for 1.09 MB, 6 takes 3.4 s for 1.03 MB
_AVIF_SPEED = 9
_PIPE_BYTES = 1 << 20


def encode(
    pixels: Pixels, metadata: PhotoMetadata, name: WriteFormat, options: ExportOptions
) -> tuple[Pieces, Notices]:
    """The bytes of a file in the format ``name``, in pieces, and notices on metadata that did not fit.

    ``pixels`` are already of a depth and with channels that the format holds.

    Raises:
        OSError, ValueError, RuntimeError: the encoder failed.
    """
    encoders: dict[WriteFormat, Callable[[Pixels, PhotoMetadata, ExportOptions], tuple[Pieces, Notices]]] = {
        "png": _png, "jpeg": _jpeg, "tiff": _tiff, "webp": _webp, "avif": _avif,
    }  # fmt: skip
    return encoders[name](np.ascontiguousarray(pixels), metadata, options)


def _flat(pixels: Pixels) -> Pixels:
    """(h, w) for grey, as encoders want it."""
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels


def _png(pixels: Pixels, metadata: PhotoMetadata, options: ExportOptions) -> tuple[Pieces, Notices]:
    import imagecodecs

    # into memory of ours: its own it copies at the end with the interpreter's lock held, 0.2 s for 70 MB
    most = pixels.nbytes + pixels.nbytes // 128 + 16 * pixels.shape[0] + _PNG_SLACK
    room: Any = np.empty(most, np.uint8)  # its annotations know bytes alone
    data = memoryview(imagecodecs.png_encode(_flat(pixels), level=_PNG_LEVEL, out=room))
    chunks = b""
    if metadata.icc:
        chunks += _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.icc))
    if metadata.dpi:
        x, y = (round(value / _METRES_AN_INCH) for value in metadata.dpi)
        chunks += _chunk(b"pHYs", struct.pack(">IIB", x, y, 1))
    if metadata.exif:
        chunks += _chunk(b"eXIf", metadata.exif)
    if metadata.xmp:
        chunks += _chunk(b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + metadata.xmp)
    return (data[:_PNG_HEADER], chunks, data[_PNG_HEADER:]), ()


def _chunk(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", len(payload), name) + payload + struct.pack(">I", zlib.crc32(name + payload))


def _jpeg(pixels: Pixels, metadata: PhotoMetadata, options: ExportOptions) -> tuple[Pieces, Notices]:
    settings: dict[str, Any] = {"quality": options.quality, "subsampling": options.subsampling}
    source = options.as_source
    if source:
        # "quality" must be absent: Pillow would scale the tables by it
        settings = {"qtables": [list(table) for table in source.tables], "progressive": source.progressive}
        settings["subsampling"] = source.subsampling or "4:4:4"
    if metadata.dpi:
        settings["dpi"] = metadata.dpi
    with _drained() as (pipe, pieces):
        _picture(pixels).save(pipe, "JPEG", **settings)
    # behind the JFIF segment that the encoder wrote
    at = 4 + struct.unpack(">H", pieces[0][4:6])[0]
    segments, notices = _jpeg_segments(metadata)
    return (pieces[0][:at], segments, pieces[0][at:], *pieces[1:]), notices


def _picture(pixels: Pixels) -> Image.Image:
    """``pixels`` of 8 bits for Pillow, which works on them where they lie."""
    if pixels.shape[2] == 2:
        return Image.fromarray(pixels)
    mode = {1: "L", 3: "RGBX", 4: "RGBA"}[pixels.shape[2]]
    if mode == "RGBX":
        # Pillow pads colours to four bytes itself, and frees them with the interpreter's lock held: 0.1 s at 100 MP
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA)
    return Image.frombuffer(mode, (pixels.shape[1], pixels.shape[0]), pixels, "raw", mode, 0, 1)


@contextmanager
def _drained() -> Iterator[tuple[BinaryIO, list[bytes]]]:
    """A pipe to write to; what went through it is in the list when the block has ended.

    Into a file that the system knows Pillow encodes without the interpreter's lock; into memory it keeps the lock,
    for a progressive JPEG from the first row to the last.
    """
    reading, writing = os.pipe()
    pieces: list[bytes] = []

    def drain() -> None:
        with os.fdopen(reading, "rb", buffering=0) as source:
            while piece := source.read(_PIPE_BYTES):
                pieces.append(piece)

    with ThreadPoolExecutor(1, thread_name_prefix="encoded") as executor:
        drained = executor.submit(drain)
        try:
            with os.fdopen(writing, "wb") as pipe:
                yield pipe, pieces
        finally:
            # a reader that ran out of memory is the reason why the pipe broke
            drained.result()


def _jpeg_segments(metadata: PhotoMetadata) -> tuple[bytes, Notices]:
    blocks: list[tuple[int, bytes, str]] = []
    if metadata.exif:
        blocks.append((0xE1, b"Exif\0\0" + metadata.exif, "EXIF data"))
    if metadata.xmp:
        blocks.append((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + metadata.xmp, "XMP data"))
    if metadata.icc:
        room = _SEGMENT - 14
        parts = [metadata.icc[at : at + room] for at in range(0, len(metadata.icc), room)]
        blocks += [
            (0xE2, b"ICC_PROFILE\0" + bytes((number, len(parts))) + part, "colour profile")
            for number, part in enumerate(parts[:255], 1)
        ]
    if metadata.iptc:
        resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(metadata.iptc)) + metadata.iptc
        blocks.append((0xED, b"Photoshop 3.0\0" + resource + b"\0" * (len(metadata.iptc) % 2), "IPTC data"))
    fitting = [(marker, payload) for marker, payload, _ in blocks if len(payload) <= _SEGMENT]
    too_large = [what for _, payload, what in blocks if len(payload) > _SEGMENT]
    notices = tuple(f"The {what} are too large for JPEG and were left out." for what in too_large)
    return b"".join(struct.pack(">BBH", 0xFF, marker, len(p) + 2) + p for marker, p in fitting), notices


def _tiff(pixels: Pixels, metadata: PhotoMetadata, options: ExportOptions) -> tuple[Pieces, Notices]:
    import tifffile

    order = exif.byte_order(metadata.exif) if metadata.exif else "<"
    is_packed = options.compression != "none"
    codes = {"deflate": "zlib", "lzw": "lzw", "none": None}
    private = [(700, 1, metadata.xmp), (33723, 7, metadata.iptc)]
    out = io.BytesIO()
    tifffile.imwrite(
        out,
        _flat(pixels),
        byteorder=order,
        photometric="rgb" if pixels.shape[2] >= 3 else "minisblack",
        planarconfig="contig" if pixels.shape[2] > 1 else None,
        extrasamples=["unassalpha"] if has_alpha(pixels) else None,
        compression=codes[options.compression],
        predictor=is_packed,
        iccprofile=metadata.icc,
        resolution=metadata.dpi,
        resolutionunit="inch" if metadata.dpi else None,
        extratags=[(code, kind, len(value), value, True) for code, kind, value in private if value],
        software=False,
        metadata=None,
    )
    if not metadata.exif:
        return (out.getbuffer(),), ()
    return _tiff_with_exif(out, metadata.exif)


def _tiff_with_exif(out: io.BytesIO, block: bytes) -> tuple[Pieces, Notices]:
    at = out.seek(0, io.SEEK_END)
    out.write(b"\0" * (at % 2))
    try:
        with out.getbuffer() as whole:
            order, at = exif.byte_order(block), len(whole)
            appended = exif.into_tiff(whole, block)
    except (TagError, struct.error):
        return (out.getbuffer(),), ("The EXIF data do not fit into TIFF and were left out.",)
    out.write(appended)
    with out.getbuffer() as whole:
        struct.pack_into(order + "I", whole, 4, at)
    return (out.getbuffer(),), ()


def _pillow_settings(metadata: PhotoMetadata) -> dict[str, Any]:
    blocks = {"exif": metadata.exif, "xmp": metadata.xmp, "icc_profile": metadata.icc}
    return {name: block for name, block in blocks.items() if block}


def _webp(pixels: Pixels, metadata: PhotoMetadata, options: ExportOptions) -> tuple[Pieces, Notices]:
    out = io.BytesIO()
    settings: dict[str, Any] = {"quality": options.quality, "method": 4}
    if options.lossless:
        # exact: the colour of wholly transparent pixels is kept too; quality is effort here
        settings = dict(_WEBP_LOSSLESS)
    _picture(pixels).save(out, "WEBP", **settings, **_pillow_settings(metadata))
    return (out.getbuffer(),), ()


def _avif(pixels: Pixels, metadata: PhotoMetadata, options: ExportOptions) -> tuple[Pieces, Notices]:
    out = io.BytesIO()
    settings = {"quality": options.quality, "subsampling": options.subsampling, "speed": _AVIF_SPEED}
    Image.fromarray(pixels).save(out, "AVIF", **settings, **_pillow_settings(metadata))
    return (out.getbuffer(),), ()
