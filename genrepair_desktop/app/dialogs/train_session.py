"""Trainings without a widget: starts them as processes of their own, follows, stops and resumes them.

A process is let go of at once: it outlives the dialog and the window, and is found again by its folder.
"""

import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from genrepair_desktop.app.dialogs.genrepair_process import GenrepairProcess
from genrepair_desktop.app.dialogs.train_follow import Follower, find_runs, is_better
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.files import explain
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.jobs.training_run import OUTPUT_FILE, STOP_FILE, Cut, TrainingRun, write_run

LEAST_PICTURES = 8
# as the lab reads them
_SUFFIXES = frozenset((".webp", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp"))
_ENOUGH_COUNTED = 100_000
_POLL_MS, _CATCH_UP_MS = 500, 10
# seconds between two figures of the curve: at least, and at most for the longest trainings; between two sheets
_REPORT_S, _CHECKPOINT_S = (2.0, 20.0), 60.0
_FIGURES = 1000
_FORBIDDEN = frozenset('<>:"/\\|?*')


class TrainError(GenRepairError):
    """A training cannot be started, resumed or installed."""


@dataclass(frozen=True)
class Order:
    """What the user wants trained."""

    recipe: str
    photos: tuple[Path, ...]
    minutes: float
    is_new: bool
    cut: Cut
    name: str


class TrainSession(QObject):
    """All trainings below one folder.

    changed    something is new in one of the trainings, or there is another one
    ended      (name, what came of it): a training that worked does not any more
    installed  a training's weights are in use now
    failed     (sentence): the weights could not be installed
    """

    changed = Signal()
    ended = Signal(str, str)
    installed = Signal()
    failed = Signal(str)

    def __init__(self, place: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._place = place
        self.runs: list[Follower] = []
        self._installing = GenrepairProcess(self)
        self._installing.ended.connect(self._on_installed)
        self._timer = QTimer(self, interval=_POLL_MS)
        self._timer.timeout.connect(self.poll)
        self.find()

    def find(self) -> None:
        """Look for trainings on disk; those already known keep their curves."""
        known = {follower.folder: follower for follower in self.runs}
        self.runs = [known.get(found.folder, found) for found in find_runs(self._place)]
        self._watch()
        self.poll()

    def poll(self) -> None:
        """Read what is new of every training that may have something to say."""
        for follower in self.runs:
            was_active = follower.is_alive
            follower.refresh()
            if was_active and not follower.is_active:
                self.ended.emit(follower.name, outcome_of(follower))
        # a long file is read in small steps, so that the window stays quick
        is_behind = any(follower.is_behind for follower in self.runs)
        self._timer.setInterval(_CATCH_UP_MS if is_behind else _POLL_MS)
        if not (is_behind or self.has_active):
            self._timer.stop()
        self.changed.emit()

    @property
    def has_active(self) -> bool:
        """True while one of the trainings works."""
        return any(follower.is_active for follower in self.runs)

    @property
    def is_installing(self) -> bool:
        return self._installing.is_running

    def start(self, order: Order) -> Follower:
        """Begin a training in a folder of its own.

        Raises:
            TrainError: the name is unusable or taken, or no process can be started.
            SaveError: the folder cannot be written.
        """
        folder = self._place / checked_name(order.name)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            raise TrainError(f"There is a training called {folder.name} already: choose another name.") from None
        except OSError as error:
            raise TrainError(f"The folder of the training cannot be made: {', '.join(explain(error))}.") from error
        photos = tuple(str(photo) for photo in order.photos)
        run = TrainingRun(order.recipe, photos, order.minutes, order.is_new, order.cut)
        follower = Follower(folder, run)
        self._launch(follower, is_again=False)
        self.runs.insert(0, follower)
        self._watch()
        self.poll()
        return follower

    def stop(self, follower: Follower) -> None:
        """Ask a training to end at its next step, with a checkpoint.

        Raises:
            TrainError: its folder cannot be written.
        """
        try:
            (follower.folder / STOP_FILE).touch()
        except OSError as error:
            raise TrainError(f"The training cannot be asked to stop: {', '.join(explain(error))}.") from error
        self.changed.emit()

    def resume(self, follower: Follower, *, more: float = 0.0) -> None:
        """Let a training that ended go on from its checkpoint, for as long as first wanted and ``more`` minutes.

        Raises:
            TrainError: no process can be started.
            SaveError: its folder cannot be written.
        """
        follower.run = replace(follower.run, minutes=follower.run.minutes + more)
        (follower.folder / STOP_FILE).unlink(missing_ok=True)
        follower.expect()
        self._launch(follower, is_again=True)
        self._watch()
        self.poll()

    def forget(self, follower: Follower) -> None:
        """Delete an ended training with all its files.

        Raises:
            TrainError: it still runs, or the system refuses.
        """
        if follower.is_active:
            raise TrainError("The training still runs: stop it first.")
        try:
            shutil.rmtree(follower.folder)
        except OSError as error:
            raise TrainError(f"The training cannot be deleted: {', '.join(explain(error))}.") from error
        self.runs.remove(follower)
        self.changed.emit()

    def install(self, follower: Follower) -> None:
        """Use what a training made: another process writes it among the user's models; ``installed`` follows."""
        self._installing.start(["models", "use", str(follower.folder)])
        self.changed.emit()

    def _launch(self, follower: Follower, *, is_again: bool) -> None:
        run = replace(follower.run, pid=0, started=0.0)
        write_run(follower.folder, run)
        words = arguments_of(follower.folder, run, is_again=is_again)
        # a process in a session of its own: it hears nothing of the window's end, nor of its terminal's
        is_started, pid = QProcess.startDetached(sys.executable, words, str(follower.folder))
        if not is_started:
            raise TrainError("The training cannot be started: the system gives it no process; try again later.")
        follower.run = run.of_process(int(pid))
        write_run(follower.folder, follower.run)

    def _watch(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _on_installed(self, code: int, said: str) -> None:
        if code == 0:
            self.installed.emit()
        else:
            self.failed.emit(said)
        self.changed.emit()


def outcome_of(follower: Follower) -> str:
    """How a training ended, in a few words."""
    if follower.problem:
        return "ended early"
    if follower.state == "stopped":
        return "stopped"
    verdict = is_better(follower.comparison) if follower.comparison else None
    if verdict is None:
        return "finished"
    return "finished: the new model is better" if verdict else "finished: the new model is not better"


def arguments_of(folder: Path, run: TrainingRun, *, is_again: bool) -> list[str]:
    """The command line of a training's process, after the interpreter."""
    words = ["-m", "genrepair_desktop.cli", "train", run.recipe, "-o", str(folder)]
    words += ["--log", str(folder / OUTPUT_FILE)]
    report_s = min(max(run.minutes * 60 / _FIGURES, _REPORT_S[0]), _REPORT_S[1])
    words += ["--minutes", f"{run.minutes:g}", "--report-s", f"{report_s:g}", "--checkpoint-s", f"{_CHECKPOINT_S:g}"]
    words += ["--device", "auto"]
    words += ["--from-scratch"] if run.is_new else []
    words += ["--faces"] if run.cut == "faces" else []
    words += ["--resume"] if is_again else []
    return [*words, "--photos", *run.photos]


def checked_name(name: str) -> str:
    """A training's name as the name of its folder.

    Raises:
        TrainError: it cannot be one.
    """
    plain = name.strip()
    is_bad = plain.startswith(".") or any(c in _FORBIDDEN or not c.isprintable() for c in plain)
    if not plain or is_bad or len(plain.encode()) > 100:
        raise TrainError("A training's name becomes a folder's: use letters, digits, spaces and hyphens.")
    return plain


def free_name(place: Path, wanted: str) -> str:
    """``wanted``, with a number behind it where a training has that name."""
    name, number = wanted, 2
    while (place / name).exists():
        name, number = f"{wanted} {number}", number + 1
    return name


def count_pictures(folders: tuple[Path, ...], ctx: RunContext) -> int:
    """How many pictures lie below some folders, by their names; stops counting at a hundred thousand."""
    count = 0
    for folder in folders:
        for seen, file in enumerate(folder.rglob("*")):
            if seen % 256 == 0:
                ctx.checkpoint(0.0, "looking")
            count += file.suffix.lower() in _SUFFIXES
            if count >= _ENOUGH_COUNTED:
                return count
    return count


def pictures_sentence(folders: tuple[Path, ...], count: int) -> str:
    """What the count means; empty when there are enough to begin."""
    for folder in folders:
        if not folder.is_dir():
            return f"There is no folder {folder}: check its name, and that the drive is connected."
    if count == 0:
        return "There are no pictures in there: choose a folder that holds some."
    if count < LEAST_PICTURES:
        return f"Only {count} pictures are in there: at least {LEAST_PICTURES} are needed, and hundreds teach more."
    return ""
