"""The folder of a training, for those who start it, follow it and end it: window, command line and lab.

``run.json`` says what was asked for and which process does it, ``progress.jsonl`` how it goes, one JSON object a
line. A file called ``stop`` ends it. The folder is all that has to survive: a training is found again by it.
"""

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import psutil

from genrepair_desktop.atomic import write_atomic
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.files import read_regular

RUN_FILE = "run.json"
PROGRESS_FILE = "progress.jsonl"
STOP_FILE = "stop"
SHEET_FILE = "sheet.png"
CHECKPOINT_FILE = "checkpoint.pt"
COMPARISON_FILE = "comparison.json"
OUTPUT_FILE = "output.txt"
_MOST_RUN_BYTES = 2**20
# as much of a long progress file as is read at once
_MOST_READ = 2**18

# figures of a ``step`` event that are about the loop; the others are the recipe's losses
_OF_THE_LOOP = frozenset(
    ("event", "step", "fraction", "spent_s", "eta_s", "threads", "lr", "images_per_s", "wait_share")
)

Cut = Literal["whole", "faces"]


@dataclass(frozen=True)
class TrainingRun:
    """What a training was asked for.

    is_new   it began with random weights
    cut      what is learned of each photograph, for recipes of whole pictures
    pid, started  the process that does it and when that one began, in seconds; 0 where none is known
    """

    recipe: str
    photos: tuple[str, ...]
    minutes: float
    is_new: bool = False
    cut: Cut = "whole"
    pid: int = 0
    started: float = 0.0

    def of_process(self, pid: int) -> "TrainingRun":
        """The same, done by this process; unchanged if there is no such process (any more)."""
        try:
            return replace(self, pid=pid, started=psutil.Process(pid).create_time())
        except psutil.Error:
            return self


def read_run(folder: Path) -> TrainingRun | None:
    """What is asked for in a run's folder; None if it is none, or its file is damaged."""
    try:
        values = json.loads(read_regular(folder / RUN_FILE, _MOST_RUN_BYTES))
        known = {field.name for field in fields(TrainingRun)}
        found = TrainingRun(**{k: v for k, v in values.items() if k in known})
        photos, cut = tuple(str(photo) for photo in found.photos), found.cut
        if not isinstance(found.recipe, str) or cut not in ("whole", "faces"):
            return None
        return replace(
            found, photos=photos, minutes=float(found.minutes), pid=int(found.pid), started=float(found.started)
        )
    except (GenRepairError, ValueError, TypeError, AttributeError):
        return None


def write_run(folder: Path, run: TrainingRun) -> None:
    """Write ``run.json``.

    Raises:
        SaveError: the disk refuses.
    """
    write_atomic(folder / RUN_FILE, (json.dumps(asdict(run), indent=1) + "\n").encode())


def is_running(run: TrainingRun) -> bool:
    """Whether the process of a run still works. Numbers of processes are used again: its start must agree too."""
    try:
        process = psutil.Process(run.pid) if run.pid > 0 else None
        if process is None or abs(process.create_time() - run.started) > 1.0:
            return False
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def read_progress(path: Path, start: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The complete lines from byte ``start`` on, and where to go on reading; at most 256 KB of them.

    A missing file has none. One that became shorter than ``start`` was begun anew and is read from its beginning.
    """
    if not path.exists():
        return [], start
    with path.open("rb") as file:
        size = file.seek(0, 2)
        start = 0 if size < start else start
        file.seek(start)
        data = file.read(_MOST_READ)
    end = data.rfind(b"\n") + 1
    return [event for line in data[:end].splitlines() if (event := _event(line))], start + end


def losses_of(event: dict[str, Any]) -> dict[str, float]:
    """The recipe's own figures in a ``step`` event."""
    return {k: float(v) for k, v in event.items() if k not in _OF_THE_LOOP and isinstance(v, int | float)}


def _event(line: bytes) -> dict[str, Any]:
    """One line; empty for one that a crash in the middle of writing left behind."""
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}
