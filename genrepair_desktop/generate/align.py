"""Lays one picture on another that shows the same: two scans, two prints, each with its own damage.

Features (SIFT, Lowe 2004, matched through MAGSAC++, Barath 2020) give a first guess where there are enough of them;
enhanced correlation (ECC, Evangelidis and Psarakis 2008), which is blind to brightness and contrast, refines it on
the detail of the pixels that are sound in both, first small and then finer. On detail, because uneven light pulls:
with it the places of three photos were 0.07 pixels off on average, without 0.24.
"""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.generate.model import GenerateError
from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.colour import luma
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.jobs.context import RunContext

Bytes = npt.NDArray[np.uint8]
Grey = npt.NDArray[np.float32]
Homography = npt.NDArray[np.float64]
# Coarse to fine: found at the first size, where the correlation has few local optima, refined at the second
_SIDES, _MOST_STEPS = (640, 1600), (12, 3)
# rounds of the search between two checkpoints, and the gain in correlation below which it has arrived
_ROUNDS, _ARRIVED, _BLUR = 6, 2e-5, 5
_FEATURES, _LEAST_MATCHES, _RATIO, _NEAR = 4000, 12, 0.8, 3.0
# Detail is up to so many pixels wide in the small picture: in their large light and dark shapes any two portraits
# are alike
_DETAIL = 8.0
# pixels of the small picture over which a filter may carry damage
_MARGIN = 5
_LEAST_COMMON = 400
# a copy that is stretched or magnified more than this is none
_MOST_STRETCH = 12.0


class Aligned(NamedTuple):
    """Where one picture lies on another.

    homography  takes pixels (x, y, 1) of the fixed picture to pixels of the moving one
    likeness    correlation of their detail where both are sound, up to 1
    """

    homography: Homography
    likeness: float


class _View(NamedTuple):
    """A picture made small and grey.

    grey   (h, w), damage filled smoothly
    fine   its detail alone
    sound  (h, w), 255 where the picture itself speaks, 0 on damage and near it
    small  takes pixels of the picture to pixels of the view
    """

    grey: Grey
    fine: Grey
    sound: Bytes
    small: Homography


def align(fixed: Image, fixed_damage: Mask, moving: Image, moving_damage: Mask, ctx: RunContext) -> Aligned:
    """Find where ``moving`` lies on ``fixed``: pictures (h, w, 1 or 3) of any two sizes, and their damage.

    Raises:
        GenerateError: they could not be aligned at all.
        Cancelled: at a checkpoint.
    """
    found: Homography | None = None
    likeness = 0.0
    # both equally large: what only the finer scan shows is noise to the other
    common = min(max(fixed.shape[:2]), max(moving.shape[:2]))
    for side, steps in zip(_SIDES, _MOST_STEPS, strict=True):
        if found is not None and common <= _SIDES[0]:
            break
        ctx.checkpoint(0.0, "align")
        first, second = (_view(i, d, min(side, common)) for i, d in ((fixed, fixed_damage), (moving, moving_damage)))
        if found is None:
            guess = _first_guess(first, second, ctx)
        else:
            guess = second.small @ found @ np.linalg.inv(first.small)
        refined = _refined(first, second, guess, steps, ctx)
        found = np.linalg.inv(second.small) @ refined @ first.small
        likeness = _likeness(first, second, refined)
    if found is None or not _is_plausible(found, fixed, moving):
        raise _unalike()
    return Aligned(found, likeness)


def _unalike() -> GenerateError:
    return GenerateError("Two copies could not be aligned: do they show the same picture?")


def _view(image: Image, damage: Mask, side: int) -> _View:
    h, w = damage.shape
    factor = min(1.0, side / max(h, w))
    size = (max(8, round(w * factor)), max(8, round(h * factor)))
    grey = np.asarray(cv2.resize(luma(image), size, interpolation=cv2.INTER_AREA), np.float32)
    hole = np.asarray(cv2.resize(damage.astype(np.float32), size, interpolation=cv2.INTER_AREA)) > 0.01
    near = cv2.dilate(hole.astype(np.uint8), np.ones((2 * _MARGIN + 1, 2 * _MARGIN + 1), np.uint8))
    # middles of pixels go to middles of pixels
    fx, fy = size[0] / w, size[1] / h
    small = np.array([[fx, 0, 0.5 * fx - 0.5], [0, fy, 0.5 * fy - 0.5], [0, 0, 1]], np.float64)
    filled = prefill(grey[..., None], hole)[..., 0]
    fine = np.asarray(filled - cv2.GaussianBlur(filled, (0, 0), _DETAIL), np.float32)
    return _View(filled, fine, ((1 - near) * 255).astype(np.uint8), small)


def _first_guess(first: _View, second: _View, ctx: RunContext) -> Homography:
    """By features; where there are too few, from edge upon edge by the large shapes, which reach farther."""
    found = _by_features(first, second)
    if found is not None:
        return found
    scale = np.array(second.grey.shape[::-1]) / np.array(first.grey.shape[::-1])
    first, second = (view._replace(fine=view.grey) for view in (first, second))
    return _refined(first, second, np.diag([scale[0], scale[1], 1.0]), _MOST_STEPS[0], ctx)


def _by_features(first: _View, second: _View) -> Homography | None:
    sift = cv2.SIFT_create(_FEATURES)  # pyright: ignore[reportAttributeAccessIssue]
    # faded prints have little contrast, and the finder's threshold is absolute
    eight = [cv2.normalize(v.grey, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8) for v in (first, second)]  # pyright: ignore[reportCallIssue, reportArgumentType]
    seen = [sift.detectAndCompute(p, v.sound) for p, v in zip(eight, (first, second), strict=True)]
    (here, words), (there, others) = seen
    if words is None or others is None or min(len(words), len(others)) < _LEAST_MATCHES:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(words, others, k=2)
    good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < _RATIO * p[1].distance]
    if len(good) < _LEAST_MATCHES:
        return None
    a = np.array([here[m.queryIdx].pt for m in good], np.float32)
    b = np.array([there[m.trainIdx].pt for m in good], np.float32)
    cv2.setRNGSeed(0)
    found, inliers = cv2.findHomography(a, b, cv2.USAC_MAGSAC, _NEAR)
    if found is None or int(inliers.sum()) < _LEAST_MATCHES:
        return None
    return np.asarray(found, np.float64)


def _refined(first: _View, second: _View, guess: Homography, steps: int, ctx: RunContext) -> Homography:
    """The homography of the highest correlation near ``guess``.

    Raises:
        GenerateError: there is none: too little of both is sound, or they have nothing in common.
    """
    found, reached = guess.astype(np.float32), -1.0
    rounds = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, _ROUNDS, 1e-9)
    for step in range(steps):
        ctx.checkpoint(step / steps, "align")
        try:
            correlation, found = cv2.findTransformECCWithMask(
                first.fine, second.fine, first.sound, second.sound, found, cv2.MOTION_HOMOGRAPHY, rounds, _BLUR
            )
        except cv2.error:
            raise _unalike() from None
        if correlation - reached < _ARRIVED:
            break
        reached = float(correlation)
    return np.asarray(found, np.float64)


def _likeness(first: _View, second: _View, homography: Homography) -> float:
    """Correlation of the detail of both where both are sound; 0 where that is next to nothing."""
    size = first.grey.shape[::-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = np.asarray(cv2.warpPerspective(second.fine, homography, size, flags=flags), np.float32)
    covered = np.asarray(cv2.warpPerspective(second.sound, homography, size, flags=flags)) == 255
    common = (first.sound == 255) & covered
    if np.count_nonzero(common) < _LEAST_COMMON:
        return 0.0
    # the finest grain is each scan's own
    a, b = (cv2.GaussianBlur(fine, (0, 0), 1.0)[common] for fine in (first.fine, moved))
    spread = float(a.std()) * float(b.std())
    return float(((a - a.mean()) * (b - b.mean())).mean()) / spread if spread > 1e-9 else 0.0


def _is_plausible(homography: Homography, fixed: Image, moving: Image) -> bool:
    """Whether the fixed picture's frame stays a convex one of a sensible size, not turned over."""
    h, w = fixed.shape[:2]
    corners = np.array([[0, 0, 1], [w, 0, 1], [w, h, 1], [0, h, 1]], np.float64) @ homography.T
    if (corners[:, 2] <= 1e-6).any():
        return False
    frame = corners[:, :2] / corners[:, 2:]
    sides = np.roll(frame, -1, axis=0) - frame
    following = np.roll(sides, -1, axis=0)
    turns = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    area = abs(float(cv2.contourArea(frame.astype(np.float32))))
    share = area / (moving.shape[0] * moving.shape[1])
    return bool((turns > 0).all()) and 1 / _MOST_STRETCH**2 < share < _MOST_STRETCH**2
