"""Fills in photographs of one ink."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrepair_desktop.imaging.one_ink import in_one_ink

Picture = npt.NDArray[np.float32]
_HOLE = np.zeros((40, 40), bool)
_HOLE[10:22, 10:22] = True


def _sepia(seed: int) -> Picture:
    grey = np.random.default_rng(seed).uniform(0.1, 0.9, (40, 40, 1)).astype(np.float32)
    return np.concatenate([grey, grey**1.1 * 0.9, grey**1.3 * 0.7], axis=2)


def _speckled(picture: Picture, seed: int = 1) -> Picture:
    made = picture.copy()
    made[_HOLE] = np.random.default_rng(seed).uniform(0, 1, (int(_HOLE.sum()), 3))
    return made


def test_a_sepia_photo_is_filled_in_sepia() -> None:
    coloured = _speckled(_sepia(0))
    inked = in_one_ink(coloured, _HOLE)
    assert np.array_equal(inked[~_HOLE], coloured[~_HOLE])
    red, blue = inked[_HOLE][:, 0], inked[_HOLE][:, 2]
    assert (np.diff(blue[np.argsort(red)]) > -0.01).all(), "one ink: blue follows red"


def test_a_grey_photo_stays_grey_and_keeps_the_fill_s_brightness() -> None:
    grey = np.repeat(_sepia(2)[..., :1], 3, axis=2)
    coloured = _speckled(grey)
    inked = in_one_ink(coloured, _HOLE)
    assert np.ptp(inked[_HOLE], axis=1).max() < 1e-4
    wanted = coloured[_HOLE] @ np.array([0.299, 0.587, 0.114], np.float32)
    assert np.abs(inked[_HOLE][:, 1] - wanted).max() < 1e-4


@pytest.mark.parametrize("size", [1, 7])
def test_too_little_known_changes_nothing(size: int) -> None:
    small = np.random.default_rng(3).uniform(0, 1, (size, size, 3)).astype(np.float32)
    mask = np.zeros((size, size), bool)
    mask[0] = True
    assert np.array_equal(in_one_ink(small, mask), small)


@given(st.integers(0, 99))
def test_a_colour_photo_keeps_its_colours(seed: int) -> None:
    many = np.random.default_rng(seed).uniform(0, 1, (40, 40, 3)).astype(np.float32)
    assert np.array_equal(in_one_ink(many, _HOLE), many)
