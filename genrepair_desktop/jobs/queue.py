"""One queue of long work, drained by one thread; what happens to a job is told as events.

Beside it runs, on a thread that lives as long as there is any, work *aside*: what nobody has asked for, such as
libraries loaded beforehand. Importing one takes seconds and cannot be interrupted: in the queue, whatever the user
asks for next would wait behind it.
"""

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NewType, TypeAlias

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.jobs.context import Cancelled, CancelToken, RunContext

JobId = NewType("JobId", int)
Task: TypeAlias = Callable[[RunContext], Any]

_log = logging.getLogger(__name__)
# 30 reports a second are more than an eye can follow; each one costs the GUI thread a repaint
_SECONDS_BETWEEN_REPORTS = 1 / 30


@dataclass(frozen=True)
class JobEvent:
    """Something happened to the job ``job``, which the user knows as ``title``."""

    job: JobId
    title: str


@dataclass(frozen=True)
class JobQueued(JobEvent):
    """The job waits for its turn."""


@dataclass(frozen=True)
class JobStarted(JobEvent):
    """The job runs now."""


@dataclass(frozen=True)
class JobProgress(JobEvent):
    """``fraction`` (0 to 1, never falling) is done; ``stage`` is an id for the words shown."""

    fraction: float
    stage: str
    seconds_left: float | None


@dataclass(frozen=True)
class JobFinished(JobEvent):
    """The job is done, and this is what it made."""

    result: Any


@dataclass(frozen=True)
class JobFailed(JobEvent):
    """The job raised; the error keeps its traceback."""

    error: Exception


@dataclass(frozen=True)
class JobCancelled(JobEvent):
    """The job stopped because it was asked to; it left nothing behind."""


@dataclass(eq=False)
class _Job:
    id: JobId
    title: str
    task: Task
    seed: int
    key: str | None
    is_writing: bool = False
    is_aside: bool = False
    token: CancelToken = field(default_factory=CancelToken)


class JobQueue:
    """Jobs in order, one at a time, and one aside. Every method may be called from any thread.

    A *change* job (``submit``) runs in its turn. An *ask* job (``submit_latest``) replaces the queued one and
    cancels the running one of the same key: only the newest answer is wanted.

    Events are delivered on the thread that runs the job, except ``JobQueued`` and the ``JobCancelled`` of a job that
    never started, which come on the caller's.
    """

    def __init__(self, on_event: Callable[[JobEvent], None]) -> None:
        self._on_event = on_event
        self._ids = itertools.count(1)
        self._condition = threading.Condition()
        self._waiting: deque[_Job] = deque()
        self._running: list[_Job] = []
        self._aside: threading.Thread | None = None
        self._is_closed = False

    def submit(self, task: Task, *, title: str, seed: int = 0, is_writing: bool = False) -> JobId:
        """Queue a job behind all others.

        ``is_writing``: it writes a file the user asked for, so ``close`` lets it finish.
        """
        return self._add(_Job(JobId(next(self._ids)), title, task, seed, None, is_writing))

    def submit_aside(self, task: Task, *, title: str) -> JobId:
        """Run a job beside the queue, behind others of its kind; what is in the queue does not wait for it."""
        return self._add(_Job(JobId(next(self._ids)), title, task, 0, None, is_aside=True))

    def submit_latest(self, key: str, task: Task, *, title: str, seed: int = 0) -> JobId:
        """Queue a job in place of every earlier one with the same key."""
        dropped = []
        with self._condition:
            dropped = [job for job in self._waiting if job.key == key]
            self._waiting = deque(job for job in self._waiting if job.key != key)
            for job in self._running:
                if job.key == key:
                    job.token.cancel()
        for job in dropped:
            self._on_event(JobCancelled(job.id, job.title))
        return self._add(_Job(JobId(next(self._ids)), title, task, seed, key))

    def cancel(self, job_id: JobId) -> None:
        """Ask one job to stop; unknown or finished ids are ignored."""
        dropped = None
        with self._condition:
            for job in self._running:
                if job.id == job_id:
                    job.token.cancel()
            dropped = next((job for job in self._waiting if job.id == job_id), None)
            if dropped is not None:
                self._waiting.remove(dropped)
        if dropped is not None:
            self._on_event(JobCancelled(dropped.id, dropped.title))

    def cancel_all(self) -> None:
        """Ask what is running to stop and drop every waiting job."""
        with self._condition:
            dropped = list(self._waiting)
            self._waiting.clear()
            for job in self._running:
                job.token.cancel()
        for job in dropped:
            self._on_event(JobCancelled(job.id, job.title))

    def abandon(self) -> None:
        """As ``cancel_all``, but what writes a file the user asked for is finished."""
        with self._condition:
            dropped = [job for job in self._waiting if not job.is_writing]
            self._waiting = deque(job for job in self._waiting if job.is_writing)
            for job in self._running:
                if not job.is_writing:
                    job.token.cancel()
        for job in dropped:
            self._on_event(JobCancelled(job.id, job.title))

    def close(self) -> None:
        """Abandon everything and let ``run_until_closed`` return. Later submissions are refused."""
        with self._condition:
            self._is_closed = True
        self.abandon()
        with self._condition:
            self._condition.notify_all()

    @property
    def is_writing(self) -> bool:
        """True while a file that the user asked for is being written, or waits for that."""
        with self._condition:
            return any(job.is_writing for job in (*self._running, *self._waiting))

    @property
    def is_idle(self) -> bool:
        """True when nothing runs and nothing waits."""
        with self._condition:
            return not self._running and not self._waiting

    def run_until_closed(self) -> None:
        """Drain the queue on the calling thread until ``close``, and then what is still to be written.

        Work aside has ended too when this returns.
        """
        while self._run_next():
            pass
        with self._condition:
            aside = self._aside
        if aside is not None:
            aside.join()

    def _add(self, job: _Job) -> JobId:
        self._on_event(JobQueued(job.id, job.title))
        with self._condition:
            accepted = not self._is_closed
            if accepted:
                self._waiting.append(job)
                self._condition.notify_all()
                if job.is_aside and self._aside is None:
                    self._aside = threading.Thread(target=self._run_aside, name="aside")
                    self._aside.start()
        if not accepted:
            self._on_event(JobCancelled(job.id, job.title))
        return job.id

    def _run_next(self) -> bool:
        """Wait for a job and run it; False once closed. It is let go of here: a wait for the next must not keep it,
        with what may be a whole photo, in memory."""
        job = self._take()
        if job is None:
            return False
        self._run(job)
        return True

    def _take(self) -> _Job | None:
        """The next job of the queue, waited for; None when it is closed and nothing is left."""
        with self._condition:
            self._condition.wait_for(lambda: self._is_closed or self._next(is_aside=False) is not None)
            return self._begin(self._next(is_aside=False))

    def _run_aside(self) -> None:
        while True:
            with self._condition:
                job = self._begin(self._next(is_aside=True))
                if job is None:
                    self._aside = None
                    return
            self._run(job)

    def _next(self, *, is_aside: bool) -> _Job | None:
        return next((job for job in self._waiting if job.is_aside == is_aside), None)

    def _begin(self, job: _Job | None) -> _Job | None:
        if job is not None:
            self._waiting.remove(job)
            self._running.append(job)
        return job

    def _run(self, job: _Job) -> None:
        self._on_event(JobStarted(job.id, job.title))
        context = RunContext(job.seed, token=job.token, on_progress=_Reporter(job, self._on_event))
        try:
            event: JobEvent = JobFinished(job.id, job.title, job.task(context))
            if job.token.is_cancelled:  # the last stretch had no checkpoint; the answer is still unwanted
                event = JobCancelled(job.id, job.title)
        except Cancelled:
            event = JobCancelled(job.id, job.title)
        except Exception as error:  # noqa: BLE001  one of the two edges: errors cross threads as values
            if isinstance(error, GenRepairError):
                _log.info("%s: %s", job.title, error)  # the user's to mend: one sentence says all
            else:
                _log.exception("job %r failed", job.title)
            event = JobFailed(job.id, job.title, error)
        with self._condition:
            self._running.remove(job)
        self._on_event(event)


class _Reporter:
    """Turns checkpoints into ``JobProgress`` events: never falling, never more than 30 a second."""

    def __init__(self, job: _Job, on_event: Callable[[JobEvent], None]) -> None:
        self._job = job
        self._on_event = on_event
        self._started = time.monotonic()
        self._reported = 0.0
        self._highest = 0.0

    def __call__(self, fraction: float, stage: str) -> None:
        self._highest = max(self._highest, fraction)
        now = time.monotonic()
        if now - self._reported < _SECONDS_BETWEEN_REPORTS:
            return
        self._reported = now
        elapsed = now - self._started
        # an estimate from under 3 % of the work is noise
        left = elapsed * (1 - self._highest) / self._highest if self._highest > 0.03 else None
        self._on_event(JobProgress(self._job.id, self._job.title, self._highest, stage, left))
