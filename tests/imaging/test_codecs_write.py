"""What is written reads back the same where the format is lossless, and is refused in one sentence otherwise."""

import itertools
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image
from PIL.JpegImagePlugin import get_sampling

from genrepair_desktop.imaging.codecs import (
    WRITE_FORMATS,
    ExportOptions,
    JpegEncoding,
    PhotoError,
    PhotoExistsError,
    PhotoWriteError,
    flattened,
    format_of,
    read_photo,
    write_photo,
)
from tests import corpus

pictures = st.tuples(
    st.integers(1, 64), st.integers(1, 64), st.integers(1, 4), st.sampled_from([np.uint8, np.uint16])
).flatmap(lambda p: arrays.arrays(p[3], p[:3], elements=st.integers(0, int(np.iinfo(p[3]).max))))
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(pictures)
def test_png_gives_back_every_bit(tmp_path: Path, pixels: np.ndarray) -> None:
    assert write_photo(tmp_path / "p.png", pixels, overwrite=True) == ()
    again = read_photo(tmp_path / "p.png").pixels
    assert again.dtype == pixels.dtype
    assert np.array_equal(again, pixels)


@quick
@given(pictures, st.sampled_from(["deflate", "lzw", "none"]))
def test_tiff_gives_back_every_bit(tmp_path: Path, pixels: np.ndarray, compression: str) -> None:
    options = ExportOptions(compression=compression)  # type: ignore[arg-type]
    assert write_photo(tmp_path / "p.tif", pixels, None, options, overwrite=True) == ()
    again = read_photo(tmp_path / "p.tif").pixels
    assert again.dtype == pixels.dtype
    assert np.array_equal(again, pixels)


@quick
@given(pictures)
def test_lossless_webp_gives_back_every_bit_of_eight(tmp_path: Path, pixels: np.ndarray) -> None:
    eight = pixels.astype(np.uint8)
    write_photo(tmp_path / "p.webp", eight, overwrite=True)
    again = read_photo(tmp_path / "p.webp").pixels
    if eight.shape[2] in (2, 4) and (eight[..., -1] == 255).all():
        again = np.dstack([again[..., :3], eight[..., -1]])  # WebP leaves out an alpha that is all opaque
    colour = eight if eight.shape[2] >= 3 else np.dstack([*[eight[..., 0]] * 3, *eight[..., 1:].transpose(2, 0, 1)])
    assert np.array_equal(again, colour)


@pytest.mark.parametrize(("kind", "quality"), list(itertools.product(["jpg", "webp", "avif"], [40, 95])))
def test_lossy_formats_stay_close_and_quality_counts(tmp_path: Path, kind: str, quality: int) -> None:
    photo = corpus.picture(3, 3, size=(64, 80))
    path = tmp_path / f"p.{kind}"
    write_photo(path, photo, None, ExportOptions(quality=quality, lossless=False))
    error = np.abs(read_photo(path).pixels.astype(int) - photo).mean()
    assert error < (5 if quality == 95 else 12)
    best = tmp_path / f"q.{kind}"
    write_photo(best, photo, None, ExportOptions(quality=100, lossless=False))
    assert best.stat().st_size > path.stat().st_size


@pytest.mark.parametrize("kind", ["png", "tif", "webp", "avif"])
def test_alpha_is_kept_where_it_can_be(tmp_path: Path, kind: str) -> None:
    pixels = corpus.picture(1, 4)
    pixels[:9, :, 3] = 0
    write_photo(tmp_path / f"a.{kind}", pixels)
    alpha = read_photo(tmp_path / f"a.{kind}").pixels[..., 3].astype(int)
    assert np.abs(alpha - pixels[..., 3]).max() <= (3 if kind == "avif" else 0)


def test_jpeg_refuses_transparency_unless_a_colour_is_given(tmp_path: Path) -> None:
    pixels = np.full((4, 4, 4), 100, np.uint8)
    pixels[:2, :, 3], pixels[2:, :, 3] = 0, 255
    with pytest.raises(PhotoWriteError, match=r'^Cannot save "a.jpg": JPEG has no transparency; .*\.$'):
        write_photo(tmp_path / "a.jpg", pixels)
    assert list(tmp_path.iterdir()) == []
    write_photo(tmp_path / "a.jpg", pixels, None, ExportOptions(flatten=(255, 255, 255), quality=100))
    again = read_photo(tmp_path / "a.jpg").pixels
    assert again[0].min() > 235
    assert abs(int(again[3, 3, 0]) - 100) < 20


def test_flattening_blends_at_full_depth() -> None:
    half = np.array([[[0, 65535, 65535, 32768]]], np.uint16)
    assert flattened(half, (255, 0, 255))[0, 0].tolist() == [32767, 32768, 65535]
    assert flattened(np.array([[[10, 0]]], np.uint8), (30, 60, 90)).tolist() == [[[60]]]


@pytest.mark.parametrize("kind", ["jpg", "webp", "avif"])
def test_sixteen_bits_become_eight_with_a_notice_where_they_must(tmp_path: Path, kind: str) -> None:
    deep = corpus.picture(3, 3, np.uint16)
    notices = write_photo(tmp_path / f"d.{kind}", deep)
    assert "16-bit" in notices[0]
    assert "8 bits" in notices[0]
    eight = read_photo(tmp_path / f"d.{kind}").pixels
    assert np.abs(eight.astype(float) - deep / 257).mean() < (0.6 if kind == "webp" else 4)


def test_reducing_to_eight_bits_rounds(tmp_path: Path) -> None:
    deep = np.array([[[0], [128], [129], [257], [65535], [65406], [65407]]], np.uint16)
    write_photo(tmp_path / "d.png", deep, None, ExportOptions(bits=8))
    assert read_photo(tmp_path / "d.png").pixels[0, :, 0].tolist() == [0, 0, 1, 1, 255, 254, 255]


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
def test_as_the_source_repeats_tables_subsampling_and_passes(
    tmp_path: Path, subsampling: str, progressive: bool
) -> None:
    photo = Image.fromarray(corpus.picture(0, 3, size=(64, 64)))
    path = tmp_path / "s.jpg"
    path.write_bytes(corpus.saved(photo, "JPEG", quality=73, subsampling=subsampling, progressive=progressive))
    opened = read_photo(path)
    assert opened.source.jpeg is not None
    assert opened.source.jpeg.progressive == progressive
    write_photo(tmp_path / "t.jpg", opened.pixels, opened.metadata, opened.source)
    with Image.open(path) as one, Image.open(tmp_path / "t.jpg") as two:
        assert two.quantization == one.quantization  # type: ignore[attr-defined]
        assert get_sampling(two) == get_sampling(one)
        assert ("progressive" in two.info) == progressive
    # no pixel was touched, so hardly anything may change
    assert np.abs(read_photo(tmp_path / "t.jpg").pixels.astype(int) - opened.pixels).mean() < 2.0


def test_grey_jpeg_stays_grey_as_the_source(tmp_path: Path) -> None:
    path = tmp_path / "g.jpg"
    path.write_bytes(corpus.saved(Image.fromarray(corpus.picture(0, 1)[..., 0]), "JPEG", quality=60))
    opened = read_photo(path)
    write_photo(path, opened.pixels, opened.metadata, opened.source, overwrite=True)
    assert read_photo(path).pixels.shape[2] == 1
    colour = tmp_path / "c.jpg"
    write_photo(colour, corpus.picture(), None, opened.source)
    assert np.abs(read_photo(colour).pixels.astype(int) - corpus.picture()).mean() < 12


def test_nothing_is_overwritten_without_being_told(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    write_photo(path, corpus.picture())
    before = path.read_bytes()
    with pytest.raises(PhotoExistsError, match="exists"):
        write_photo(path, corpus.picture(9))
    assert path.read_bytes() == before
    write_photo(path, corpus.picture(9), overwrite=True)
    assert np.array_equal(read_photo(path).pixels, corpus.picture(9))


def test_the_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in WRITE_FORMATS:
        paths = [tmp_path / f"{number}{WRITE_FORMATS[name].suffixes[0]}" for number in range(2)]
        for path in paths:
            write_photo(path, corpus.picture())
        assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("p.xyz", "ending"),
        ("p", "ending"),
        ("no/such/folder/p.png", "no such file or folder"),
        ("x" * 300 + ".png", "too long"),
        ("a\0b.png", "character"),
    ],
)
def test_an_impossible_target_is_one_sentence(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(PhotoWriteError, match=says) as caught:
        write_photo(os.path.join(tmp_path, name), corpus.picture())
    assert str(caught.value).startswith("Cannot save ")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_too_wide_for_a_format_is_refused_before_encoding(tmp_path: Path) -> None:
    wide = np.zeros((1, 70_000, 1), np.uint8)
    for name in ("w.jpg", "w.webp", "w.avif"):
        with pytest.raises(PhotoError, match="at most"):
            write_photo(tmp_path / name, wide)
    write_photo(tmp_path / "w.png", wide)
    assert read_photo(tmp_path / "w.png").pixels.shape == wide.shape


@pytest.mark.parametrize("shape", [(1, 1), (1, 999), (999, 1)])
@pytest.mark.parametrize("kind", ["png", "jpg", "tif", "webp", "avif"])
def test_thin_pictures_go_through_every_format(tmp_path: Path, kind: str, shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), 77, np.uint8)
    write_photo(tmp_path / f"t.{kind}", pixels)
    again = read_photo(tmp_path / f"t.{kind}").pixels
    assert again.shape == pixels.shape
    assert np.abs(again.astype(int) - 77).max() <= 3


def test_the_ending_names_the_format_and_the_options_win(tmp_path: Path) -> None:
    assert format_of(Path("A.JPEG")) == "jpeg"
    assert format_of(Path("a.gif")) is None
    write_photo(tmp_path / "p.dat", corpus.picture(), None, ExportOptions(format="png"))
    assert read_photo(tmp_path / "p.dat").source.format == "png"


def turns_of_another_thread(work: Callable[[], object]) -> int:
    """How often a thread that asks for it every millisecond is let in while ``work`` runs."""
    turns, is_over = 0, threading.Event()

    def ask() -> None:
        nonlocal turns
        while not is_over.wait(0.001):
            turns += 1

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        work()
    finally:
        is_over.set()
        asking.join()
    return turns


def test_a_window_gets_its_turns_while_a_large_jpeg_is_written(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2000, 2500, 3), np.uint8)
    tables = (tuple([8] * 64), tuple([8] * 64))
    options = ExportOptions(as_source=JpegEncoding(tables, "4:4:4", progressive=True))
    # 370; with the interpreter's lock held from the first row to the last, 10
    assert turns_of_another_thread(lambda: write_photo(tmp_path / "large.jpg", pixels, None, options)) > 40
    assert read_photo(tmp_path / "large.jpg").pixels.shape == pixels.shape


@pytest.mark.parametrize("shape", [(1, 1, 4), (3, 7, 3), (1, 20_000, 1), (20_000, 1, 3), (900, 700, 4)])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_noise_that_no_png_makes_smaller_still_has_room(shape: tuple[int, ...], depth: type, tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, np.iinfo(depth).max + 1, shape).astype(depth)
    write_photo(tmp_path / "noise.png", pixels, None, None)
    assert read_photo(tmp_path / "noise.png").pixels.tobytes() == pixels.tobytes()


@pytest.mark.skipif(sys.platform != "linux", reason="counts handles in /proc")
def test_no_thread_and_no_handle_is_left_when_an_encoder_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **settings: object) -> None:
        raise ValueError("no such quality")

    monkeypatch.setattr(Image.Image, "save", fail)
    handles, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
    with pytest.raises(PhotoWriteError, match="could not be encoded as JPEG"):
        write_photo(tmp_path / "p.jpg", corpus.picture(1, 3))
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == (handles, threads)
    assert list(tmp_path.iterdir()) == []
