"""The three kinds of picture arrays, and the checks and conversions between them.

``Pixels``  uint8 or uint16, (h, w, c), C-contiguous: what files and documents hold.
            c = 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; alpha is not premultiplied.
``Image``   float32, (h, w, c) with c = 1 or 3, sRGB-encoded, range [0, 1]: what methods see. No alpha.
``Mask``    bool, (h, w): True where pixels are to be repaired.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Pixels: TypeAlias = npt.NDArray[Any]
Image: TypeAlias = npt.NDArray[np.float32]
Mask: TypeAlias = npt.NDArray[np.bool_]


def full_scale(pixels: Pixels) -> int:
    """The sample value of white: 255 or 65535.

    Raises:
        TypeError: the array is neither uint8 nor uint16.
    """
    if pixels.dtype == np.uint8:
        return 255
    if pixels.dtype == np.uint16:
        return 65535
    raise TypeError(f"pixels are uint8 or uint16, got {pixels.dtype}")


def check_pixels(pixels: Pixels) -> None:
    """Raise ``ValueError`` or ``TypeError`` if the array is not ``Pixels`` as the module describes."""
    full_scale(pixels)
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 2, 3, 4) or pixels.size == 0:
        raise ValueError(f"pixels have the shape (h, w, 1 to 4), got {pixels.shape}")


def check_mask(mask: Mask, shape: tuple[int, ...]) -> None:
    """Raise ``ValueError`` if ``mask`` is not boolean or not of the height and width in ``shape``."""
    if mask.dtype != np.bool_ or mask.shape != tuple(shape[:2]):
        raise ValueError(f"a mask is bool {tuple(shape[:2])}, got {mask.dtype} {mask.shape}")


def has_alpha(pixels: Pixels) -> bool:
    """True for grey-and-alpha and RGB-and-alpha pixels."""
    return pixels.shape[2] in (2, 4)


def colour_channels(pixels: Pixels) -> int:
    """How many of the channels are colour: 1 or 3."""
    return 1 if pixels.shape[2] <= 2 else 3


def to_image(pixels: Pixels) -> Image:
    """The colour of ``pixels`` as an ``Image`` of 1 or 3 channels; a copy."""
    scale = np.float32(1.0 / full_scale(pixels))
    colours = pixels[..., : colour_channels(pixels)]
    # converted on the way, not before: half the time and no second copy
    return np.multiply(colours, scale, out=np.empty(colours.shape, np.float32), dtype=np.float32)


def to_samples(image: Image, like: Pixels) -> Pixels:
    """``image`` rounded to the sample type of ``like``, shape (h, w, colour channels of ``like``).

    A 3-channel image is averaged to grey where ``like`` is grey; a 1-channel image is repeated where it is not.
    Values outside [0, 1] are clipped.
    """
    channels = colour_channels(like)
    if image.shape[2] != channels:
        image = image.mean(axis=2, keepdims=True) if channels == 1 else np.repeat(image, 3, axis=2)
    scale = full_scale(like)
    return np.rint(np.clip(image, 0.0, 1.0) * np.float32(scale)).astype(like.dtype)
