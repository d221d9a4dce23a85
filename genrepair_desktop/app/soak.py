"""``genrepair soak``: the real window under a tireless user, watched for faults and for what grows."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# before Qt is loaded: a session of its own, on no screen unless one is asked for
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QObject, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from genrepair_desktop.app.composition import Program
from genrepair_desktop.app.main import make_application, start_log
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.soak_meter import MIB, FaultLog, Line, Meter
from genrepair_desktop.app.soak_once import do_all_once
from genrepair_desktop.app.soak_player import Player
from genrepair_desktop.imaging.codecs import write_photo

_MS_BETWEEN_MOVES = 5
_SECONDS_BETWEEN_RESTS = 8
# processor seconds, so that a busy machine does not count: a rest that takes more is a job that cannot be cancelled
_LONGEST_WAY_TO_REST = 30
_QUIET_TURNS = 40


class Turns(QObject):
    """Calls ``turn`` again and again, also while a dialog runs the event loop, until ``stop``."""

    def __init__(self, turn: Callable[[], object]) -> None:
        super().__init__()
        self._turn: Callable[[], object] | None = turn
        self._soon()

    def stop(self) -> None:
        self._turn = None

    def _soon(self) -> None:
        # a new timer each time: one whose handler waits in a dialog's event loop does not fire there again
        QTimer.singleShot(_MS_BETWEEN_MOVES, self._on_time)

    def _on_time(self) -> None:
        if self._turn is not None:
            self._soon()
            self._turn()


class Soak:
    """Plays for ``seconds``, resting now and then to be measured; then calls ``on_end``."""

    def __init__(
        self, player: Player, meter: Meter, faults: FaultLog, seconds: float, on_end: Callable[[], object]
    ) -> None:
        self._player, self._meter, self._faults, self._on_end = player, meter, faults, on_end
        self._end = time.monotonic() + seconds
        self._rest_due = time.monotonic() + _SECONDS_BETWEEN_RESTS
        self._quiet_turns = 0
        self._is_late = False
        self._way_began: float | None = None
        self._turns = Turns(self._turn)

    def _turn(self) -> None:
        now = time.monotonic()
        if now < self._rest_due:
            self._player.move()
        elif not self._player.clear():
            self._quiet_turns = 0
            if self._way_began is None:
                self._way_began = time.process_time()
            if time.process_time() - self._way_began > _LONGEST_WAY_TO_REST and not self._is_late:
                self._is_late = True
                self._faults.faults.append("the window did not come to rest")
        else:
            # deferred deletes, the journal's thread and the last repaint have their turn before it is measured
            self._quiet_turns += 1
            if self._quiet_turns >= _QUIET_TURNS:
                self._rest()

    def _rest(self) -> None:
        self._quiet_turns, self._is_late, self._way_began = 0, False, None
        rest = self._meter.measure(self._player.moves)
        print(
            f"{rest.seconds:7.0f} s  {rest.moves:7,} moves  {rest.used / MIB:7.1f} MiB in use  "
            f"{rest.memory / MIB:7.1f} MiB resident  {rest.threads} threads  {rest.handles} handles  "
            f"{len(self._faults.faults)} faults",
            flush=True,
        )
        self._rest_due = time.monotonic() + _SECONDS_BETWEEN_RESTS
        if time.monotonic() > self._end:
            self._turns.stop()
            self._on_end()


def main(argv: Sequence[str] | None = None) -> int:
    """Run a soak and print its table; 1 if a promise does not hold."""
    parser = argparse.ArgumentParser(prog="genrepair soak", description="Play the window at random and watch it")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long (default 5)")
    parser.add_argument("--seed", type=int, default=0, help="of the player's choices (default 0)")
    arguments = parser.parse_args(argv)
    if not 0 < arguments.minutes <= 10_000:
        parser.error("--minutes must be more than 0")
    with tempfile.TemporaryDirectory(prefix="genrepair-soak-") as folder:
        return run(Path(folder), arguments.minutes * 60, arguments.seed)


def run(folder: Path, seconds: float, seed: int) -> int:
    """Play in ``folder``, which also takes the settings and the recovery data."""
    os.environ["GENREPAIR_DATA"] = str(folder / "data")
    start_log()
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = make_application()
    settings = Settings(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    settings.candidates = 3
    # the least there is: what may fill up to a limit is full after the first minutes, and growth is a leak
    settings.memory_megabytes = 256
    faults = FaultLog()
    program = Program(application, settings)
    program.window.resize(1280, 800)
    program.start()
    try:
        do_all_once(program)
    except BaseException:
        program.shut_down()
        raise
    (folder / "out").mkdir()
    settings.last_folder = str(folder / "out")
    player = Player(program, make_photos(folder / "photos"), folder / "out", seed)
    meter = Meter()
    soak = Soak(player, meter, faults, seconds, application.quit)
    try:
        application.exec()
    finally:
        player.stop()
        program.shut_down()
        del soak
        faults.remove()
    lines = meter.verdict(faults.faults)
    print_table(lines, player, faults.faults)
    return 0 if all(line.holds for line in lines) else 1


def make_photos(folder: Path) -> list[Path]:
    """Photos of several kinds, made by rule: 8 and 16 bits, grey, with alpha, long, and tiny."""
    folder.mkdir(parents=True)
    kinds = {"colour.jpg": (480, 640, 3, 8), "deep.tif": (300, 420, 3, 16), "grey.png": (512, 300, 1, 8),
             "alpha.png": (260, 260, 4, 8), "long.png": (60, 1500, 3, 8), "dot.png": (1, 1, 3, 8)}  # fmt: skip
    paths = []
    for number, (name, (h, w, channels, bits)) in enumerate(kinds.items()):
        rng = np.random.default_rng(number)
        y, x, c = np.mgrid[0:h, 0:w, 0:channels]
        wave = 0.5 + 0.3 * np.sin(x / 37 + c) * np.cos(y / 23) + rng.normal(0, 0.02, (h, w, channels))
        top = 2**bits - 1
        pixels = np.clip(wave * top, 0, top).astype(np.uint16 if bits == 16 else np.uint8)
        write_photo(folder / name, pixels)
        paths.append(folder / name)
    return paths


def print_table(lines: Sequence[Line], player: Player, faults: Sequence[str]) -> None:
    """The verdict, and in full what went wrong."""
    print(f"\n{player.moves:,} moves: " + ", ".join(f"{n:,} {what}" for what, n in sorted(player.counts.items())))
    for line in lines:
        print(f"{'holds' if line.holds else 'FAILS':6} {line.what:20} {line.found:40} limit {line.limit}")
    for fault in dict.fromkeys(faults):
        print(f"\n{fault}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
