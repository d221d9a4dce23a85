"""Other sizes keep the mean, the range and hidden colour where they belong."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.imaging.geometry import Size
from genrepair_desktop.imaging.resample import fit, halved, pyramid, resize, thumbnail

KINDS = [np.uint8, np.uint16, np.float32]


def picture(h: int, w: int, channels: int, dtype: type, seed: int = 0) -> np.ndarray:
    values = np.random.default_rng(seed).random((h, w, channels))
    return values.astype(np.float32) if dtype is np.float32 else (values * np.iinfo(dtype).max).astype(dtype)


@pytest.mark.parametrize("dtype", KINDS)
@settings(deadline=None)
@given(
    h=st.integers(1, 40), w=st.integers(1, 40), channels=st.integers(1, 4), new=st.tuples(*[st.integers(1, 60)] * 2)
)
def test_any_size_becomes_any_other(dtype: type, h: int, w: int, channels: int, new: tuple[int, int]) -> None:
    source = picture(h, w, channels, dtype)
    before = source.copy()
    out = resize(source, Size(*new))
    assert out.shape == (new[1], new[0], channels)
    assert out.dtype == dtype
    assert np.isfinite(out).all()
    assert np.array_equal(source, before)
    if dtype is np.float32:
        assert out.min() >= 0
        assert out.max() <= 1


@pytest.mark.parametrize("dtype", KINDS)
def test_shrinking_is_the_mean_of_what_each_pixel_covers(dtype: type) -> None:
    source = picture(12, 18, 3, dtype)
    means = source.astype(np.float64).reshape(4, 3, 6, 3, 3).mean(axis=(1, 3))
    tolerance = 1e-5 if dtype is np.float32 else 0.51
    assert np.abs(resize(source, Size(6, 4)) - means).max() <= tolerance


@pytest.mark.parametrize("enlarging", ["lanczos", "cubic"])
@pytest.mark.parametrize("dtype", KINDS)
def test_a_flat_picture_stays_flat(enlarging: str, dtype: type) -> None:
    value = dtype(0.7 if dtype is np.float32 else 100)
    flat = np.full((9, 7, 4), value, dtype)
    for size in (Size(30, 31), Size(3, 2), Size(20, 3)):
        out = resize(flat, size, enlarging=enlarging)  # type: ignore[arg-type]
        assert np.abs(out.astype(np.float64) - float(value)).max() <= (1e-5 if dtype is np.float32 else 1)


def test_enlarging_a_smooth_picture_stays_close_to_it() -> None:
    x = np.linspace(0, np.pi, 40, dtype=np.float32)
    source = np.repeat(np.sin(x)[None, :, None], 40, axis=0)
    back = resize(resize(source, Size(160, 160)), Size(40, 40))
    assert np.abs(back - source)[4:-4, 4:-4].max() < 0.002


@pytest.mark.parametrize("size", [Size(4, 4), Size(16, 16)])
def test_hidden_colour_does_not_bleed(size: Size) -> None:
    source = np.zeros((8, 8, 4), np.uint8)
    source[:, :4] = (200, 100, 50, 255)
    source[:, 4:] = (0, 255, 0, 0)
    out = resize(source, size)
    seen = out[out[..., 3] > 8][:, :3].astype(int)
    assert np.abs(seen - (200, 100, 50)).max() <= 3


def test_levels_halve_until_small_and_keep_the_mean() -> None:
    source = picture(517, 1030, 3, np.uint8)
    levels = pyramid(source, 256)
    assert levels[0] is source
    assert [level.shape[:2] for level in levels] == [(517, 1030), (258, 515), (129, 257), (64, 128)]
    for level in levels:
        assert abs(level.mean() - source.mean()) < 1.0
    assert halved(source[:1, :1]).shape == (1, 1, 3)


def test_thumbnails_fit_and_never_grow() -> None:
    assert thumbnail(picture(300, 600, 3, np.uint8), 100).shape == (50, 100, 3)
    assert thumbnail(picture(30, 20, 1, np.uint16), 100).shape == (30, 20, 1)
    assert thumbnail(picture(1, 5000, 3, np.uint8), 100).shape == (1, 100, 3)
    assert fit(Size(4000, 3000), Size(200, 1000)) == Size(200, 150)


def test_no_size_is_refused() -> None:
    with pytest.raises(ValueError, match="0 × 5"):
        resize(picture(4, 4, 3, np.uint8), Size(0, 5))
