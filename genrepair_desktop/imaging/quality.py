"""How far one picture is from another: per pixel, in structure and in texture.

All take two ``Image`` arrays of the same shape and, where it says so, a mask: only what lies in it counts, because
a repair changes nothing else and the untouched rest would flatter every method.
"""

import math

import cv2
import numpy as np

from genrepair_desktop.imaging.arrays import Image, Mask, check_mask
from genrepair_desktop.imaging.colour import luma

# Wang et al. 2004: an 11 x 11 Gaussian window of 1.5 pixels, constants for a range of 1
_WINDOW, _SIGMA, _C1, _C2 = (11, 11), 1.5, 0.01**2, 0.03**2
_PATCH = 7
_DIRECTIONS = 64
# more patches than this change the third digit and cost seconds
_MOST_PATCHES = 16384
# a perfect copy: shown and averaged instead of infinity
HIGHEST_PSNR = 100.0


def psnr(picture: Image, truth: Image, mask: Mask | None = None) -> float:
    """Peak signal-to-noise ratio in dB over all channels of the masked pixels; at most ``HIGHEST_PSNR``.

    Raises:
        ValueError: shapes differ, or the mask is empty.
    """
    mask = _checked(picture, truth, mask)
    error = float(np.mean(np.square(picture[mask] - truth[mask], dtype=np.float64)))
    return HIGHEST_PSNR if error < 1e-10 else min(HIGHEST_PSNR, -10.0 * math.log10(error))


def ssim(picture: Image, truth: Image, mask: Mask | None = None) -> float:
    """Structural similarity of the luma, averaged over the masked pixels; 1 for equal pictures.

    Wang et al. 2004 with the Gaussian window; the window of a pixel at the rim of the hole looks outside it too.

    Raises:
        ValueError: shapes differ, or the mask is empty.
    """
    mask = _checked(picture, truth, mask)
    return float(_ssim_map(luma(picture), luma(truth))[mask].mean())


def texture_distance(picture: Image, truth: Image, mask: Mask | None = None, scales: int = 3) -> float:
    """Sliced Wasserstein distance between the patches of two pictures, mean over scales; 0 for equal pictures.

    Asks whether the same kinds of detail occur, not whether they occur at the same place: blur and wrong grain
    cost, another plausible arrangement of the same leaves does not. At each level of a Laplacian pyramid the
    7 x 7 patches centred in the mask are projected on 64 fixed directions and their sorted values compared
    (Rabin et al. 2011; on pyramids Karras et al. 2018, but not normalised, since contrast is part of texture).
    In sample values, range about 0 to 0.2.

    Raises:
        ValueError: shapes differ, the mask is empty, or ``scales`` is under 1.
    """
    mask = _checked(picture, truth, mask)
    if scales < 1:
        raise ValueError(f"at least one scale is needed, got {scales}")
    distances: list[float] = []
    while True:
        is_last = len(distances) == scales - 1 or min(mask.shape) < 4 * _PATCH
        smaller = None if is_last else (_halve(picture), _halve(truth))
        details = (picture, truth) if smaller is None else _details((picture, truth), smaller)
        distances.append(_sliced_wasserstein(*details, mask))
        if smaller is None:
            return float(np.mean(distances))
        share = cv2.resize(mask.astype(np.float32), _half_size(mask.shape), interpolation=cv2.INTER_AREA)
        if not (share >= 0.5).any():
            return float(np.mean(distances))
        picture, truth, mask = *smaller, share >= 0.5


def _checked(picture: Image, truth: Image, mask: Mask | None) -> Mask:
    if picture.shape != truth.shape:
        raise ValueError(f"pictures of one shape are compared, got {picture.shape} and {truth.shape}")
    if mask is None:
        return np.ones(picture.shape[:2], np.bool_)
    check_mask(mask, picture.shape)
    if not mask.any():
        raise ValueError("the mask is empty: there is nothing to compare")
    return mask


def _ssim_map(a: Image, b: Image) -> Image:
    mean_a, mean_b = _blur(a), _blur(b)
    variance_a = _blur(a * a) - mean_a * mean_a
    variance_b = _blur(b * b) - mean_b * mean_b
    covariance = _blur(a * b) - mean_a * mean_b
    likeness = (2 * mean_a * mean_b + _C1) * (2 * covariance + _C2)
    return (likeness / ((mean_a**2 + mean_b**2 + _C1) * (variance_a + variance_b + _C2))).astype(np.float32)


def _blur(array: Image) -> Image:
    return cv2.GaussianBlur(array, _WINDOW, _SIGMA, borderType=cv2.BORDER_REFLECT).astype(np.float32)


def _half_size(shape: tuple[int, ...]) -> tuple[int, int]:
    return (shape[1] + 1) // 2, (shape[0] + 1) // 2


def _halve(image: Image) -> Image:
    half = cv2.pyrDown(image, dstsize=_half_size(image.shape))
    return half.reshape(*half.shape[:2], image.shape[2]).astype(np.float32)


def _details(pair: tuple[Image, Image], smaller: tuple[Image, Image]) -> tuple[Image, Image]:
    """What each picture has beyond its half-size copy (Burt and Adelson 1983)."""
    size = (pair[0].shape[1], pair[0].shape[0])
    up = [cv2.pyrUp(half, dstsize=size).reshape(pair[0].shape) for half in smaller]
    return pair[0] - up[0], pair[1] - up[1]


def _sliced_wasserstein(a: Image, b: Image, mask: Mask) -> float:
    r = _PATCH // 2
    centres = np.argwhere(mask)
    centres = centres[:: max(1, math.ceil(len(centres) / _MOST_PATCHES))]
    # fixed directions: the figure of a pair of pictures never changes
    directions = np.random.default_rng(0).standard_normal((_PATCH * _PATCH * a.shape[2], _DIRECTIONS))
    directions = (directions / np.linalg.norm(directions, axis=0)).astype(np.float32)
    sorted_values = []
    for image in (a, b):
        padded = np.pad(image, ((r, r), (r, r), (0, 0)), mode="reflect" if min(image.shape[:2]) > r else "edge")
        patches = np.lib.stride_tricks.sliding_window_view(padded, (_PATCH, _PATCH), axis=(0, 1))
        chosen = patches[centres[:, 0], centres[:, 1]].reshape(len(centres), -1)
        sorted_values.append(np.sort(chosen @ directions, axis=0))
    return float(np.abs(sorted_values[0] - sorted_values[1]).mean())
