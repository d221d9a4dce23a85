"""``damage`` and ``evaluate``: what they write and print."""

import csv
from pathlib import Path

import numpy as np
import pytest

from genrepair_desktop.cli import evaluate
from genrepair_desktop.imaging.arrays import to_image
from genrepair_desktop.imaging.codecs import read_photo, write_photo
from tests.shell import Run, picture


@pytest.mark.parametrize(("depth", "channels"), [(np.uint8, 3), (np.uint16, 1), (np.uint8, 4)])
def test_damage_lies_under_its_mask(genrepair: Run, tmp_path: Path, depth: type, channels: int) -> None:
    pixels = picture(depth=depth, channels=channels)
    write_photo(tmp_path / "sound.png", pixels)
    for name in ("a", "b"):
        words = ("damage", tmp_path / "sound.png", "--kind", "scratch", "--mask", tmp_path / f"{name}-mask.png")
        assert genrepair(*words, "--seed", 5, "-o", tmp_path / f"{name}.png").code == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    spoiled = read_photo(tmp_path / "a.png").pixels
    mask = read_photo(tmp_path / "a-mask.png").pixels[..., 0] > 0
    assert (spoiled.dtype, spoiled.shape) == (pixels.dtype, pixels.shape)
    assert 0 < mask.mean() < 0.5
    difference = np.abs(to_image(spoiled) - to_image(pixels)).max(axis=2)
    assert difference[mask].mean() > 5 * difference[~mask].mean()


def test_an_unknown_damage_is_one_line(genrepair: Run, photo: Path, tmp_path: Path) -> None:
    ended = genrepair("damage", photo, "--kind", "coffee", "-o", tmp_path / "out.png")
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert "scratch" in ended.err


def test_methods_are_measured_on_held_out_pictures(
    genrepair: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "held_out", lambda *_: [to_image(picture(seed)) for seed in range(2)])
    table = tmp_path / "figures.csv"
    ended = genrepair("evaluate", "repair", "--photos", tmp_path, "-m", "telea", "-m", "harmonic", "--csv", table)
    assert ended.code == 0, ended.err
    assert sum(line.count("| telea |") for line in ended.out.splitlines()) == 4
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["method"] for row in rows} == {"telea", "harmonic"}
    assert all(float(row["mean"]) > 20 for row in rows if row["figure"] == "psnr")
    # one of them is the best classical fill, and the other's gain over it is paired
    assert sum("| the best |" in line for line in ended.out.splitlines()) == 4


def test_one_kind_of_mask_is_measured_alone(genrepair: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "held_out", lambda *_: [to_image(picture(0))])
    words = ("evaluate", "repair", "--photos", tmp_path, "-m", "telea", "--kind")
    lines = genrepair(*words, "scratch").out.splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| scratch"]
    ended = genrepair(*words, "coffee")
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert "scratch" in ended.err


def test_folders_without_held_out_pictures_are_one_line(genrepair: Run, photo: Path) -> None:
    ended = genrepair("evaluate", "repair", "--photos", photo.parent)
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert "held-out picture" in ended.err


def test_held_out_pictures_are_squares_of_one_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENREPAIR_DATA", str(tmp_path / "user"))
    folder = tmp_path / "photos"
    folder.mkdir()
    flat = np.zeros((530, 520, 3), np.uint8)
    for number in range(60):
        flat[:, :, 0] = number
        write_photo(folder / f"{number}.png", flat)
    found = evaluate.held_out([folder], 100, 512)
    assert 1 <= len(found) < 20
    assert all(image.shape == (512, 512, 3) for image in found)
    assert len(evaluate.held_out([folder], 1, 512)) == 1
    # few of many are spread over the whole folder, not its first pictures
    few = evaluate.held_out([folder], 2, 512)
    assert np.array_equal(few[0], found[0])
    assert np.array_equal(few[1], found[len(found) // 2])
    others = evaluate.held_out([folder], 100, 512, "val")
    assert not {float(p.mean()) for p in others} & {float(p.mean()) for p in found}
    assert {p.shape for p in evaluate.held_out([folder], 100, 64)} == {(64, 64, 3)}
