"""Display levels: right where they are ready, useful where they are not, and up to date after a change."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.app.canvas.pyramid import Pyramid
from genrepair_desktop.app.canvas.sources import (
    CoverageSource,
    DifferenceSource,
    PhotoSource,
    area_mean,
    with_pieces,
)
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.colour import to_eight_bits
from genrepair_desktop.imaging.geometry import Rect, Size
from tests.app.canvas.bench import photo

FOREVER = 1e9


def source_of(pixels: Pixels) -> PhotoSource:
    size = Size(pixels.shape[1], pixels.shape[0])
    return PhotoSource(size, pixels, lambda rect: pixels[rect.slices], to_eight_bits)


def whole(pixels: np.ndarray) -> Rect:
    return Rect.of_shape(pixels.shape)


@pytest.mark.parametrize("zoom", [4.0, 1.0, 0.9, 0.5, 0.26, 0.25, 0.01])
def test_a_level_has_at_least_the_pixels_shown_and_less_than_twice_as_many(zoom: float) -> None:
    level = Pyramid.level_for(zoom)
    assert 2.0**-level >= min(zoom, 1.0)
    assert 2.0**-level < 2 * zoom or level == 0


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 4))
def test_a_level_is_the_mean_of_squares_at_any_size(w: int, h: int, level: int) -> None:
    pixels = photo(h, w)
    pyramid = Pyramid(source_of(pixels))
    assert pyramid.prepare(whole(pixels), level, FOREVER)
    shown = pyramid.pixels(level)[..., 2::-1].astype(float)
    step = 2**level
    padded = np.pad(pixels, ((0, -h % step), (0, -w % step), (0, 0)), mode="edge").astype(float)
    means = padded.reshape(-(-h // step), step, -(-w // step), step, 3).mean(axis=(1, 3))
    assert np.abs(shown - means).max() <= 0.51


def test_levels_are_the_same_built_at_once_or_tile_by_tile() -> None:
    pixels = photo(700, 900)
    at_once, by_tiles = Pyramid(source_of(pixels)), Pyramid(source_of(pixels))
    at_once.prepare(whole(pixels), 1, FOREVER)
    for x in range(0, 900, 90):
        by_tiles.prepare(Rect(x, 0, 90, 700), 1, FOREVER)
    assert np.array_equal(at_once.pixels(1), by_tiles.pixels(1))


def test_without_time_a_sketch_shows_and_says_so() -> None:
    pixels = photo(600, 600)
    pyramid = Pyramid(source_of(pixels))
    assert not pyramid.prepare(whole(pixels), 1, -1.0)
    assert np.array_equal(pyramid.pixels(1)[256:, :, 2::-1], pixels[512::2, ::2])
    assert pyramid.prepare(whole(pixels), 1, FOREVER)
    assert not np.array_equal(pyramid.pixels(1)[256:, :, 2::-1], pixels[512::2, ::2])


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 3), st.integers(0, 290), st.integers(0, 290), st.integers(1, 200), st.integers(1, 200))
def test_a_change_is_shown_at_the_level_in_use(level: int, x: int, y: int, w: int, h: int) -> None:
    pixels = photo(300, 300)
    pyramid = Pyramid(source_of(pixels))
    pyramid.prepare(whole(pixels), level, FOREVER)
    rect = Rect(x, y, w, h).intersect(whole(pixels))
    pixels[rect.slices] = 255 - pixels[rect.slices]
    pyramid.changed(rect, level)
    anew = Pyramid(source_of(pixels))
    anew.prepare(whole(pixels), level, FOREVER)
    assert np.array_equal(pyramid.pixels(level), anew.pixels(level))


def test_a_change_reaches_the_other_levels_when_they_are_looked_at() -> None:
    pixels = photo(300, 300)
    pyramid = Pyramid(source_of(pixels))
    for level in (0, 1, 2):
        pyramid.prepare(whole(pixels), level, FOREVER)
    pixels[10:200, 10:200] = 0
    pyramid.changed(Rect(10, 10, 190, 190), 0)
    assert pyramid.prepare(whole(pixels), 2, FOREVER)
    assert not pyramid.pixels(2)[10:40, 10:40, :3].any()


def test_a_mask_keeps_a_one_pixel_scratch_at_every_level() -> None:
    coverage = np.zeros((333, 517), np.uint8)
    coverage[:, 301] = 200
    pyramid = Pyramid(CoverageSource(lambda: coverage))
    for level in range(7):
        pyramid.prepare(whole(coverage), level, FOREVER)
        shown = pyramid.pixels(level)[..., 0]
        assert (shown[:, 301 >> level] == 200).all()
        assert shown.astype(bool).sum() == shown.shape[0]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_kind_of_pixels_can_be_shown(channels: int, dtype: type) -> None:
    pixels = photo(40, 50, channels, dtype)
    shown = source_of(pixels).read(whole(pixels), 0)
    eight = to_eight_bits(pixels)
    assert shown.shape == (40, 50, 4)
    if channels in (1, 3):
        assert np.array_equal(shown[..., 2], eight[..., 0])
        assert (shown[..., 3] == 255).all()
    else:
        assert np.array_equal(shown[..., 3], eight[..., -1])
        expected = np.rint(eight[..., 0].astype(float) * eight[..., -1] / 255)
        assert np.abs(shown[..., 2] - expected).max() <= 1


def test_what_lies_under_transparency_does_not_bleed_out_of_it() -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:, :4] = (255, 0, 0, 255)
    pixels[:, 4:] = (0, 255, 0, 0)  # green that nobody sees
    shown = source_of(pixels).read(whole(pixels), 3)
    assert shown[0, 0].tolist() == [0, 0, 128, 128]


def test_sixteen_bits_are_averaged_before_they_are_rounded() -> None:
    pixels = np.zeros((2, 2, 1), np.uint16)
    pixels[:] = 128 + 257 * 9  # just over half a step: rounds up to 10, the mean of four as well
    pixels[0, 0] = 257 * 9
    assert source_of(pixels).read(whole(pixels), 1)[0, 0, 0] == round(float(pixels.mean()) / 257)


def test_a_difference_is_amplified_and_nothing_else_shows() -> None:
    opened = photo(64, 64)
    now = opened.copy()
    now[10:20, 10:20] = cv2.add(opened[10:20, 10:20], (3, 3, 3, 0))
    shown = DifferenceSource(source_of(now), source_of(opened), 8).read(whole(now), 0)[..., :3]
    expected = np.minimum(255, 8 * np.abs(now.astype(int) - opened))[..., ::-1]
    assert np.array_equal(shown, expected)


def test_pieces_lie_over_the_pixels_at_their_strength() -> None:
    pixels = np.full((30, 30, 3), 100, np.uint8)
    pieces = [(Rect(5, 5, 10, 10), np.full((10, 10, 3), 200, np.uint8))]
    seen = Rect(0, 0, 12, 30)
    half = with_pieces(pixels[seen.slices], seen, pieces, 0.5)
    assert (half[5:15, 5:12] == 150).all()
    assert (with_pieces(pixels[seen.slices], seen, pieces, 1.0)[5:15, 5:12] == 200).all()
    half[5:15, 5:12] = 100
    assert (half == 100).all()
    assert (pixels == 100).all()


def test_a_mean_keeps_depth_and_channels() -> None:
    block = photo(9, 7, 2, np.uint16)
    assert area_mean(block, 2).shape == (3, 2, 2)
    assert area_mean(block, 2).dtype == np.uint16
    assert area_mean(block, 0) is block
