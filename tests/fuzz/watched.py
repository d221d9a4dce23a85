"""Reads files in a child process that is watched: what each costs, and whether the child survives it."""

import json
import multiprocessing
import os
import resource
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

SECONDS = 2.0
BYTES = 2**30
# the child is given up after so long by the clock: other programs may have the processor
_PATIENCE = 40.0
# a hard wall behind the limit, so that a finding does not take the machine with it
_WALL = 6 * 2**30


@dataclass
class Tally:
    """What came of a number of files. ``findings``: name and what was wrong, for everything that must not be."""

    kinds: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[str, str]] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    largest: tuple[int, str] = (0, "")

    def add(self, name: str, answer: "Answer") -> None:
        self.kinds[answer.kind] += 1
        if answer.kind != "opened":
            self.slowest = max(self.slowest, (answer.seconds, name))
            self.largest = max(self.largest, (answer.memory, name))
        if answer.kind not in ("opened", "refused"):
            self.findings.append((name, f"{answer.kind}: {answer.detail}"))


@dataclass(frozen=True)
class Answer:
    """How one file ended: opened, refused, crash, hang, memory, slow or unclean."""

    kind: str
    detail: str = ""
    seconds: float = 0.0
    memory: int = 0


class Watched:
    """A child process that reads what it is told. A context manager; a child that dies is replaced."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._start()

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def read(self, target: str, path: Path) -> Answer:
        """Let the child read one file. Cost counts against a file that fails; one that opens may be large."""
        self._pipe.send((target, str(path)))
        if not self._pipe.poll(_PATIENCE):
            self._restart()
            return Answer("hang", f"no answer within {_PATIENCE:g} s")
        try:
            kind, detail, seconds, memory = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join(5)
            code = self._process.exitcode
            self._restart()
            return Answer("crash", f"exit code {code}")
        if kind == "refused" and seconds > SECONDS:
            kind, detail = "slow", f"{seconds:.1f} s of processor time"
        if kind == "refused" and memory > BYTES:
            kind, detail = "memory", f"{memory / 2**20:.0f} MiB"
        return Answer(kind, detail, seconds, memory)

    def _start(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(target=_child, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._pipe.recv()

    def _end(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.join()

    def _restart(self) -> None:
        self._end()
        self._start()


def read_all(files: Iterable[tuple[str, str, bytes]], folder: Path, seconds: float = float("inf")) -> Tally:
    """Read files, given as target, name and content, one after the other, as long as there is time."""
    from tests.fuzz.targets import TARGETS

    tally, end = Tally(), time.monotonic() + seconds
    with Watched() as child:
        for target, name, data in files:
            if time.monotonic() > end:
                break
            path = folder / TARGETS[target].file
            path.write_bytes(data)
            tally.add(f"{target}/{name}", child.read(target, path))
            path.unlink()
    return tally


def _child(pipe: Connection) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders' own warnings
    resource.setrlimit(resource.RLIMIT_DATA, (_WALL, _WALL))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from tests.fuzz.targets import TARGETS, outcome

    warm: set[str] = set()
    pipe.send("ready")
    with suppress(EOFError, OSError):
        while True:
            target, path = pipe.recv()
            kind, detail, before, start = "unclean", "", _peak(), time.process_time()
            try:
                if target not in warm:
                    _warm_up(TARGETS[target])
                    warm.add(target)
                Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
                before, start = _peak(), time.process_time()
                kind = outcome(TARGETS[target], Path(path))
            except Exception as error:  # noqa: BLE001  whatever it is, it is the finding
                detail = f"{type(error).__name__}: {error}"[:300]
            pipe.send((kind, detail, time.process_time() - start, _peak() - before))


def _warm_up(target: Any) -> None:
    """What the first file of a kind loads belongs to no file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / target.file
        for data in target.seeds():
            path.write_bytes(data)
            target.read(path)


def _peak() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return max(int(line.split()[1]) * 1024 for line in lines if line.startswith(("VmHWM", "VmRSS")))


def as_json(tally: Tally) -> str:
    """The counts, for a record of a run."""
    values = {
        "files": tally.kinds.total(), **tally.kinds, "findings": tally.findings,
        "slowest_s": [round(tally.slowest[0], 3), tally.slowest[1]],
        "largest_MiB": [round(tally.largest[0] / 2**20), tally.largest[1]],
    }  # fmt: skip
    return json.dumps(values, indent=1)
