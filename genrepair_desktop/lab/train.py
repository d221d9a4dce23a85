"""``python -m genrepair_desktop.lab.train RECIPE --photos DIR... -o DIR``: a training as a process of its own."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.lab.loop import TrainOptions, train
from genrepair_desktop.lab.recipes import get_recipe, recipe_ids


def parse(arguments: Sequence[str]) -> tuple[str, TrainOptions]:
    """The recipe's name and the options of a command line."""
    parser = argparse.ArgumentParser(prog="genrepair_desktop.lab.train", description=__doc__)
    parser.add_argument("recipe", choices=recipe_ids())
    parser.add_argument("--photos", type=Path, nargs="+", required=True, help="folders of photographs")
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, default=30.0, help="time to train, pauses not counted")
    parser.add_argument("--steps", type=int, default=None, help="end after this many steps instead")
    parser.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    parser.add_argument("--start-from", type=Path, default=None, help="weights or checkpoint to begin with")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=None, help="where decoded photographs are kept")
    options = vars(parser.parse_args(arguments))
    name = options.pop("recipe")
    options["photos"] = tuple(options["photos"])
    return name, TrainOptions(**options)


def main(arguments: Sequence[str]) -> int:
    """Run one training; 2 with a sentence on standard error when the user's input is at fault."""
    try:
        name, options = parse(arguments)
        train(get_recipe(name), options)
    except GenRepairError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
