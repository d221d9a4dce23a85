"""``methods``, ``race`` and ``bench``: what they print for people and for programs."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from genrepair_desktop.lab import bench_networks
from genrepair_desktop.repair.bench import run as bench_run
from genrepair_desktop.repair.catalog import METHODS
from tests.shell import Run

FIGURES = {"psnr": 31.256, "ssim": 0.91234, "texture": 0.00512, "textured": 0.0071, "seconds": 0.123}


def test_every_method_is_listed_with_its_parameters(genrepair: Run) -> None:
    rows = json.loads(genrepair("methods", "--json").out)
    assert [row["id"] for row in rows] == list(METHODS)
    assert [row["id"] for row in rows if row["is_default"]] == ["auto"]
    for row in rows:
        for param in row["params"]:
            assert param["help"]
            assert param["choices"] or isinstance(param["default"], bool) or param["low"] <= param["default"]
    table = genrepair("methods").out
    assert all(method in table for method in METHODS)


def test_a_race_ranks_the_methods(genrepair: Run, photo: Path, mask: Path) -> None:
    words = ("race", photo, "--mask", mask, "-m", "telea", "-m", "harmonic")
    values = json.loads(genrepair(*words, "--json").out)
    assert genrepair(*words, "--json").out == json.dumps(values, indent=1) + "\n"
    assert {row["method"] for row in values["methods"]} == {"telea", "harmonic"}
    assert 1 <= len(values["places"]) <= 5
    best = values["methods"][0]
    assert best["rank"] <= values["methods"][1]["rank"]
    table = genrepair(*words).out.splitlines()
    assert table[1].split()[0] == best["method"]


def test_a_race_over_too_few_places_says_so(genrepair: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    wide = np.zeros((64, 64), np.uint8)
    wide[:, :44] = 255
    cv2.imwrite(str(tmp_path / "photo.png"), rng.integers(0, 256, (64, 64, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "mask.png"), wide)
    words = ("race", tmp_path / "photo.png", "--mask", tmp_path / "mask.png", "-m", "telea")
    note = json.loads(genrepair(*words, "--json").out)["note"]
    assert note.startswith("There was room for only 2 places")
    assert genrepair(*words).out.splitlines()[-1] == note


def test_a_race_without_such_a_method_is_one_line(genrepair: Run, photo: Path, mask: Path) -> None:
    ended = genrepair("race", photo, "--mask", mask, "-m", "magic")
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures as if measured: one method in full, one that ran out of time on the large photo, one that died."""

    def bench(methods: list[str], *_: Any, **__: Any) -> Any:
        small = {"scratch": FIGURES, "brush": FIGURES, "peak_mb": 210.4}
        yield bench_run.Measured("telea", small, {"seconds": 4.2, "psnr": 30.0, "peak_mb": 700.0})
        yield bench_run.Measured("tv", small, {"problem": "over 600 s"})
        yield bench_run.Measured("harmonic", {"problem": "died"}, {"problem": "died"})

    monkeypatch.setattr(bench_run, "run_bench", bench)


def test_the_speed_of_networks_is_told_beside_lamas(genrepair: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        bench_networks.Speed("fill-cnn, bfloat16", 0.1, 0.25),
        bench_networks.Speed("LaMa's network, float32", 3.0, 0.25),
        bench_networks.Speed("denoise, the method", 0.5, 1.0),
    ]
    monkeypatch.setattr(bench_networks, "measure_networks", lambda store: iter(rows))
    lines = genrepair("bench", "--networks").out.splitlines()
    assert lines[2] == "| fill-cnn, bfloat16 | 0.25 | 0.100 | 2.50 | 30.0 |"
    assert lines[4] == "| denoise, the method | 1.00 | 0.500 | 2.00 |  |"
    assert json.loads(genrepair("bench", "--networks", "--json").out)[1]["seconds"] == 3.0


def test_the_first_call_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 10.0, 11.0, 20.0, 22.0, 30.0, 33.0])
    monkeypatch.setattr(bench_networks, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    assert bench_networks.median_seconds(lambda: None, 3) == 2.0


def test_measurements_stand_side_by_side(genrepair: Run, measured: None) -> None:
    lines = {line.split("│")[1].strip(): line for line in genrepair("bench").out.splitlines() if line.startswith("│")}
    assert [cell.strip() for cell in lines["telea"].split("│")[2:-1]] == [
        *("0.12", "4.20", "210", "700", "31.26", "0.912", "31.26", "0.912", "5.12", "7.10")
    ]
    assert "over 600 s" in lines["tv"]
    assert "died" in lines["harmonic"]


def test_measurements_are_json_for_programs(genrepair: Run, measured: None) -> None:
    rows = json.loads(genrepair("bench", "--json").out)
    assert rows[0] == {
        "method": "telea",
        "small": {"scratch": FIGURES, "brush": FIGURES, "peak_mb": 210.4},
        "large": {"seconds": 4.2, "psnr": 30.0, "peak_mb": 700.0},
    }
