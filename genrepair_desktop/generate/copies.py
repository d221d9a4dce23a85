"""Several damaged copies of one picture (two scans, two prints): aligned, sound pixels taken where any has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.generate.align import Homography, align
from genrepair_desktop.generate.model import GenerateError
from genrepair_desktop.imaging.arrays import Image, Mask, check_mask
from genrepair_desktop.imaging.colour import in_channels
from genrepair_desktop.jobs.context import RunContext

# copies whose detail correlates less are left out. Right ones of six photos, warped, darkened, with noise: 0.80 and
# more; wrong ones: 0.11 and less
LEAST_LIKENESS = 0.5
MOST_COPIES = 16
_TONE_PIXELS, _TONE_ROUNDS = 40_000, 6
_AT_ONCE = 1 << 19
# of the photo's longer side: over how much uneven light is evened out
_LIGHT = 0.03
_LIGHT_SIDE = 480


@dataclass(frozen=True)
class Merged:
    """A picture out of several copies.

    image     the first copy with the holes it could get filled
    missing   (h, w) what no copy shows: only this is left to repair
    source    (h, w) which copy each pixel comes from: 0 the first (sound or missing), 1 the second, ...
    likeness  for each further copy how well its detail agrees with the first, up to 1; nan: it could not be laid on
              it and was left out
    """

    image: Image
    missing: Mask
    source: npt.NDArray[np.uint8]
    likeness: tuple[float, ...]


def merge_copies(copies: Sequence[Image], damages: Sequence[Mask], ctx: RunContext) -> Merged:
    """Fill the damage of the first copy with sound pixels of the others, matched in place and tone.

    Of several copies that show a place, the one that is most like the first gives it.

    Args:
        copies: (h, w, 1 or 3) each, of any sizes.
        damages: a mask for each copy, of its size.

    Raises:
        GenerateError: fewer than two copies or too many, not one mask a copy, or no copy lies on the first.
        Cancelled: at a checkpoint.
    """
    if not 2 <= len(copies) <= MOST_COPIES or len(damages) != len(copies):
        raise GenerateError(f"Merging needs two to {MOST_COPIES} copies of one picture, and a mask for each.")
    for copy, damage in zip(copies, damages, strict=True):
        check_mask(damage, copy.shape)
    photo, damage = copies[0], damages[0]
    likeness: list[float] = []
    homographies: list[Homography | None] = []
    for i in range(1, len(copies)):
        part = ctx.part(0.8 * (i - 1) / (len(copies) - 1), 0.8 * i / (len(copies) - 1))
        try:
            found = align(photo, damage, copies[i], damages[i], part)
        except GenerateError:
            found = None
        is_same = found is not None and found.likeness >= LEAST_LIKENESS
        likeness.append(found.likeness if found is not None and is_same else float("nan"))
        homographies.append(found.homography if found is not None and is_same else None)
    if all(h is None for h in homographies):
        which = "The copy does" if len(copies) == 2 else "None of the copies does"
        raise GenerateError(f"{which} not show the same picture as the photo, or too little of it is undamaged.")
    image, missing = photo.copy(), damage.copy()
    source = np.zeros(damage.shape, np.uint8)
    for i in sorted((i for i, h in enumerate(homographies) if h is not None), key=lambda i: -likeness[i]):
        ctx.checkpoint(0.85, "align")
        homography = homographies[i]
        assert homography is not None
        picture, sound = _laid_over(photo.shape, copies[i + 1], damages[i + 1], homography)
        take = missing & sound
        image[take] = _toned(picture, photo, sound & ~damage, take)
        source[take] = i + 1
        missing &= ~take
    ctx.checkpoint(1.0, "align")
    return Merged(image, missing, source, tuple(likeness))


def _laid_over(
    shape: tuple[int, ...], moving: Image, moving_damage: Mask, homography: Homography
) -> tuple[Image, Mask]:
    """``moving`` in the frame and with the channels of a picture of ``shape``, and its sound pixels there."""
    h, w, channels = shape
    moving = in_channels(moving, channels)
    shrink = _magnification(homography, shape)
    if shrink > 1.5:
        # cubic interpolation looks at 4 x 4 pixels: of a far larger scan it would see a few and miss the rest
        moving = np.asarray(cv2.GaussianBlur(moving, (0, 0), 0.4 * shrink), np.float32).reshape(moving.shape)
    back = cv2.WARP_INVERSE_MAP
    picture = cv2.warpPerspective(moving, homography, (w, h), flags=cv2.INTER_CUBIC | back)
    # soft, then strict: a pixel made of even a little damage is not sound; outside the copy nothing is
    soundness = cv2.warpPerspective(
        (~moving_damage).astype(np.float32), homography, (w, h), flags=cv2.INTER_LINEAR | back
    )
    sound = cv2.erode((np.asarray(soundness) > 0.999).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.clip(np.asarray(picture, np.float32).reshape(h, w, channels), 0, 1), sound


def _magnification(homography: Homography, shape: tuple[int, ...]) -> float:
    """How many pixels of the copy one pixel in the middle of the photo is wide."""
    x, y = shape[1] / 2, shape[0] / 2
    at = np.array([[x, y, 1], [x + 1, y, 1], [x, y + 1, 1]]) @ homography.T
    at = at[:, :2] / at[:, 2:]
    return float(np.sqrt(abs(np.linalg.det(at[1:] - at[:1]))))


def _toned(picture: Image, like: Image, where: Mask, wanted: Mask) -> npt.NDArray[np.float32]:
    """The pixels ``wanted`` of ``picture``, (n, c), in the tones of ``like``, learned ``where`` both are sound.

    A curve for each channel (a cubic with a share of the other channels, fitted with less weight on what does not
    fit) makes up for exposure, fading and other inks; what then differs over wide areas is uneven light, and is
    taken off too.
    """
    values = picture[wanted]
    if np.count_nonzero(where) < 64:
        return values
    y, x = np.nonzero(where)
    some = np.random.default_rng(0).permutation(len(y))[:_TONE_PIXELS]
    seen, truth = picture[y[some], x[some]].astype(np.float64), like[y[some], x[some]].astype(np.float64)
    curves = [_curve(seen, truth, c) for c in range(picture.shape[2])]
    light = _light(picture, like, where, curves)
    lighter, made = light[wanted], np.empty_like(values)
    # some at a time: the terms of 24 million pixels would take gigabytes
    for start in range(0, len(values), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        toned = np.stack([_terms(values[some], c, seen) @ curve for c, curve in enumerate(curves)], axis=1)
        made[some] = np.clip(toned + lighter[some], 0, 1)
    return made


def _terms(values: npt.NDArray[Any], channel: int, seen: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What a curve is a sum of, (n, k). Beyond the tones that were seen nothing is known of it: they are clipped."""
    low, high = seen.min(axis=0), seen.max(axis=0)
    v = np.clip(values.astype(np.float64), low, high)
    own = v[:, channel]
    others = [v[:, c] for c in range(v.shape[1]) if c != channel]
    return np.stack([np.ones_like(own), own, own**2, own**3, *others], axis=1)


def _curve(seen: npt.NDArray[np.float64], truth: npt.NDArray[np.float64], channel: int) -> npt.NDArray[np.float64]:
    terms, target = _terms(seen, channel, seen), truth[:, channel]
    weight = np.ones(len(target))
    # held lightly to leaving the tones as they are: few pixels of one tone must not bend it
    keep = np.eye(terms.shape[1])[1]
    ridge = 1e-4 * len(target)
    curve: npt.NDArray[np.float64] = keep
    for _ in range(_TONE_ROUNDS):
        weighted = terms * weight[:, None]
        solved = np.linalg.solve(weighted.T @ terms + ridge * np.eye(len(keep)), weighted.T @ target + ridge * keep)
        curve = np.asarray(solved, np.float64)
        error = np.abs(terms @ curve - target)
        # Huber's weights: damage that nobody marked, and edges that lie a pixel off, count less
        limit = max(1.5 * float(np.median(error)), 1e-3)
        weight = np.minimum(1.0, limit / np.maximum(error, 1e-9))
    return curve


def _light(picture: Image, like: Image, where: Mask, curves: list[npt.NDArray[np.float64]]) -> Image:
    """What ``like`` is lighter than the toned picture over wide areas, (h, w, c)."""
    h, w, channels = picture.shape
    factor = min(1.0, _LIGHT_SIDE / max(h, w))
    size = (max(1, round(w * factor)), max(1, round(h * factor)))

    def reduced(image: Image) -> Image:
        small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32)
        return small.reshape(size[1], size[0], -1)

    weight = reduced(where.astype(np.float32)[..., None])
    seen, truth = reduced(picture * where[..., None]), reduced(like * where[..., None])
    share = np.maximum(weight, 1e-3)
    flat = (seen / share).reshape(-1, channels)
    toned = np.stack([_terms(flat, c, flat.astype(np.float64)) @ curve for c, curve in enumerate(curves)], axis=1)
    difference = np.clip(truth / share - toned.reshape(truth.shape), -0.1, 0.1).astype(np.float32) * weight
    sigma = _LIGHT * max(size)
    # a little weight on "no difference": far from anything sound the curve alone speaks
    spread = cv2.GaussianBlur(weight, (0, 0), sigma).reshape(weight.shape) + 0.02
    smooth = cv2.GaussianBlur(difference, (0, 0), sigma).reshape(difference.shape) / spread
    return np.asarray(cv2.resize(smooth, (w, h), interpolation=cv2.INTER_LINEAR), np.float32).reshape(h, w, channels)
