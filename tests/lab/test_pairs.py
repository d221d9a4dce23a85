"""The README's before and after pictures: made from what a repair gave, and small enough to ship."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from genrepair_desktop.lab import pairs
from genrepair_desktop.repair.bench import cases
from genrepair_desktop.repair.method import NoModels


def test_damage_lies_in_every_square_that_is_shown() -> None:
    found = pairs.telling_cases()
    assert len(found) == 6
    for case in found:
        inside = case.coverage[case.y : case.y + 224, case.x : case.x + 224]
        assert inside.shape == (224, 224)
        assert 0.005 < np.count_nonzero(inside) / inside.size < 0.4


def test_a_case_shows_damage_repair_and_truth() -> None:
    case = pairs.telling_cases()[2]
    shown = pairs.show(case, NoModels())
    damaged, repaired, truth = shown.squares
    hole = case.coverage[case.y : case.y + 224, case.x : case.x + 224] > 0
    assert (damaged[hole] == (250, 248, 240)).all()
    assert np.array_equal(repaired[~hole], truth[~hole])
    assert not np.array_equal(repaired[hole], damaged[hole])
    assert shown.methods == ("patchmatch",)
    assert 8 < shown.decibels < 40


def test_the_file_stays_under_its_limit() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (700, 1400, 3), dtype=np.uint8)
    calm = np.full((700, 1400, 3), 90, np.uint8)
    assert len(pairs.as_jpeg(calm)) <= 400_000
    assert PillowImage.open(io.BytesIO(pairs.as_jpeg(noise))).size == (1400, 700)


def test_the_command_writes_the_sheet_and_says_what_worked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    square = cases.photo("chelsea")[:224, :224]
    shown = pairs.Shown((square, square, square), ("cnn", "hybrid"), 31.25)
    monkeypatch.setattr(pairs, "show", lambda case, models: shown)
    assert pairs.main(["-o", str(tmp_path / "pairs.jpg")]) == 0
    with PillowImage.open(tmp_path / "pairs.jpg") as picture:
        assert picture.width >= 6 * 224
        assert picture.height >= 3 * 224
    assert "chelsea: cnn, hybrid, hole PSNR 31.2 dB" in capsys.readouterr().out
