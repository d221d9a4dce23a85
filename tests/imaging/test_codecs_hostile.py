"""Whatever a file holds: a picture or one clear sentence, quickly, within bounded memory, and never a wait."""

import io
import json
import os
import struct
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from genrepair_desktop.files import shown_name
from genrepair_desktop.imaging.codecs import (
    ExportOptions,
    Limits,
    PhotoAccessError,
    PhotoDamagedError,
    PhotoError,
    PhotoFormatError,
    PhotoLimitError,
    read_photo,
    write_photo,
)
from genrepair_desktop.imaging.codecs.errors import Refused
from tests import corpus

SLOWEST_S = 2.0
ROOT = Path(__file__).parents[2]


def outcome(path: Path) -> PhotoError | None:
    """None for a sound picture, else the error; fails if it took too long or the sentence is not one."""
    # processor time: other programs on the machine do not count
    start = time.process_time()
    error = None
    try:
        photo = read_photo(path)
        assert photo.pixels.ndim == 3
        assert photo.pixels.dtype in (np.uint8, np.uint16)
        assert photo.pixels.shape[2] in (1, 2, 3, 4)
    except PhotoError as caught:
        error = caught
        assert is_one_sentence(str(error))
    assert time.process_time() - start < SLOWEST_S, path
    return error


def is_one_sentence(text: str) -> bool:
    return text.startswith('Cannot open "') and text.endswith(".") and text.isprintable() and 20 < len(text) < 300


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)])
def test_the_corpus_gives_pictures_or_sentences(tmp_path: Path, seed: int) -> None:
    wrong = []
    for number, sample in enumerate(corpus.corpus(seed, each=8 if seed == 0 else 60)):
        path = tmp_path / f"{number}.bin"
        path.write_bytes(sample.data)
        error = outcome(path)
        if sample.must != "either" and (error is None) != (sample.must == "open"):
            wrong.append((sample.name, str(error)))
        path.unlink()
    assert wrong == []


MEASURE = """
import json, sys
from pathlib import Path
from genrepair_desktop.imaging.codecs import PhotoError, read_photo

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return max(int(line.split()[1]) * 1024 for line in lines if line.startswith(("VmHWM", "VmRSS")))

cost = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = peak()
    try:
        read_photo(path)
    except PhotoError:
        pass
    cost[path.name] = peak() - before
print(json.dumps(cost))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks are read from Linux' proc")
def test_bombs_and_sparse_giants_cost_less_than_a_gigabyte(tmp_path: Path) -> None:
    for sample in corpus.bombs():
        (tmp_path / sample.name).write_bytes(sample.data)
    for sample in corpus.sound_files():
        with (tmp_path / f"sparse-{sample.name}").open("wb") as file:
            file.write(sample.data[: len(sample.data) // 2])
            file.truncate(1900 << 20)
    # a sound start of a picture as large as allowed, so that much is worth reading, and nothing behind it
    with (tmp_path / "promise-sparse.jpg").open("wb") as file:
        file.write(next(sample.data for sample in corpus.bombs() if sample.name == "promise13000.jpg")[:-2])
        file.truncate(1900 << 20)
    command = [sys.executable, "-c", MEASURE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    cost = json.loads(done.stdout)
    assert len(cost) > 60
    assert max(cost.values()) < 2**30, cost


def test_a_truncated_large_photo_fails_at_once(tmp_path: Path) -> None:
    photo = np.repeat(np.repeat(corpus.picture(0, 3, size=(300, 400)), 3, axis=0), 3, axis=1)
    for kind in ("png", "jpg", "tif", "webp"):
        path = tmp_path / f"large.{kind}"
        write_photo(path, photo)
        whole = path.stat().st_size
        os.truncate(path, whole - 40)
        start = time.process_time()
        with pytest.raises(PhotoDamagedError, match="breaks off"):
            read_photo(path)
        assert time.process_time() - start < 0.5


def test_a_flipped_bit_in_a_png_is_found_by_its_checksum(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    write_photo(path, corpus.picture())
    data = bytearray(path.read_bytes())
    data[-40] ^= 1
    path.write_bytes(data)
    with pytest.raises(PhotoDamagedError, match="checksum"):
        read_photo(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0+", b"RIFFxxxxWEBP", b"BM", b"GIF89a",
                     b"\0\0\0\x18ftypavif", b"\0\0\0\x18ftypheic"]),
    st.binary(max_size=300),
)  # fmt: skip
@example(b"II*\0\x08\0\0\0", b"\xff" * 300)
def test_any_bytes_behind_any_magic_are_a_sentence(tmp_path: Path, magic: bytes, rest: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(magic + rest)
    outcome(path)


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders there")
def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "photo.png"
    os.mkfifo(pipe)
    ended: list[PhotoError | None] = []
    reader = threading.Thread(target=lambda: ended.append(outcome(pipe)), daemon=True)
    reader.start()
    reader.join(30)
    assert ended
    assert "pipe" in str(ended[0])


@pytest.mark.skipif(sys.platform == "win32", reason="other devices there")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_devices_are_refused(device: str) -> None:
    with pytest.raises(PhotoAccessError):
        read_photo(device)


def test_what_is_no_readable_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    (tmp_path / "dangling.png").symlink_to(tmp_path / "nowhere.png")
    says = {
        "empty.png": "empty", "folder.png": "folder", "loop.png": "circle", "dangling.png": "no such file",
        "missing.png": "no such file",
    }  # fmt: skip
    for name, words in says.items():
        with pytest.raises(PhotoAccessError, match=words) as caught:
            read_photo(tmp_path / name)
        assert name in str(caught.value)
        assert is_one_sentence(str(caught.value))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_a_forbidden_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    write_photo(path, corpus.picture())
    path.chmod(0)
    with pytest.raises(PhotoAccessError, match="permission"):
        read_photo(path)


def test_the_systems_own_errors_become_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    path = tmp_path / "p.png"
    write_photo(path, corpus.picture())
    says = {errno.EACCES: "permission", errno.EMFILE: "too many files", errno.EIO: "input/output", 9999: "the system"}
    for number, words in says.items():

        def refuse(*_: object, number: int = number) -> int:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patch:
            patch.setattr("genrepair_desktop.files.os.open", refuse)
            with pytest.raises(PhotoAccessError, match=words):
                read_photo(path)


def test_a_sparse_giant_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "giant.png"
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(64 << 30)
    with pytest.raises(PhotoError, match="limit"):
        read_photo(path)


ODD_NAMES = [
    "-rf.png", "new\nline.png", "a\u202egnp.exe.png", "\udcff\udcfe.png", "x" * 251 + ".png", " .png", "'\";$(rm).png",
    "日本語.png", "e\u0301.png", "...png", "%s{n}.png",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_open_save_and_show(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_photo(path, corpus.picture(), None, ExportOptions(format="png"))
    assert np.array_equal(read_photo(path).pixels, corpus.picture())
    path.write_bytes(b"no picture")
    with pytest.raises(PhotoFormatError) as caught:
        read_photo(path)
    assert is_one_sentence(str(caught.value))
    assert shown_name(path).isprintable()
    assert len(shown_name(path)) <= 80


def test_postscript_under_a_picture_name_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*_: object, **__: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr(subprocess, "Popen", started)
    for sample in corpus.strangers():
        path = tmp_path / sample.name
        path.write_bytes(sample.data)
        with pytest.raises(PhotoError):
            read_photo(path)


def test_scans_and_parts_are_limits_of_their_own(tmp_path: Path) -> None:
    files = {sample.name: sample.data for sample in corpus.sound_files()}
    for name, limits in (("progressive.jpg", Limits(scans=3)), ("rgb.png", Limits(parts=1))):
        path = tmp_path / name
        path.write_bytes(files[name])
        assert read_photo(path).pixels.size
        with pytest.raises(PhotoLimitError):
            read_photo(path, limits=limits)


@pytest.mark.parametrize("name", ["promise.webp", "promise.avif", "promise.heic"])
def test_bytes_too_few_for_a_large_picture_are_refused_before_a_decoder_sees_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    import imagecodecs
    import pillow_heif
    from PIL import Image

    path = tmp_path / name
    path.write_bytes(corpus.promises()[name])
    for library, function in ((imagecodecs, "webp_decode"), (pillow_heif, "open_heif"), (Image, "open")):
        monkeypatch.setattr(library, function, lambda *arguments, **settings: pytest.fail("it was decoded"))
    with pytest.raises(PhotoLimitError, match="bytes cannot hold a photo of 13,000 × 13,000 pixels"):
        read_photo(path)


def test_a_blank_page_in_few_bytes_opens_up_to_24_megapixels(tmp_path: Path) -> None:
    page = np.full((600, 600, 3), 255, np.uint8)
    for kind in ("webp", "avif"):
        write_photo(tmp_path / f"page.{kind}", page, None, ExportOptions(lossless=kind == "webp"))
        assert np.array_equal(read_photo(tmp_path / f"page.{kind}").pixels, page)
        dense = Limits(free_pixels=0, pixels_a_byte=200)
        with pytest.raises(PhotoLimitError, match="cannot hold a photo"):
            read_photo(tmp_path / f"page.{kind}", limits=dense)
    write_photo(tmp_path / "photo.avif", corpus.picture(0, 3, size=(300, 400)))
    assert read_photo(tmp_path / "photo.avif", limits=dense).pixels.shape == (300, 400, 3)


def test_a_file_cut_while_it_is_read_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from genrepair_desktop.imaging.codecs import png

    path = tmp_path / "p.png"
    write_photo(path, corpus.picture(0, 3, size=(300, 300)))
    honest = png._gathered

    def cut(file: object, spans: list[tuple[int, int]]) -> bytearray:
        os.truncate(path, 2000)
        return honest(file, spans)  # type: ignore[arg-type]

    monkeypatch.setattr(png, "_gathered", cut)
    assert outcome(path) is not None


@pytest.mark.parametrize("ending", ["cut", "sum"])
def test_a_large_png_of_little_data_is_refused_before_memory_is_given_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    import imagecodecs

    from tests.fuzz.pictures import _inflating_to, _packed_png

    side = 1200
    packed = _inflating_to((side * 8 + 1) * side)
    path = tmp_path / "p.png"
    path.write_bytes(_packed_png(side, side, 16, 6, packed))
    assert read_photo(path).pixels.shape == (side, side, 4)
    broken = packed[:-200] if ending == "cut" else packed[:-4] + b"\1\2\3\4"
    path.write_bytes(_packed_png(side, side, 16, 6, broken))
    monkeypatch.setattr("genrepair_desktop.imaging.codecs.unpack.LARGE", 2**20)
    monkeypatch.setattr(imagecodecs, "png_decode", None)
    with pytest.raises(PhotoDamagedError, match="breaks off" if ending == "cut" else "picture data are damaged"):
        read_photo(path)


def strips_of_tiff(values: np.ndarray, compression: str, broken: int | None = None) -> bytes:
    """A TIFF of 16 rows a strip; the end of one strip's data overwritten."""
    import tifffile

    data = bytearray(corpus.tiff(values, photometric="rgb", compression=compression, rowsperstrip=16))
    if broken is not None:
        with tifffile.TiffFile(io.BytesIO(data)) as tiff:
            page = tiff.pages[0]
            end = page.dataoffsets[broken] + page.databytecounts[broken]
        data[end - 9 : end] = b"\xff" * 9
    return bytes(data)


@pytest.mark.parametrize("compression", ["zlib", "lzma"])
def test_a_large_tiff_of_little_data_is_refused_before_memory_is_given_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: str
) -> None:
    import tifffile

    from genrepair_desktop.imaging.codecs import unpack

    page = np.full((1200, 1200, 3), 255, np.uint8)
    path = tmp_path / "p.tif"
    path.write_bytes(strips_of_tiff(page, compression))
    blank = Limits() if compression == "zlib" else Limits(free_pixels=0)
    monkeypatch.setattr(unpack, "LARGE", 2**20)
    if compression == "zlib":
        assert np.array_equal(read_photo(path, limits=blank).pixels, page)
        path.write_bytes(strips_of_tiff(page, compression, broken=60))
    monkeypatch.setattr(tifffile, "TiffFile", None)
    says = PhotoDamagedError if compression == "zlib" else PhotoLimitError
    with pytest.raises(says, match="damaged|breaks off" if compression == "zlib" else "cannot hold a photo"):
        read_photo(path, limits=blank)


def test_strips_on_top_of_each_other_are_inflated_no_longer_than_the_picture_is_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from genrepair_desktop.imaging.codecs import tiff, unpack

    layout = tiff._Layout(1000, 1000, 8, 3, 8, 2, False, 1, ())
    packed = zlib.compress(bytes(100_000), 9)
    made: list[int] = []
    honest = unpack.inflated
    monkeypatch.setattr(tiff, "inflated", lambda pieces, enough: made.append(honest(pieces, enough)) or made[-1])
    tiff._check_inflates(io.BytesIO(packed), layout, [(0, len(packed))] * 100_000)
    assert sum(made) <= 2 * layout.bytes + 100_000
    with pytest.raises(Refused, match="breaks off"):
        tiff._check_inflates(io.BytesIO(packed), layout, [(0, len(packed))] * 29)


def test_little_data_are_measured_to_the_last_byte() -> None:
    from genrepair_desktop.imaging.codecs.unpack import inflated, pieces_of

    for size in (1, 119_999, 120_000, 120_001, 240_000, 5_000_000):
        packed = zlib.compress(bytes(size), 9)
        spans = [(0, 10), (10, len(packed) - 10)] if len(packed) > 10 else [(0, len(packed))]
        assert inflated(pieces_of(io.BytesIO(packed), spans), size) == size
        with pytest.raises(Refused, match="breaks off"):
            inflated(pieces_of(io.BytesIO(packed[:-1]), [(0, len(packed) - 1)]), size)


def test_an_avif_may_claim_fewer_pixels_a_byte_than_others(tmp_path: Path) -> None:
    path = tmp_path / "padded.avif"
    path.write_bytes(corpus.promises()["promise.avif"] + struct.pack(">I4s", 60_008, b"free") + bytes(60_000))
    assert Limits().pixels_a_byte * path.stat().st_size > 13_000**2
    with pytest.raises(PhotoLimitError, match="cannot hold a photo of 13,000 × 13,000 pixels"):
        read_photo(path)


def test_a_reason_from_a_hostile_file_stays_a_sentence() -> None:
    error = PhotoDamagedError("p.png", "bad\x1b[31m\u202e" + "9" * 10_000, "copy it again")
    assert is_one_sentence(str(error))
