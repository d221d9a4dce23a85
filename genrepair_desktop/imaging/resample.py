"""Other sizes of a picture: smaller by area average, larger by Lanczos or cubic, pyramids, thumbnails.

Works on every kind of pixel array. Colour is weighted by alpha, so that hidden colour never bleeds into edges.
"""

from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.geometry import Size

Enlarging = Literal["lanczos", "cubic"]
Picture = TypeVar("Picture", bound=npt.NDArray[Any])


def resize(picture: Picture, size: Size, *, enlarging: Enlarging = "lanczos") -> Picture:
    """``picture`` in another size: area average where it shrinks, ``enlarging`` where it grows.

    Args:
        picture: uint8, uint16 or float32, (h, w, 1 to 4); with 2 or 4 channels the last is alpha.
        size: the new width and height.

    Raises:
        ValueError: a side of the new size is not positive.
    """
    if min(size) <= 0:
        raise ValueError(f"a picture of {size.w} × {size.h} pixels")
    if (size.h, size.w) == picture.shape[:2]:
        return picture.copy()
    has_alpha = picture.shape[2] in (2, 4)
    out: Any = (_with_alpha if has_alpha else _resized)(picture, size, enlarging)
    # the ringing of both kernels leaves the range; whole numbers are clipped by OpenCV itself
    return np.clip(out, 0.0, 1.0) if out.dtype.kind == "f" else out


def _resized(picture: Picture, size: Size, enlarging: Enlarging) -> Picture:
    h, w = picture.shape[:2]
    if (size.w - w) * (size.h - h) < 0:
        # one side grows while the other shrinks: each has its own kernel
        picture = _scaled(picture, Size(min(w, size.w), min(h, size.h)), enlarging)
    return _scaled(picture, size, enlarging)


def _scaled(picture: Picture, size: Size, enlarging: Enlarging) -> Picture:
    import cv2

    kinds = {"lanczos": cv2.INTER_LANCZOS4, "cubic": cv2.INTER_CUBIC}
    is_smaller = size.w <= picture.shape[1] and size.h <= picture.shape[0]
    out: Any = cv2.resize(picture, (size.w, size.h), interpolation=cv2.INTER_AREA if is_smaller else kinds[enlarging])
    return out.reshape(size.h, size.w, picture.shape[2])


def _with_alpha(picture: Picture, size: Size, enlarging: Enlarging) -> Picture:
    top = 1.0 if picture.dtype.kind == "f" else float(np.iinfo(picture.dtype).max)
    alpha = picture[..., -1:].astype(np.float32) / top
    if (alpha == 1.0).all():
        out: Any = _resized(picture, size, enlarging)
        out[..., -1] = picture[0, 0, -1]
        return out
    colour = _resized(picture[..., :-1].astype(np.float32) / top * alpha, size, enlarging)
    weight = _resized(alpha, size, enlarging)
    # both ring alike, so their quotient does not: clip only behind the division
    colour = np.divide(colour, weight, out=np.zeros_like(colour), where=weight > 1e-3)
    both: Any = np.clip(np.concatenate([colour, weight], axis=2), 0.0, 1.0) * np.float32(top)
    return both if picture.dtype.kind == "f" else np.rint(both).astype(picture.dtype)


def halved(picture: Picture) -> Picture:
    """The next pyramid level: each pixel the mean of four; an odd last row or column is averaged in.

    Alpha counts as a channel of its own here: levels are for looking at, and must be quick.
    """
    import cv2

    h, w, channels = picture.shape
    size = (max(1, w // 2), max(1, h // 2))
    out: Any = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return out.reshape(size[1], size[0], channels)


def pyramid(picture: Picture, smallest: int = 256) -> list[Picture]:
    """The picture, its half, its quarter, and so on, until the longer side is at most ``smallest`` pixels."""
    levels = [picture]
    while max(levels[-1].shape[:2]) > smallest:
        levels.append(halved(levels[-1]))
    return levels


def fit(size: Size, box: Size) -> Size:
    """The largest size of the same shape that fits into ``box``, at least 1 × 1; never larger than ``size``."""
    scale = min(1.0, box.w / size.w, box.h / size.h)
    return Size(max(1, round(size.w * scale)), max(1, round(size.h * scale)))


def thumbnail(picture: Picture, side: int) -> Picture:
    """A small copy whose longer side is at most ``side`` pixels; smaller pictures are copied as they are."""
    h, w = picture.shape[:2]
    return resize(picture, fit(Size(w, h), Size(side, side)))
