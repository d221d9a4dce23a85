"""A TIFF's raw samples made into pixels: every photometric meaning, depth and kind of extra channel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.codecs import pillow
from genrepair_desktop.imaging.codecs.errors import damaged, unsupported

PHOTOMETRIC_WHITE_IS_ZERO, _RGB, _PALETTE, PHOTOMETRIC_CMYK = 0, 2, 3, 5
_UNSIGNED, _FLOAT = 1, 3
_PREMULTIPLIED, _STRAIGHT = 1, 2
_ROWS = 256

Notices = tuple[str, ...]


@dataclass(frozen=True)
class Samples:
    """Raw samples, (h, w, n), and what the directory says they mean (TIFF 6.0 names).

    ``kind`` is SampleFormat, ``extra`` ExtraSamples, ``colour_map`` ColorMap (empty if there is none).
    """

    values: npt.NDArray[Any]
    bits: int
    kind: int
    photometric: int
    extra: tuple[int, ...]
    colour_map: npt.NDArray[np.uint16]


def to_pixels(samples: Samples, profile: bytes | None) -> tuple[Pixels, Notices]:
    """Pixels of 8 or 16 bits, and notices on what was converted.

    Raises:
        Refused: signed or complex samples, a palette without colours.
    """
    if samples.photometric == _PALETTE:
        return _from_palette(samples), ()
    values, notices = _to_unsigned(samples)
    if samples.photometric == PHOTOMETRIC_CMYK:
        pixels, more = _from_cmyk(values, profile)
        return pixels, (*notices, *more)
    if samples.photometric == PHOTOMETRIC_WHITE_IS_ZERO:
        values = values.copy()
        values[..., 0] = np.iinfo(values.dtype).max - values[..., 0]
    colours = 3 if samples.photometric == _RGB else 1
    if values.shape[2] < colours:
        raise damaged("it says it is in colour but has too few channels")
    return _with_alpha(values, colours, samples.extra, notices)


def _to_unsigned(samples: Samples) -> tuple[Pixels, Notices]:
    values = samples.values
    if samples.kind == _FLOAT or values.dtype.kind == "f":
        return _from_float(values)
    if samples.kind != _UNSIGNED or values.dtype.kind != "u":
        raise unsupported("its samples are signed or complex numbers")
    if samples.bits in (8, 16):
        return np.ascontiguousarray(values), ()
    if samples.bits < 16:
        values = values.astype(np.uint16)
        return (values << (16 - samples.bits)) | (values >> (2 * samples.bits - 16)), ()
    deep = values >> values.dtype.type(samples.bits - 16)
    return deep.astype(np.uint16), (f"Its {samples.bits}-bit samples were read as 16 bits.",)


def _from_float(values: npt.NDArray[Any]) -> tuple[Pixels, Notices]:
    """Scaled so that the brightest sample is white. Rows at a time: 178 megapixels took 3.5 GB in one piece."""
    top, are_finite = 0.0, True
    for row in range(0, len(values), _ROWS):
        block = values[row : row + _ROWS].astype(np.float32)
        are_finite = are_finite and bool(np.isfinite(block).all())
        top = max(top, float(_numbers(block).max()))
    pixels = np.empty(values.shape, np.uint16)
    for row in range(0, len(values), _ROWS):
        block = _numbers(values[row : row + _ROWS].astype(np.float32))
        if top > 1.0:
            block /= top
        pixels[row : row + _ROWS] = np.rint(np.clip(block, 0.0, 1.0) * 65535.0)
    notices = ["Its floating-point samples were read as 16 bits."]
    if not are_finite:
        notices.append("Samples that were no numbers became black.")
    if top > 1.0:
        notices.append(f"Samples up to {top:g} were scaled down to white.")
    return pixels, tuple(notices)


def _numbers(block: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.nan_to_num(block, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def _from_palette(samples: Samples) -> Pixels:
    entries = samples.colour_map
    if samples.values.dtype != np.uint8 or entries.size != 3 << 8:
        raise damaged("its palette is missing or broken")
    table = entries.reshape(3, 256).T
    # the standard says 16 bits; some programs write 8
    table = (table >> 8 if entries.max() > 255 else table).astype(np.uint8)
    return table[samples.values[..., 0]]


def _from_cmyk(values: Pixels, profile: bytes | None) -> tuple[Pixels, Notices]:
    if values.shape[2] < 4:
        raise damaged("it says it is CMYK but has too few channels")
    notices: Notices = ("Extra channels were left out.",) if values.shape[2] > 4 else ()
    if values.dtype == np.uint16:
        values = (values >> 8).astype(np.uint8)
        notices = (*notices, "Its 16-bit CMYK was read as 8 bits.")
    picture = Image.fromarray(np.ascontiguousarray(values[..., :4]), "CMYK")
    pixels, more = pillow.to_pixels(picture, profile)
    return pixels, (*notices, *more)


def _with_alpha(values: Pixels, colours: int, extra: tuple[int, ...], notices: Notices) -> tuple[Pixels, Notices]:
    spare = values.shape[2] - colours
    has_alpha = spare > 0 and bool(extra) and extra[0] in (_PREMULTIPLIED, _STRAIGHT)
    kept = colours + has_alpha
    if kept < values.shape[2]:
        notices = (*notices, "Extra channels were left out.")
    pixels = np.ascontiguousarray(values[..., :kept])
    if has_alpha and extra[0] == _PREMULTIPLIED:
        return _straight(pixels), (*notices, "Its premultiplied transparency was made straight.")
    return pixels, notices


def _straight(pixels: Pixels) -> Pixels:
    """Divide colour by alpha, which the file had multiplied in; invisible colour stays 0."""
    top = np.iinfo(pixels.dtype).max
    alpha = pixels[..., -1:].astype(np.float32)
    scale = np.divide(float(top), alpha, out=np.zeros_like(alpha), where=alpha > 0)
    out = pixels.copy()
    out[..., :-1] = np.rint(np.minimum(pixels[..., :-1] * scale, top)).astype(pixels.dtype)
    return out
