"""What can be done to a mask: combine, grow, shrink, feather, find its holes, fit one made for another size.

``Coverage`` is the mask as documents keep it: uint8 (h, w), 0 = known, 255 = fully replaced, and above 0 counts as
hole. The functions here also take a boolean ``Mask``, and return coverage. None writes into what it was given.
"""

from enum import StrEnum
from typing import Any, Literal, NamedTuple, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.errors import MaskError
from genrepair_desktop.imaging.arrays import Mask, Pixels, full_scale, has_alpha
from genrepair_desktop.imaging.geometry import Rect, Size

Coverage: TypeAlias = npt.NDArray[np.uint8]
FeatherSide: TypeAlias = Literal["outward", "inward", "both"]
FULL = 255
# Distances are roots rounded to float32: a radius that falls short of a pixel by less than this reaches it. It is
# added once, where a radius comes in, so that the part looked at and the pixels taken go by the same radius
_ROUNDING = 1e-3


class CombineMode(StrEnum):
    """How a new shape joins the mask that is there."""

    ADD = "add"
    SUBTRACT = "subtract"
    INTERSECT = "intersect"


class Hole(NamedTuple):
    """One connected part of a mask: its number in the label array, its bounding box, its area in pixels."""

    label: int
    rect: Rect
    area: int


class FittedMask(NamedTuple):
    """An imported mask in the size of the photo, and what was done to it.

    ``how`` is ``same`` (nothing), ``scaled`` (same proportions), or ``centred`` (other proportions: made as large
    as fits and put in the middle).
    """

    coverage: Coverage
    how: Literal["same", "scaled", "centred"]


def as_coverage(mask: npt.NDArray[Any]) -> Coverage:
    """A boolean mask as coverage (a copy); coverage as it is.

    Raises:
        TypeError: the array is neither bool nor uint8.
    """
    if mask.dtype == np.bool_:
        return mask.view(np.uint8) * np.uint8(FULL)
    if mask.dtype == np.uint8:
        return mask
    raise TypeError(f"a mask is bool or uint8, got {mask.dtype}")


def combine(current: Coverage, shape: Coverage, mode: CombineMode) -> Coverage:
    """``current`` joined with ``shape`` of the same size.

    Soft values combine as fuzzy sets do (Zadeh 1965): union is the maximum, intersection the minimum and the
    complement 255 - v, so a soft stroke over a soft stroke never builds up an edge.
    """
    if mode is CombineMode.ADD:
        return np.maximum(current, shape)
    if mode is CombineMode.SUBTRACT:
        return np.minimum(current, np.uint8(FULL) - shape)
    return np.minimum(current, shape)


def invert(mask: npt.NDArray[Any]) -> Coverage:
    """Known becomes hole and hole becomes known."""
    return np.uint8(FULL) - as_coverage(mask)


def bounds_of(mask: npt.NDArray[Any]) -> Rect:
    """The smallest rectangle that holds every pixel above 0; empty if there is none. 4 ms for 50 megapixels."""
    x, y, w, h = cv2.boundingRect(as_coverage(mask))
    return Rect(int(x), int(y), int(w), int(h))


def label_holes(mask: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int32], list[Hole]]:
    """Number the connected parts of a mask; pixels that touch at a corner are connected.

    Returns:
        labels int32 (h, w), 0 where the mask is 0, and the holes in the order of their numbers from 1.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(as_coverage(mask), connectivity=8, ltype=cv2.CV_32S)
    holes = [
        Hole(number, Rect(*(int(v) for v in stats[number, :4])), int(stats[number, cv2.CC_STAT_AREA]))
        for number in range(1, count)
    ]
    return np.asarray(labels, np.int32), holes


def grow(mask: npt.NDArray[Any], radius: float) -> Coverage:
    """Every pixel takes the highest coverage within ``radius`` pixels (Euclidean).

    Hard masks go by an exact distance transform, in time that does not depend on the radius. Soft masks go by
    rows of a disk, ``radius`` steps of whole-array maxima; the two agree to the pixel.
    """
    coverage = as_coverage(mask)
    radius += _ROUNDING
    reach = int(radius)
    box = bounds_of(coverage)
    if reach < 1 or box.is_empty:
        return coverage.copy()
    area = box.grown(reach).intersect(Rect.of_shape(coverage.shape))
    block = coverage[area.slices]
    grown = np.zeros_like(coverage)
    grown[area.slices] = _grow_hard(block, radius) if _is_hard(block) else _grow_soft(block, radius)
    return grown


def shrink(mask: npt.NDArray[Any], radius: float) -> Coverage:
    """Every pixel takes the lowest coverage within ``radius`` pixels inside the picture.

    The picture's edge does not eat into the mask: a mask over the whole picture stays.
    """
    coverage = as_coverage(mask)
    box = bounds_of(coverage)
    if int(radius + _ROUNDING) < 1 or box.is_empty:
        return coverage.copy()
    # one known pixel around the mask is all that the complement needs to grow inwards
    area = box.grown(1).intersect(Rect.of_shape(coverage.shape))
    shrunk = np.zeros_like(coverage)
    shrunk[area.slices] = invert(grow(invert(coverage[area.slices]), radius))
    return shrunk


def feather(mask: npt.NDArray[Any], radius: float, side: FeatherSide = "outward") -> Coverage:
    """Fade the edge of a mask over ``radius`` pixels.

    ``outward`` keeps the mask fully covered and fades beyond it: damage stays wholly replaced, which a blur does
    not grant a scratch thinner than the radius. ``inward`` fades inside it and covers no pixel more or fewer.
    ``both`` is a Gaussian of sigma ``radius / 2``, as picture editors do.
    """
    coverage = as_coverage(mask)
    if radius <= 0:
        return coverage.copy()
    if side == "both":
        return _blur(coverage, radius)
    box = bounds_of(coverage)
    faded = coverage.copy()
    if box.is_empty:
        return faded
    area = box.grown(int(radius) + 1).intersect(Rect.of_shape(coverage.shape))
    core = (coverage[area.slices] >= 128).view(np.uint8)
    if side == "outward":
        np.maximum(faded[area.slices], _fade_from(core, radius, at_edge=FULL), out=faded[area.slices])
    else:
        # 1: rounding must not make a hole's outermost pixels known
        rise = np.maximum(_fade_from(1 - core, radius, at_edge=0), 1)
        np.minimum(faded[area.slices], rise, out=faded[area.slices])
    return faded


def fit_mask(picture: Pixels | Mask, size: Size) -> FittedMask:
    """A mask for a photo of ``size`` out of any picture: white, or opaque where only alpha tells, is hole.

    It is made black and white at half scale (128 of 255) first. Made smaller, a pixel is hole if any of the
    pixels it stands for was, so that thin scratches survive; made larger, edges are smoothed.

    Raises:
        MaskError: the picture marks nothing, such as one that is all black.
    """
    hard = _black_and_white(picture)
    if not hard.any():
        raise MaskError("The mask marks nothing: paint white what is to be repaired, and black the rest.")
    height, width = hard.shape
    if (width, height) == size:
        return FittedMask(hard, "same")
    scale = min(size.w / width, size.h / height)
    inner = Size(max(1, round(width * scale)), max(1, round(height * scale)))
    # 1 % and a pixel: what rounding a preview's sides makes of the same proportions
    if abs(inner.w - size.w) <= 1 + size.w // 100 and abs(inner.h - size.h) <= 1 + size.h // 100:
        return FittedMask(_resize(hard, size), "scaled")
    fitted = np.zeros((size.h, size.w), np.uint8)
    corner = Rect((size.w - inner.w) // 2, (size.h - inner.h) // 2, inner.w, inner.h)
    fitted[corner.slices] = _resize(hard, inner)
    return FittedMask(fitted, "centred")


def _is_hard(coverage: Coverage) -> bool:
    """True if it has no values between 0 and 255."""
    return not ((coverage != 0) & (coverage != FULL)).any()


def _distance_to(mask: Coverage) -> npt.NDArray[np.float32]:
    """The exact Euclidean distance of every pixel to the nearest one above 0."""
    background = (mask == 0).view(np.uint8)
    return np.asarray(cv2.distanceTransform(background, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def _grow_hard(block: Coverage, radius: float) -> Coverage:
    return as_coverage(_distance_to(block) <= radius)


def _grow_soft(block: Coverage, radius: float) -> Coverage:
    """Greyscale dilation by a disk, as a union of rows: the row at height dy is sqrt(r^2 - dy^2) wide each way."""
    height = block.shape[0]
    reach = int(radius)
    half_widths = [int(np.sqrt(max(0.0, radius**2 - dy * dy))) for dy in range(reach + 1)]
    grown = block.copy()
    widened = block.copy()
    for width in range(reach + 1):
        if width:
            widened = _widen(widened)
        for dy in (dy for dy in range(min(reach, height - 1) + 1) if half_widths[dy] == width):
            np.maximum(grown[dy:], widened[: height - dy], out=grown[dy:])
            np.maximum(grown[: height - dy], widened[dy:], out=grown[: height - dy])
    return grown


def _widen(block: Coverage) -> Coverage:
    """The maximum over each pixel and its two neighbours in the row."""
    wider = block.copy()
    np.maximum(wider[:, 1:], block[:, :-1], out=wider[:, 1:])
    np.maximum(wider[:, :-1], block[:, 1:], out=wider[:, :-1])
    return wider


def _fade_from(core: Coverage, radius: float, *, at_edge: int) -> Coverage:
    """``at_edge`` on the core, then a smooth step over ``radius`` pixels to its opposite (255 or 0)."""
    if not core.any():
        return np.full_like(core, FULL - at_edge)
    # + 1: the first pixel outside lies at distance 1, and the fade ends where the next value would be the last
    steps = cv2.convertScaleAbs(_distance_to(core), alpha=FULL / (radius + 1.0))
    t = np.linspace(0.0, 1.0, FULL + 1)
    ramp = np.rint(FULL * (t * t * (3.0 - 2.0 * t))).astype(np.uint8)
    return np.asarray(cv2.LUT(steps, ramp if at_edge == 0 else FULL - ramp), np.uint8)


def _blur(coverage: Coverage, radius: float) -> Coverage:
    box = bounds_of(coverage)
    blurred = np.zeros_like(coverage)
    if box.is_empty:
        return blurred
    area = box.grown(int(2 * radius) + 1).intersect(Rect.of_shape(coverage.shape))
    # replicated borders: a mask that runs off the picture does not fade at the picture's edge
    blurred[area.slices] = cv2.GaussianBlur(
        np.ascontiguousarray(coverage[area.slices]), (0, 0), radius / 2, borderType=cv2.BORDER_REPLICATE
    )
    return blurred


def _black_and_white(picture: Pixels | Mask) -> Coverage:
    """The marked part of a picture as hard coverage."""
    if picture.dtype == np.bool_:
        return as_coverage(picture)
    white = full_scale(picture)
    colour = picture if picture.ndim == 2 else picture[..., : 3 if picture.shape[2] >= 3 else 1].max(axis=2)
    if picture.ndim == 3 and has_alpha(picture):
        alpha = picture[..., -1]
        opaque = alpha > white // 2
        is_plain = bool(opaque.any()) and np.ptp(colour[opaque]) == 0
        # one colour on transparency: the strokes themselves are the mask, whatever their colour
        return as_coverage(opaque if is_plain and not opaque.all() else opaque & (colour > white // 2))
    return as_coverage(colour > white // 2)


def _resize(hard: Coverage, size: Size) -> Coverage:
    if size.w < hard.shape[1] or size.h < hard.shape[0]:
        # float: the mean of one pixel in a thousand must not be rounded away
        shares = cv2.resize(hard.astype(np.float32), (size.w, size.h), interpolation=cv2.INTER_AREA)
        return as_coverage(np.asarray(shares) > 0)
    smooth = cv2.resize(hard, (size.w, size.h), interpolation=cv2.INTER_LINEAR)
    return as_coverage(np.asarray(smooth) >= 128)
