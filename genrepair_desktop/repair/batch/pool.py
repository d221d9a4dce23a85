"""Worker processes with a time and a memory limit a file: one bad file costs its own row and nothing else."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

import psutil

from genrepair_desktop.repair.batch.journal import FAILED, STOPPED, BatchError, Row
from genrepair_desktop.repair.batch.plan import Task

# what a worker runs: (pipe, settings) -> never returns before the pipe closes
WorkerMain = Callable[[Connection, Any], None]
READY = "ready"
_LOOK_EVERY = 0.2
_START_LIMIT = 180.0
_MOST_FAILED_STARTS = 3
# what each worker's libraries would otherwise take: all cores, once for each worker
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """What one file may cost: seconds and bytes of memory of its worker process."""

    seconds: float = 600.0
    memory: int = 4 * 2**30


@dataclass
class _Worker:
    process: Any
    pipe: Connection
    deadline: float
    is_ready: bool = False
    task: Task | None = None


@dataclass
class WorkerPool:
    """A fixed number of workers, each replaced when it dies, hangs or grows too large. A context manager.

    settings is pickled once for each worker. Results come in the order in which they are ready.
    """

    run_worker: WorkerMain
    settings: Any
    jobs: int
    limits: Limits
    _workers: list[_Worker] = field(default_factory=list)
    _failed_starts: int = 0

    def run(self, tasks: Iterator[Task], on_start: Callable[[Task], None]) -> Iterator[tuple[Task, Row]]:
        """Give tasks out as workers get free, one each, and yield every task with its row.

        Raises:
            BatchError: workers die before they can take a task.
        """
        waiting = next(tasks, None)
        while waiting or any(worker.task for worker in self._workers):
            if waiting and len(self._workers) < self.jobs:
                self._workers.append(self._spawn())
            for worker in self._workers:
                if waiting and worker.is_ready and worker.task is None:
                    on_start(waiting)
                    self._give(worker, waiting)
                    waiting = next(tasks, None)
            yield from self._collect()

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(self, *error: object) -> None:
        for worker in self._workers:
            self._end(worker)
        self._workers.clear()

    def _spawn(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=self.run_worker, args=(theirs, self.settings), daemon=True)
        threads = str(max(1, (os.cpu_count() or 1) // self.jobs))
        kept = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
        os.environ.update(dict.fromkeys(_THREAD_VARIABLES, threads))
        try:
            process.start()
        finally:
            for name, value in kept.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
        theirs.close()
        return _Worker(process, ours, time.monotonic() + _START_LIMIT)

    def _give(self, worker: _Worker, task: Task) -> None:
        worker.task = task
        worker.deadline = time.monotonic() + self.limits.seconds
        with suppress(OSError):  # it died idle: the next look finds out
            worker.pipe.send(task)

    def _collect(self) -> Iterator[tuple[Task, Row]]:
        """Wait a moment, then yield the rows of workers that answered and of those that had to be stopped."""
        speaking = set(wait([worker.pipe for worker in self._workers], timeout=_LOOK_EVERY))
        for worker in tuple(self._workers):
            answer = self._receive(worker) if worker.pipe in speaking else None
            problem = None if answer is not None else self._problem(worker, is_silent=worker.pipe not in speaking)
            if answer == READY:
                worker.is_ready = True
                self._failed_starts = 0
            elif isinstance(answer, dict) and worker.task is not None:
                task, worker.task = worker.task, None
                if _memory_of(worker.process.pid) > self.limits.memory // 2:
                    # what it holds on to must not be charged to the next file
                    self._workers.remove(worker)
                    self._end(worker)
                yield task, answer
            elif problem:
                yield from self._give_up(worker, problem)

    def _receive(self, worker: _Worker) -> Any:
        try:
            return worker.pipe.recv()
        except (EOFError, OSError):
            return None

    def _problem(self, worker: _Worker, *, is_silent: bool) -> str | None:
        """Why this worker must be given up, or None."""
        if not is_silent:
            worker.process.join(5)
            return f"The worker process died ({_how_it_ended(worker.process.exitcode)})."
        if (worker.task or not worker.is_ready) and time.monotonic() > worker.deadline:
            limit = self.limits.seconds if worker.is_ready else _START_LIMIT
            return f"It took longer than {limit:g} seconds and was stopped."
        if _memory_of(worker.process.pid) > self.limits.memory:
            return f"It needed more than {self.limits.memory // 2**20} MB of memory and was stopped."
        return None

    def _give_up(self, worker: _Worker, problem: str) -> Iterator[tuple[Task, Row]]:
        self._workers.remove(worker)
        self._end(worker)
        if worker.task is not None:
            yield worker.task, {"status": FAILED, "reason": problem, STOPPED: True}
        elif not worker.is_ready:
            self._failed_starts += 1
            if self._failed_starts >= _MOST_FAILED_STARTS:
                raise BatchError(f"Worker processes cannot be started; the last said: {problem}")

    def _end(self, worker: _Worker) -> None:
        worker.pipe.close()
        if worker.task is not None or not worker.is_ready:
            worker.process.kill()
        worker.process.join(3)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


def _memory_of(pid: int) -> int:
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0  # it just died: its pipe will say so


def _how_it_ended(code: int | None) -> str:
    if code is None:
        return "it closed its pipe"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
