"""``genrepair repair`` and ``replay``: what they write, what they refuse, and that they repeat themselves."""

import json
from pathlib import Path

import numpy as np
import pytest

from genrepair_desktop.imaging.codecs import PhotoMetadata, read_photo, write_photo
from genrepair_desktop.repair import fill_run
from tests.shell import Run, picture, scratch


def test_only_masked_pixels_change_and_the_line_says_how_many(
    genrepair: Run, photo: Path, mask: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    ended = genrepair("repair", photo, "--mask", mask, "-o", out)
    before, after = read_photo(photo).pixels, read_photo(out).pixels
    changed = (before != after).any(axis=2)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"{out}: {np.count_nonzero(changed)} of {changed.size} pixels changed\n"
    assert not changed[scratch() == 0].any()
    assert changed[scratch() > 0].mean() > 0.95
    # the damage was white; the light under it was not
    assert np.abs(after[scratch() > 0].astype(int) - picture()[scratch() > 0]).mean() < 12


def test_a_repair_that_fell_back_says_where_to_look(
    genrepair: Run, photo: Path, mask: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fill_run, "problem_of", lambda output, patch: "not-finite")
    ended = genrepair("repair", photo, "--mask", mask, "-m", "telea", "-o", tmp_path / "out.png")
    assert ended.code == 0
    assert "2 of 2 places: the method failed here, filled smoothly instead. Look at the result." in ended.err


@pytest.mark.parametrize(
    ("depth", "channels"), [(np.uint16, 1), (np.uint16, 3), (np.uint8, 4), (np.uint16, 4), (np.uint8, 2)]
)
def test_depth_and_alpha_are_kept(genrepair: Run, mask: Path, tmp_path: Path, depth: type, channels: int) -> None:
    pixels = picture(depth=depth, channels=channels)
    source, out = tmp_path / "source.tif", tmp_path / "out.tif"
    write_photo(source, pixels)
    assert genrepair("repair", source, "--mask", mask, "-o", out, "-m", "harmonic").code == 0
    after = read_photo(out).pixels
    assert (after.dtype, after.shape) == (pixels.dtype, pixels.shape)
    assert np.array_equal(after[scratch() == 0], pixels[scratch() == 0])
    if channels in (2, 4):
        assert np.array_equal(after[..., -1], pixels[..., -1])


def test_metadata_travel(genrepair: Run, mask: Path, tmp_path: Path) -> None:
    from PIL import ImageCms

    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    source, out = tmp_path / "source.png", tmp_path / "out.png"
    write_photo(source, picture(), PhotoMetadata(icc=icc, dpi=(300.0, 300.0)))
    assert genrepair("repair", source, "--mask", mask, "-o", out).code == 0
    kept = read_photo(out).metadata
    assert kept.icc == icc
    assert kept.dpi == pytest.approx((300, 300), abs=0.1)


@pytest.mark.parametrize("method", ["auto", "patchmatch"])
def test_the_same_seed_gives_the_same_bytes(
    genrepair: Run, photo: Path, mask: Path, tmp_path: Path, method: str
) -> None:
    outs = [tmp_path / name for name in ("a.png", "b.png", "c.png")]
    for out, seed in zip(outs, (7, 7, 8), strict=True):
        assert genrepair("repair", photo, "--mask", mask, "-m", method, "--seed", seed, "-o", out).code == 0
    first, again, other = (out.read_bytes() for out in outs)
    assert first == again
    if method == "patchmatch":
        assert first != other


def test_candidates_are_numbered_and_differ(genrepair: Run, photo: Path, mask: Path, tmp_path: Path) -> None:
    words = ("repair", photo, "--mask", mask, "-m", "patchmatch", "--candidates", 3, "-o", tmp_path / "try.png")
    assert genrepair(*words).code == 0
    written = [tmp_path / f"try-{number}.png" for number in (1, 2, 3)]
    assert len({path.read_bytes() for path in written}) == 3
    assert (
        genrepair("repair", photo, "--mask", mask, "-m", "patchmatch", "--seed", 1, "-o", tmp_path / "one.png").code
        == 0
    )
    assert (tmp_path / "one.png").read_bytes() == written[1].read_bytes()


def test_a_record_replays_to_identical_pixels(genrepair: Run, photo: Path, mask: Path, tmp_path: Path) -> None:
    out, again = tmp_path / "out.png", tmp_path / "again.png"
    assert genrepair("repair", photo, "--mask", mask, "-m", "patchmatch", "--seed", 5, "--record", "-o", out).code == 0
    record = tmp_path / "out.png.json"
    ended = genrepair("replay", record, photo, "-o", again)
    assert (ended.code, ended.err) == (0, "")
    assert again.read_bytes() == out.read_bytes()
    assert json.loads(record.read_text())["steps"][0]["recipe"]["seed"] == 5


def test_a_replay_that_comes_out_different_says_so(genrepair: Run, photo: Path, mask: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    genrepair("repair", photo, "--mask", mask, "-m", "patchmatch", "--record", "-o", out)
    record = tmp_path / "out.png.json"
    values = json.loads(record.read_text())
    values["steps"][0]["recipe"]["seed"] = 99
    values["versions"]["numpy"] = "1.0"
    record.write_text(json.dumps(values))
    ended = genrepair("replay", record, photo, "-o", tmp_path / "again.png")
    assert ended.code == 1
    assert "numpy 1.0 then" in ended.err


def refused(ended_code: int, err: str, *words: str) -> None:
    assert ended_code == 2
    assert len(err.splitlines()) == 1
    assert err.startswith("genrepair: ")
    for word in words:
        assert word in err


def test_a_replay_on_another_photo_is_refused(genrepair: Run, photo: Path, mask: Path, tmp_path: Path) -> None:
    genrepair("repair", photo, "--mask", mask, "--record", "-o", tmp_path / "out.png")
    other = tmp_path / "other.png"
    write_photo(other, picture(seed=9))
    ended = genrepair("replay", tmp_path / "out.png.json", other, "-o", tmp_path / "again.png")
    refused(ended.code, ended.err, "not the one this record was made from")
    assert not (tmp_path / "again.png").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Missing argument"),
        (("missing.png", "--mask", "mask.png", "-o", "out.png"), "missing.png"),
        (("photo.png", "-o", "out.png"), "add --mask MASK"),
        (("photo.png", "--mask", "photo.txt", "-o", "out.png"), "photo.txt"),
        (("photo.png", "--mask", "black.png", "-o", "out.png"), "marks nothing"),
        (("photo.png", "--mask", "white.png", "-o", "out.png"), "whole picture"),
        (("photo.png", "--mask", "tall.png", "-o", "out.png"), "proportions"),
        (("photo.png", "--mask", "mask.png", "-o", "out.png", "-m", "magic"), "magic"),
        (("photo.png", "--mask", "mask.png", "-o", "out.png", "-p", "degree"), "NAME=VALUE"),
        (("photo.png", "--mask", "mask.png", "-o", "out.png", "-m", "polynomial", "-p", "degree=99"), "degree"),
        (("photo.png", "--mask", "mask.png", "-o", "out.png", "-m", "harmonic", "-p", "colour=1"), "colour"),
        (("photo.png", "--mask", "mask.png", "-o", "out.png", "--seed", "-1"), "seed"),
        (("photo.png", "--mask", "mask.png", "-o", "out.png", "--candidates", "0"), "--candidates"),
        (("photo.png", "--mask", "mask.png", "-o", "out.png", "-m", "harmonic", "--candidates", "2"), "every seed"),
        (("photo.png", "--mask", "mask.png", "-o", "out.png", "--strength", "2"), "Strength"),
        (("photo.png", "--mask", "mask.png", "-o", "out.png", "--quality", "0"), "--quality"),
        (("photo.png", "--mask", "mask.png", "-o", "out.xyz"), "names no format"),
        (("photo.png", "--mask", "mask.png", "-o", "no/such/out.png"), "no folder"),
        (("photo.png", "--mask", "mask.png", "-o", "photo.png"), "exists already"),
        (("photo.png", "--mask", "mask.png", "-o", "."), "folder"),
    ],
)
def test_wrong_use_is_one_line_and_writes_nothing(
    genrepair: Run,
    photo: Path,
    mask: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.txt").write_text("no picture")
    write_photo(tmp_path / "black.png", np.zeros((120, 160, 1), np.uint8))
    write_photo(tmp_path / "white.png", np.full((120, 160, 1), 255, np.uint8))
    write_photo(tmp_path / "tall.png", np.full((160, 90, 1), 255, np.uint8))
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    ended = genrepair("repair", *words)
    refused(ended.code, ended.err, said)
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_an_existing_result_is_replaced_only_when_told(
    genrepair: Run, photo: Path, mask: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.png"
    out.write_bytes(b"mine")
    assert genrepair("repair", photo, "--mask", mask, "-o", out).code == 2
    assert out.read_bytes() == b"mine"
    assert genrepair("repair", photo, "--mask", mask, "-o", out, "--overwrite").code == 0
    assert read_photo(out).pixels.shape == (120, 160, 3)


def test_a_mask_made_for_a_preview_is_scaled(genrepair: Run, photo: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    write_photo(small, scratch((60, 80))[..., None])
    assert genrepair("repair", photo, "--mask", small, "-o", tmp_path / "out.png").code == 0


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("oh\nno"), MemoryError(), PermissionError(13, "Permission denied", "x")]
)
def test_no_error_shows_a_traceback(
    genrepair: Run, photo: Path, mask: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    from genrepair_desktop.repair import photo_job

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(photo_job, "run", broken)
    ended = genrepair("repair", photo, "--mask", mask, "-o", tmp_path / "out.png")
    assert ended.code in (1, 2)
    assert len(ended.err.splitlines()) == 1
    assert "Traceback" not in ended.err
    assert "Traceback" in (tmp_path / "user" / "logs" / "genrepair.log").read_text()
