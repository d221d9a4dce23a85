"""Every format and mode opens to the pixels that were put in, upright, at full depth."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from genrepair_desktop.imaging.codecs import Limits, Photo, PhotoLimitError, read_photo
from tests import corpus

SOUND = {sample.name: sample.data for sample in corpus.sound_files()}


def opened(folder: Path, name: str, data: bytes | None = None) -> Photo:
    path = folder / name
    path.write_bytes(SOUND[name] if data is None else data)
    return read_photo(path)


@pytest.mark.parametrize("name", SOUND)
def test_every_format_and_mode_opens(tmp_path: Path, name: str) -> None:
    photo = opened(tmp_path, name)
    assert photo.pixels.shape[:2] == (corpus.H, corpus.W)
    assert photo.pixels.flags.c_contiguous
    assert photo.pixels.flags.writeable
    assert photo.source.file_bytes == len(SOUND[name])
    suffix = {"jpg": "jpeg", "tif": "tiff"}
    assert photo.source.format == suffix.get(name.split(".")[-1], name.split(".")[-1])


@pytest.mark.parametrize("name", ["rgb.png", "rgb.bmp", "rgb.tif", "lzw.tif", "packbits.tif"])
def test_lossless_colour_is_exact(tmp_path: Path, name: str) -> None:
    assert np.array_equal(opened(tmp_path, name).pixels, corpus.picture())


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bit_png_keeps_every_bit(tmp_path: Path, channels: int) -> None:
    photo = opened(tmp_path, f"deep{channels}.png")
    assert photo.pixels.dtype == np.uint16
    assert np.array_equal(photo.pixels, corpus.picture(3, channels, np.uint16))
    assert photo.source.bits == 16


@pytest.mark.parametrize("name", ["deflate.tif", "tiled.tif", "planar.tif", "big.tif", "motorola.tif"])
def test_sixteen_bit_tiff_keeps_every_bit_however_it_is_laid_out(tmp_path: Path, name: str) -> None:
    assert np.array_equal(opened(tmp_path, name).pixels, corpus.picture(4, 3, np.uint16))


def test_white_is_zero_is_turned_round(tmp_path: Path) -> None:
    assert np.array_equal(opened(tmp_path, "white.tif").pixels, 255 - corpus.picture(5, 1))
    assert np.array_equal(opened(tmp_path, "deepwhite.tif").pixels, 65535 - corpus.picture(5, 1, np.uint16))


def test_deep_alpha_is_exact_and_premultiplied_alpha_is_made_straight(tmp_path: Path) -> None:
    assert np.array_equal(opened(tmp_path, "deepalpha.tif").pixels, corpus.picture(6, 4, np.uint16))
    straight = np.array([[[200, 100, 50, 255], [200, 100, 50, 128], [9, 9, 9, 0]]], np.uint8)
    multiplied = straight.copy()
    multiplied[..., :3] = np.rint(straight[..., :3] * (straight[..., 3:] / 255))
    data = corpus.tiff(multiplied, photometric="rgb", extrasamples=["assocalpha"])
    read = opened(tmp_path, "pre.tif", data).pixels.astype(int)
    assert np.abs(read[0, :2] - straight[0, :2]).max() <= 1
    assert read[0, 2].tolist() == [0, 0, 0, 0]


def test_palette_and_one_bit_become_plain_samples(tmp_path: Path) -> None:
    rgb = Image.fromarray(corpus.picture())
    palette = np.asarray(rgb.quantize(16).convert("RGB"))
    for name in ("palette.png", "palette.tif", "still.gif"):
        assert np.array_equal(opened(tmp_path, name).pixels, palette)
    bits = np.asarray(rgb.convert("1").convert("L"))[..., None]
    for name in ("bit.png", "bit.bmp", "fax.tif"):
        assert np.array_equal(opened(tmp_path, name).pixels, bits)


def test_transparent_palette_entries_become_alpha(tmp_path: Path) -> None:
    clear = np.asarray(Image.fromarray(corpus.picture()).quantize(16)) == 3
    assert clear.any()
    assert np.array_equal(opened(tmp_path, "clear-palette.png").pixels[..., 3] == 0, clear)
    assert opened(tmp_path, "clear.gif").pixels.shape[2] == 4


def test_cmyk_goes_through_its_own_profile(tmp_path: Path) -> None:
    inks = np.zeros((8, 16, 4), np.uint8)
    inks[:, :8, 0] = 255
    plain = corpus.saved(Image.fromarray(inks, "CMYK"), "TIFF")
    through = corpus.saved(Image.fromarray(inks, "CMYK"), "TIFF", icc_profile=corpus.cmyk_profile())
    naive, told = opened(tmp_path, "a.tif", plain), opened(tmp_path, "b.tif", through)
    # process cyan, Lab 55 -37 -50, is known to printers as #009FE3
    assert np.abs(told.pixels[0, 0].astype(int) - (0x00, 0x9F, 0xE3)).max() <= 12
    assert naive.pixels[0, 0].tolist() == [0, 255, 255]
    assert "by its colour profile" in told.notices[0]
    assert "without a colour profile" in naive.notices[0]
    assert told.metadata.icc is None
    assert told.pixels[0, 12].min() >= 250


def test_jpeg_cmyk_is_not_inverted(tmp_path: Path) -> None:
    white = corpus.saved(Image.new("CMYK", (16, 16), (0, 0, 0, 0)), "JPEG")
    assert opened(tmp_path, "white.jpg", white).pixels.min() > 250


def test_float_samples_become_sixteen_bits_and_nonsense_becomes_black(tmp_path: Path) -> None:
    values = np.array([[[0.0], [0.5], [1.0], [np.nan], [np.inf], [-3.0]]], np.float32)
    photo = opened(tmp_path, "f.tif", corpus.tiff(values[..., 0]))
    assert photo.pixels[0, :, 0].tolist() == [0, 32768, 65535, 0, 0, 0]
    assert any("no numbers" in notice for notice in photo.notices)


def test_float_samples_are_scaled_by_the_brightest_of_the_whole_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genrepair_desktop.imaging.codecs.tiff_samples._ROWS", 2)
    values = np.array([[0.5], [1.0], [np.nan], [4.0], [2.0]])
    photo = opened(tmp_path, "f.tif", corpus.tiff(values))
    assert photo.pixels[:, 0, 0].tolist() == [8192, 16384, 0, 65535, 32768]
    assert [text for text in photo.notices if "4" in text or "no numbers" in text] == list(photo.notices[1:])


def test_twelve_bit_samples_fill_the_range(tmp_path: Path) -> None:
    deep = np.array([[0, 1, 2048, 4095]], np.uint16)
    photo = opened(tmp_path, "t.tif", corpus.tiff(deep, bitspersample=12))
    assert photo.pixels[0, :, 0].tolist() == [0, 16, 32776, 65535]


def test_animations_show_their_first_frame_and_say_so(tmp_path: Path) -> None:
    for name in ("moving.gif", "moving.webp"):
        photo = opened(tmp_path, name)
        assert photo.notices == ("It is an animation; its first frame is shown.",)
        assert np.abs(photo.pixels.astype(int) - corpus.picture()).mean() < 12
    assert opened(tmp_path, "pages.tif").notices == ("It has more pages; the first is shown.",)
    assert np.array_equal(opened(tmp_path, "pages.tif").pixels, corpus.picture())


def test_ten_bit_avif_and_heic_use_the_full_range(tmp_path: Path) -> None:
    import imagecodecs

    ramp = np.repeat(np.linspace(0, 1023, 64).round().astype(np.uint16)[None, :, None], 3, 2).repeat(64, 0)
    avif = imagecodecs.avif_encode(ramp, level=95, bitspersample=10, pixelformat="444")
    deep = opened(tmp_path, "deep.avif", avif)
    heic = opened(tmp_path, "deep.heic", corpus.heic((ramp << 6) | (ramp >> 4), chroma=444))
    for photo in (deep, heic):
        assert photo.pixels.dtype == np.uint16
        assert np.abs(photo.pixels[32, :, 1].astype(int) - ramp[0, :, 0] * (65535 / 1023)).max() < 300
        assert photo.pixels.max() > 65200


CORNERS = np.zeros((32, 48, 3), np.uint8)
CORNERS[:16, :24], CORNERS[:16, 24:], CORNERS[16:, :24] = (250, 10, 10), (10, 250, 10), (10, 10, 250)


def turned(kind: str, orientation: int) -> bytes:
    """The corner picture with an orientation, as each format states it."""
    image, exif = Image.fromarray(CORNERS), corpus.exif_block(orientation)
    if kind == "tif":
        return corpus.tiff(CORNERS, photometric="rgb", extratags=[(274, 3, 1, orientation, True)])
    if kind == "heic":
        return corpus.heic(CORNERS, exif=exif)
    exif = b"Exif\0\0" + exif if kind == "jpg" else exif
    settings = {"lossless": True} if kind == "webp" else {}
    names = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "avif": "AVIF"}
    return corpus.saved(image, names[kind], exif=exif, **settings)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tif", "avif", "heic"])
def test_orientation_is_applied_once(tmp_path: Path, kind: str, orientation: int) -> None:
    views = {
        1: CORNERS, 2: CORNERS[:, ::-1], 3: CORNERS[::-1, ::-1], 4: CORNERS[::-1],
        5: CORNERS.swapaxes(0, 1), 6: np.rot90(CORNERS, -1), 7: CORNERS[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(CORNERS),
    }  # fmt: skip
    expected = views[orientation]
    pixels = opened(tmp_path, f"turned.{kind}", turned(kind, orientation)).pixels
    assert pixels.shape == expected.shape
    # the middle of each quarter, where lossy formats are flat
    h, w = expected.shape[:2]
    for y in (h // 4, 3 * h // 4):
        for x in (w // 4, 3 * w // 4):
            assert np.abs(pixels[y, x].astype(int) - expected[y, x]).max() < 40


def test_a_first_frame_smaller_than_its_canvas_is_set_on_transparency(tmp_path: Path) -> None:
    def chunk(name: bytes, payload: bytes) -> bytes:
        return name + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)

    lossless = corpus.saved(Image.new("RGB", (4, 2), (9, 8, 7)), "WEBP", lossless=True)[12:]
    frame = b"\1\0\0\2\0\0" + b"\3\0\0\1\0\0" + b"\x32\0\0\0" + lossless
    body = chunk(b"VP8X", b"\2\0\0\0\x09\0\0\x09\0\0") + chunk(b"ANIM", bytes(6)) + chunk(b"ANMF", frame)
    pixels = opened(tmp_path, "s.webp", b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body).pixels
    assert pixels.shape == (10, 10, 4)
    assert (pixels[4:6, 2:6] == (9, 8, 7, 255)).all()
    assert pixels[..., 3].sum() == 8 * 255


def test_what_cameras_put_around_a_jpeg_does_not_matter(tmp_path: Path) -> None:
    plain = SOUND["progressive.jpg"]
    expected = opened(tmp_path, "progressive.jpg").pixels
    out = io.BytesIO()
    pair = [Image.fromarray(corpus.picture(seed)) for seed in (0, 1)]
    pair[0].save(out, "MPO", save_all=True, append_images=pair[1:], quality=95)
    dressed = {
        "junk behind": plain + b"motion photo film " * 1000,
        "second picture behind": plain + SOUND["rgb.jpg"],
        "fill before a marker": plain.replace(b"\xff\xdb", b"\xff\xff\xff\xdb", 1),
        "junk between segments": plain.replace(b"\xff\xdb", b"\0\0\0\xff\xdb", 1),
        "comments": plain[:2] + b"\xff\xfe\0\6abcd" * 500 + plain[2:],
    }
    for data in dressed.values():
        assert np.array_equal(opened(tmp_path, "d.jpg", data).pixels, expected)
    stereo = opened(tmp_path, "s.jpg", out.getvalue()).pixels.astype(int)
    assert np.abs(stereo - corpus.picture()).mean() < np.abs(stereo - corpus.picture(1)).mean()


def test_a_jpeg_that_holds_rgb_is_not_taken_for_ycbcr(tmp_path: Path) -> None:
    red = corpus.saved(Image.new("RGB", (16, 16), (250, 20, 30)), "JPEG", keep_rgb=True, quality=95)
    assert np.abs(opened(tmp_path, "r.jpg", red).pixels[8, 8].astype(int) - (250, 20, 30)).max() <= 3


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("channels", "kind"), [(1, 0), (2, 4), (3, 2), (4, 6)])
def test_interlaced_png_is_exact(tmp_path: Path, channels: int, kind: int, dtype: type) -> None:
    values = corpus.picture(1, channels, dtype)
    stored = values.astype(">u2" if dtype is np.uint16 else "u1")
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    rows = b"".join(b"\0" + row.tobytes() for y, x, dy, dx in passes for row in stored[y::dy, x::dx])
    data = corpus.png(corpus.W, corpus.H, 8 * values.itemsize, kind, rows, interlace=1)
    assert np.array_equal(opened(tmp_path, "i.png", data).pixels, values)


def test_run_length_bitmaps_are_read(tmp_path: Path) -> None:
    palette = b"".join(bytes((blue, 10, 20, 0)) for blue in range(256))
    runs = b"\3\7\1\x09\0\0" + b"\4\x08\0\0" + b"\0\1"
    head = struct.pack("<2sIHHI", b"BM", 54 + 1024 + len(runs), 0, 0, 54 + 1024)
    head += struct.pack("<IiiHHIIiiII", 40, 4, 2, 1, 8, 1, len(runs), 2835, 2835, 256, 0)
    photo = opened(tmp_path, "r.bmp", head + palette + runs)
    assert photo.pixels[..., 2].tolist() == [[8, 8, 8, 8], [7, 7, 7, 9]]
    assert photo.metadata.dpi == pytest.approx((72, 72), abs=0.1)


def test_limits_are_a_setting(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(SOUND["rgb.png"])
    assert read_photo(path, limits=Limits(pixels=corpus.H * corpus.W)).pixels.size
    with pytest.raises(PhotoLimitError, match="raise the limit"):
        read_photo(path, limits=Limits(pixels=corpus.H * corpus.W - 1))


def test_pillows_own_limit_is_left_as_it_was(tmp_path: Path) -> None:
    before = Image.MAX_IMAGE_PIXELS
    opened(tmp_path, "rgb.bmp")
    assert before == Image.MAX_IMAGE_PIXELS
