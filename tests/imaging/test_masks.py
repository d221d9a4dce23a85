"""Masks: growing, shrinking, feathering, holes and imports keep to their geometry."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from genrepair_desktop.errors import MaskError
from genrepair_desktop.imaging import masks
from genrepair_desktop.imaging.geometry import Rect, Size
from genrepair_desktop.imaging.masks import CombineMode, Coverage

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24)
SOFT = hnp.arrays(np.uint8, SHAPES, elements=st.one_of(st.just(0), st.just(255), st.integers(0, 255)))
HARD = hnp.arrays(np.bool_, SHAPES)
RADII = st.floats(1.0, 9.0)


def disk_maximum(coverage: Coverage, radius: float) -> Coverage:
    """The plain definition of growing, pixel by pixel."""
    reach = int(radius + 1e-3)
    padded = np.pad(coverage, reach)
    h, w = coverage.shape
    grown = np.zeros_like(coverage)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            if dy * dy + dx * dx <= (radius + 1e-3) ** 2:
                grown = np.maximum(grown, padded[reach + dy : reach + dy + h, reach + dx : reach + dx + w])
    return grown


@given(SOFT, RADII)
def test_growing_a_soft_mask_is_the_maximum_over_a_disk(coverage: Coverage, radius: float) -> None:
    assert np.array_equal(masks.grow(coverage, radius), disk_maximum(coverage, radius))


@given(HARD, RADII)
@example(np.array([[True, False, False]]), 1.9998)
def test_growing_a_hard_mask_is_the_maximum_over_a_disk(mask: npt.NDArray[np.bool_], radius: float) -> None:
    assert np.array_equal(masks.grow(mask, radius), disk_maximum(masks.as_coverage(mask), radius))


@given(SOFT, RADII)
def test_shrinking_is_growing_what_is_left(coverage: Coverage, radius: float) -> None:
    grown_rest = disk_maximum(255 - coverage, radius)
    assert np.array_equal(masks.shrink(coverage, radius), 255 - grown_rest)


@given(SOFT, RADII)
def test_grown_then_shrunk_holds_the_mask_and_shrunk_then_grown_lies_within(coverage: Coverage, radius: float) -> None:
    closed = masks.shrink(masks.grow(coverage, radius), radius)
    opened = masks.grow(masks.shrink(coverage, radius), radius)
    assert (closed >= coverage).all()
    assert (opened <= coverage).all()


def test_a_mask_over_the_whole_picture_does_not_shrink_from_its_edges() -> None:
    assert (masks.shrink(np.full((20, 30), 255, np.uint8), 5) == 255).all()


@given(SOFT, st.floats(0.5, 30.0))
def test_feathering_outwards_keeps_the_mask_and_ends_within_a_pixel_of_its_radius(
    coverage: Coverage, radius: float
) -> None:
    faded = masks.feather(coverage, radius)
    assert (faded >= coverage).all()
    assert (faded[coverage >= 128] == 255).all()
    reached = disk_maximum(np.where(coverage >= 128, 255, 0).astype(np.uint8), radius + 1)
    assert not faded[(reached == 0) & (coverage == 0)].any()


@given(SOFT, st.floats(0.5, 600.0))
def test_feathering_inwards_covers_the_same_pixels_no_stronger(coverage: Coverage, radius: float) -> None:
    faded = masks.feather(coverage, radius, "inward")
    hard = np.where(coverage >= 128, coverage, 0).astype(np.uint8)
    assert (faded <= coverage).all()
    assert np.array_equal(faded > 0, coverage > 0)
    if (hard == 0).any() and hard.any() and radius >= 2:
        assert faded[hard > 0].min() < 255


def test_a_scratch_thinner_than_its_feather_stays_wholly_replaced() -> None:
    scratch = np.zeros((40, 40), np.uint8)
    scratch[20] = 255
    assert (masks.feather(scratch, 12)[20] == 255).all()
    assert masks.feather(scratch, 12, "both")[20].max() < 255


def test_feathering_falls_steadily_with_distance() -> None:
    line = np.zeros((1, 60), np.uint8)
    line[0, :10] = 255
    falling = masks.feather(line, 20)[0].astype(int)
    assert (np.diff(falling[10:31]) < 0).all()
    assert falling[31] == 0


@given(SOFT, SOFT)
def test_combining_follows_the_rules_of_sets(first: Coverage, second: Coverage) -> None:
    h, w = min(first.shape[0], second.shape[0]), min(first.shape[1], second.shape[1])
    a, b = first[:h, :w], second[:h, :w]
    added = masks.combine(a, b, CombineMode.ADD)
    kept = masks.combine(a, b, CombineMode.INTERSECT)
    taken = masks.combine(a, b, CombineMode.SUBTRACT)
    assert np.array_equal(np.minimum(added, a), a)
    assert np.array_equal(kept, 255 - masks.combine(255 - a, 255 - b, CombineMode.ADD))
    assert not (taken[b == 255]).any()
    assert np.array_equal(taken[b == 0], a[b == 0])


@given(HARD)
def test_holes_cover_the_mask_once_and_never_touch(mask: npt.NDArray[np.bool_]) -> None:
    labels, holes = masks.label_holes(mask)
    assert np.array_equal(labels > 0, mask)
    assert sum(hole.area for hole in holes) == int(mask.sum())
    for hole in holes:
        own = labels == hole.label
        assert masks.bounds_of(own) == hole.rect
        around = cv2.dilate(own.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
        assert not (labels[around & ~own]).any()


@given(SOFT)
def test_no_operation_writes_into_the_mask_it_was_given(coverage: Coverage) -> None:
    before = coverage.copy()
    masks.grow(coverage, 3)
    masks.shrink(coverage, 3)
    for side in ("outward", "inward", "both"):
        masks.feather(coverage, 3, side)
    masks.label_holes(coverage)
    masks.invert(coverage)
    assert np.array_equal(coverage, before)


def picture_with_square(dtype: type = np.uint8, channels: int = 1) -> npt.NDArray[np.generic]:
    picture = np.zeros((60, 80, channels), dtype)
    picture[10:20, 30:50] = np.iinfo(dtype).max
    return picture


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_white_square_becomes_the_same_hole_at_any_depth(dtype: type, channels: int) -> None:
    fitted = masks.fit_mask(picture_with_square(dtype, channels), Size(80, 60))
    assert fitted.how == "same"
    assert masks.bounds_of(fitted.coverage) == Rect(30, 10, 20, 10)
    assert fitted.coverage.sum() == 200 * 255


@pytest.mark.parametrize("channels", [2, 4])
def test_strokes_of_any_colour_on_transparency_are_the_mask(channels: int) -> None:
    picture = np.zeros((60, 80, channels), np.uint8)
    picture[10:20, 30:50, -1] = 255  # black strokes on nothing
    assert masks.bounds_of(masks.fit_mask(picture, Size(80, 60)).coverage) == Rect(30, 10, 20, 10)


def test_an_opaque_picture_with_alpha_goes_by_its_white() -> None:
    picture = picture_with_square(channels=4)
    picture[..., 3] = 255
    assert masks.bounds_of(masks.fit_mask(picture, Size(80, 60)).coverage) == Rect(30, 10, 20, 10)


@settings(deadline=None)
@given(st.integers(2, 40), st.integers(40, 200), st.integers(40, 200))
def test_a_one_pixel_scratch_survives_being_made_smaller(factor: int, w: int, h: int) -> None:
    large = np.zeros((h * factor, w * factor), np.bool_)
    large[:, (w // 2) * factor + factor // 2] = True
    fitted = masks.fit_mask(large, Size(w, h))
    assert fitted.how == "scaled"
    assert fitted.coverage.any(axis=1).all()
    assert set(np.unique(fitted.coverage)) <= {0, 255}


def test_a_mask_of_other_proportions_is_centred_and_keeps_its_own() -> None:
    square = np.ones((50, 50), np.bool_)
    fitted = masks.fit_mask(square, Size(200, 100))
    assert fitted.how == "centred"
    assert masks.bounds_of(fitted.coverage) == Rect(50, 0, 100, 100)


def test_a_black_mask_is_refused_with_a_sentence() -> None:
    with pytest.raises(MaskError, match="paint white"):
        masks.fit_mask(np.zeros((10, 10, 3), np.uint8), Size(10, 10))
