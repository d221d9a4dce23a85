"""The race hides what is sound, near the damage and of its shape, and ranks by what comes back."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.errors import MaskError
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.method import NoModels
from genrepair_desktop.repair.race import RaceError, find_places, race
from tests.shell import picture, scratch

FAST = ("harmonic", "telea", "biharmonic")


@given(
    x=st.integers(0, 170), y=st.integers(0, 120), w=st.integers(1, 60), h=st.integers(1, 40), places=st.integers(1, 5)
)
@settings(max_examples=40, deadline=None)
def test_places_are_sound_and_apart(x: int, y: int, w: int, h: int, places: int) -> None:
    mask = np.zeros((160, 220), np.uint8)
    mask[y : y + h, x : x + w] = 255
    found = find_places(mask, places)
    assert 1 <= len(found) <= places
    seen = np.zeros(mask.shape, int)
    for place in found:
        assert place.hidden.any()
        assert not (place.hidden & place.damage).any()
        assert np.array_equal(place.damage, mask[place.window.slices] > 0)
        seen[place.window.slices] += place.hidden
    assert seen.max() == 1


def test_the_shape_of_the_damage_is_hidden() -> None:
    mask = np.zeros((300, 300), np.uint8)
    cv2.ellipse(mask, (150, 150), (30, 12), 30, 0, 360, 255, -1)
    for place in find_places(mask, 4):
        assert np.count_nonzero(place.hidden) == np.count_nonzero(mask)


def test_a_shape_that_fits_in_few_places_is_raced_smaller_in_more() -> None:
    mask = np.zeros((100, 100), np.uint8)
    mask[25:75, 25:75] = 255
    found = find_places(mask, 4)
    assert len(found) >= 3
    assert {int(np.count_nonzero(place.hidden)) for place in found} <= {25 * 25, 13 * 13, 12 * 12}
    assert len(find_places(mask, 1)) == 1


def test_places_lie_near_the_damage() -> None:
    mask = np.zeros((1000, 1000), np.uint8)
    mask[100:120, 100:130] = 255
    for place in find_places(mask, 5):
        y, x = np.argwhere(place.hidden).mean(axis=0)
        assert np.hypot(place.window.x + x - 115, place.window.y + y - 110) < 120


def test_no_room_and_no_mask_are_told_apart() -> None:
    with pytest.raises(MaskError):
        find_places(np.zeros((50, 50), np.uint8))
    almost = np.full((50, 50), 255, np.uint8)
    almost[0, 0] = 0
    with pytest.raises(RaceError):
        find_places(almost)


@pytest.mark.parametrize(("depth", "channels"), [(np.uint8, 3), (np.uint16, 1), (np.uint8, 4)])
def test_all_methods_are_scored_and_the_best_comes_first(depth: type, channels: int) -> None:
    pixels = picture(depth=depth, channels=channels)
    result = race(pixels, scratch(), RunContext(), NoModels(), methods=FAST, places=3)
    assert {entry.method for entry in result.entries} == set(FAST)
    assert [entry.rank for entry in result.entries] == sorted(entry.rank for entry in result.entries)
    assert result.winner is result.entries[0]
    for entry in result.entries:
        assert not entry.problem
        assert entry.psnr > 25
        assert 0 < entry.ssim <= 1
        for fill, truth, place in zip(entry.fills, result.truths, result.places, strict=True):
            same = ~(place.hidden | place.damage)
            assert np.array_equal(fill[same], truth[same])
            assert not np.array_equal(fill[place.hidden], truth[place.hidden])


def test_a_race_repeats_itself_and_its_progress_only_grows() -> None:
    seen: list[float] = []
    ctx = RunContext(3, on_progress=lambda fraction, _: seen.append(fraction))
    first = race(picture(), scratch(), ctx, NoModels(), methods=FAST)
    again = race(picture(), scratch(), RunContext(3), NoModels(), methods=FAST)
    assert [(e.method, e.psnr, e.ssim, e.texture) for e in first.entries] == [
        (e.method, e.psnr, e.ssim, e.texture) for e in again.entries
    ]
    assert seen == sorted(seen)


def test_a_race_over_fewer_than_three_places_says_so_and_one_over_three_does_not() -> None:
    pixels, wide = picture()[:64, :64].copy(), np.zeros((64, 64), np.uint8)
    wide[:, :44] = 255
    doubtful = race(pixels, wide, RunContext(), NoModels(), methods=("telea",))
    assert len(doubtful.places) == 2
    assert doubtful.doubt.startswith("There was room for only 2 places")
    one = race(pixels, wide, RunContext(), NoModels(), methods=("telea",), places=1)
    assert "only one place" in one.doubt
    wide[:, 34:] = 0
    sure = race(pixels, wide, RunContext(), NoModels(), methods=("telea",))
    assert (len(sure.places), sure.doubt) == (3, "")


def test_a_method_that_fails_comes_last_with_its_reason() -> None:
    result = race(picture(), scratch(), RunContext(), NoModels(), methods=("magic", "telea"))
    assert [entry.method for entry in result.entries] == ["telea", "magic"]
    assert "magic" in result.entries[1].problem
    with pytest.raises(RaceError, match="No method"):
        race(picture(), scratch(), RunContext(), NoModels(), methods=("magic",))
