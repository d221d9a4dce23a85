"""Metadata survives every way through, is made true of the export, and a broken block never costs the picture."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from genrepair_desktop.imaging.codecs import ExportOptions, Photo, PhotoMetadata, read_photo, write_photo
from genrepair_desktop.imaging.codecs.exif import cleaned, orientation
from genrepair_desktop.imaging.codecs.tags import TagError
from tests import corpus

FORMATS = ["jpg", "png", "tif", "webp", "avif"]
ICC = corpus.srgb_profile()


def source(folder: Path, turned: int = 6, **block: object) -> Photo:
    path = folder / "source.jpg"
    image = Image.fromarray(corpus.picture())
    exif = b"Exif\0\0" + corpus.exif_block(turned, **block)
    path.write_bytes(corpus.saved(image, "JPEG", exif=exif, icc_profile=ICC, xmp=corpus.xmp_packet(), dpi=(240, 240)))
    return read_photo(path)


def exported(folder: Path, photo: Photo, kind: str, **choices: object) -> Path:
    path = folder / f"out.{kind}"
    write_photo(path, photo.pixels, photo.metadata, ExportOptions(**choices), overwrite=True)
    return path


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_xmp_and_profile_reach_every_format(tmp_path: Path, kind: str, order: str) -> None:
    path = exported(tmp_path, source(tmp_path, order=order), kind)
    with Image.open(path) as image:
        image.load()
        exif = image.getexif()
        assert exif.get(ExifTags.Base.Make, "").strip("\0 ") == "ACME"
        assert exif.get(ExifTags.Base.Orientation, 1) == 1
        child = exif.get_ifd(ExifTags.IFD.Exif)
        assert child[0x927C].startswith(b"NIKON secret")
        assert (child[0xA002], child[0xA003]) == (corpus.H, corpus.W)
        assert float(exif.get_ifd(ExifTags.IFD.GPSInfo)[2][0]) == 48.0
        assert not exif.get_ifd(ExifTags.IFD.IFD1)
        assert image.info["icc_profile"] == ICC
    again = read_photo(path).metadata
    assert again.icc == ICC
    assert again.xmp is not None
    assert b'tiff:Orientation="1"' in again.xmp
    assert b"dc:title" in again.xmp
    assert b"Thumbnails" not in again.xmp


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_opens_upright_again(tmp_path: Path, kind: str) -> None:
    photo = source(tmp_path)
    assert photo.pixels.shape[:2] == (corpus.W, corpus.H)
    assert read_photo(exported(tmp_path, photo, kind)).pixels.shape == photo.pixels.shape


@pytest.mark.parametrize("kind", FORMATS)
def test_position_is_gone_from_the_whole_file_when_asked(tmp_path: Path, kind: str) -> None:
    photo = source(tmp_path)
    data = exported(tmp_path, photo, kind, strip_gps=True).read_bytes()
    seconds = struct.pack("<6I", 48, 1, 51, 1, 2917, 100)
    assert photo.metadata.exif is not None
    assert seconds in photo.metadata.exif
    assert seconds not in data
    assert b"GPS" not in data
    with Image.open(tmp_path / f"out.{kind}") as image:
        assert not image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        assert image.getexif()[ExifTags.Base.Make].strip("\0 ") == "ACME"


def test_position_stays_unless_asked(tmp_path: Path) -> None:
    data = exported(tmp_path, source(tmp_path), "jpg").read_bytes()
    assert struct.pack("<6I", 48, 1, 51, 1, 2917, 100) in data


def test_the_thumbnail_is_dropped_and_its_bytes_with_it(tmp_path: Path) -> None:
    block = corpus.exif_block(6)
    assert block.count(b"\xff\xd8\xff") == 1
    assert b"\xff\xd8\xff" not in cleaned(block)
    assert len(cleaned(block)) < len(block) - 300


def test_metadata_can_be_left_out_but_the_profile_stays(tmp_path: Path) -> None:
    again = read_photo(exported(tmp_path, source(tmp_path), "png", keep_metadata=False)).metadata
    assert again == PhotoMetadata(icc=ICC)


@pytest.mark.parametrize("kind", ["jpg", "png", "tif"])
def test_resolution_is_kept(tmp_path: Path, kind: str) -> None:
    again = read_photo(exported(tmp_path, source(tmp_path), kind)).metadata
    assert again.dpi == pytest.approx((240, 240), abs=0.05)


@pytest.mark.parametrize("kind", ["jpg", "tif"])
def test_iptc_is_kept_where_it_can_be(tmp_path: Path, kind: str) -> None:
    records = b"\x1c\x02\x50\0\3Ann"
    path = tmp_path / f"i.{kind}"
    write_photo(path, corpus.picture(), PhotoMetadata(iptc=records))
    found = read_photo(path).metadata.iptc
    assert found is not None
    assert found.rstrip(b"\0") == records


def test_a_large_profile_is_split_over_jpeg_segments(tmp_path: Path) -> None:
    large = ICC[:128] + ICC[128:].ljust(200_000, b"\1")
    write_photo(tmp_path / "p.jpg", corpus.picture(), PhotoMetadata(icc=large))
    assert read_photo(tmp_path / "p.jpg").metadata.icc == large


def test_what_is_too_large_for_jpeg_is_left_out_with_a_notice(tmp_path: Path) -> None:
    packet = b"<x:xmpmeta>" + b"a" * 70_000 + b"</x:xmpmeta>"
    notices = write_photo(tmp_path / "p.jpg", corpus.picture(), PhotoMetadata(xmp=packet))
    assert notices == ("The XMP data are too large for JPEG and were left out.",)
    assert read_photo(tmp_path / "p.jpg").metadata.xmp is None


def test_a_profile_that_does_not_fit_the_channels_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    path.write_bytes(corpus.saved(Image.fromarray(corpus.picture(0, 1)[..., 0]), "PNG", icc_profile=ICC))
    photo = read_photo(path)
    assert photo.metadata.icc is None
    assert "colour profile" in photo.notices[0]


def test_tiff_tags_about_the_photo_become_exif_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "t.tif"
    tags = [(0x010F, 2, 5, b"ACME\0", True), (0x8298, 2, 4, b"Ann\0", True), (274, 3, 1, 3, True)]
    path.write_bytes(corpus.tiff(corpus.picture(), photometric="rgb", extratags=tags, resolution=(300, 300)))
    photo = read_photo(path)
    write_photo(tmp_path / "t.jpg", photo.pixels, photo.metadata)
    with Image.open(tmp_path / "t.jpg") as image:
        assert image.getexif()[0x010F].strip("\0") == "ACME"
        assert image.getexif()[0x8298].strip("\0") == "Ann"
        assert 274 not in image.getexif()
        assert image.info["dpi"] == (300, 300)


def test_imagemagicks_old_way_of_keeping_exif_in_png_is_read(tmp_path: Path) -> None:
    import zlib

    block = b"Exif\0\0" + corpus.exif_block(3)
    text = b"\nexif\n%8d\n%s\n" % (len(block), block.hex().encode())
    chunk = corpus.png_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))
    rows = b"".join(b"\0" + bytes((row, 0)) for row in range(2))
    path = tmp_path / "old.png"
    path.write_bytes(corpus.png(2, 2, 8, 0, rows, chunk))
    assert read_photo(path).pixels[:, 1, 0].tolist() == [1, 0]


@pytest.mark.parametrize("value", [0, 9, 255, 65535])
def test_a_nonsense_orientation_is_upright(value: int) -> None:
    assert orientation(corpus.exif_block(value)) == 1


@settings(deadline=None)
@given(st.binary(max_size=400) | st.data())
def test_cleaning_any_block_gives_a_block_or_one_error(block: object) -> None:
    if not isinstance(block, bytes):
        sound = bytearray(corpus.exif_block(6))
        for _ in range(6):
            spot = block.draw(st.integers(0, len(sound) - 1))  # type: ignore[attr-defined]
            sound[spot] = block.draw(st.integers(0, 255))  # type: ignore[attr-defined]
        block = bytes(sound)
    try:
        done = cleaned(block, strip_gps=True, size=(70_000, 5))
    except (TagError, struct.error):
        return
    assert len(done) <= len(block) + 1
    assert orientation(done) == 1
    assert cleaned(done, strip_gps=True, size=(70_000, 5)) == done


@pytest.mark.parametrize("kind", ["avif", "heic"])
@pytest.mark.parametrize(("start", "length"), [(4, 60), (-4, 12)])
def test_broken_exif_in_boxes_does_not_cost_the_picture(tmp_path: Path, kind: str, start: int, length: int) -> None:
    block = corpus.exif_block(1)
    image = Image.fromarray(corpus.picture())
    sound = corpus.saved(image, "AVIF", exif=block) if kind == "avif" else corpus.heic(corpus.picture(), exif=block)
    data = bytearray(sound)
    at = data.index(b"II*\0") + start
    data[at : at + length] = b"\xff" * length
    path = tmp_path / f"b.{kind}"
    path.write_bytes(data)
    photo = read_photo(path)
    assert photo.pixels.shape == (corpus.H, corpus.W, 3)
    assert photo.metadata.exif is None
    assert photo.notices == ("Left out the EXIF data: broken or too large.",)


def test_no_metadata_writes_none(tmp_path: Path) -> None:
    for kind in FORMATS:
        write_photo(tmp_path / f"n.{kind}", corpus.picture())
        again = read_photo(tmp_path / f"n.{kind}").metadata
        assert (again.exif, again.xmp, again.icc, again.iptc) == (None, None, None, None)
        assert np.abs(read_photo(tmp_path / f"n.{kind}").pixels.astype(int) - corpus.picture()).mean() < 6
