"""The canvas's measurement runs and measures what it says (how quick it is depends on the machine, and is no test)."""

import json

import pytest

from genrepair_desktop.app import bench_canvas


@pytest.fixture(autouse=True)
def short_strokes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_canvas, "_STROKES", 1)
    monkeypatch.setattr(bench_canvas, "_DABS", 8)


def test_every_figure_is_there_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench_canvas.main(["--json", "1"]) == 0
    figures = json.loads(capsys.readouterr().out)
    actions = {key.removesuffix("_median") for key in figures if key.endswith("_median")}
    strokes = {f"{view}_{brush}" for view in ("fit", "actual") for brush in ("brush_64", "brush_600_soft")}
    assert actions == {"pan", *strokes, *(f"{stroke}_undo" for stroke in strokes)}
    for action in actions:
        assert 0 < figures[f"{action}_median"] <= figures[f"{action}_p99"] <= figures[f"{action}_max"]
    assert 0 < figures["open_first"] <= figures["open_sharp"]


def test_the_table_has_a_row_for_each_action(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench_canvas.main(["0.5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "0.5 megapixels" in lines[0]
    assert len(lines) == 3 + 9
