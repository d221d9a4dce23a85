"""Closing or quitting in the middle of a job: the program goes, with exit code 0, and leaves no half file."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genrepair_desktop.document.project_file import load_project
from tests.faults import LONG

pytestmark = pytest.mark.e2e

# opens the sample, starts work, and leaves after so many milliseconds by the given way
_SCRIPT = """
import signal, sys
from PySide6.QtCore import QCoreApplication, QTimer
from genrepair_desktop.app import ask, composition
from genrepair_desktop.app.main import main
from genrepair_desktop.jobs.queue import JobStarted

way, work, delay, project = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
start = composition.Program.start
ask.unsaved = lambda *arguments: "discard"

def started(program):
    begun = []
    def begin():
        if not program.sessions.mask.has_mask or begun:
            return
        begun.append(1)
        program.sessions.session.mark_saved()
        if work == "save":
            from pathlib import Path
            program.window.files.projects.save_to(Path(project))
        elif work == "find":
            program.sessions.damage.find()
        else:
            program.sessions.repair.choose_method(work)
            program.sessions.repair.repair()
        QTimer.singleShot(delay, leave)
    def leave():
        print("leaving", flush=True)
        if way == "quit":
            QCoreApplication.quit()
        elif way == "command":
            program.window.table.run("file.quit")
        else:
            program.window.close()
    start(program)
    program.sessions.mask.facts_changed.connect(begin)

composition.Program.start = started
sys.exit(main(["--sample"]))
"""
_WORKS = ("tv", "patchmatch", "biharmonic", "auto", "find", "save")


@pytest.mark.parametrize("times", [3, pytest.param(50, marks=LONG)])
def test_the_program_goes_from_the_middle_of_a_job_with_code_0(tmp_path: Path, times: int) -> None:
    rng = random.Random(times)
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "GENREPAIR_DATA": str(tmp_path / "data")}
    environment |= {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    waits = []
    for number in range(times):
        work = _WORKS[number % len(_WORKS)] if times > 3 else ("tv", "save", "patchmatch")[number]
        project = tmp_path / f"{number}.genrepair"
        arguments = [rng.choice(["close", "quit", "command"]), work, str(rng.randrange(0, 800)), str(project)]
        child = subprocess.Popen(
            [sys.executable, "-c", _SCRIPT, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        with child:
            assert child.stdout is not None
            assert child.stderr is not None
            assert child.stdout.readline() == "leaving\n", child.stderr.read()
            left = time.perf_counter()
            _, errors = child.communicate(timeout=60)
            waits.append(time.perf_counter() - left)
        assert child.returncode == 0, (arguments, errors)
        assert "Traceback" not in errors
        assert "QThread" not in errors
        if work == "save":
            assert load_project(project).document.mask.any(), "a save that was begun is finished"
        assert not list((tmp_path / "data" / "recovery").glob("*/about.json")), "left on purpose: nothing to recover"
    print(f"{times} times: gone within {max(waits):.2f} s, median {sorted(waits)[len(waits) // 2]:.2f} s")
