"""A project is written by one window at a time, and a mark whose owner is gone keeps nobody out."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genrepair_desktop.document import project_lock
from genrepair_desktop.document.project_lock import STALE_S, ProjectInUseError, lock_project, mark_path

ROOT = Path(__file__).parents[2]
_HOLD = """
import sys, time
from genrepair_desktop.document.project_lock import lock_project
lock = lock_project(sys.argv[1])
print("held" if lock else "none", flush=True)
sys.stdin.readline()
lock.release()
"""


def other_window(project: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(project)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def forge(project: Path, **changes: object) -> Path:
    """A mark that nobody's lock stands behind."""
    values = {"host": socket.gethostname(), "user": "anna", "pid": 1, "started": 0.0, "secret": "x"}
    mark_path(project).write_text(json.dumps(values | changes))
    return mark_path(project)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "work.genrepair"
    path.write_bytes(b"a project")
    return path


def test_a_second_opening_is_refused_in_one_sentence_and_allowed_after_release(project: Path) -> None:
    lock = lock_project(project)
    assert lock is not None
    assert lock.is_ours
    with pytest.raises(ProjectInUseError) as refused:
        lock_project(project)
    sentence = str(refused.value)
    assert sentence.startswith('Cannot open for writing "work.genrepair": another window on this computer has it')
    assert "\n" not in sentence
    lock.release()
    lock.release()
    assert not mark_path(project).exists()
    again = lock_project(project)
    assert again is not None
    again.release()


def test_another_process_is_kept_out_until_this_one_ends(project: Path) -> None:
    child = other_window(project)
    with child, pytest.raises(ProjectInUseError):
        lock_project(project)
    lock = lock_project(project)
    assert lock is not None
    lock.release()


def test_the_mark_of_a_killed_process_keeps_nobody_out(project: Path) -> None:
    child = other_window(project)
    child.send_signal(signal.SIGKILL)
    with child:
        pass
    assert mark_path(project).exists(), "it died without tidying up"
    lock = lock_project(project)
    assert lock is not None
    assert lock.is_ours
    lock.release()
    assert not mark_path(project).exists()


def test_the_mark_of_another_computer_holds_until_it_was_not_touched_for_long(project: Path) -> None:
    mark = forge(project, host="far-away")
    with pytest.raises(ProjectInUseError, match="anna on far-away"):
        lock_project(project)
    past = time.time() - STALE_S - 5
    os.utime(mark, (past, past))
    lock = lock_project(project)
    assert lock is not None
    lock.refresh()
    assert time.time() - mark.stat().st_mtime < STALE_S
    lock.release()


def test_one_whose_lock_was_taken_over_knows_it_and_takes_nothing_away(project: Path) -> None:
    lock = lock_project(project)
    assert lock is not None
    mark = forge(project, host="far-away", secret="theirs")
    assert not lock.is_ours
    lock.release()
    assert json.loads(mark.read_text())["secret"] == "theirs"


@pytest.mark.parametrize(("pid", "is_held"), [(os.getpid(), True), (2**22 + 5, False)])
def test_where_the_drive_knows_no_locks_the_process_decides(
    project: Path, monkeypatch: pytest.MonkeyPatch, pid: int, is_held: bool
) -> None:
    monkeypatch.setattr(project_lock, "_flock", lambda descriptor: None)
    import psutil

    forge(project, pid=pid, started=psutil.Process().create_time())
    if is_held:
        with pytest.raises(ProjectInUseError):
            lock_project(project)
    else:
        lock = lock_project(project)
        assert lock is not None
        lock.release()


def test_two_links_to_one_project_have_one_mark(project: Path) -> None:
    link = project.with_name("link.genrepair")
    link.symlink_to(project)
    lock = lock_project(link)
    assert lock is not None
    with pytest.raises(ProjectInUseError):
        lock_project(project)
    lock.release()


def test_a_folder_that_cannot_be_written_needs_no_mark(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> int:
        raise PermissionError(13, "no")

    monkeypatch.setattr(os, "open", refuse)
    assert lock_project(project) is None


@pytest.mark.parametrize("text", ["", "[" * 5000, '{"host": 1}', "null", "\x00" * 100, '{"host":"' + "a" * 9000])
def test_a_mark_that_makes_no_sense_is_nobodys(project: Path, text: str) -> None:
    mark_path(project).write_text(text)
    lock = lock_project(project)
    assert lock is not None
    lock.release()


def test_forgetting_a_lock_releases_it(project: Path) -> None:
    lock_project(project)
    assert not mark_path(project).exists()
