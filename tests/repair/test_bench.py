"""The measurements measure what they say, on the same pictures every time, and survive a method that hangs."""

import os
import time
from typing import Any

import numpy as np
import pytest

from genrepair_desktop.errors import UnknownMethodError
from genrepair_desktop.repair.bench import cases, measure, run
from genrepair_desktop.repair.catalog import METHODS
from genrepair_desktop.repair.method import NoModels

HOG_MB = 300


def hog_memory(method: str, models: NoModels) -> dict[str, Any]:
    hog = np.ones(HOG_MB * 2**20, np.uint8)
    return {"sum": int(hog[::4096].sum())}


def hang(method: str, models: NoModels) -> dict[str, Any]:
    time.sleep(60)
    return {}


def die(method: str, models: NoModels) -> dict[str, Any]:
    os._exit(3)


def test_masks_come_back_the_same_and_cover_what_they_say() -> None:
    for seed in range(4):
        brush, scratch = cases.mask("brush", seed), cases.mask("scratch", seed)
        assert np.array_equal(brush, cases.mask("brush", seed))
        assert 0.15 <= np.count_nonzero(brush) / brush.size < 0.18
        assert 0.01 < np.count_nonzero(scratch) / scratch.size < 0.06
    assert not np.array_equal(cases.mask("brush", 0), cases.mask("brush", 1))


@pytest.mark.parametrize("name", cases.PHOTOS)
def test_photos_are_512_pixels_of_light_and_dark(name: str) -> None:
    photo = cases.photo(name)
    assert photo.shape in ((512, 512, 1), (512, 512, 3))
    assert photo.std() > 20


def test_a_better_fill_scores_better(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "PHOTOS", ("chelsea", "gravel"))
    monkeypatch.setattr(cases, "TEXTURED", ("gravel",))
    scores = measure.measure_small("telea", NoModels())
    assert set(scores) == set(cases.MASKS)
    untouched = {kind: measure._scores(lambda pixels, _: pixels, kind) for kind in cases.MASKS}
    for kind, values in scores.items():
        assert values["psnr"] > untouched[kind].psnr + 5
        assert values["texture"] < untouched[kind].texture
        assert 0 < values["ssim"] <= 1
        assert values["seconds"] > 0


def test_a_process_reports_its_own_peak_memory() -> None:
    large = np.ones(800 * 2**20, np.uint8)  # a large parent must not count
    figures = run._in_a_process(hog_memory, "any", NoModels, 60)
    del large
    assert figures["sum"] > 0
    assert HOG_MB < figures["peak_mb"] < HOG_MB + 250


def test_a_method_that_hangs_or_dies_says_so() -> None:
    assert run._in_a_process(hang, "any", NoModels, 0.5) == {"problem": "over 0.5 s"}
    assert run._in_a_process(die, "any", NoModels, 60) == {"problem": "died"}


def test_all_fills_are_measured_beside_the_reference() -> None:
    chosen = run.methods_to_measure([], NoModels())
    fills = {spec.id for spec in METHODS.values() if spec.task == "fill" and not spec.models}
    assert set(chosen) == fills | {measure.REFERENCE}
    assert run.methods_to_measure(["telea"], NoModels()) == ["telea"]
    with pytest.raises(UnknownMethodError):
        run.methods_to_measure(["magic"], NoModels())
