"""Workers that crash, hang or grow cost their own file and nothing else."""

import os
import signal
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from genrepair_desktop.repair.batch.journal import BatchError
from genrepair_desktop.repair.batch.plan import Planned, Task
from genrepair_desktop.repair.batch.pool import READY, Limits, WorkerPool

LIMITS = Limits(seconds=3.0, memory=300 * 2**20)


def obedient_worker(pipe: Connection, settings: str) -> None:
    """Does what a task's name says."""
    pipe.send(READY)
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        if task.name == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if task.name == "hang":
            time.sleep(60)
        if task.name == "grow":
            hog = bytearray(600 * 2**20)
            time.sleep(60)
            del hog
        pipe.send({"status": "repaired", "said": f"{settings} {task.name}"})


def stillborn_worker(pipe: Connection, settings: str) -> None:
    raise SystemExit(3)


def task(name: str) -> Task:
    return Task(Planned(name, name, name), Path(name), Path(), None, may_replace=False)


def run(names: list[str], jobs: int) -> dict[str, dict[str, str]]:
    with WorkerPool(obedient_worker, "did", jobs, LIMITS) as pool:
        return {done.name: row for done, row in pool.run(map(task, names), lambda _: None)}


def children() -> set[int]:
    return {
        child.pid
        for child in psutil.Process().children(recursive=True)
        if "resource_tracker" not in " ".join(child.cmdline())
    }


@pytest.mark.parametrize(
    ("bad", "reason"), [("die", "died (signal 9)"), ("hang", "longer than 3 seconds"), ("grow", "more than 300 MB")]
)
def test_one_bad_file_costs_its_own_row(bad: str, reason: str) -> None:
    before = children()
    rows = run(["a", bad, "b", "c"], jobs=1)
    assert reason in rows[bad]["reason"]
    assert rows[bad]["status"] == "failed"
    assert rows[bad]["stopped"]
    assert [rows[name]["said"] for name in "abc"] == ["did a", "did b", "did c"]
    assert children() <= before


def test_tasks_are_taken_only_when_a_worker_is_free() -> None:
    started: list[str] = []
    finished: list[str] = []

    def endless() -> Iterator[Task]:
        for number in range(40):
            assert len(started) - len(finished) < 2
            yield task(str(number))

    with WorkerPool(obedient_worker, "did", 2, LIMITS) as pool:
        for done, _ in pool.run(endless(), lambda given: started.append(given.name)):
            finished.append(done.name)
    assert sorted(finished, key=int) == [str(number) for number in range(40)]


def test_leaving_early_leaves_no_process() -> None:
    before = children()
    with WorkerPool(obedient_worker, "did", 2, LIMITS) as pool:
        next(iter(pool.run(map(task, ["a", "hang", "hang"]), lambda _: None)))
        assert children() - before
    assert children() <= before


def test_workers_that_cannot_start_end_the_batch() -> None:
    with WorkerPool(stillborn_worker, "", 1, LIMITS) as pool, pytest.raises(BatchError, match="exit code 3"):
        list(pool.run(map(task, ["a"]), lambda _: None))
