"""``genrepair train RECIPE --photos DIR... -o DIR``: a training as a process of its own.

Starts from the installed model of the same name, if there is one, and says at the end whether the new weights
are better on held-out pictures of the folder. It can be ended at any time (Ctrl+C, terminate, or a file called
``stop`` in its folder) and goes on with ``--resume``.
"""

import argparse
import contextlib
import itertools
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.jobs.context import CancelToken
from genrepair_desktop.jobs.training_run import (
    PROGRESS_FILE,
    STOP_FILE,
    TrainingRun,
    is_running,
    read_run,
    write_run,
)
from genrepair_desktop.lab.album import cut_faces
from genrepair_desktop.lab.datasets import NoPhotosError
from genrepair_desktop.lab.finetune import PACE, Comparison, compare, foundation_weights, installed_weights
from genrepair_desktop.lab.loop import TrainOptions, train
from genrepair_desktop.lab.processes import join_group
from genrepair_desktop.lab.progress import Listener, ProgressFile
from genrepair_desktop.lab.recipes import get_recipe, recipe_ids
from genrepair_desktop.lab.show import shown_progress
from genrepair_desktop.paths import trainings_dir
from genrepair_desktop.registry.device import DeviceName, choose_device
from genrepair_desktop.registry.store import ModelStore

_FACES_FOLDER = "faces"


def parse(arguments: Sequence[str]) -> tuple[TrainingRun, TrainOptions]:
    """What is asked for, and the options of the loop."""
    parser = argparse.ArgumentParser(prog="genrepair train", description=__doc__)
    parser.add_argument("recipe", choices=recipe_ids())
    parser.add_argument("--photos", type=Path, nargs="+", required=True, help="folders of photographs")
    parser.add_argument("-o", "--out", type=Path, default=None, help="folder of the run; by default one of your own")
    parser.add_argument("--minutes", type=float, default=30.0, help="time to train, pauses not counted")
    parser.add_argument("--steps", type=int, default=None, help="end after this many steps instead")
    parser.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    parser.add_argument("--start-from", type=Path, default=None, help="weights or checkpoint to begin with")
    parser.add_argument("--from-scratch", action="store_true", help="begin with random weights")
    cut = parser.add_mutually_exclusive_group()
    cut.add_argument("--faces", action="store_true", help="portraits: find the faces and cut them out")
    cut.add_argument("--whole", action="store_true", help="portraits: the middle of each photograph (default)")
    parser.add_argument("--pace", type=float, default=1.0, help="multiplies the learning rate")
    parser.add_argument("--device", choices=get_args(DeviceName), default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=None, help="at most this many; fewer while others work")
    parser.add_argument("--workers", type=int, default=1, help="processes that prepare batches")
    parser.add_argument("--cache", type=Path, default=None, help="where decoded photographs are kept")
    parser.add_argument("--report-s", type=float, default=5.0, help="seconds between two lines of progress")
    parser.add_argument("--checkpoint-s", type=float, default=120.0, help="seconds between two checkpoints and sheets")
    options = vars(parser.parse_args(arguments))
    recipe, is_new = options.pop("recipe"), options.pop("from_scratch")
    has_faces = options.pop("faces")
    options.pop("whole")
    options["photos"] = tuple(options["photos"])
    options["out"] = options["out"] or _own_folder(recipe, is_again=options["resume"])
    folders = tuple(str(folder.absolute()) for folder in options["photos"])
    run = TrainingRun(recipe, folders, options["minutes"], is_new, "faces" if has_faces else "whole")
    return run, TrainOptions(**options)


def _own_folder(recipe: str, *, is_again: bool) -> Path:
    """Where the window keeps its trainings too: a new folder named after the recipe, or the last one there was."""
    numbered = (recipe if number == 1 else f"{recipe} {number}" for number in itertools.count(1))
    folders = (trainings_dir() / name for name in numbered)
    last: Path | None = None
    free = next(folders)
    while free.exists():
        last, free = free, next(folders)
    return last if is_again and last else free


def photos_of(asked: TrainingRun, run: Path) -> tuple[Path, ...]:
    """The folders that a run really learns from: those asked for, or the faces cut out of them."""
    return (run / _FACES_FOLDER,) if asked.cut == "faces" else tuple(map(Path, asked.photos))


def run(
    asked: TrainingRun, options: TrainOptions, *, token: CancelToken | None = None, listener: Listener | None = None
) -> Comparison | None:
    """Train; then the comparison with the installed model, if one of the same shape is there.

    Raises:
        GenRepairError: the folder, the checkpoint or the weights are unusable.
    """
    recipe = get_recipe(asked.recipe)
    options = replace(options, device=_device(options.device))
    if asked.cut == "faces":
        _cut_faces(asked, options, token or CancelToken(), listener)
        options = replace(options, photos=photos_of(asked, options.out))
    store = ModelStore.installed()
    old = installed_weights(recipe, store) if options.start_from is None else None
    if old and not asked.is_new:
        options = replace(options, start_from=old, pace=options.pace * PACE)
    elif options.start_from is None and not options.resume:
        options = replace(options, start_from=foundation_weights(recipe, store))
    checkpoint = train(recipe, options, token, listener)
    # one that was stopped before its first step has nothing to be measured
    return compare(recipe, options, old, checkpoint, listener) if old and checkpoint.exists() else None


def _device(wanted: str) -> str:
    return choose_device(cast("DeviceName", wanted)).name


def _cut_faces(asked: TrainingRun, options: TrainOptions, token: CancelToken, listener: Listener | None) -> None:
    """Find the faces first, saying how far it is; ends early, with nothing kept, when asked to stop."""
    last = -1.0
    with ProgressFile(options.out / PROGRESS_FILE, append=options.resume, listener=listener) as progress:

        def tell(fraction: float) -> None:
            nonlocal last
            if token.is_cancelled or (options.out / STOP_FILE).exists():
                (options.out / STOP_FILE).unlink(missing_ok=True)
                progress.write("stopped", step=0, spent_s=0.0)
                raise KeyboardInterrupt
            if fraction - last >= 0.01:
                last = fraction
                progress.write("preparing", fraction=round(fraction, 3))

        cut_faces([Path(folder) for folder in asked.photos], options.out / _FACES_FOLDER, tell)


@contextlib.contextmanager
def _cancelled_by_signals() -> Iterator[CancelToken]:
    """A token that Ctrl+C and terminate cancel while the block runs: the run then ends with a checkpoint."""
    token = CancelToken()
    before = {kind: signal.signal(kind, lambda *_: token.cancel()) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield token
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _sign(asked: TrainingRun, options: TrainOptions) -> None:
    """Say in the run's folder what is trained and by which process.

    Raises:
        NoPhotosError: a folder of photographs is not there.
        GenRepairError: the folder is in use by another training, or cannot be written.
    """
    for folder in asked.photos:
        if not Path(folder).is_dir():
            raise NoPhotosError(f"There is no folder {folder}: check its name, and that the drive is connected.")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GenRepairError(f"The folder {options.out} cannot be made ({error.strerror}): choose another.") from error
    earlier = read_run(options.out)
    # whoever started this process may have signed for it already: with its number, or that of a launcher in between
    if earlier is not None and earlier.pid not in (os.getpid(), os.getppid()) and is_running(earlier):
        raise GenRepairError(f"The training in {options.out} still runs: stop it first, or choose another folder.")
    if options.resume and earlier is not None:
        asked = replace(asked, is_new=earlier.is_new)
    write_run(options.out, asked.of_process(os.getpid()))


def main(arguments: Sequence[str]) -> int:
    """Run one training; 2 with a sentence on standard error when the user's input is at fault."""
    asked, options = parse(arguments)
    try:
        rank, _ = join_group()
        if rank == 0:
            _sign(asked, options)
        with _cancelled_by_signals() as token, shown_progress(asked.recipe, is_wanted=rank == 0) as listener:
            answer = run(asked, options, token=token, listener=listener)
    except GenRepairError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped before the training began.", file=sys.stderr)
        return 0
    if not answer:
        print(f"The training is in {options.out}.")
    else:
        old, new = answer.old["score"], answer.new["score"]
        better = "better, keep them" if answer.is_better else "not better, keep the old ones"
        print(f"Held-out score {old:.3f} before, {new:.3f} after: the new weights are {better}.")
        if answer.is_better:
            print(f"To use them: genrepair models use {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
