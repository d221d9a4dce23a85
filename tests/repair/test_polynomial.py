"""The polynomial fill is exact on polynomials, alike by both solvers, and meets the rim."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.quality import psnr
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.method import NoModels, Patch
from genrepair_desktop.repair.params import parse_params
from genrepair_desktop.repair.polynomial import SPEC


def filled(image: Image, mask: Mask, **values) -> Image:
    damaged = np.where(mask[..., None], np.float32(1), image)
    return SPEC.build(parse_params(SPEC.params, values), NoModels())(Patch(damaged, mask), RunContext())


def disc(h: int, w: int, y: int, x: int, radius: int) -> Mask:
    return np.hypot(*(a - c for a, c in zip(np.mgrid[:h, :w], (y, x), strict=True))) < radius


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 4), st.integers(0, 2**31), st.booleans())
def test_a_smooth_surface_is_continued_across_a_hole(degree: int, seed: int, seamless: bool) -> None:
    rng = np.random.default_rng(seed)
    y, x = (a / 100 - 0.5 for a in np.mgrid[:100, :100])
    image = np.full((100, 100, 1), 0.5, np.float32)
    for i in range(degree + 1):
        for j in range(degree + 1 - i):
            image[..., 0] += rng.uniform(-0.4, 0.4) / (degree + 1) * y**i * x**j
    image = np.clip(image, 0, 1)
    mask = disc(100, 100, 45, 55, 14)
    found = filled(image, mask, degree=degree, find_degree=False, ridge=1e-5, rim=24, seamless=seamless)
    assert np.abs(found - image).max() < 0.01


@pytest.mark.parametrize("outliers", ["least-squares", "huber", "tukey"])
@pytest.mark.parametrize("degree", [0, 2, 6])
def test_both_solvers_give_the_same_picture(degree: int, outliers: str) -> None:
    image = (data.coffee()[100:260, 200:360] / 255).astype(np.float32)
    mask = disc(160, 160, 80, 80, 20)
    cv2.line(canvas := np.zeros((160, 160), np.uint8), (3, 10), (150, 140), 1, 4)
    mask |= canvas > 0
    common = {"degree": degree, "outliers": outliers, "find_degree": False}
    exact = filled(image, mask, solver="closed-form", **common)
    assert np.abs(exact - filled(image, mask, solver="gradient-descent", **common)).max() < 1e-4


def test_a_seamless_fill_continues_the_pixels_at_the_edge() -> None:
    image = (data.astronaut()[:200, :200] / 255).astype(np.float32)
    mask = disc(200, 200, 100, 110, 25)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inner = mask & (cv2.erode(mask.astype(np.uint8), cross) == 0)

    def step(fill: Image) -> float:
        """Mean difference between the outermost filled pixels and the mean of their known neighbours."""
        known = (~mask).astype(np.float32)[..., None]
        weight = cv2.filter2D(known, -1, cross.astype(np.float32))[..., None]
        around = cv2.filter2D(image * known, -1, cross.astype(np.float32)) / np.maximum(weight, 1)
        return float(np.abs(fill - around)[inner].mean())

    assert step(filled(image, mask)) < 0.5 * step(filled(image, mask, seamless=False))


def test_dirt_on_the_rim_does_not_tint_a_robust_fill() -> None:
    image = np.full((120, 120, 3), 0.6, np.float32)
    image += np.float32(0.001) * np.arange(120, dtype=np.float32)[:, None]
    dirty = image.copy()
    mask = disc(120, 120, 60, 60, 20)
    dirty[36:84, 40:46][~mask[36:84, 40:46]] = 0.0
    plain = filled(dirty, mask, outliers="least-squares", seamless=False, degree=2, find_degree=False)
    robust = filled(dirty, mask, outliers="tukey", seamless=False, degree=2, find_degree=False)
    assert np.abs(robust - image)[mask].max() < 0.01 < np.abs(plain - image)[mask].max()


def test_a_long_scratch_follows_what_it_crosses() -> None:
    image = (data.astronaut() / 255).astype(np.float32)
    canvas = np.zeros(image.shape[:2], np.uint8)
    cv2.line(canvas, (20, 30), (480, 470), 1, 5)
    mask = canvas > 0
    by_pieces = filled(image, mask, seamless=False, piece=32)
    as_one = filled(image, mask, seamless=False, piece=512)
    assert psnr(by_pieces, image, mask) > psnr(as_one, image, mask) + 2.0


def test_the_degree_is_chosen_lower_where_more_would_wave() -> None:
    rng = np.random.default_rng(1)
    noisy = (0.5 + rng.normal(0, 0.08, (90, 90, 1))).astype(np.float32)
    mask = disc(90, 90, 45, 45, 22)
    chosen = filled(noisy, mask, degree=6, seamless=False)[mask]
    fixed = filled(noisy, mask, degree=6, seamless=False, find_degree=False)[mask]
    assert chosen.std() < 0.3 * fixed.std()
