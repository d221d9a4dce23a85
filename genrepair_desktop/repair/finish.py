"""What makes a fill belong to its surroundings: tone, grain, and the weights it is laid in with."""

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Image, Mask, Pixels, to_samples
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.grain import add_grain, measure_grain
from genrepair_desktop.imaging.masks import bounds_of, label_holes
from genrepair_desktop.repair.method import MethodSpec, Patch

_RING = 16
# thin damage is narrower than the eye needs to miss grain, and there grain only costs likeness
_GRAIN_STARTS, _GRAIN_IS_FULL = 4.0, 10.0
# how far around the widest spot the grain is measured, and how far coarse grain reaches
_GRAIN_LOOKS, _GRAIN_BLUR = 96, 8


def grow_coverage(coverage: npt.NDArray[np.uint8], grow: int) -> npt.NDArray[np.uint8]:
    """Coverage with every hole grown by ``grow`` pixels; over these it falls evenly to nothing.

    The result is the composite mask: where it is 0 a repair changes no bit.
    """
    if grow == 0:
        return coverage
    distance = cv2.distanceTransform((coverage == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # squares of whole steps: the last bit of OpenCV's root depends on where the array lies in memory
    distance = np.sqrt(np.rint(np.square(distance)))
    ramp = np.clip(1.0 - distance / (grow + 1.0), 0.0, 1.0) * 255.0
    return np.maximum(coverage, np.ceil(ramp).astype(np.uint8))


def match_surroundings(
    fill: Image, patch: Patch, spec: MethodSpec, *, grain: float, rng: np.random.Generator
) -> Image:
    """The fill with tone and grain of the known pixels around it, as far as its method asks for that."""
    if spec.matches_tone:
        fill = match_tone(fill, patch.image, patch.mask)
    if spec.adds_grain and grain > 0.0:
        fill = _match_grain(fill, patch, grain, rng)
    return fill


def match_tone(fill: Image, image: Image, mask: Mask) -> Image:
    """Shift the fill by its error on a ring of known pixels around the hole.

    ``fill`` must say something about known pixels too, as networks do. The error is spread over the hole by
    a normalised blur (a cheap membrane, Farbman et al. 2009), so a slow change of light is followed.
    """
    known = (~mask).astype(np.float32)
    near = cv2.dilate(mask.astype(np.uint8), _disc(_RING)).astype(np.float32) * known
    if not near.any():
        return fill
    error = (image - fill) * near[..., None]
    width = float(max(_RING, 0.35 * np.sqrt(mask.sum())))
    weight = cv2.GaussianBlur(near, (0, 0), width)[..., None] + 1e-6
    shift = cv2.GaussianBlur(error, (0, 0), width).reshape(error.shape) / weight
    return fill + shift.astype(np.float32, copy=False)


def blend(before: Pixels, filled: Pixels, coverage: npt.NDArray[np.uint8], strength: float) -> Pixels:
    """``filled`` laid over ``before``, both (h, w, c), with the weight coverage / 255, then faded to ``strength``.

    Alpha stays as it was, and where coverage is 0 every sample stays bit for bit.
    """
    result = before.copy()
    # numbers instead of a mask: looking a mask up costs 25 ms each time at 24 megapixels
    where = np.flatnonzero(coverage > 0)
    channels = before.shape[2]
    result.reshape(-1, channels)[where] = filled.reshape(-1, channels)[where]
    lay_over(before, result, coverage, where, strength)
    return result


def lay_over(
    before: Pixels,
    filled: Pixels,
    coverage: npt.NDArray[np.uint8],
    where: npt.NDArray[np.intp],
    strength: float,
) -> int:
    """Turn ``filled``, in place, into what ``blend`` gives, and tell how many pixels now differ from ``before``.

    ``where`` are the flat numbers of the pixels with coverage; elsewhere ``filled`` must be ``before`` already.
    """
    channels = before.shape[2]
    colours = channels - (channels in (2, 4))
    covered = coverage.ravel()[where]
    old = before.reshape(-1, channels)[where]
    new = filled.reshape(-1, channels)[where]
    result = old.copy()
    if covered.min(initial=255) == 255:
        result[:, :colours] = new[:, :colours]
    else:
        weight = covered.astype(np.float32)[:, None] * np.float32(1.0 / 255.0)
        mixed = old[:, :colours].astype(np.float32)
        mixed += (new[:, :colours].astype(np.float32) - mixed) * weight
        result[:, :colours] = np.rint(mixed).astype(before.dtype)
    result = fade(old, result, strength)
    filled.reshape(-1, channels)[where] = result
    return int(np.count_nonzero(differs(old, result)))


def differs(old: Pixels, new: Pixels) -> Mask:
    """Where any channel of (..., c) differs. Channel by channel: numpy's ``any`` over three is 20 times slower."""
    found = np.asarray(old[..., 0] != new[..., 0])
    for channel in range(1, old.shape[-1]):
        found |= old[..., channel] != new[..., channel]
    return found


def fade(before: Pixels, full: Pixels, strength: float) -> Pixels:
    """``full`` with only ``strength`` (0 to 1) of its change from ``before``; samples that are equal stay so.

    A repair of full strength faded later is bit for bit the repair run with that strength.
    """
    if strength >= 1.0:
        return full
    old = before.astype(np.float32)
    faded = old + (full.astype(np.float32) - old) * np.float32(strength)
    return np.rint(faded).astype(before.dtype)


def samples_of(fill: Image, like: Pixels) -> Pixels:
    """The fill at the photo's depth, with the photo's channels; alpha taken over from ``like``."""
    colours = to_samples(fill, like)
    if like.shape[2] == colours.shape[2]:
        return colours
    return np.concatenate([colours, like[..., colours.shape[2] :]], axis=2)


def _match_grain(fill: Image, patch: Patch, amount: float, rng: np.random.Generator) -> Image:
    wide, depth = _wide_part(patch.mask)
    if not (depth > _GRAIN_STARTS).any():
        return fill
    # in a net of scratches only the knots are wide enough: look at and draw no more than around them
    spots = _spots(depth > _GRAIN_STARTS)
    within, bounds = Rect.of_shape(depth.shape), Rect.of_shape(patch.mask.shape)
    widest = max(spots, key=lambda spot: spot.area).moved(wide.x, wide.y)
    look = widest.grown(_GRAIN_LOOKS).intersect(bounds).slices
    grain = measure_grain(patch.image[look], ~patch.mask[look])
    if not grain.is_visible:
        return fill
    result = fill.copy()
    drawn = np.zeros(depth.shape, np.bool_)
    for spot in spots:
        near = spot.grown(_GRAIN_BLUR).intersect(within)
        where = np.clip((depth[near.slices] - _GRAIN_STARTS) / (_GRAIN_IS_FULL - _GRAIN_STARTS), 0.0, 1.0)
        share = np.where(drawn[near.slices], 0.0, where * amount).astype(np.float32)
        there = near.moved(wide.x, wide.y).slices
        result[there] = add_grain(result[there], share, grain, rng)
        drawn[near.slices] = True
    return result


def _wide_part(mask: Mask) -> tuple[Rect, npt.NDArray[np.float32]]:
    """A rectangle that holds every pixel farther than ``_GRAIN_STARTS`` from a known one, and the distances in it.

    Distances over ``_GRAIN_IS_FULL`` may be larger than they are; 0 stands for any up to ``_GRAIN_STARTS``. Four
    times as fast as the distances of all of a thin mask.
    """
    inside = mask.view(np.uint8)
    reach = 2 * int(_GRAIN_STARTS) + 1
    across, down = (cv2.erode(inside, np.ones(size, np.uint8)) for size in ((1, reach), (reach, 1)))
    box = bounds_of(cv2.bitwise_and(across, down))
    if box.is_empty:
        return box, np.zeros((0, 0), np.float32)
    part = box.grown(int(_GRAIN_IS_FULL) + 2).intersect(Rect.of_shape(mask.shape))
    # on the grid of 2 x 2 blocks, see ``_spots``
    part = Rect.from_edges(part.x - part.x % 2, part.y - part.y % 2, part.right, part.bottom)
    distance = cv2.distanceTransform(np.ascontiguousarray(inside[part.slices]), cv2.DIST_L2, 3)
    # beyond the box damage may be cut off by the edge of the part, and look wide there
    depth = np.zeros(distance.shape, np.float32)
    core = box.relative_to(part).slices
    depth[core] = distance[core]
    return part, depth


def _spots(mask: Mask) -> list[Rect]:
    """The bounding boxes of a mask's connected parts, in the order of their labels."""
    box = bounds_of(mask)
    # OpenCV labels in blocks of 2 x 2: cut out on their grid, the parts keep the order they have in the whole
    part = Rect.from_edges(box.x - box.x % 2, box.y - box.y % 2, box.right, box.bottom)
    return [spot.rect.moved(part.x, part.y) for spot in label_holes(mask[part.slices])[1]]


def _disc(radius: int) -> npt.NDArray[np.uint8]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.uint8)
