"""The loop as a person meets it: run, crash, resume, stop, fine-tune, several processes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch

from genrepair_desktop.jobs.context import CancelToken
from genrepair_desktop.jobs.training_run import STOP_FILE
from genrepair_desktop.lab.datasets import NoPhotosError
from genrepair_desktop.lab.finetune import compare
from genrepair_desktop.lab.loop import TrainOptions, train
from genrepair_desktop.lab.progress import read_progress
from genrepair_desktop.lab.recipe import Batch, Loss, Networks
from genrepair_desktop.lab.recipes import UnknownRecipeError, get_recipe
from genrepair_desktop.lab.recipes.fill_cnn import FillCnn
from genrepair_desktop.lab.state import CheckpointError
from genrepair_desktop.lab.train import main


@pytest.fixture
def options(photo_folder: Path, tmp_path: Path) -> TrainOptions:
    return TrainOptions(
        photos=(photo_folder,),
        out=tmp_path / "run",
        steps=6,
        workers=0,
        # another number of threads adds up in another order
        threads=1,
        report_s=0,
        cache=tmp_path / "cache",
    )


def weights(run: Path) -> dict[str, torch.Tensor]:
    return torch.load(run / "checkpoint.pt", weights_only=True)["ema"]


def equal(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(a[k], b[k]) for k in a) and set(a) == set(b)


@dataclass(frozen=True)
class Interrupted(FillCnn):
    """Ends its training from within at a step: as a crash, or by asking to stop."""

    at: int = 3
    token: CancelToken | None = None

    def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
        if step == self.at:
            if self.token is None:
                raise KeyboardInterrupt
            self.token.cancel()
        yield from FillCnn.losses(self, nets, batch, step)


def interrupted(recipe: FillCnn, token: CancelToken | None = None) -> Interrupted:
    return Interrupted(crop=recipe.crop, shape=recipe.shape, settings=recipe.settings, token=token)


def test_a_run_leaves_checkpoint_progress_and_sheet(tiny_recipe: FillCnn, options: TrainOptions) -> None:
    train(tiny_recipe, options)
    events, _ = read_progress(options.out / "progress.jsonl")
    assert events[0]["event"] == "start"
    assert events[-1] == {"event": "done", "step": 6, "spent_s": events[-1]["spent_s"]}
    step = next(e for e in events if e["event"] == "step")
    assert {"step", "fraction", "eta_s", "images_per_s", "wait_share", "lr", "loss", "threads"} <= set(step)
    assert "score" in next(e for e in events if e["event"] == "validation")
    assert (options.out / "sheet.png").stat().st_size == (options.out / "sheet-0000006.png").stat().st_size > 0


def test_the_same_seed_gives_the_same_weights(tiny_recipe: FillCnn, options: TrainOptions, tmp_path: Path) -> None:
    runs = {name: replace(options, out=tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))}
    found = {name: weights(train(tiny_recipe, run).parent) for name, run in runs.items()}
    assert equal(found["a"], found["b"])
    assert not equal(found["a"], found["c"])


def test_workers_do_not_change_the_weights(tiny_recipe: FillCnn, options: TrainOptions, tmp_path: Path) -> None:
    alone, helped = (
        weights(train(tiny_recipe, replace(options, out=tmp_path / str(n), steps=3, workers=n)).parent) for n in (0, 1)
    )
    assert equal(alone, helped)


def test_a_stopped_run_goes_on_to_the_same_weights(
    tiny_recipe: FillCnn, options: TrainOptions, tmp_path: Path
) -> None:
    whole = weights(train(tiny_recipe, replace(options, out=tmp_path / "whole")).parent)
    token = CancelToken()
    train(interrupted(tiny_recipe, token), options, token)
    events, _ = read_progress(options.out / "progress.jsonl")
    assert events[-1]["event"] == "stopped"
    assert events[-1]["step"] == 4
    train(tiny_recipe, replace(options, resume=True))
    events, _ = read_progress(options.out / "progress.jsonl")
    assert [e["event"] for e in events].count("start") == 2
    assert equal(weights(options.out), whole)


def test_a_crash_loses_only_the_steps_since_the_checkpoint(
    tiny_recipe: FillCnn, options: TrainOptions, tmp_path: Path
) -> None:
    whole = weights(train(tiny_recipe, replace(options, out=tmp_path / "whole")).parent)
    with pytest.raises(KeyboardInterrupt):
        train(interrupted(tiny_recipe), replace(options, checkpoint_s=0))
    train(tiny_recipe, replace(options, resume=True))
    assert equal(weights(options.out), whole)


def test_a_stop_file_ends_the_run_and_does_not_stop_the_next(tiny_recipe: FillCnn, options: TrainOptions) -> None:
    class StopsItself(Interrupted):
        def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
            (options.out / STOP_FILE).touch()
            yield from FillCnn.losses(self, nets, batch, step)

    recipe = StopsItself(crop=tiny_recipe.crop, shape=tiny_recipe.shape, settings=tiny_recipe.settings)
    train(recipe, options)
    assert read_progress(options.out / "progress.jsonl")[0][-1]["step"] == 1
    train(tiny_recipe, replace(options, resume=True))
    assert read_progress(options.out / "progress.jsonl")[0][-1] == {
        "event": "done",
        "step": 6,
        "spent_s": pytest.approx(0, abs=60),
    }


def test_a_last_step_that_takes_far_longer_than_the_time_given_is_no_stop(
    tiny_recipe: FillCnn, options: TrainOptions
) -> None:
    train(tiny_recipe, replace(options, steps=None, minutes=1e-6))
    assert read_progress(options.out / "progress.jsonl")[0][-1]["event"] == "done"


def test_training_makes_the_fill_better(tiny_recipe: FillCnn, options: TrainOptions) -> None:
    eager = replace(tiny_recipe, settings=replace(tiny_recipe.settings, learning_rate=6e-3))
    train(eager, replace(options, steps=120, checkpoint_s=1e9, report_s=0.2))
    events, _ = read_progress(options.out / "progress.jsonl")
    losses = [e["loss"] for e in events if e["event"] == "step"]
    assert min(losses[len(losses) // 2 :]) < losses[0]
    assert events[-3]["score"] > 0


def test_a_checkpoint_of_another_recipe_is_refused(tiny_recipe: FillCnn, options: TrainOptions) -> None:
    train(tiny_recipe, replace(options, steps=1))
    wider = replace(tiny_recipe, shape=replace(tiny_recipe.shape, widths=(16, 16, 16)))
    with pytest.raises(CheckpointError, match="another training"):
        train(wider, replace(options, resume=True))
    with pytest.raises(CheckpointError, match="another size"):
        train(wider, replace(options, start_from=options.out / "checkpoint.pt"))


def test_starting_from_weights_keeps_them(tiny_recipe: FillCnn, options: TrainOptions, tmp_path: Path) -> None:
    first = train(tiny_recipe, replace(options, steps=2))
    still = replace(options, out=tmp_path / "second", steps=1, start_from=first, pace=0.0)
    assert equal(weights(train(tiny_recipe, still).parent), weights(options.out))


def test_a_comparison_prefers_trained_weights_to_broken_ones(
    tiny_recipe: FillCnn, options: TrainOptions, tmp_path: Path
) -> None:
    good = train(tiny_recipe, replace(options, steps=40))
    bad = tmp_path / "bad.pt"
    spoilt = {
        k: v + 0.3 * torch.randn(v.shape, generator=torch.Generator().manual_seed(0))
        for k, v in weights(options.out).items()
    }
    torch.save({"ema": spoilt}, bad)
    answer = compare(tiny_recipe, options, bad, good)
    assert answer.is_better
    assert not compare(tiny_recipe, options, good, bad).is_better
    written = json.loads((options.out / "comparison.json").read_text())
    assert written["is_better"] is False
    assert read_progress(options.out / "progress.jsonl")[0][-1]["event"] == "comparison"


def test_a_folder_without_photos_ends_the_command_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["fill-cnn", "--photos", str(tmp_path / "empty"), "-o", str(tmp_path / "run")]) == 2
    assert "No photographs" in capsys.readouterr().err


def test_too_few_photos_to_hold_some_back_are_refused(
    tiny_recipe: FillCnn, options: TrainOptions, photo_folder: Path, tmp_path: Path
) -> None:
    few = tmp_path / "few"
    few.mkdir()
    (few / "one.png").write_bytes((photo_folder / "beach" / "beach-1.png").read_bytes())
    with pytest.raises(NoPhotosError):
        train(tiny_recipe, replace(options, photos=(few,)))


def test_an_unknown_recipe_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownRecipeError, match="fill-cnn"):
        get_recipe("fil-cnn")


_TWO = """
import os
import sys
from pathlib import Path
from genrepair_desktop.lab.loop import TrainOptions, train
from genrepair_desktop.lab.recipe import Settings
from genrepair_desktop.lab.recipes.fill_cnn import FillCnn, FillShape
from genrepair_desktop.lab.state import TrainState

photos, out = Path(sys.argv[1]), Path(sys.argv[2])
recipe = FillCnn(32, FillShape((8, 8, 16), (1, 1), (1,)), Settings(batch_size=2, warmup_steps=2))
seen = []
follow = TrainState.follow
def noting(self, decay):
    follow(self, decay)
    seen.append(sum(float(p.detach().double().sum()) for p in self.nets["net"].parameters()))
TrainState.follow = noting
train(recipe, TrainOptions((photos,), out, steps=3, workers=0, threads=1, cache=out / "cache"))
# in one piece: both processes write to one pipe
os.write(1, " ".join(["WEIGHTS", *(f"{s:.12f}" for s in seen)]).encode() + b"\\n")
"""


@pytest.mark.slow
def test_two_processes_train_one_model(photo_folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text(_TWO)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*command, str(script), str(photo_folder), str(tmp_path / "run")],
        capture_output=True,
        text=True,
        timeout=180,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "PYTHONPATH": os.getcwd()},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line for line in done.stdout.splitlines() if line.startswith("WEIGHTS")]
    assert len(lines) == 2
    assert lines[0] == lines[1]
    events, _ = read_progress(tmp_path / "run" / "progress.jsonl")
    assert events[0]["world"] == 2
    assert events[-1]["event"] == "done"
