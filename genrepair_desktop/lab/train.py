"""``python -m genrepair_desktop.lab.train RECIPE --photos DIR... -o DIR``: a training as a process of its own.

Starts from the installed model of the same name, if there is one, and says at the end whether the new weights
are better on held-out pictures of the folder. It can be ended at any time (Ctrl+C, terminate, or a file called
``stop`` in its folder) and goes on with ``--resume``.
"""

import argparse
import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.jobs.context import CancelToken
from genrepair_desktop.lab.finetune import PACE, Comparison, compare, installed_weights
from genrepair_desktop.lab.loop import TrainOptions, train
from genrepair_desktop.lab.recipes import get_recipe, recipe_ids
from genrepair_desktop.registry.store import ModelStore


def parse(arguments: Sequence[str]) -> tuple[str, bool, TrainOptions]:
    """The recipe's name, whether to start from scratch, and the options of a command line."""
    parser = argparse.ArgumentParser(prog="genrepair_desktop.lab.train", description=__doc__)
    parser.add_argument("recipe", choices=recipe_ids())
    parser.add_argument("--photos", type=Path, nargs="+", required=True, help="folders of photographs")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, default=30.0, help="time to train, pauses not counted")
    parser.add_argument("--steps", type=int, default=None, help="end after this many steps instead")
    parser.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    parser.add_argument("--start-from", type=Path, default=None, help="weights or checkpoint to begin with")
    parser.add_argument("--from-scratch", action="store_true", help="begin with random weights")
    parser.add_argument("--pace", type=float, default=1.0, help="multiplies the learning rate")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=None, help="at most this many; fewer while others work")
    parser.add_argument("--workers", type=int, default=1, help="processes that prepare batches")
    parser.add_argument("--cache", type=Path, default=None, help="where decoded photographs are kept")
    options = vars(parser.parse_args(arguments))
    name, is_new = options.pop("recipe"), options.pop("from_scratch")
    options["photos"] = tuple(options["photos"])
    return name, is_new, TrainOptions(**options)


def run(name: str, options: TrainOptions, *, is_new: bool, token: CancelToken | None = None) -> Comparison | None:
    """Train; after a fine-tuning, the comparison with the model it started from.

    Raises:
        GenRepairError: the folder, the checkpoint or the weights are unusable.
    """
    recipe = get_recipe(name)
    old = None
    if not is_new and options.start_from is None:
        old = installed_weights(recipe, ModelStore.installed())
    if old:
        options = replace(options, start_from=old, pace=options.pace * PACE)
    checkpoint = train(recipe, options, token)
    return compare(recipe, options, old, checkpoint) if old else None


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


def main(arguments: Sequence[str]) -> int:
    """Run one training; 2 with a sentence on standard error when the user's input is at fault."""
    name, is_new, options = parse(arguments)
    try:
        with _cancelled_by_signals() as token:
            answer = run(name, options, is_new=is_new, token=token)
    except GenRepairError as error:
        print(error, file=sys.stderr)
        return 2
    if answer:
        old, new = answer.old["score"], answer.new["score"]
        better = "better, keep them" if answer.is_better else "not better, keep the old ones"
        print(f"Held-out score {old:.3f} before, {new:.3f} after: the new weights are {better}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
