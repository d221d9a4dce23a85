"""Tiles cover every pixel, seams blend, and memory trouble only makes the tiles smaller."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.imaging.geometry import Rect, Size
from genrepair_desktop.imaging.tiling import run_tiled, tile_starts


def assemble(image: np.ndarray, tile: int, overlap: int, work, scale: int = 1) -> np.ndarray:
    h, w, c = image.shape
    result = np.full((h * scale, w * scale, c), np.nan, np.float32)
    for rect, band in run_tiled(Size(w, h), tile, overlap, work, scale=scale):
        assert np.isnan(result[rect.slices]).all(), "a row was handed out twice"
        result[rect.slices] = band
    return result


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.integers(1, 200), st.integers(20, 90), st.integers(1, 19), st.integers(1, 3))
def test_an_identity_in_tiles_is_the_identity(h: int, w: int, tile: int, overlap: int, scale: int) -> None:
    image = np.random.default_rng(h * w).random((h, w, 1), dtype=np.float32)
    result = assemble(image, tile, overlap, lambda r: np.kron(image[r.slices], np.ones((scale, scale, 1))), scale)
    np.testing.assert_allclose(result, np.kron(image, np.ones((scale, scale, 1))), atol=1e-5)


@given(st.integers(1, 5000), st.integers(10, 600), st.integers(0, 9))
def test_tiles_reach_the_end_and_overlap(length: int, tile: int, overlap: int) -> None:
    starts = tile_starts(length, tile, overlap)
    assert starts[0] == 0
    assert length <= tile or starts[-1] + tile == length
    assert all(a < b <= a + tile - overlap for a, b in pairwise(starts))


def test_a_step_between_tiles_becomes_a_slope() -> None:
    image = np.zeros((64, 200, 1), np.float32)
    counter = iter(range(100))
    result = assemble(image, 80, 20, lambda r: np.full((r.h, r.w, 1), float(next(counter)), np.float32))
    assert np.abs(np.diff(result, axis=1)).max() < 0.2


def test_tiles_halve_when_memory_is_short() -> None:
    image = np.random.default_rng(0).random((300, 300, 3), dtype=np.float32)
    sizes = []

    def work(rect: Rect) -> np.ndarray:
        sizes.append(max(rect.w, rect.h))
        if max(rect.w, rect.h) > 100:
            raise MemoryError
        return image[rect.slices]

    np.testing.assert_allclose(assemble(image, 256, 16, work), image, atol=1e-5)
    assert max(sizes) == 256
    assert sizes[-1] <= 100


def test_memory_trouble_at_the_smallest_tile_is_told() -> None:
    def work(rect: Rect) -> np.ndarray:
        raise MemoryError

    with pytest.raises(MemoryError):
        list(run_tiled(Size(300, 300), 256, 16, work))
