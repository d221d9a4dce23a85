"""The one way pixels become a photo's file."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from genrepair_desktop.atomic import SaveError, TargetExistsError, replacing
from genrepair_desktop.imaging.arrays import Pixels, check_pixels, full_scale, has_alpha
from genrepair_desktop.imaging.codecs.encode import encode
from genrepair_desktop.imaging.codecs.errors import PhotoExistsError, PhotoWriteError
from genrepair_desktop.imaging.codecs.metadata import for_export
from genrepair_desktop.imaging.codecs.options import WRITE_FORMATS, ExportOptions, WriteFormat, format_of
from genrepair_desktop.imaging.codecs.photo import PhotoMetadata, PhotoSource
from genrepair_desktop.imaging.colour import to_eight_bits

_ENCODER_ERRORS = (ValueError, TypeError, RuntimeError, MemoryError)


def write_photo(
    path: str | os.PathLike[str],
    pixels: Pixels,
    metadata: PhotoMetadata | None = None,
    options: ExportOptions | PhotoSource | None = None,
    *,
    overwrite: bool = False,
) -> tuple[str, ...]:
    """Write a picture, all or nothing, at its own depth and with its metadata made true of it.

    Args:
        path: the target; its ending names the format unless the options do.
        pixels: uint8 or uint16, (h, w, 1 to 4), upright.
        metadata: what ``read_photo`` gave; None writes none.
        options: how to encode; a ``PhotoSource`` means as the source was encoded.
        overwrite: False refuses an existing target.

    Returns:
        Sentences on what the format could not hold.

    Raises:
        PhotoExistsError: the target exists and ``overwrite`` is False.
        PhotoWriteError: anything else; what stood there before is untouched.
    """
    check_pixels(pixels)
    if isinstance(options, PhotoSource):
        options = ExportOptions.like(options)
    options = options or ExportOptions()
    name = options.format or format_of(Path(path))
    if name is None:
        raise PhotoWriteError(
            path, "its ending names no format that is written here", "use .png, .jpg, .tif, .webp or .avif"
        )
    pixels, notices = _fitted(path, pixels, name, options)
    kept, more = _kept_metadata(metadata or PhotoMetadata(), pixels, options)
    try:
        with replacing(path, overwrite=overwrite) as file:
            pieces, last = encode(pixels, kept, name, options)
            for piece in pieces:
                file.write(piece)
    except TargetExistsError as error:
        raise PhotoExistsError(path, error.reason, error.remedy) from error
    except SaveError as error:
        raise PhotoWriteError(path, error.reason, error.remedy) from error
    except _ENCODER_ERRORS as error:
        raise PhotoWriteError(
            path, f"the picture could not be encoded as {WRITE_FORMATS[name].title}", "choose another format"
        ) from error
    return (*notices, *more, *last)


def _fitted(
    path: str | os.PathLike[str], pixels: Pixels, name: WriteFormat, options: ExportOptions
) -> tuple[Pixels, tuple[str, ...]]:
    """The picture in the depth and channels that the format holds, and notices.

    Raises:
        PhotoWriteError: too large for the format, or transparent where it cannot be.
    """
    can = WRITE_FORMATS[name]
    title = can.title
    if max(pixels.shape[:2]) > can.max_side:
        raise PhotoWriteError(
            path, f"{title} holds at most {can.max_side:,} pixels a side", "choose PNG or TIFF instead"
        )
    notices: tuple[str, ...] = ()
    if has_alpha(pixels) and not can.has_alpha:
        if options.flatten is None:
            raise PhotoWriteError(
                path, f"{title} has no transparency", "choose PNG, TIFF or WebP, or a colour to lay under it"
            )
        pixels = flattened(pixels, options.flatten)
    if pixels.dtype == np.uint16 and (not can.has_deep or options.bits == 8):
        pixels = to_eight_bits(pixels)
        if not can.has_deep:
            notices = (f"{title} is written with 8 bits; the 16-bit picture was reduced.",)
    if pixels.shape[2] <= 2 and not can.has_grey:
        pixels = np.concatenate([np.repeat(pixels[..., :1], 3, axis=2), pixels[..., 1:]], axis=2)
    return pixels, notices


def _kept_metadata(
    metadata: PhotoMetadata, pixels: Pixels, options: ExportOptions
) -> tuple[PhotoMetadata, tuple[str, ...]]:
    notices: tuple[str, ...] = ()
    icc = metadata.icc
    if icc and icc[16:20] != (b"GRAY" if pixels.shape[2] <= 2 else b"RGB "):
        icc, notices = None, ("The colour profile does not fit the exported channels and was left out.",)
    if not options.keep_metadata:
        return PhotoMetadata(icc=icc), notices
    size = (pixels.shape[1], pixels.shape[0])
    return for_export(replace(metadata, icc=icc), size, strip_gps=options.strip_gps), notices


def flattened(pixels: Pixels, colour: tuple[int, int, int]) -> Pixels:
    """``pixels`` without alpha, laid over ``colour`` (sRGB, 0 to 255), blended as stored (not in linear light).

    A grey picture takes the colour's mean.
    """
    top = full_scale(pixels)
    below = np.array(colour if pixels.shape[2] == 4 else [sum(colour) / 3], np.float32) * (top / 255)
    out = np.empty((*pixels.shape[:2], pixels.shape[2] - 1), pixels.dtype)
    for row in range(0, len(pixels), 256):
        block = pixels[row : row + 256]
        weight = block[..., -1:].astype(np.float32) / top
        out[row : row + 256] = np.rint(block[..., :-1] * weight + below * (1 - weight)).astype(pixels.dtype)
    return out
