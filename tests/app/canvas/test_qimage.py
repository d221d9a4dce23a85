"""numpy <-> QImage: shared memory, odd widths, round trips, and Qt's count of None."""

import gc
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from genrepair_desktop.app.canvas import qimage


@given(st.integers(1, 33), st.integers(1, 9), st.sampled_from([1, 3, 4]))
def test_pixels_come_back_whole_at_any_width(w: int, h: int, channels: int) -> None:
    pixels = np.random.default_rng(w * 100 + h).integers(0, 256, (h, w, channels), np.uint8)
    if channels == 4:
        pixels[..., 3] = 255
    back = qimage.from_qimage(qimage.to_qimage(pixels))
    expected = np.repeat(pixels, 3, axis=2) if channels == 1 else pixels
    assert np.array_equal(back[..., :3], expected[..., :3])


def test_alpha_comes_back_unpremultiplied() -> None:
    pixels = np.array([[[200, 100, 50, 255], [200, 100, 50, 7], [0, 0, 0, 0]]], np.uint8)
    assert np.array_equal(qimage.from_qimage(qimage.to_qimage(pixels)), pixels)


def test_sixteen_bits_and_grey_with_alpha_are_shown() -> None:
    deep = np.array([[[65535, 32768, 0]]], np.uint16)
    assert qimage.from_qimage(qimage.to_qimage(deep)).tolist() == [[[255, 128, 0]]]
    grey = np.array([[[90, 255], [90, 0]]], np.uint8)
    assert qimage.from_qimage(qimage.to_qimage(grey)).tolist() == [[[90, 90, 90, 255], [90, 90, 90, 0]]]


def test_a_wrapped_image_shares_memory_and_keeps_it_alive() -> None:
    array = np.zeros((3, 5, 4), np.uint8)
    image = qimage.wrap_screen(array, has_alpha=False)
    array[1, 2] = (10, 20, 30, 255)
    assert image.pixelColor(2, 1).getRgb()[:3] == (30, 20, 10)
    del array
    gc.collect()
    assert image.pixelColor(2, 1).getRgb()[:3] == (30, 20, 10)


def test_an_indexed_image_shows_its_colours_at_odd_widths() -> None:
    indices = np.arange(15, dtype=np.uint8).reshape(3, 5)
    image = qimage.wrap_indexed(indices, [0xFF000000 | number for number in range(256)])
    assert [[image.pixelColor(x, y).blue() for x in range(5)] for y in range(3)] == indices.tolist()


def test_only_bytes_can_be_shared() -> None:
    with pytest.raises(TypeError, match="float32"):
        qimage.wrap(np.zeros((2, 2), np.float32), QImage.Format.Format_Grayscale8)  # type: ignore[arg-type]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on")
def test_painting_does_not_use_up_none() -> None:
    """PySide6 6.12.0 on Python 3.11 takes a reference from None with every such call, and aborts at zero."""
    image = QImage(4, 4, QImage.Format.Format_RGB32)
    before = sys.getrefcount(None)
    for _ in range(500):
        image.fill(Qt.GlobalColor.black)
    assert abs(sys.getrefcount(None) - before) < 100
