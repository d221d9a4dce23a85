"""Metrics, evaluation of fills, and the progress file."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score

from genrepair_desktop.imaging.arrays import Image, Mask, to_image
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.jobs.context import Cancelled, CancelToken, RunContext
from genrepair_desktop.lab.evaluate import as_csv, best_of, evaluate_fills, fixed_mask, gain, table
from genrepair_desktop.lab.metrics import average_precision, best_f1, interval
from genrepair_desktop.lab.progress import ProgressFile, read_progress
from tests.lab.drawn import draw_photo


def smooth(image: Image, mask: Mask, seed: int) -> Image:
    return prefill(image, mask)


def flat(image: Image, mask: Mask, seed: int) -> Image:
    return np.where(mask[..., None], image[~mask].mean(axis=0), image).astype(np.float32)


@pytest.fixture(scope="module")
def pictures() -> list[Image]:
    return [to_image(draw_photo(i, 64, 72)) for i in range(4)]


def test_a_better_fill_has_better_figures(pictures: list[Image]) -> None:
    rows = evaluate_fills({"smooth": smooth, "flat": flat}, pictures, ["scratch", "thick"])
    assert [(r.kind, r.method) for r in rows] == [
        ("scratch", "smooth"),
        ("scratch", "flat"),
        ("thick", "smooth"),
        ("thick", "flat"),
    ]
    better, worse = rows[0].figures(), rows[1].figures()
    assert better["psnr"].mean > worse["psnr"].mean + 3
    assert better["ssim"].mean > worse["ssim"].mean
    assert better["texture"].mean < worse["texture"].mean
    assert gain(rows[0], rows[1]).low > 0
    assert best_of(rows, "thick", ("smooth", "flat")).method == "smooth"


def test_a_method_never_sees_what_is_under_the_mask(pictures: list[Image]) -> None:
    def peek(image: Image, mask: Mask, seed: int) -> Image:
        assert not image[mask].any()
        return image

    evaluate_fills({"peek": peek}, pictures, ["thin"])


def test_what_a_method_does_outside_the_mask_does_not_count(pictures: list[Image]) -> None:
    def spoils(image: Image, mask: Mask, seed: int) -> Image:
        return np.where(mask[..., None], prefill(image, mask), 0).astype(np.float32)

    rows = evaluate_fills({"smooth": smooth, "spoils": spoils}, pictures, ["scratch"])
    assert rows[0].psnr == pytest.approx(rows[1].psnr, abs=0.01)


def test_tables_name_every_method_and_figure(pictures: list[Image]) -> None:
    rows = evaluate_fills({"smooth": smooth}, pictures[:2], ["thin"])
    assert "| thin | smooth |" in table(rows)
    lines = as_csv(rows).splitlines()
    assert lines[0] == "mask,method,figure,mean,low,high,pictures"
    assert {line.split(",")[2] for line in lines[1:]} == {"psnr", "ssim", "texture", "seconds", "peak_mb"}


def test_an_evaluation_reports_and_can_be_cancelled(pictures: list[Image]) -> None:
    token, seen = CancelToken(), []

    def watch(fraction: float, stage: str) -> None:
        seen.append(fraction)
        if len(seen) == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        evaluate_fills({"smooth": smooth}, pictures, ctx=RunContext(token=token, on_progress=watch))
    assert seen == sorted(seen)


def test_masks_of_an_evaluation_are_fixed() -> None:
    assert np.array_equal(fixed_mask("thin", 3, (50, 60)), fixed_mask("thin", 3, (50, 60)))
    assert not np.array_equal(fixed_mask("thin", 3, (50, 60)), fixed_mask("thin", 4, (50, 60)))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_average_precision_and_f1_agree_with_scikit_learn(seed: int, has_ties: bool) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.random(60) < 0.3
    truth[0] = True
    score = rng.random(60).astype(np.float32)
    score = np.round(score, 1) if has_ties else score
    assert average_precision(truth, score) == pytest.approx(average_precision_score(truth, score), abs=1e-9)
    f1, threshold = best_f1(truth, score)
    assert f1 == pytest.approx(f1_score(truth, score >= threshold), abs=1e-9)


def test_an_interval_holds_the_mean_and_narrows_with_more_pictures() -> None:
    rng = np.random.default_rng(1)
    few, many = (interval(rng.normal(5, 1, n).tolist()) for n in (10, 1000))
    for one in (few, many):
        assert one.low <= one.mean <= one.high
    assert many.high - many.low < 0.3 * (few.high - few.low)
    with pytest.raises(ValueError, match="at least one"):
        interval([])


def test_progress_can_be_followed_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    assert read_progress(path) == ([], 0)
    with ProgressFile(path) as progress:
        progress.write("start", model="x")
        events, place = read_progress(path)
        assert events == [{"event": "start", "model": "x"}]
        progress.write("step", loss=float("nan"))
        with path.open("a") as file:
            file.write('{"event": "half')
        events, place = read_progress(path, place)
    assert events == [{"event": "step", "loss": None}]
    with path.open("a") as file:
        file.write(' written"}\n')
    assert read_progress(path, place)[0] == [{"event": "half written"}]
    assert all(json.loads(line) for line in path.read_text().splitlines())
