from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.imaging.arrays import to_image
from genrepair_desktop.lab.degrade import DAMAGES, Damaged, damage
from genrepair_desktop.lab.masks import MaskKind, draw_mask
from genrepair_desktop.lab.noise import film_grain, gaussian_noise, jpeg, poisson_noise
from tests.lab.drawn import draw_photo

KINDS = get_args(MaskKind)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(KINDS), st.integers(32, 160), st.integers(32, 160), st.integers(0, 999))
def test_a_mask_hides_something_and_at_most_half(kind: MaskKind, h: int, w: int, seed: int) -> None:
    mask = draw_mask(kind, (h, w), np.random.default_rng(seed))
    assert mask.shape == (h, w)
    assert mask.dtype == np.bool_
    assert 0 < mask.mean() <= 0.5


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_draws_the_same_mask(kind: MaskKind) -> None:
    a, b, c = (draw_mask(kind, 96, np.random.default_rng(s)) for s in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def thickness(kind: MaskKind) -> float:
    """Median over masks of twice the mean distance of a masked pixel to the nearest known one."""
    import cv2

    masks = [draw_mask(kind, 256, np.random.default_rng(s)).astype(np.uint8) for s in range(15)]
    return float(np.median([2 * cv2.distanceTransform(m, cv2.DIST_L2, 5)[m > 0].mean() for m in masks]))


def test_the_kinds_grow_from_scratch_to_thick() -> None:
    assert thickness("scratch") < thickness("thin") < thickness("medium") < thickness("thick")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", sorted(DAMAGES))
def test_every_damage_changes_the_picture_and_says_where(name: str, channels: int) -> None:
    photo = to_image(draw_photo(1, 120, 140))[..., :channels]
    # Several seeds: one drop may fall outside the picture
    made = [DAMAGES[name](photo, np.random.default_rng(seed)) for seed in range(6)]
    for one in made:
        assert one.image.shape == photo.shape
        assert one.image.dtype == np.float32
        assert np.isfinite(one.image).all()
        assert one.strength.shape == photo.shape[:2]
        assert 0 <= one.strength.min() <= one.strength.max() <= 1
    if not (name == "sepia" and channels == 1):
        assert any(not np.array_equal(one.image, photo) for one in made)


@pytest.mark.parametrize("name", ["scratch", "hair", "dust", "tear", "stain", "foxing", "emulsion-loss", "hole"])
def test_marks_leave_the_rest_of_the_picture_alone(name: str) -> None:
    photo = to_image(draw_photo(2, 120, 140))
    for seed in range(4):
        made = DAMAGES[name](photo, np.random.default_rng(seed))
        untouched = made.strength == 0
        assert np.abs(made.image - photo)[untouched].max() < 1e-6


def test_stains_let_the_photograph_through() -> None:
    made = DAMAGES["stain"](to_image(draw_photo(3, 200, 200)), np.random.default_rng(1))
    assert 0.1 < made.strength.max() < 0.9


def test_a_mixture_repeats_with_its_seed_and_writes_into_no_argument() -> None:
    photo = to_image(draw_photo(4, 128, 128))
    before = photo.copy()
    a, b = (damage(photo, np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(a.image, b.image)
    assert a.kinds == b.kinds
    assert np.array_equal(photo, before)
    assert 0 <= a.image.min() <= a.image.max() <= 1


def test_a_mark_of_the_colour_of_what_it_covers_is_no_damage_to_find() -> None:
    strength = np.ones((4, 4), np.float32)
    seen, hidden, veil = (
        Damaged(np.zeros((4, 4, 3), np.float32), strength * s, np.full((4, 4), change, np.float32), ("scratch",))
        for s, change in ((1.0, 0.3), (1.0, 0.01), (0.1, 0.3))
    )
    assert seen.mask.all()
    assert not seen.unsure.any()
    for either in (hidden, veil):
        assert not either.mask.any()
        assert either.unsure.all()


def test_larger_marks_hide_more() -> None:
    photo = to_image(draw_photo(6, 160, 160))
    hidden = [
        sum(float(damage(photo, np.random.default_rng(s), 3, size=size).strength.mean()) for s in range(12))
        for size in (0.5, 2.0)
    ]
    assert hidden[1] > 1.3 * hidden[0]


def test_no_marks_means_no_mask() -> None:
    made = damage(to_image(draw_photo(5)), np.random.default_rng(0), marks=0)
    assert not made.mask.any()


def test_noise_has_the_strength_it_says() -> None:
    flat = np.full((200, 200, 3), 0.5, np.float32)
    rng = np.random.default_rng(0)
    assert gaussian_noise(flat, 25, rng).std() * 255 == pytest.approx(25, rel=0.02)
    assert film_grain(flat, 25, 0.8, rng).std() * 255 == pytest.approx(25, rel=0.1)
    # n photons have a deviation of sqrt(n): half of 100 at mid-grey
    assert poisson_noise(flat, 100, rng).std() == pytest.approx(np.sqrt(50) / 100, rel=0.05)


def test_grain_is_weaker_in_black_than_in_grey() -> None:
    rng = np.random.default_rng(0)
    dark, grey = (film_grain(np.full((99, 99, 1), v, np.float32), 20, 1.0, rng).std() for v in (0.02, 0.5))
    assert dark < 0.6 * grey


def test_lower_jpeg_quality_is_further_from_the_truth() -> None:
    photo = to_image(draw_photo(6, 64, 64))
    errors = [float(np.abs(jpeg(photo, q) - photo).mean()) for q in (95, 50, 10)]
    assert errors == sorted(errors)
    assert errors[0] < 0.02
