"""What the display levels are made of: the photo, the opened photo, their difference, and coverage.

Pictures are made smaller in the file's own samples by exact area means and converted for the screen after that, so
that zoomed out a 16-bit photo with a colour profile converts only the pixels that are seen.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Pixels, colour_channels, has_alpha
from genrepair_desktop.imaging.geometry import Rect, Size
from genrepair_desktop.imaging.masks import Coverage

Bytes: TypeAlias = npt.NDArray[np.uint8]
Piece: TypeAlias = tuple[Rect, Pixels]
# a block of Pixels as sRGB for the screen: uint8 of the same shape, alpha as it is (``imaging.colour``)
ToDisplay: TypeAlias = Callable[[Pixels], Bytes]
# a block of the picture by its rectangle, shape (h, w, c)
ReadPixels: TypeAlias = Callable[[Rect], Pixels]


class PhotoSource:
    """A picture read block by block."""

    channels = 4

    def __init__(self, size: Size, like: Pixels, read: ReadPixels, to_display: ToDisplay) -> None:
        self.size = size
        self._has_alpha = has_alpha(like)
        self._read = read
        self.to_display = to_display

    def read(self, rect: Rect, level: int) -> Bytes:
        """Area means of the samples, then the screen's colours; with alpha premultiplied before the means."""
        pixels = self._read(rect)
        if self._has_alpha:
            return area_mean(self._on_screen(pixels), level)
        return self._on_screen(area_mean(pixels, level))

    def sketch(self, rect: Rect, level: int) -> Bytes:
        """Every 2^level-th pixel."""
        return self._on_screen(np.ascontiguousarray(self._read(rect)[:: 2**level, :: 2**level]))

    def _on_screen(self, pixels: Pixels) -> Bytes:
        """(h, w, 4) bytes as ``qimage.wrap_screen`` takes them."""
        eight = self.to_display(pixels)
        colour = np.ascontiguousarray(eight[..., : colour_channels(eight)])
        to_screen = cv2.COLOR_RGB2BGRA if colour.shape[2] == 3 else cv2.COLOR_GRAY2BGRA
        shown = np.asarray(cv2.cvtColor(colour, to_screen), np.uint8)
        if self._has_alpha:
            alpha = eight[..., -1]
            premultiplied = shown[..., :3].astype(np.uint16) * alpha[..., None]
            shown[..., :3] = (premultiplied + 127) // 255
            shown[..., 3] = alpha
        return shown


class DifferenceSource:
    """How far two pictures are apart in each channel, ``gain`` times amplified, on black."""

    channels = 4

    def __init__(self, first: PhotoSource, second: PhotoSource, gain: int) -> None:
        self.size = first.size
        self._first = first
        self._second = second
        self.gain = gain

    def read(self, rect: Rect, level: int) -> Bytes:
        return area_mean(self._difference(rect, 0, PhotoSource.read), level)

    def sketch(self, rect: Rect, level: int) -> Bytes:
        return self._difference(rect, level, PhotoSource.sketch)

    def _difference(self, rect: Rect, level: int, read: Callable[[PhotoSource, Rect, int], Bytes]) -> Bytes:
        apart = cv2.absdiff(read(self._first, rect, level), read(self._second, rect, level))
        return np.asarray(cv2.convertScaleAbs(apart, alpha=self.gain), np.uint8)


class CoverageSource:
    """A mask: a smaller level shows the highest coverage of each square, so that thin scratches stay visible."""

    channels = 1

    def __init__(self, coverage: Callable[[], Coverage]) -> None:
        self._coverage = coverage

    @property
    def size(self) -> Size:
        h, w = self._coverage().shape
        return Size(w, h)

    def read(self, rect: Rect, level: int) -> Bytes:
        block = self._coverage()[rect.slices]
        for _ in range(level):
            block = _halved_by_maximum(block)
        return np.ascontiguousarray(block)

    def sketch(self, rect: Rect, level: int) -> Bytes:
        return np.ascontiguousarray(self._coverage()[rect.slices][:: 2**level, :: 2**level])


def with_pieces(block: Pixels, rect: Rect, pieces: Sequence[Piece], strength: float) -> Pixels:
    """``block``, the pixels of ``rect``, with other pixels laid over it: ``strength`` 0 (unseen) to 1 (they alone)."""
    touching = [piece for piece in pieces if piece[0].touches(rect)]
    if not touching:
        return block
    laid = block.copy()
    for place, pixels in touching:
        shared = place.intersect(rect)
        target = laid[shared.relative_to(rect).slices]
        target[...] = mix(target, pixels[shared.relative_to(place).slices], strength)
    return laid


def mix(below: Pixels, above: Pixels, strength: float) -> Pixels:
    """``above`` at full strength, ``below`` at 0, rounded between; pixels that agree stay exact."""
    if strength >= 1.0:
        return above
    blended = below + (above.astype(np.float32) - below) * np.float32(strength)
    return np.rint(blended).astype(below.dtype)


def area_mean(block: npt.NDArray[Any], level: int) -> npt.NDArray[Any]:
    """The mean of each square of 2^level pixels; (h, w, c) of any depth, sides rounded up."""
    if level == 0:
        return block
    step = 2**level
    h, w, c = block.shape
    rows, columns = -(-h // step), -(-w // step)
    missing = rows * step - h, columns * step - w
    if any(missing):
        block = cv2.copyMakeBorder(block, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE)
    mean = cv2.resize(block, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(mean).reshape(rows, columns, c)


def _halved_by_maximum(block: Coverage) -> Coverage:
    """The maximum of each 2 x 2 square; an odd last row or column stands for itself."""
    h, w = block.shape
    rows = np.empty((-(-h // 2), w), np.uint8)
    np.maximum(block[: h // 2 * 2 : 2], block[1::2], out=rows[: h // 2])
    rows[h // 2 :] = block[h // 2 * 2 :]
    halved = np.empty((rows.shape[0], -(-w // 2)), np.uint8)
    np.maximum(rows[:, : w // 2 * 2 : 2], rows[:, 1::2], out=halved[:, : w // 2])
    halved[:, w // 2 :] = rows[:, w // 2 * 2 :]
    return halved
