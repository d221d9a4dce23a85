"""Brickwork is told from what only looks rough."""

import cv2
import numpy as np
import pytest

from genrepair_desktop.imaging.arrays import Mask, Pixels
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.repair.bench import cases
from genrepair_desktop.repair.patterns import is_pattern


def asked(pixels: Pixels, mask: Mask) -> bool:
    x, y, w, h = cv2.boundingRect(mask.view(np.uint8))
    rect = Rect(x, y, w, h)
    return is_pattern(pixels, mask, mask[rect.slices], rect)


def stroke(shape: tuple[int, ...], *, start: tuple[int, int] = (200, 180), end: tuple[int, int] = (260, 240)) -> Mask:
    canvas = np.zeros(shape[:2], np.uint8)
    cv2.line(canvas, start, end, 1, 28)
    return canvas > 0


@pytest.mark.parametrize("name", cases.PHOTOS)
def test_of_the_bundled_photos_only_brickwork_repeats(name: str) -> None:
    pixels = cases.photo(name)
    for start, end in (((200, 180), (260, 240)), ((330, 300), (300, 380)), ((120, 350), (180, 350))):
        assert asked(pixels, stroke(pixels.shape, start=start, end=end)) == (name == "brick")


def test_what_is_under_the_mask_plays_no_part() -> None:
    pixels, mask = cases.photo("brick").copy(), stroke((512, 512))
    pixels[mask] = 255
    assert asked(pixels, mask)


def test_sixteen_bits_and_colour_make_no_difference() -> None:
    pixels, mask = cases.photo("brick"), stroke((512, 512))
    assert asked(pixels.astype(np.uint16) * 257, mask)
    assert asked(np.repeat(pixels[..., :1], 3, axis=2), mask)


def test_an_even_area_is_no_pattern() -> None:
    assert not asked(np.full((300, 300, 3), 120, np.uint8), stroke((300, 300)))


@pytest.mark.parametrize("shape", [(30, 400), (41, 41), (60, 60), (1, 1)])
def test_little_room_around_a_hole_tells_nothing(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    mask = np.zeros(shape, np.bool_)
    mask[shape[0] // 3 : shape[0] // 3 + 20, shape[1] // 3 : shape[1] // 3 + 20] = True
    assert not asked(rng.integers(0, 255, (*shape, 3), dtype=np.uint8), mask)
