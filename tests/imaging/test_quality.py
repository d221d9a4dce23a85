"""Scores agree with their definitions and with scikit-image, and ask what they say they ask."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from skimage.metrics import structural_similarity

from genrepair_desktop.imaging.quality import HIGHEST_PSNR, psnr, ssim, texture_distance


def grass(y: int = 0, x: int = 0, side: int = 160) -> np.ndarray:
    return (data.grass()[y : y + side, x : x + side, None] / 255).astype(np.float32)


def blurred(image: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), 2).reshape(image.shape)


def middle(shape: tuple[int, ...], margin: int = 40) -> np.ndarray:
    mask = np.zeros(shape[:2], np.bool_)
    mask[margin:-margin, margin:-margin] = True
    return mask


@given(error=st.floats(0.001, 0.5), channels=st.sampled_from([1, 3]))
@settings(max_examples=25, deadline=None)
def test_psnr_of_an_even_error_is_its_level_in_decibels(error: float, channels: int) -> None:
    truth = np.full((20, 30, channels), 0.5, np.float32)
    assert psnr(truth + np.float32(error), truth) == pytest.approx(-20 * np.log10(error), abs=1e-3)


def test_equal_pictures_have_the_best_scores() -> None:
    truth = grass()
    assert psnr(truth, truth) == HIGHEST_PSNR
    assert ssim(truth, truth) == pytest.approx(1.0, abs=1e-6)
    assert texture_distance(truth, truth) == 0.0


def test_errors_outside_the_mask_do_not_count() -> None:
    truth = grass()
    mask = middle(truth.shape)
    wrong = np.where(mask[..., None], truth, np.float32(0))
    assert psnr(wrong, truth, mask) == HIGHEST_PSNR
    inside = np.where(mask[..., None], np.float32(0), truth)
    assert psnr(inside, truth, mask) < psnr(inside, truth)


def test_ssim_is_that_of_scikit_image() -> None:
    truth = grass()
    worse = np.clip(blurred(truth) + np.float32(0.05), 0, 1)
    theirs = structural_similarity(
        worse[..., 0], truth[..., 0], gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        data_range=1.0, full=True,
    )[1]  # fmt: skip
    mask = middle(truth.shape)
    assert ssim(worse, truth, mask) == pytest.approx(float(theirs[mask].mean()), abs=2e-4)


def test_texture_distance_prefers_other_grass_to_blurred_grass_where_psnr_does_not() -> None:
    truth, other = grass(), grass(200, 200)
    soft = blurred(truth)
    assert texture_distance(other, truth) < 0.5 * texture_distance(soft, truth)
    assert psnr(other, truth) < psnr(soft, truth)


def test_texture_distance_grows_with_blur_and_is_symmetric() -> None:
    truth = grass()
    sharpest_first = [cv2.GaussianBlur(truth, (0, 0), s).reshape(truth.shape) for s in (0.5, 1.0, 2.0, 4.0)]
    distances = [texture_distance(image, truth) for image in sharpest_first]
    assert distances == sorted(distances)
    assert texture_distance(truth, sharpest_first[-1]) == pytest.approx(distances[-1], rel=1e-6)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 3), (9, 40, 1), (30, 30, 3)])
def test_pictures_of_any_size_are_scored(shape: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random(shape, dtype=np.float32), rng.random(shape, dtype=np.float32)
    for score in (psnr, ssim, texture_distance):
        assert np.isfinite(score(a, b))


def test_a_thin_mask_vanishes_from_coarse_scales_without_failing() -> None:
    truth = grass()
    mask = np.zeros(truth.shape[:2], np.bool_)
    mask[80] = True
    assert texture_distance(blurred(truth), truth, mask) > 0


def test_pictures_that_cannot_be_compared_are_refused() -> None:
    image = np.zeros((8, 8, 3), np.float32)
    with pytest.raises(ValueError, match="shape"):
        psnr(image, image[:4])
    with pytest.raises(ValueError, match="empty"):
        ssim(image, image, np.zeros((8, 8), np.bool_))
    with pytest.raises(ValueError, match="scale"):
        texture_distance(image, image, scales=0)
