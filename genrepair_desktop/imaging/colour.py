"""Colour: what a profile's numbers look like on an sRGB screen, luma and chroma.

sRGB after IEC 61966-2-1; luma and chroma after ITU-R BT.601 in JFIF's full range.
"""

import functools
import io
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Image, Pixels, colour_channels

Bytes8 = npt.NDArray[np.uint8]
Samples = TypeVar("Samples", np.uint8, np.float32)
DisplayTransform = Callable[[Pixels], Bytes8]

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
# rows converted at a time: 24 megapixels never need a second copy in 32 bits
_STRIP = 256


def to_eight_bits(pixels: Pixels) -> Bytes8:
    """uint16 samples rounded to uint8 (65535 becomes 255); uint8 is handed back as it is."""
    if pixels.dtype == np.uint8:
        return pixels
    out = np.empty(pixels.shape, np.uint8)
    for row in range(0, len(pixels), _STRIP):
        # x / 257 rounded, in whole numbers
        out[row : row + _STRIP] = (pixels[row : row + _STRIP].astype(np.uint32) + 128) // 257
    return out


def display_transform(icc: bytes | None) -> DisplayTransform:
    """A function that turns blocks of a picture with this profile into sRGB for the screen.

    The function takes uint8 or uint16 (h, w, 1 to 4) and gives uint8 of the same shape; alpha is kept. It is
    made once for each profile. A profile that is missing, broken, or sRGB itself costs nothing.

    Args:
        icc: a colour profile for RGB or grey; None means sRGB.
    """
    return _transform_of(icc) if icc else to_eight_bits


@functools.lru_cache(maxsize=8)
def _transform_of(icc: bytes) -> DisplayTransform:
    from PIL import ImageCms

    space = "RGB" if icc[16:20] == b"RGB " else "L"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        target = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(
            source, target, space, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return to_eight_bits
    if _changes_nothing(transform, space):
        return to_eight_bits
    return functools.partial(_displayed, transform, space)


def _changes_nothing(transform: Any, space: str) -> bool:
    """True if no colour of a coarse grid moves by more than one step of 255."""
    steps = np.linspace(0, 255, 9 if space == "RGB" else 256).round().astype(np.uint8)
    if space == "RGB":
        grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
    else:
        grid = steps.reshape(16, 16, 1)
    shown = _applied(transform, space, grid)
    return int(np.abs(shown.astype(int) - grid.astype(int)).max()) <= 1


def _applied(transform: Any, space: str, colours: Bytes8) -> Bytes8:
    from PIL import Image as Pillow

    flat = colours[..., 0] if space == "L" else colours
    picture = Pillow.fromarray(np.ascontiguousarray(flat))
    return np.asarray(transform.apply(picture))


def _displayed(transform: Any, space: str, pixels: Pixels) -> Bytes8:
    eight = to_eight_bits(pixels)
    colours = colour_channels(eight)
    if (colours == 1) != (space == "L"):
        return eight
    out = np.empty_like(eight)
    for row in range(0, len(eight), _STRIP):
        block = eight[row : row + _STRIP]
        # a grey profile gives three equal channels
        out[row : row + _STRIP, :, :colours] = _applied(transform, space, block[..., :colours])[..., :colours]
    out[..., colours:] = eight[..., colours:]
    return out


def luma(image: Image) -> npt.NDArray[np.float32]:
    """The brightness of an encoded picture: (h, w, 1 or 3) to (h, w), same range."""
    image = np.asarray(image, np.float32)
    return image[..., 0] if image.shape[2] == 1 else np.matmul(image, _LUMA, dtype=np.float32)


def as_colour(picture: npt.NDArray[Samples]) -> npt.NDArray[Samples]:
    """A picture (..., 1 or 3) with three channels: grey is repeated, colour comes back as it is."""
    return np.repeat(picture, 3, axis=-1) if picture.shape[-1] == 1 else picture


def from_colour(answer: Image, picture: Image) -> Image:
    """What was made of ``as_colour(picture)``, (..., 3), in the channels of ``picture``: the mean where it is grey."""
    return answer.mean(axis=-1, keepdims=True) if picture.shape[-1] == 1 else answer


def in_channels(picture: Image, channels: int) -> Image:
    """A picture (h, w, 1 or 3) with so many channels: its luma, or grey repeated."""
    return luma(picture)[..., None] if channels == 1 else as_colour(picture)


def to_ycbcr(image: Image) -> Image:
    """RGB (h, w, 3) to luma and two differences of colour, all in [0, 1], grey at 0.5."""
    y = luma(image)
    cb = (image[..., 2] - y) * np.float32(0.5 / 0.886) + np.float32(0.5)
    cr = (image[..., 0] - y) * np.float32(0.5 / 0.701) + np.float32(0.5)
    return np.stack([y, cb, cr], axis=2)


def from_ycbcr(image: Image) -> Image:
    """The inverse of ``to_ycbcr``; not clipped."""
    y, cb, cr = image[..., 0], image[..., 1] - np.float32(0.5), image[..., 2] - np.float32(0.5)
    red, blue = y + cr * np.float32(1.402), y + cb * np.float32(1.772)
    green = y - cb * np.float32(0.344136) - cr * np.float32(0.714136)
    return np.stack([red, green, blue], axis=2, dtype=np.float32)
