"""Inputs that grow towards code not reached yet: libFuzzer through atheris, or blind mutation where there is none.

Runs in the process that calls it and, with atheris, ends that process: use ``python -m tests.fuzz guided``.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np

# inputs beyond this teach the fuzzer nothing that smaller ones do not
_MOST_BYTES = 20_000
# the readers' own bound of memory must strike before this one does (as OpenImageIO has it)
_RSS_MB = 4096


def fuzz(name: str, *, seconds: float, seed: int) -> int:
    """Attack one target, or all in turn; 0 if nothing was found. An input that broke a reader is kept."""
    try:
        import atheris  # pyright: ignore[reportMissingImports]  made for Linux on x86 only
    except ImportError:
        print("atheris is not installed here: files are changed blindly", file=sys.stderr)
        atheris = None
    # the package must not have been imported before: what is instrumented is what is imported inside
    with atheris.instrument_imports(include=["genrepair_desktop"]) if atheris else nullcontext():
        from tests.fuzz.targets import TARGETS, Target, outcome
    chosen = list(TARGETS.values()) if name == "all" else [TARGETS[name]]
    with tempfile.TemporaryDirectory() as scratch:
        seeds = Path(scratch) / "seeds"
        seeds.mkdir()
        for number, target in enumerate(chosen):
            for index, data in enumerate(target.seeds()):
                if len(data) < _MOST_BYTES:
                    (seeds / f"{target.name}-{index}").write_bytes(bytes([number]) + data)

        def attack(data: bytes) -> None:
            target: Target = chosen[data[0] % len(chosen)] if data else chosen[0]
            path = Path(scratch) / target.file
            path.write_bytes(data[1:])
            outcome(target, path)

        for number, target in enumerate(chosen):
            attack(bytes([number]) + next(target.seeds()))  # what the first file of a kind loads is no slow input
        if atheris is None:
            return _blindly(attack, [path.read_bytes() for path in sorted(seeds.iterdir())], seconds, seed)
        arguments = [f"-max_total_time={max(1, round(seconds))}", f"-seed={seed}", f"-max_len={_MOST_BYTES}"]
        arguments += [f"-rss_limit_mb={_RSS_MB}", "-timeout=30", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *arguments, f"-artifact_prefix={_kept()}/", str(seeds)], attack)
        atheris.Fuzz()
    return 0


def _kept() -> Path:
    """Where inputs that broke a reader, or took long, are kept."""
    folder = Path(tempfile.gettempdir()) / "genrepair-fuzz"
    folder.mkdir(exist_ok=True)
    return folder


def _blindly(attack: Callable[[bytes], None], seeds: list[bytes], seconds: float, seed: int) -> int:
    from tests import corpus

    rng = np.random.default_rng(seed)
    end, runs = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        data = seeds[int(rng.integers(len(seeds)))]
        for sample in corpus.mutations(corpus.Sample("", data[1:]), rng, 6):
            attack(data[:1] + sample.data)
            runs += 1
    print(f"stat::number_of_executed_units: {runs}", file=sys.stderr)
    return 0
