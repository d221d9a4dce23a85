"""The program as a process: it opens what it is given, and goes with exit code 0, also in the middle of a repair."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from genrepair_desktop import paths

pytestmark = pytest.mark.e2e

_OPEN_AND_CLOSE = """
import sys
from genrepair_desktop.app import composition
from genrepair_desktop.app.main import main

start = composition.Program.start

def started(program):
    def on_opened():
        session = program.sessions.session
        if session.document is not None:
            print("opened", session.title, flush=True)
            program.window.close()
    start(program)
    program.sessions.session.opened.connect(on_opened)

composition.Program.start = started
sys.exit(main(sys.argv[1:]))
"""

_CLOSE_IN_A_REPAIR = """
import sys
from genrepair_desktop.app import composition
from genrepair_desktop.app.main import main
from genrepair_desktop.jobs.queue import JobProgress

start = composition.Program.start

def started(program):
    def on_facts():
        if program.sessions.mask.has_mask and not program.sessions.repair.is_running:
            program.sessions.repair.choose_method("tv")
            program.sessions.repair.repair()
    def on_event(event):
        if isinstance(event, JobProgress) and event.title.startswith("Repairing"):
            print("repairing", flush=True)
            program.sessions.session.mark_saved()
            program.window.close()
    start(program)
    program.sessions.mask.facts_changed.connect(on_facts)
    program.desk.job_event.connect(on_event)

composition.Program.start = started
sys.exit(main(sys.argv[1:]))
"""


def run(script: str, data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "GENREPAIR_DATA": str(data), "HOME": str(data)}
    environment["XDG_CONFIG_HOME"] = str(data)
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, env=environment, timeout=180
    )


def test_the_named_photo_is_opened_and_closing_ends_the_program(tmp_path: Path) -> None:
    done = run(_OPEN_AND_CLOSE, tmp_path, str(paths.resources_dir() / "samples" / "coffee.jpg"))
    assert done.stdout.strip() == "opened coffee.jpg"
    assert done.returncode == 0
    assert "QThread" not in done.stderr


def test_closing_in_the_middle_of_a_repair_ends_the_program_cleanly(tmp_path: Path) -> None:
    done = run(_CLOSE_IN_A_REPAIR, tmp_path, "--sample")
    assert "repairing" in done.stdout
    assert done.returncode == 0
    assert "QThread" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_photo_that_is_not_there_leaves_a_usable_window(tmp_path: Path) -> None:
    script = """
import sys
from genrepair_desktop.app import composition
from genrepair_desktop.app.main import main
start = composition.Program.start
def started(program):
    def on_notice(notice):
        print(notice.kind, notice.text, flush=True)
        program.window.close()
    start(program)
    program.sessions.session.noticed.connect(on_notice)
composition.Program.start = started
sys.exit(main(sys.argv[1:]))
"""
    done = run(script, tmp_path, str(tmp_path / "nowhere.jpg"))
    assert done.returncode == 0
    assert done.stdout.startswith("error")
    assert "nowhere.jpg" in done.stdout
