"""One training as its folder tells it: state, curve, figures. Plain values, no Qt, nothing of the lab."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.files import read_regular
from genrepair_desktop.jobs.training_run import (
    CHECKPOINT_FILE,
    OUTPUT_FILE,
    PROGRESS_FILE,
    SHEET_FILE,
    STOP_FILE,
    TrainingRun,
    is_running,
    losses_of,
    read_progress,
    read_run,
)

# starting: no word yet.  preparing: faces are looked for.  comparing: trained, and measured against the old model
State = Literal["starting", "preparing", "running", "stopping", "comparing", "stopped", "done", "failed"]
ACTIVE: frozenset[State] = frozenset(("starting", "preparing", "running", "stopping", "comparing"))
_MOST_OUTPUT = 2**20
_MOST_POINTS = 2000
_LONGEST_READ_S = 0.02
# of several figures, the one that is worth a curve
_FIRST = ("loss", "generator", "nats")
_PATIENCE = 12
_UNEXPECTED = "The training ended unexpectedly; the file output.txt in its folder may say why."


@dataclass
class Series:
    """A curve: minutes trained and the figure's value. Thinned by half whenever it grows too long."""

    minutes: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, minutes: float, value: float) -> None:
        self.minutes.append(minutes)
        self.values.append(value)
        if len(self.values) > _MOST_POINTS:
            # the newest point stays
            self.minutes, self.values = self.minutes[::-2][::-1], self.values[::-2][::-1]


class Follower:
    """Reads what is new in a run's folder, and knows how it stands."""

    def __init__(self, folder: Path, run: TrainingRun) -> None:
        self.folder, self.run = folder, run
        self.losses: dict[str, Series] = {}
        self.scores = Series()
        self.loss_name = ""
        self.step: dict[str, Any] = {}
        self.steps = 0
        self.preparing = 0.0
        self.comparison: dict[str, Any] | None = None
        self.is_alive = False
        # True until the progress file was read to its end
        self.is_behind = True
        self.problem = ""
        self._last_event = ""
        self._was_stopped = False
        self._minutes = 0.0
        self._place = 0
        self._unseen = 0

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def state(self) -> State:
        """How the training stands, from its last word and whether its process lives."""
        if self.is_behind and not self.is_alive:
            return "starting"
        if self.is_alive:
            if self._last_event in ("done", "comparison"):
                return "comparing"
            if (self.folder / STOP_FILE).exists() or self._last_event == "stopped":
                return "stopping"
            if self._last_event in ("", "preparing"):
                return "preparing" if self._last_event else "starting"
            return "running"
        if self._last_event in ("done", "comparison"):
            return "stopped" if self._was_stopped else "done"
        return "stopped" if self._last_event == "stopped" else "failed"

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def can_resume(self) -> bool:
        """A training that ended early goes on from its checkpoint, or from the beginning if it had none."""
        return self.state in ("stopped", "failed")

    @property
    def has_weights(self) -> bool:
        """True when there is something to install."""
        return (self.folder / CHECKPOINT_FILE).exists()

    @property
    def sheet(self) -> Path:
        """The newest sheet of samples; may not be there yet."""
        return self.folder / SHEET_FILE

    @property
    def loss(self) -> Series:
        """The curve of the figure that is trained on."""
        return self.losses.get(self.loss_name, Series())

    def refresh(self) -> None:
        """Read on, for at most some 20 ms; costs well under a millisecond when nothing is new."""
        run = read_run(self.folder)
        if run is not None:
            self.run = run
        # looked at first: a process that ends meanwhile has written its last word before
        self.is_alive = is_running(self.run)
        end = time.monotonic() + _LONGEST_READ_S
        self.is_behind = True
        while self.is_behind and time.monotonic() < end:
            self._read_on()
        if not self.is_behind and not self.is_alive and self.state == "failed" and not self.problem:
            self.problem = _last_words(self.folder / OUTPUT_FILE)

    def is_model(self, training: Mapping[str, Any]) -> bool:
        """Whether an installed model, whose card says ``training`` of it, is what this run made last."""
        return training.get("run") == self.name and training.get("steps") == self.steps

    def _read_on(self) -> None:
        events, place = read_progress(self.folder / PROGRESS_FILE, self._place)
        if place < self._place:
            self._begin_anew()
        self.is_behind = bool(events)
        self._place = place
        for event in events:
            self._take(event)

    def expect(self) -> None:
        """A process was started again: what the last one said at its end does not count any more."""
        self._last_event, self.problem, self.comparison, self._was_stopped = "", "", None, False

    def _begin_anew(self) -> None:
        self.losses, self.scores, self.step = {}, Series(), {}
        self.comparison, self._minutes = None, 0.0

    def _take(self, event: dict[str, Any]) -> None:
        kind = str(event.get("event", ""))
        if isinstance(event.get("step"), int):
            self.steps = event["step"]
        if kind == "step":
            self._take_step(event)
        elif kind == "validation" and isinstance(event.get("score"), int | float):
            self.scores.add(self._minutes, float(event["score"]))
        elif kind == "preparing":
            self.preparing = float(event.get("fraction") or 0.0)
        elif kind == "comparison":
            self.comparison = event
        if kind in ("done", "stopped"):
            self._was_stopped = kind == "stopped"
            self._minutes = float(event.get("spent_s") or 0.0) / 60
        if kind not in ("", "sheet", "validation") and not (kind == "comparison" and self._was_stopped):
            self._last_event = kind

    def _take_step(self, event: dict[str, Any]) -> None:
        self.step = event
        self._minutes = float(event.get("spent_s") or 0.0) / 60
        found = losses_of(event)
        for name, value in found.items():
            self.losses.setdefault(name, Series()).add(self._minutes, value)
        if self.loss_name in found:
            self._unseen = 0
        elif found:
            # recipes take turns between figures, or go over to another for good
            self._unseen += 1
            if not self.loss_name or self._unseen > _PATIENCE:
                self.loss_name = next((name for name in _FIRST if name in found), next(iter(found)))


def find_runs(place: Path) -> list[Follower]:
    """All trainings below ``place``, newest first."""
    if not place.is_dir():
        return []
    found = [(folder, run) for folder in place.iterdir() if (run := read_run(folder)) is not None]
    found.sort(key=lambda pair: (pair[1].started, pair[0].name), reverse=True)
    return [Follower(folder, run) for folder, run in found]


def is_better(comparison: dict[str, Any]) -> bool | None:
    """What the comparison at the end says; None if it cannot be read."""
    answer = comparison.get("is_better")
    return answer if isinstance(answer, bool) else None


def scores_of(comparison: dict[str, Any]) -> tuple[float, float] | None:
    """The held-out scores before and after."""
    try:
        return float(comparison["old"]["score"]), float(comparison["new"]["score"])
    except (KeyError, TypeError, ValueError):
        return None


def _last_words(path: Path) -> str:
    """The last line that the process wrote: for a fault of the user's it is a sentence for them."""
    try:
        lines = read_regular(path, _MOST_OUTPUT).decode("utf-8", "replace").splitlines()
    except GenRepairError:
        return _UNEXPECTED
    said = [line.strip() for line in lines if line.strip()]
    is_trace = any(line.startswith("Traceback") for line in lines)
    return _UNEXPECTED if is_trace or not said else said[-1].removeprefix("genrepair: ")
