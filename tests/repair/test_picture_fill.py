"""Filling with a picture that the user chose."""

import numpy as np
import pytest

from genrepair_desktop.errors import InvalidParameterError
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair import picture_fill
from genrepair_desktop.repair.catalog import METHODS
from genrepair_desktop.repair.method import NoModels
from genrepair_desktop.repair.picture_fill import picture_of, picture_value
from genrepair_desktop.repair.pipeline import prepare, run
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.record import Record, lay_in, record_of, replay


def stripes(side: int = 32, channels: int = 3) -> np.ndarray:
    """Upright black and white stripes."""
    columns = (np.arange(side) // 4 % 2).astype(np.float32)
    return np.ascontiguousarray(np.broadcast_to(columns[None, :, None], (side, side, channels)))


def photo(channels: int = 3, dtype: type = np.uint8) -> Pixels:
    scale = 255 if dtype == np.uint8 else 65535
    slope = np.linspace(0.3, 0.7, 120)[None, :, None] * np.ones((100, 1, channels))
    return np.rint(slope * scale).astype(dtype)


def hole() -> np.ndarray:
    coverage = np.zeros((100, 120), np.uint8)
    coverage[30:62, 40:72] = 255
    return coverage


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_picture_shows_in_the_hole_and_nothing_else_changes(channels: int, dtype: type) -> None:
    pixels, coverage = photo(channels, dtype), hole()
    recipe = Recipe("picture", {"picture": picture_value(stripes())}, grain=0.0)
    done = lay_in(pixels, run(prepare(pixels, coverage, recipe), RunContext(), NoModels()))
    assert done[coverage == 0].tobytes() == pixels[coverage == 0].tobytes()
    inside = done[38:54, 48:64, 0].astype(float) / np.iinfo(dtype).max
    assert np.ptp(inside.mean(axis=0)) > 0.5, "the stripes are there"
    assert np.ptp(inside, axis=0).max() < 0.3, "and stand upright"


def test_its_tones_meet_the_photo_at_the_rim() -> None:
    pixels, coverage = photo(), hole()
    white = np.ones((32, 32, 3), np.float32)
    recipe = Recipe("picture", {"picture": picture_value(white)}, grain=0.0)
    done = lay_in(pixels, run(prepare(pixels, coverage, recipe), RunContext(), NoModels()))
    step = np.abs(done[45, 40].astype(int) - pixels[45, 39].astype(int)).max()
    assert step < 12, "a flat white picture takes the tones around it"


def test_a_record_makes_the_same_pixels_again_without_any_model() -> None:
    pixels, coverage = photo(), hole()
    recipe = Recipe("picture", {"picture": picture_value(stripes())})
    result = run(prepare(pixels, coverage, recipe), RunContext(), NoModels())
    after = lay_in(pixels, result)
    record = Record.from_json(record_of(pixels, after, coverage, result).to_json())
    again = replay(record, pixels, RunContext(), NoModels())
    assert again.is_identical
    assert np.array_equal(again.pixels, after)


@pytest.mark.parametrize("side", [8, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_comes_back_from_its_value(side: int, channels: int) -> None:
    picture = np.random.default_rng(1).random((side, side, channels), dtype=np.float32)
    assert np.abs(picture_of(picture_value(picture)) - picture).max() <= 0.5 / 255 + 1e-6


@pytest.mark.parametrize("value", ["", "8x3:", "9999x3:AAAA", "8x3:AAAA", "0x1:AA==", "8x2:AAAA", "2x1:####"])
def test_what_is_no_picture_is_refused_in_one_sentence(value: str) -> None:
    with pytest.raises(InvalidParameterError, match="choose a sample"):
        picture_of(value)


def test_it_is_none_of_the_methods_to_choose_from() -> None:
    assert picture_fill.METHOD not in METHODS
