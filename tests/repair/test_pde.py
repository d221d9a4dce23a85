"""The PDE fills solve their equations, and are no worse than the library everyone else calls."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data
from skimage.restoration import inpaint_biharmonic

from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.quality import psnr
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair import smooth_fill as module
from genrepair_desktop.repair.biharmonic import SPEC as BIHARMONIC
from genrepair_desktop.repair.grid_equations import neighbour_differences
from genrepair_desktop.repair.method import MethodSpec, NoModels, Patch
from genrepair_desktop.repair.params import parse_params
from genrepair_desktop.repair.smooth_fill import smooth_fill
from genrepair_desktop.repair.total_variation import SPEC as TV


def photo(name: str) -> Image:
    picture = getattr(data, name)()
    return (np.atleast_3d(picture)[:300, :300] / 255).astype(np.float32)


def scratches(shape: tuple[int, ...], seed: int = 1) -> Mask:
    rng = np.random.default_rng(seed)
    mask = np.zeros(shape[:2], np.uint8)
    for _ in range(5):
        start, stop = rng.integers(0, shape[0], (2, 2))
        cv2.line(mask, start.tolist(), stop.tolist(), 1, int(rng.integers(2, 8)))
    return mask > 0


def blobs(shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape[:2], np.uint8)
    for x, y, radius in ((60, 70, 14), (200, 110, 22), (299, 299, 18), (150, 0, 9)):
        cv2.circle(mask, (x, y), radius, 1, -1)
    return mask > 0


def repaired(spec: MethodSpec, image: Image, mask: Mask, **values) -> Image:
    damaged = np.where(mask[..., None], np.float32(1), image)
    return spec.build(parse_params(spec.params, values), NoModels())(Patch(damaged, mask), RunContext())


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "camera", "brick", "grass"])
@pytest.mark.parametrize("holes", [scratches, blobs])
def test_biharmonic_is_as_good_as_scikit_image_on_the_whole_picture(name: str, holes) -> None:
    image = photo(name)
    mask = holes(image.shape)
    ours = psnr(repaired(BIHARMONIC, image, mask), image, mask)
    theirs = psnr(inpaint_biharmonic(image, mask, channel_axis=2).astype(np.float32), image, mask)
    assert ours >= theirs - 0.05


def test_the_plate_equation_is_scikit_images_to_rounding_also_at_the_border() -> None:
    image = photo("coffee")[:60, :70]
    mask = scratches(image.shape) | blobs(image.shape)
    mask[-4:, 20:40] = mask[:9, :9] = True
    theirs = inpaint_biharmonic(image.astype(np.float64), mask, channel_axis=2)
    known = image[~mask]
    ours = np.clip(smooth_fill(image, mask, "biharmonic", RunContext()), known.min(axis=0), known.max(axis=0))
    assert np.abs(ours - theirs).max() < 1e-5


@settings(deadline=None, max_examples=25)
@given(
    st.sampled_from(["harmonic", "biharmonic"]),
    st.integers(3, 50),
    st.integers(3, 50),
    st.floats(-0.01, 0.01),
    st.floats(-0.01, 0.01),
    st.integers(0, 2**31),
)
def test_a_slope_inside_the_picture_is_continued_exactly(order, h, w, down, across, seed) -> None:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: h + 6, : w + 6]
    slope = (0.5 + down * y + across * x).astype(np.float32)[..., None]
    mask = np.zeros(slope.shape[:2], np.bool_)
    mask[3:-3, 3:-3] = rng.random((h, w)) < rng.random()
    filled = smooth_fill(slope, mask, order, RunContext())
    assert np.abs(filled - slope).max() < 1e-4
    assert np.array_equal(filled[~mask], slope[~mask])


def test_a_harmonic_fill_stays_within_the_range_of_its_rim() -> None:
    image = photo("astronaut")
    mask = blobs(image.shape)
    rim = (cv2.dilate(mask.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))) > 0) & ~mask
    filled = smooth_fill(image, mask, "harmonic", RunContext())
    for channel in range(3):
        low, high = image[rim][:, channel].min(), image[rim][:, channel].max()
        assert low - 1e-5 <= filled[mask][:, channel].min() <= filled[mask][:, channel].max() <= high + 1e-5


def test_the_inside_of_a_very_wide_hole_is_filled_at_lower_resolution_without_a_seam(monkeypatch) -> None:
    y, x = np.mgrid[:400, :400]
    image = (0.5 + 0.2 * np.sin(y / 90) * np.cos(x / 110)).astype(np.float32)[..., None]
    mask = np.hypot(y - 200, x - 200) < 170
    exact = smooth_fill(image, mask, "biharmonic", RunContext())
    monkeypatch.setattr(module, "_WORTH_SPLITTING", 1000)
    split = smooth_fill(image, mask, "biharmonic", RunContext())
    assert np.abs(split - exact).max() < 4e-3  # one level of 8 bits
    bend = np.abs(cv2.Laplacian(split[..., 0], cv2.CV_32F))[mask]
    assert bend.max() < 0.5 / 255


def test_total_variation_carries_an_edge_straight_across_where_a_membrane_blurs_it() -> None:
    image = np.zeros((61, 61, 1), np.float32)
    image[:, 30:] = 0.8
    mask = np.zeros((61, 61), np.bool_)
    mask[20:41, 20:41] = True
    sharp = repaired(TV, image, mask, flatness=0.001, tolerance=1e-6, rounds=200)
    soft = smooth_fill(image, mask, "harmonic", RunContext())
    # the pixel beside the edge may have any value between: the variation is the same
    far = np.abs(np.mgrid[:61, :61][1] - 29.5) > 1
    assert np.abs(sharp - image)[far].max() < 0.05
    assert np.abs(soft - image)[far].max() > 0.2


def test_total_variation_ends_below_every_other_fill() -> None:
    image = photo("coffee")
    mask = scratches(image.shape)

    def variation(fill: Image) -> float:
        rows, tails = neighbour_differences(fill, mask)
        steps = rows.matrix @ fill[mask].astype(np.float64) + rows.known
        return float(np.sqrt(np.bincount(tails, (steps**2).sum(axis=1))).sum())

    ours = variation(repaired(TV, image, mask, flatness=0.0005, tolerance=1e-6))
    others = [smooth_fill(image, mask, "harmonic", RunContext()), repaired(BIHARMONIC, image, mask), image]
    assert all(ours < variation(other) for other in others)
    shaken = repaired(TV, image, mask, flatness=0.0005, tolerance=1e-6)
    shaken[mask] += np.random.default_rng(0).normal(0, 0.003, shaken[mask].shape).astype(np.float32)
    assert ours < variation(shaken)


def test_biharmonic_overshoot_can_be_allowed() -> None:
    y = np.mgrid[:60, :60][0]
    image = (0.2 + 0.5 * np.abs(y - 30) / 30).astype(np.float32)[..., None]
    mask = np.abs(y - 30) < 12
    flat = repaired(BIHARMONIC, image, mask)
    free = repaired(BIHARMONIC, image, mask, overshoot=1.0)
    rim = image[~mask & (np.abs(y - 30) < 14)].min()
    assert flat[mask].min() == pytest.approx(float(rim))
    assert free[mask].min() < rim - 0.01
