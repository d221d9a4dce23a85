"""Several damaged copies of one picture (two scans, two prints): aligned, sound pixels taken where any has them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.generate.model import GenerateError
from genrepair_desktop.imaging.arrays import Image, Mask, check_mask
from genrepair_desktop.imaging.colour import luma
from genrepair_desktop.jobs.context import RunContext

Bytes = npt.NDArray[np.uint8]
Homography = npt.NDArray[np.float64]
# Alignment works at this size: finer, the correlation has too many local optima and takes seconds
_WORKING_SIDE = 640
_ROUNDS, _PRECISION = 200, 1e-7
_LEAST_MATCHES = 12
_FEATURES = 3000
_LEAST_CORRELATION = 0.6


@dataclass(frozen=True)
class Merged:
    """A picture out of several copies.

    image        the first copy with the holes it could get filled
    missing      (h, w) what no copy shows: only this is left to repair
    correlation  for each further copy how well it lies on the first, up to 1; below 0.6 it was left out (nan)
    """

    image: Image
    missing: Mask
    correlation: tuple[float, ...]


def merge_copies(copies: Sequence[Image], damages: Sequence[Mask], ctx: RunContext) -> Merged:
    """Fill the damage of the first copy with sound pixels of the others, matched in place and tone.

    Raises:
        GenerateError: fewer than two copies, not one mask a copy, or no copy lies on the first.
        Cancelled: at a checkpoint.
    """
    if len(copies) < 2 or len(damages) != len(copies):
        raise GenerateError("Merging needs at least two copies, and a mask for each.")
    for copy, damage in zip(copies, damages, strict=True):
        check_mask(damage, copy.shape)
    image, missing = copies[0].copy(), damages[0].copy()
    correlations: list[float] = []
    for i in range(1, len(copies)):
        ctx.checkpoint((i - 1) / (len(copies) - 1), "align")
        moved = _laid_over(copies[0], damages[0], copies[i], damages[i])
        if moved is None:
            correlations.append(float("nan"))
            continue
        picture, sound, correlation = moved
        correlations.append(correlation)
        toned = _toned(picture, image, sound & ~missing)
        take = missing & sound
        image[take] = toned[take]
        missing &= ~take
    if np.isnan(correlations).all():
        raise GenerateError("The copies do not show the same picture, or too little of it: none could be aligned.")
    ctx.checkpoint(1.0, "align")
    return Merged(image, missing, tuple(correlations))


def align(fixed: Image, fixed_damage: Mask, moving: Image, moving_damage: Mask) -> tuple[Homography, float]:
    """The homography from pixels of ``fixed`` to pixels of ``moving``, and the correlation of both once aligned.

    Features (ORB, matched by RANSAC) give a first guess where there are enough of them; enhanced correlation (ECC,
    Evangelidis and Psarakis 2008), which is blind to contrast, refines it on the sound pixels.

    Raises:
        GenerateError: they could not be aligned.
    """
    factors = [min(1.0, _WORKING_SIDE / max(i.shape[:2])) for i in (fixed, moving)]
    first, second = (_small(luma(i), f) for i, f in zip((fixed, moving), factors, strict=True))
    masks = [_small_mask(~m, f) for m, f in zip((fixed_damage, moving_damage), factors, strict=True)]
    guess = _by_features(first, masks[0], second, masks[1])
    if guess is None:
        scale = np.array(second.shape[::-1]) / np.array(first.shape[::-1])
        guess = np.diag([scale[0], scale[1], 1.0])
    try:
        correlation, found = cv2.findTransformECC(
            first,
            second,
            guess.astype(np.float32),
            cv2.MOTION_HOMOGRAPHY,
            (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _ROUNDS, _PRECISION),
            masks[1],
            5,
        )
    except cv2.error:
        raise GenerateError("Two copies could not be aligned: do they show the same picture?") from None
    down = np.diag([factors[0], factors[0], 1.0])
    up = np.diag([1 / factors[1], 1 / factors[1], 1.0])
    return up @ found.astype(np.float64) @ down, float(correlation)


def _laid_over(
    fixed: Image, fixed_damage: Mask, moving: Image, moving_damage: Mask
) -> tuple[Image, Mask, float] | None:
    """``moving`` in the frame of ``fixed``, its sound pixels there, and the correlation; None if it does not fit."""
    try:
        homography, correlation = align(fixed, fixed_damage, moving, moving_damage)
    except GenerateError:
        return None
    if correlation < _LEAST_CORRELATION:
        return None
    h, w = fixed.shape[:2]
    how = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    picture = np.asarray(cv2.warpPerspective(moving, homography, (w, h), flags=how), np.float32).reshape(fixed.shape)
    # soft, then strict: a pixel made of even a little damage is not sound; outside the copy nothing is
    soundness = cv2.warpPerspective(
        (~moving_damage).astype(np.float32), homography, (w, h), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    sound = cv2.erode((np.asarray(soundness) > 0.999).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.clip(picture, 0, 1), sound, correlation


def _by_features(first: Image, known: Bytes, second: Image, known_second: Bytes) -> Homography | None:
    orb = cv2.ORB_create(_FEATURES)  # pyright: ignore[reportAttributeAccessIssue]
    eight = [np.rint(p * 255).astype(np.uint8) for p in (first, second)]
    places, words = zip(
        *(orb.detectAndCompute(p, m) for p, m in zip(eight, (known, known_second), strict=True)), strict=True
    )
    if any(w is None or len(w) < _LEAST_MATCHES for w in words):
        return None
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(words[0], words[1])
    if len(matches) < _LEAST_MATCHES:
        return None
    a = np.array([places[0][m.queryIdx].pt for m in matches], np.float32)
    b = np.array([places[1][m.trainIdx].pt for m in matches], np.float32)
    cv2.setRNGSeed(0)
    found, inliers = cv2.findHomography(a, b, cv2.RANSAC, 3.0)
    if found is None or int(inliers.sum()) < _LEAST_MATCHES:
        return None
    return np.asarray(found, np.float64)


def _toned(picture: Image, like: Image, where: Mask) -> Image:
    """``picture`` with a gain and an offset a channel that bring it closest to ``like`` where both are sound."""
    if np.count_nonzero(where) < 16:
        return picture
    toned = picture.copy()
    for c in range(picture.shape[2]):
        a, b = picture[..., c][where].astype(np.float64), like[..., c][where].astype(np.float64)
        variance = float(a.var())
        gain = float(((a - a.mean()) * (b - b.mean())).mean()) / variance if variance > 1e-8 else 1.0
        gain = float(np.clip(gain, 0.5, 2.0))
        toned[..., c] = picture[..., c] * gain + (b.mean() - gain * a.mean())
    return np.clip(toned, 0, 1).astype(np.float32)


def _small(grey: npt.NDArray[np.float32], factor: float) -> Image:
    size = (max(8, round(grey.shape[1] * factor)), max(8, round(grey.shape[0] * factor)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)


def _small_mask(sound: Mask, factor: float) -> Bytes:
    small = _small(sound.astype(np.float32), factor)
    return (small > 0.99).astype(np.uint8) * np.uint8(255)
