"""The one way a photo's file becomes pixels."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from genrepair_desktop.files import OpenError, explain, open_regular
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.codecs.bitmaps import read_bmp, read_gif
from genrepair_desktop.imaging.codecs.errors import (
    COPY_AGAIN,
    DECODER_ERRORS,
    PhotoAccessError,
    PhotoDamagedError,
    PhotoError,
    PhotoLimitError,
    Refused,
)
from genrepair_desktop.imaging.codecs.iso import read_avif, read_heic
from genrepair_desktop.imaging.codecs.jpeg import read_jpeg
from genrepair_desktop.imaging.codecs.limits import Limits
from genrepair_desktop.imaging.codecs.photo import Decoded, Photo, PhotoSource
from genrepair_desktop.imaging.codecs.png import read_png
from genrepair_desktop.imaging.codecs.sniff import HEAD_BYTES, sniff
from genrepair_desktop.imaging.codecs.tiff import read_tiff
from genrepair_desktop.imaging.codecs.webp import read_webp

_READERS: dict[str, Callable[[BinaryIO, Limits], Decoded]] = {
    "jpeg": read_jpeg,
    "png": read_png,
    "tiff": read_tiff,
    "webp": read_webp,
    "bmp": read_bmp,
    "gif": read_gif,
    "avif": read_avif,
    "heic": read_heic,
}
READABLE_FORMATS = tuple(_READERS)
READABLE_SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".webp", ".bmp", ".dib", ".gif", ".avif", ".heic",
    ".heif",
)  # fmt: skip
# formats whose decoders take the whole file at once; a photo in them is far smaller
_WHOLE_FILE_BYTES = {"webp": 512 * 2**20, "gif": 512 * 2**20, "avif": 256 * 2**20, "heic": 256 * 2**20}


def read_photo(path: str | os.PathLike[str], *, limits: Limits | None = None) -> Photo:
    """Open a photo: upright pixels at the file's depth, its metadata, and what had to be converted.

    Formats are recognised by content. Nothing is decoded before the header has passed ``limits``.

    Args:
        path: a regular file or a link to one.
        limits: upper bounds; the default reads up to 178 megapixels.

    Raises:
        PhotoError: whatever is wrong with the file, as one sentence.
    """
    limits = limits or Limits()
    try:
        with open_regular(path, limits.file_bytes) as file:
            size = os.fstat(file.fileno()).st_size
            kind = sniff(file.read(HEAD_BYTES))
            if size > _WHOLE_FILE_BYTES.get(kind, size):
                raise Refused(PhotoLimitError, f"{size / 2**20:,.0f} MiB are too much for one picture", COPY_AGAIN)
            file.seek(0)
            decoded = _READERS[kind](file, limits)
            return _finish(decoded, PhotoSource(Path(path), kind, decoded.bits, size, decoded.jpeg), limits)
    except OpenError as error:
        raise PhotoAccessError(path, error.reason, error.remedy) from error
    except Refused as refusal:
        raise refusal.kind(path, refusal.reason, refusal.remedy) from refusal
    except MemoryError as error:
        raise PhotoLimitError(
            path, "there is not enough memory for it", "close other programs or make it smaller"
        ) from error
    except DECODER_ERRORS as error:
        raise _failure(path, error) from error


def _failure(path: str | os.PathLike[str], error: Exception) -> PhotoError:
    if isinstance(error, OSError) and error.errno is not None:
        return PhotoAccessError(path, *explain(error))
    return PhotoDamagedError(path, "the picture data is damaged", COPY_AGAIN)


def _finish(decoded: Decoded, source: PhotoSource, limits: Limits) -> Photo:
    limits.check_size(decoded.pixels.shape[1], decoded.pixels.shape[0])
    pixels = np.ascontiguousarray(upright(decoded.pixels, decoded.orientation))
    if not pixels.flags.writeable:
        pixels = pixels.copy()
    return Photo(pixels, decoded.metadata, source, decoded.notices)


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """``pixels`` turned and mirrored as the EXIF orientation (1 to 8) says."""
    if orientation == 1:
        return pixels
    # OpenCV turns 24 megapixels several times faster than numpy copies a turned view
    import cv2

    shape = pixels.shape
    if orientation >= 5:
        pixels, shape = cv2.transpose(pixels), (shape[1], shape[0], shape[2])
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
    if flip is not None:
        pixels = cv2.flip(pixels, flip)
    return pixels.reshape(shape)
