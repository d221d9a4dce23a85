"""Grain is measured where it is and laid where it is asked for."""

import cv2
import numpy as np
import pytest

from genrepair_desktop.imaging.grain import Grain, add_grain, measure_grain


def noisy(sigma: float, blur: float = 0.0) -> np.ndarray:
    noise = np.random.default_rng(3).standard_normal((160, 160, 3)).astype(np.float32)
    if blur:
        noise = cv2.GaussianBlur(noise, (0, 0), blur)
        noise /= noise.std()
    ramp = np.linspace(0.3, 0.7, 160, dtype=np.float32)[None, :, None]
    return ramp + noise * sigma


@pytest.mark.parametrize("sigma", [0.01, 0.03, 0.06])
def test_white_noise_is_measured_within_a_quarter(sigma: float) -> None:
    grain = measure_grain(noisy(sigma), np.ones((160, 160), bool))
    assert grain.sigma == pytest.approx((sigma,) * 3, rel=0.25)
    assert grain.correlation < 0.15


def test_coarse_grain_is_seen_as_coarse() -> None:
    everything = np.ones((160, 160), bool)
    assert (
        measure_grain(noisy(0.05, 1.0), everything).correlation
        > measure_grain(noisy(0.05), everything).correlation + 0.2
    )


def test_a_clean_picture_has_no_grain() -> None:
    assert not measure_grain(noisy(0.0), np.ones((160, 160), bool)).is_visible


def test_grain_stays_where_it_is_asked_for() -> None:
    image = np.full((40, 40, 3), 0.5, np.float32)
    where = np.zeros((40, 40), np.float32)
    where[10:30, 10:30] = 1.0
    result = add_grain(image, where, Grain((0.05,) * 3, 0.3, 0.5), np.random.default_rng(1))
    assert np.array_equal(result[where == 0], image[where == 0])
    assert result[where == 1].std() == pytest.approx(0.05, rel=0.15)


def test_a_fully_hidden_picture_gives_no_grain() -> None:
    assert measure_grain(noisy(0.05), np.zeros((160, 160), bool)).sigma == (0.0, 0.0, 0.0)
