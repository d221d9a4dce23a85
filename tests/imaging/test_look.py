"""Tone and grain of one photo given to another."""

import numpy as np
import pytest
import skimage.data

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.imaging.grain import Grain, add_grain
from genrepair_desktop.imaging.look import LookCarrier, Measured, measure


@pytest.fixture(scope="module")
def coffee() -> Image:
    return (skimage.data.coffee()[:384, :400] / np.float32(255)).astype(np.float32)


@pytest.fixture(scope="module")
def cat() -> Image:
    return (skimage.data.chelsea()[:288, :432] / np.float32(255)).astype(np.float32)


def sepia(image: Image, sigma: float) -> Image:
    """A faded print in one ink, with grain."""
    ink = (0.2 + 0.55 * image.mean(axis=2, keepdims=True)) * np.array([1.0, 0.88, 0.7], np.float32)
    grain = Grain((sigma, 0.9 * sigma, 0.8 * sigma), 0.4, 0.97)
    made = add_grain(ink, np.ones(ink.shape[:2], np.float32), grain, np.random.default_rng(5))
    return np.clip(made, 0, 1).astype(np.float32)


def carried(photo: Image, reference: Image, **amounts: float) -> tuple[Image, Measured, Measured]:
    """The photo with the look of the reference, and what is measured on both."""
    wanted = measure(reference)
    made = LookCarrier(measure(photo), wanted.look, **amounts).carry(photo, np.random.default_rng(1))
    return made, measure(made), wanted


def test_brightness_contrast_and_colour_come_near_to_the_references(coffee: Image, cat: Image) -> None:
    for photo, reference in ((coffee, cat), (cat, coffee)):
        _, got, wanted = carried(photo, reference, grain=0.0)
        # what would be whiter than white is lost, so not to the last digit
        np.testing.assert_allclose(got.tone.mean, wanted.tone.mean, atol=0.03)
        np.testing.assert_allclose(got.tone.spread, wanted.tone.spread, atol=0.04)


def test_a_print_in_one_ink_gives_its_ink_and_its_grain(coffee: Image, cat: Image) -> None:
    made, got, wanted = carried(coffee, sepia(cat, 0.04))
    red, green, blue = (made[..., c].reshape(-1) for c in range(3))
    assert (red.mean(), blue.mean()) == pytest.approx(
        (wanted.blocks[..., 0].mean(), wanted.blocks[..., 2].mean()), abs=0.03
    )
    # the one ink: green and blue follow from red but for the grain
    assert np.corrcoef(red, green)[0, 1] > 0.97
    assert np.corrcoef(red, blue)[0, 1] > 0.95
    np.testing.assert_allclose(got.look.grain.sigma, wanted.look.grain.sigma, rtol=0.25)


def test_a_grey_reference_takes_the_colour_away_and_a_print_does_not_get_colour_noise(
    coffee: Image, cat: Image
) -> None:
    made, *_ = carried(coffee, cat.mean(axis=2, keepdims=True), grain=0.0)
    assert np.ptp(made, axis=2).max() < 0.01
    old = sepia(cat, 0.03)
    made, *_ = carried(old, coffee, grain=0.0)
    spread = [float((picture[..., 0] - picture[..., 1]).std() / picture.std()) for picture in (old, made)]
    assert spread[1] < 3 * spread[0]


def test_grain_that_a_photo_has_is_not_laid_over_it_again(cat: Image) -> None:
    old = sepia(cat, 0.03)
    made, got, wanted = carried(old, old)
    np.testing.assert_allclose(got.look.grain.sigma, wanted.look.grain.sigma, rtol=0.1)
    # as much again would change it by 0.02 in the mean
    assert np.abs(made - old).mean() < 0.008


def test_amounts_say_how_much_and_nothing_is_nothing(coffee: Image, cat: Image) -> None:
    none, *_ = carried(coffee, sepia(cat, 0.04), tone=0.0, grain=0.0)
    np.testing.assert_allclose(none, coffee, atol=1e-6)
    half, all_of_it = (carried(coffee, sepia(cat, 0.04), tone=t, grain=0.0)[0] for t in (0.5, 1.0))
    np.testing.assert_allclose(half, (coffee + all_of_it) / 2, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 700, 1), (40, 7, 3)])
def test_pictures_of_any_shape_keep_it(shape: tuple[int, ...], cat: Image) -> None:
    photo = np.random.default_rng(0).random(shape, dtype=np.float32)
    for reference in (cat, photo):
        made, *_ = carried(photo, reference)
        assert made.shape == shape
        assert np.isfinite(made).all()
        assert made.min() >= 0
        assert made.max() <= 1
