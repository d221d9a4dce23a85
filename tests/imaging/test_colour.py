"""Colours are shown as their profile says, and conversions are exact where they can be."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import ImageCms

from genrepair_desktop.imaging.colour import (
    as_colour,
    display_transform,
    from_colour,
    from_ycbcr,
    in_channels,
    luma,
    to_eight_bits,
    to_ycbcr,
)


def matrix_profile(primaries: list[tuple[float, float, float]], gamma: float) -> bytes:
    """A display profile (ICC.1, three colorants and a gamma) with primaries given in XYZ of D50."""

    def fixed(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    blocks = {b"wtpt": fixed(0.9642, 1.0, 0.8249)}
    for letter, primary in zip(b"rgb", primaries, strict=True):
        blocks[bytes([letter]) + b"XYZ"] = fixed(*primary)
        blocks[bytes([letter]) + b"TRC"] = curve
    table, data = struct.pack(">I", len(blocks)), b""
    for name, block in blocks.items():
        table += struct.pack(">4sII", name, 128 + 4 + 12 * len(blocks) + len(data), len(block))
        data += block
    head = struct.pack(">I4sI4s4s4s12s4s", 0, b"", 0x02400000, b"mntr", b"RGB ", b"XYZ ", bytes(12), b"acsp")
    head += bytes(28) + struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D) + bytes(48)
    body = head + table + data
    return struct.pack(">I", len(body)) + body[4:]


# Display P3 and Adobe RGB (1998), adapted to D50
P3 = matrix_profile([(0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841)], 2.2)
ADOBE = matrix_profile([(0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446)], 2.199)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_adobe_rgb_looks_more_saturated_than_its_numbers() -> None:
    green = np.array([[[120, 180, 110]]], np.uint8)
    shown = display_transform(ADOBE)(green)[0, 0].astype(int)
    # Adobe RGB (1998), annex C: its red reaches outside sRGB, so green takes some of sRGB's red away
    r, g, b = (green[0, 0] / 255) ** 2.199
    linear = np.array([1.3984 * r - 0.3984 * g, g, 1.0429 * b - 0.0429 * g])
    # IEC 61966-2-1, above its linear foot
    assert np.abs(shown - (1.055 * linear ** (1 / 2.4) - 0.055) * 255).max() <= 2
    assert shown[0] < 90


def test_a_wide_colour_keeps_its_luminance_order_and_greys_stay_grey() -> None:
    for profile in (P3, ADOBE):
        ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
        shown = display_transform(profile)(ramp)[0].astype(int)
        assert np.abs(shown - shown[:, :1]).max() <= 2
        assert (np.diff(shown[:, 0]) >= 0).all()


@pytest.mark.parametrize("icc", [None, SRGB, b"broken", b"\0" * 200])
def test_no_profile_srgb_and_broken_ones_cost_nothing(icc: bytes | None) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (50, 40, 3), np.uint8)
    transform = display_transform(icc)
    assert transform is to_eight_bits
    assert transform(pixels) is pixels


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_kind_of_pixels_is_shown_and_alpha_is_kept(dtype: type, channels: int) -> None:
    top = np.iinfo(dtype).max
    pixels = np.random.default_rng(1).integers(0, top, (300, 20, channels), dtype, endpoint=True)
    shown = display_transform(P3)(pixels)
    assert shown.dtype == np.uint8
    assert shown.shape == pixels.shape
    if channels in (2, 4):
        assert np.array_equal(shown[..., -1], to_eight_bits(pixels)[..., -1])
    if channels >= 3:
        assert not np.array_equal(shown, to_eight_bits(pixels))


def test_a_transform_is_made_once_and_blocks_equal_the_whole() -> None:
    assert display_transform(P3) is display_transform(bytes(P3))
    pixels = np.random.default_rng(2).integers(0, 255, (600, 64, 3), np.uint8)
    transform = display_transform(P3)
    whole = transform(pixels)
    assert np.array_equal(whole[100:356, 10:50], transform(pixels[100:356, 10:50]))
    before = pixels.copy()
    transform(pixels)
    assert np.array_equal(before, pixels)


def test_eight_bits_are_the_nearest() -> None:
    deep = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)
    assert np.array_equal(to_eight_bits(deep), np.rint(deep / 257).astype(np.uint8))
    exact = (np.arange(256, dtype=np.uint16) * 257).reshape(1, 256, 1)
    assert np.array_equal(to_eight_bits(exact).ravel(), np.arange(256))


images = arrays.arrays(np.float32, (4, 5, 3), elements=st.floats(0, 1, width=32))


@settings(deadline=None)
@given(images)
def test_luma_and_chroma_and_back_is_the_same(image: np.ndarray) -> None:
    there = to_ycbcr(image)
    assert there.min() > -1e-6
    assert there.max() < 1 + 1e-6
    assert np.abs(from_ycbcr(there) - image).max() < 1e-5
    assert np.allclose(there[..., 0], luma(image))


def test_grey_has_no_chroma_and_its_own_luma() -> None:
    grey = np.full((2, 2, 3), 0.3, np.float32)
    assert to_ycbcr(grey)[0, 0] == pytest.approx([0.3, 0.5, 0.5], abs=1e-6)
    assert luma(grey[..., :1])[0, 0] == pytest.approx(0.3)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_picture_goes_through_three_channels_and_comes_back_in_its_own(channels: int) -> None:
    picture = np.random.default_rng(0).random((4, 5, channels), np.float32)
    seen = as_colour(picture)
    assert seen.shape == (4, 5, 3)
    assert np.array_equal(seen, np.broadcast_to(picture, (4, 5, 3)))
    back = from_colour(seen, picture)
    assert back.shape == picture.shape
    assert np.allclose(back, picture, atol=1e-6)


def test_a_coloured_answer_to_a_grey_picture_is_made_grey_by_its_mean() -> None:
    grey = np.zeros((1, 1, 1), np.float32)
    assert from_colour(np.array([[[0.0, 0.3, 0.9]]], np.float32), grey)[0, 0] == pytest.approx([0.4])


def test_channels_are_taken_by_luma_and_given_by_repeating() -> None:
    colours = np.array([[[1.0, 0.0, 0.0], [0.2, 0.2, 0.2]]], np.float32)
    assert in_channels(colours, 1)[0, :, 0] == pytest.approx([0.299, 0.2])
    assert in_channels(colours[..., :1], 3)[0, 0].tolist() == [1.0, 1.0, 1.0]
    assert in_channels(colours, 3) is colours
