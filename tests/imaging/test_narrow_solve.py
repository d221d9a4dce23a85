"""The compiled solver of narrow holes gives what the general one gives, and reads nothing it may not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.imaging import narrow_solve
from genrepair_desktop.imaging.narrow_solve import Order, clip_to_rim, solve_narrow
from genrepair_desktop.imaging.sparse_solve import solve_spd
from genrepair_desktop.repair.grid_equations import laplacians, neighbour_differences


def picture(h: int, w: int, channels: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((h, w, channels), dtype=np.float32)


def solved_in_general(image: np.ndarray, mask: np.ndarray, order: Order) -> np.ndarray:
    rows = laplacians(image, mask) if order == "biharmonic" else neighbour_differences(image, mask)[0]
    matrix, rhs = rows.normal_equations()
    return solve_spd(matrix, rhs, rows.y, rows.x, checkpoint=lambda fraction: None)


@pytest.mark.parametrize("order", ["harmonic", "biharmonic"])
@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 30), st.integers(2, 30), st.sampled_from([1, 3]), st.floats(0.02, 0.9), st.integers(0, 2**31)
)  # fmt: skip
def test_holes_of_any_shape_are_filled_as_by_the_general_solver(
    order: Order, h: int, w: int, channels: int, share: float, seed: int
) -> None:
    mask = np.random.default_rng(seed).random((h, w)) < share
    mask[h // 2, w // 2] = False
    image = picture(h, w, channels, seed)
    ours = solve_narrow(image, np.flatnonzero(mask), order)
    assert ours is not None
    assert np.allclose(ours, solved_in_general(image, mask, order), atol=1e-9)


def test_crossing_scratches_along_the_border_are_filled_as_by_the_general_solver() -> None:
    y, x = np.mgrid[:150, :170]
    mask = ((y + x) % 41 < 3) | ((y - x) % 53 < 5) | (y < 2) | (x == 169) | (abs(y - 70) < 3)
    image = picture(150, 170, 3, seed=1)
    for order in ("harmonic", "biharmonic"):
        ours = solve_narrow(image, np.flatnonzero(mask), order)
        assert ours is not None
        assert np.allclose(ours, solved_in_general(image, mask, order), atol=1e-9)


def test_what_lies_under_the_mask_is_not_read() -> None:
    image = picture(40, 50, 3, seed=2)
    mask = np.zeros((40, 50), np.bool_)
    mask[10:13, 5:45] = True
    sound = solve_narrow(image, np.flatnonzero(mask), "biharmonic")
    image[mask] = np.nan
    again = solve_narrow(image, np.flatnonzero(mask), "biharmonic")
    assert sound is not None
    assert again is not None
    assert np.array_equal(sound, again)


def test_a_hole_that_would_take_long_is_left_to_another_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = np.zeros((60, 60), np.bool_)
    mask[5:55, 5:55] = True
    assert solve_narrow(picture(60, 60, 1, seed=3), np.flatnonzero(mask), "harmonic") is not None
    monkeypatch.setattr(narrow_solve, "_MOST_WORK", 1e6)
    assert solve_narrow(picture(60, 60, 1, seed=3), np.flatnonzero(mask), "harmonic") is None


def test_each_hole_is_clipped_to_the_range_of_its_own_rim() -> None:
    image = np.full((20, 40, 1), 0.5, np.float32)
    image[:, 20:] = 0.8
    image[0, 0] = 0.2  # far from both holes
    labels = np.zeros((20, 40), np.int32)
    labels[8:12, 8:12], labels[8:12, 28:32] = 1, 2
    filled = image.copy()
    filled[labels > 0] = 0.0
    filled[9, 9] = filled[9, 29] = 1.0
    clip_to_rim(filled, image, np.flatnonzero(labels), 2, 0.0)
    assert (filled[labels == 1] == np.float32(0.5)).all()
    assert (filled[labels == 2] == np.float32(0.8)).all()
    assert filled[0, 0] == np.float32(0.2)


def test_overshoot_is_a_share_of_the_rims_contrast_and_ends_at_black_and_white() -> None:
    image = np.full((9, 9, 1), 0.4, np.float32)
    image[:, 5:] = 0.9
    labels = np.zeros((9, 9), np.int32)
    labels[4, 4] = 1
    for value, expected in ((-1.0, 0.15), (2.0, 1.0)):
        filled = image.copy()
        filled[4, 4] = value
        clip_to_rim(filled, image, np.flatnonzero(labels), 2, 0.5)
        assert filled[4, 4, 0] == pytest.approx(expected)


def test_a_dot_whose_rim_counts_for_its_neighbours_keeps_the_full_range() -> None:
    image = np.full((1, 3, 1), 0.5, np.float32)
    labels = np.array([[1, 0, 2]], np.int32)
    filled = np.array([[[-1.0], [0.5], [-1.0]]], np.float32)
    clip_to_rim(filled, image, np.flatnonzero(labels), 2, 0.0)
    assert filled.ravel().tolist() == [0.0, 0.5, 0.5]
