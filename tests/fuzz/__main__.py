"""Attack every reader of files, as long as wanted.

python -m tests.fuzz corpus --seed 7 --each 30     generated files, each watched for crash, hang, memory and mess
python -m tests.fuzz guided --seconds 600          inputs that grow towards code not reached yet (atheris)
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(dest="command", required=True)
    tried = commands.add_parser("corpus", help="read a generated corpus in a watched child process")
    tried.add_argument("--seed", type=int, default=int(time.time()), help="another seed, other files")
    tried.add_argument("--each", type=int, default=25, help="so many mutations and header lies of every sound file")
    tried.add_argument("--large", action="store_true", help="with pictures that take long to make")
    tried.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long and say what was tried")
    guided = commands.add_parser("guided", help="guided by coverage where atheris is installed, else blind")
    guided.add_argument("--seconds", type=float, default=60.0)
    guided.add_argument("--seed", type=int, default=1)
    guided.add_argument("--target", default="all", help="image, mask, card, weights, project, record or all")
    options = parser.parse_args()
    if options.command == "guided":
        from tests.fuzz.guided import fuzz

        return fuzz(options.target, seconds=options.seconds, seed=options.seed)
    return try_corpus(options.seed, options.each, options.seconds, with_large=options.large)


def try_corpus(seed: int, each: int, seconds: float, *, with_large: bool) -> int:
    from tests.fuzz.watched import as_json, read_all

    with tempfile.TemporaryDirectory() as folder:
        tally = read_all(files(seed, each, with_large=with_large), Path(folder), seconds)
    print(f"seed {seed}")
    print(as_json(tally))
    return 1 if tally.findings else 0


def files(seed: int, each: int, *, with_large: bool) -> Iterator[tuple[str, str, bytes]]:
    """Target, name and content of every file of the corpus."""
    import numpy as np

    from tests import corpus
    from tests.fuzz import attacks, pictures

    rng = np.random.default_rng(seed)
    for sample in corpus.corpus(seed, each):
        yield "image", sample.name, sample.data
    for sample in pictures.attacks(rng, with_large=with_large):
        yield "image", sample.name, sample.data
        yield "mask", sample.name, sample.data
    yield from attacks.attacks(rng)
    for target in ("mask", "card", "weights", "project", "record"):
        yield from attacks.mutated(target, rng, each * 2)


if __name__ == "__main__":
    sys.exit(main())
