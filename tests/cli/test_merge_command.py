"""``genrepair merge``: what it takes from copies, what it repairs, refuses, and records."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from genrepair_desktop.imaging.codecs import read_photo, write_photo
from genrepair_desktop.repair import copies_fill, recipe
from tests.shell import Run

_HOLES = {"photo": ((40, 60), (120, 150)), "copy": ((110, 140), (60, 100))}


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    """A bundled photograph, (200, 260, 3)."""
    return np.ascontiguousarray(skimage.data.coffee()[60:260, 100:360])


@pytest.fixture
def scans(truth: np.ndarray, tmp_path: Path) -> Path:
    """A folder: photo.png, a shifted and darker copy.png, their masks, and another picture."""
    moved = cv2.warpAffine(truth, np.array([[1.02, 0.01, 3], [-0.01, 1.02, 5]]), (270, 210), flags=cv2.INTER_CUBIC)
    pictures = {"photo": truth.copy(), "copy": np.rint(moved * 0.85 + 10).astype(np.uint8)}
    for name, pixels in pictures.items():
        mask = np.zeros(pixels.shape[:2], np.uint8)
        for y, x in _HOLES[name]:
            cv2.circle(mask, (x, y), 12, 255, -1)
        # in the photo's last place the copy is damaged too
        cv2.circle(mask, (200, 100) if name == "photo" else (208, 105), 8, 255, -1)
        pixels[mask > 0] = 255
        write_photo(tmp_path / f"{name}.png", pixels)
        write_photo(tmp_path / f"{name}-mask.png", mask[..., None])
    write_photo(tmp_path / "other.png", np.ascontiguousarray(skimage.data.astronaut()[:200, :260]))
    return tmp_path


def masks(folder: Path) -> tuple[object, ...]:
    return ("--mask", folder / "photo-mask.png", "--mask", folder / "copy-mask.png")


def error(out: Path, truth: np.ndarray, where: np.ndarray) -> float:
    return float(np.abs(read_photo(out).pixels.astype(int) - truth)[where].mean())


def test_damage_is_filled_from_the_copy_and_the_rest_is_repaired(
    genrepair: Run, scans: Path, truth: np.ndarray
) -> None:
    out, left = scans / "out.png", scans / "left.png"
    words = ("merge", scans / "photo.png", scans / "copy.png", *masks(scans), "-o", out, "--left", left, "-m", "telea")
    ended = genrepair(*words)
    assert ended.code == 0
    assert "copy.png: likeness 0.9" in ended.err
    mask = read_photo(scans / "photo-mask.png").pixels[..., 0] > 0
    still = read_photo(left).pixels[..., 0] > 0
    assert 0 < still.sum() < 0.5 * mask.sum()
    assert still[100, 200]
    assert error(out, truth, mask & ~still) < 4
    before, after = read_photo(scans / "photo.png").pixels, read_photo(out).pixels
    assert np.array_equal(before[~mask], after[~mask])
    assert (after[still] != 255).any()


def test_what_no_copy_shows_can_be_left(genrepair: Run, scans: Path) -> None:
    out, left = scans / "out.png", scans / "left.png"
    words = ("merge", scans / "photo.png", scans / "copy.png", *masks(scans), "-o", out, "-m", "none", "--left", left)
    ended = genrepair(*words)
    assert ended.code == 0
    assert "left as it is" in ended.err
    assert (read_photo(out).pixels[read_photo(left).pixels[..., 0] > 0] == 255).all()


def test_the_record_makes_the_same_pixels_without_the_copies(genrepair: Run, scans: Path) -> None:
    out, again = scans / "out.png", scans / "again.png"
    assert (
        genrepair(
            "merge", scans / "photo.png", scans / "copy.png", *masks(scans), "-o", out, "-m", "telea", "--record"
        ).code
        == 0
    )
    record = scans / "out.png.json"
    steps = json.loads(record.read_text())["steps"]
    assert [step["recipe"]["method"] for step in steps] == ["copies", "telea"]
    assert json.loads(steps[0]["recipe"]["params"]["sources"])[0]["name"] == "copy.png"
    (scans / "copy.png").unlink()
    assert genrepair("replay", record, scans / "photo.png", "-o", again).code == 0
    assert np.array_equal(read_photo(out).pixels, read_photo(again).pixels)


def test_more_pixels_than_a_record_holds_are_merged_and_the_record_says_what_they_were(
    genrepair: Run, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("merge", scans / "photo.png", scans / "copy.png", *masks(scans), "-m", "none", "--record", "-o")
    assert genrepair(*words, scans / "kept.png").code == 0
    monkeypatch.setattr(recipe, "MOST_TEXT", 2000)
    monkeypatch.setattr(recipe, "_LONG_TEXT", 500)
    monkeypatch.setattr(copies_fill, "_MOST_PACKED", 10)
    ended = genrepair(*words, scans / "out.png")
    assert ended.code == 0
    assert "cannot be replayed" in ended.err
    assert np.array_equal(read_photo(scans / "out.png").pixels, read_photo(scans / "kept.png").pixels)
    (step,) = json.loads((scans / "out.png.json").read_text())["steps"]
    assert json.loads(step["recipe"]["params"]["sources"])[0]["name"] == "copy.png"
    assert step["recipe"]["params"]["pixels"] == ""
    again = genrepair("replay", scans / "out.png.json", scans / "photo.png", "-o", scans / "again.png")
    assert (again.code, again.err.count("\n")) == (2, 1)
    assert "merge the copies again" in again.err


def test_a_damaged_record_is_refused_in_a_sentence(genrepair: Run, scans: Path) -> None:
    out = scans / "out.png"
    assert (
        genrepair(
            "merge", scans / "photo.png", scans / "copy.png", *masks(scans), "-o", out, "-m", "telea", "--record"
        ).code
        == 0
    )
    record = scans / "out.png.json"
    values = json.loads(record.read_text())
    values["steps"][0]["recipe"]["params"]["pixels"] = "3x8:AAAA"
    record.write_text(json.dumps(values))
    ended = genrepair("replay", record, scans / "photo.png", "-o", scans / "again.png")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "merge the copies again" in ended.err


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_depth_and_alpha_are_kept(genrepair: Run, scans: Path, depth: type, channels: int) -> None:
    pixels = read_photo(scans / "photo.png").pixels.astype(depth) * (257 if depth is np.uint16 else 1)
    pixels = pixels[..., :1] if channels == 1 else pixels
    if channels == 4:
        alpha = np.full((*pixels.shape[:2], 1), np.iinfo(depth).max // 2, depth)
        pixels = np.concatenate([pixels, alpha], axis=2)
    write_photo(scans / "deep.tif", pixels.astype(depth))
    out = scans / "out.tif"
    words = ("merge", scans / "deep.tif", scans / "copy.png", *masks(scans), "-o", out, "-m", "harmonic")
    assert genrepair(*words).code == 0
    after, mask = read_photo(out).pixels, read_photo(scans / "photo-mask.png").pixels[..., 0] > 0
    assert (after.dtype, after.shape) == (pixels.dtype, pixels.shape)
    assert np.array_equal(after[~mask], pixels[~mask])
    if channels == 4:
        assert np.array_equal(after[..., 3], pixels[..., 3])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("photo.png", "other.png", "--mask", "photo-mask.png", "--mask", "-"), "same picture"),
        (("photo.png", "copy.png", *("--mask", "photo-mask.png") * 3), "3 masks for 2 pictures"),
        (("photo.png", "copy.png", "--mask", "-"), "Nothing is marked"),
        (("photo.png", "copy.png", "--mask", "photo-mask.png", "-m", "denoise"), "fills no holes"),
        (("photo.png", "copy.png", "--mask", "photo-mask.png", "-m", "nonsense"), "no method"),
    ],
)  # fmt: skip
def test_wrong_use_is_told_in_one_sentence(genrepair: Run, scans: Path, words: tuple[str, ...], told: str) -> None:
    paths = [scans / word if word.endswith(".png") else word for word in words]
    ended = genrepair("merge", *paths, "-o", scans / "out.png")
    assert ended.code == 2
    assert told in ended.err
    assert "Traceback" not in ended.err
    assert not (scans / "out.png").exists()


def test_a_wrong_copy_among_right_ones_is_left_out_and_named(genrepair: Run, scans: Path) -> None:
    ended = genrepair(
        "merge", scans / "photo.png", scans / "other.png", scans / "copy.png", "--mask", scans / "photo-mask.png",
        "--mask", "-", "--mask", scans / "copy-mask.png", "-o", scans / "out.png", "-m", "none",
    )  # fmt: skip
    assert ended.code == 0
    assert "other.png: left out" in ended.err


def test_damage_that_nobody_marked_is_looked_for(genrepair: Run, scans: Path) -> None:
    out = scans / "out.png"
    ended = genrepair(
        "merge", scans / "photo.png", scans / "copy.png", "--mask", scans / "photo-mask.png", "-o", out, "-m", "none"
    )
    assert ended.code == 0
    assert "copy.png: " in ended.err
    assert "look damaged" in ended.err
