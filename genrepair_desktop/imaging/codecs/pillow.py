"""The one place where Pillow decodes: one named format, its own limits replaced by ours, pixels out in strips."""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageCms, ImageFile

from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.codecs.errors import truncated, unsupported
from genrepair_desktop.imaging.codecs.limits import Limits
from genrepair_desktop.imaging.codecs.metadata import icc_fits

# Pillow's limit and Python's warning filters belong to the whole process; they are changed only inside here
_global_state = threading.Lock()
# rows handed over at a time: the picture never lies in memory three times
_STRIP = 256


@contextmanager
def _our_limits() -> Iterator[None]:
    with _global_state, warnings.catch_warnings():
        # metadata that Pillow warns about is read by our own code
        warnings.simplefilter("ignore")
        before = Image.MAX_IMAGE_PIXELS
        # Pillow warns at 89 megapixels, below what is to be opened here; `Limits` has checked the header already
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def open_as(file: BinaryIO, format_name: str, limits: Limits) -> ImageFile.ImageFile:
    """Open with exactly one of Pillow's formats, and check the size it will decode to.

    Raises:
        Refused: over the limits. Others: whatever Pillow raises on a broken file.
    """
    with _our_limits():
        picture = Image.open(file, formats=(format_name,))
    limits.check_size(*picture.size)
    return picture


def load(picture: Image.Image) -> None:
    """Decode.

    Raises:
        Refused: the file ends too early. Others: whatever Pillow raises on a broken file.
    """
    try:
        picture.load()
    except OSError as error:
        if "truncated" in str(error):
            raise truncated() from error
        raise


def to_pixels(picture: Image.Image, profile: bytes | None) -> tuple[Pixels, tuple[str, ...]]:
    """The pixels of a decoded picture, in the channels that keep all of it, and notices.

    CMYK and Lab become sRGB, through ``profile`` if it fits; the profile is then used up.
    """
    if picture.mode == "CMYK":
        return _from_cmyk(picture, profile)
    if picture.mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        transform = ImageCms.buildTransform(lab, ImageCms.createProfile("sRGB"), "LAB", "RGB")
        return _strips(_applied(picture, transform)), ("Converted from Lab to sRGB.",)
    return _strips(_plain(picture)), ()


def _plain(picture: Image.Image) -> Image.Image:
    """In one of the modes L, LA, RGB, RGBA, I;16, without loss."""
    mode = picture.mode
    if mode in ("L", "LA", "RGB", "RGBA") and "transparency" not in picture.info:
        return picture
    if mode in ("I;16", "I;16L", "I;16B", "I;16N"):
        return picture
    if "transparency" in picture.info or mode in ("PA", "RGBa"):
        return picture.convert("RGBA")
    if mode == "1":
        return picture.convert("L")
    if mode == "La":
        return picture.convert("LA")
    if mode in ("P", "RGBX", "YCbCr"):
        return picture.convert("RGB")
    raise unsupported(f"its pixels are stored in a way that is not read here ({mode})")


def _from_cmyk(picture: Image.Image, profile: bytes | None) -> tuple[Pixels, tuple[str, ...]]:
    if profile and icc_fits(profile, b"CMYK", Limits().block_bytes):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), "CMYK", "RGB")
            return _strips(_applied(picture, transform)), ("Converted from CMYK to sRGB by its colour profile.",)
        except (ImageCms.PyCMSError, OSError):
            pass
    notice = "Converted from CMYK to RGB without a colour profile; colours may shift."
    return _strips(picture.convert("RGB")), (notice,)


def _applied(picture: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    converted = ImageCms.applyTransform(picture, transform)
    assert converted is not None  # only with inPlace
    return converted


def _strips(picture: Image.Image) -> Pixels:
    width, height = picture.size
    channels = len(picture.getbands())
    kind = np.uint16 if picture.mode.startswith("I;16") else np.uint8
    pixels = np.empty((height, width, channels), kind)
    for top in range(0, height, _STRIP):
        bottom = min(height, top + _STRIP)
        strip = np.asarray(picture.crop((0, top, width, bottom)))
        pixels[top:bottom] = strip.reshape(bottom - top, width, channels)
    return pixels
