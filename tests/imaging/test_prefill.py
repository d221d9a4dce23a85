import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.restoration import inpaint_biharmonic

from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.prefill import prefill


def slope(h: int, w: int, channels: int = 3) -> Image:
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    return np.stack([0.2 + 0.3 * x / w + 0.1 * (c + 1) * y / h for c in range(channels)], axis=2)


def scratched(h: int, w: int) -> Mask:
    mask = np.zeros((h, w), np.bool_)
    mask[:, w // 3 : w // 3 + 3] = True
    mask[h // 2, :] = True
    return mask


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]), st.integers(0, 999), st.floats(0, 1))
def test_known_pixels_stay_and_the_fill_is_a_picture(h: int, w: int, channels: int, seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    image, mask = rng.random((h, w, channels), np.float32), rng.random((h, w)) < share
    before = image.copy()
    filled = prefill(image, mask)
    assert filled.shape == image.shape
    assert filled.dtype == np.float32
    assert np.array_equal(filled[~mask], image[~mask])
    assert np.isfinite(filled).all()
    assert 0 <= filled.min() <= filled.max() <= 1
    assert np.array_equal(image, before)


def test_a_slope_is_continued_through_a_scratch() -> None:
    truth, mask = slope(48, 64), scratched(48, 64)
    assert np.abs(prefill(truth, mask) - truth).max() < 0.01


def test_what_lies_under_the_mask_is_never_looked_at() -> None:
    truth, mask = slope(40, 50), scratched(40, 50)
    for hidden in (0.0, 1.0, np.nan, np.inf):
        damaged = truth.copy()
        damaged[mask] = hidden
        assert np.array_equal(prefill(damaged, mask), prefill(truth, mask))


def test_a_picture_that_is_all_hole_becomes_grey() -> None:
    assert (prefill(np.zeros((20, 30, 3), np.float32), np.ones((20, 30), np.bool_)) == 0.5).all()


def test_no_hole_returns_an_equal_copy() -> None:
    image = slope(10, 12)
    filled = prefill(image, np.zeros((10, 12), np.bool_))
    assert np.array_equal(filled, image)
    assert filled is not image


def test_it_is_as_good_on_scratches_as_the_exact_equation() -> None:
    rng = np.random.default_rng(3)
    noise = rng.random((96, 96, 1), np.float32)
    for _ in range(3):
        noise = (noise + np.roll(noise, 1, 0) + np.roll(noise, 1, 1) + np.roll(noise, (1, 1), (0, 1))) / 4
    mask = scratched(96, 96)
    errors = [
        float(np.square(filled[mask] - noise[mask]).mean())
        for filled in (prefill(noise, mask), inpaint_biharmonic(noise, mask, channel_axis=-1))
    ]
    assert errors[0] == pytest.approx(errors[1], rel=0.15)
