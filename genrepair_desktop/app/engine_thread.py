"""The one background thread, and the desk in the GUI thread that hands its events to who asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from genrepair_desktop.jobs.queue import (
    JobCancelled,
    JobEvent,
    JobFailed,
    JobFinished,
    JobId,
    JobProgress,
    JobQueue,
    Task,
)


class EngineThread(QThread):
    """Drains the job queue; its events arrive in the GUI thread when connected to methods of QObjects.

    A lambda, a partial or a plain object's method would run on this thread instead: never connect those.
    """

    job_event = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("engine")
        self.queue = JobQueue(self._emit)

    def run(self) -> None:
        self.queue.run_until_closed()

    def shut_down(self, milliseconds: int | None = None) -> bool:
        """Cancel all work, finish what writes a file, and wait until the thread has ended.

        Args:
            milliseconds: how long to wait for work that does not answer a cancel, such as a library being
                imported; None waits for ever. Whoever gets False must end the process without taking the
                thread down: a QThread that is dropped while it runs aborts.

        Returns:
            True if the thread has ended.
        """
        self.queue.close()
        while self.isRunning() and self.queue.is_writing:
            self.wait(50)
        return self.wait() if milliseconds is None else self.wait(milliseconds)

    def _emit(self, event: JobEvent) -> None:
        try:
            self.job_event.emit(event)
        except RuntimeError:  # the Qt half is gone already; nobody is left to tell
            return


@dataclass(frozen=True)
class Watch:
    """Who wants to hear of a job, each called in the GUI thread; what is None is not wanted."""

    done: Callable[[Any], None] | None = None
    failed: Callable[[Exception], None] | None = None
    cancelled: Callable[[], None] | None = None
    progress: Callable[[JobProgress], None] | None = None


class JobDesk(QObject):
    """Submits work and calls back in the GUI thread; the queue dock listens to ``job_event`` for all of it."""

    job_event = Signal(object)
    idle = Signal()

    def __init__(self, engine: EngineThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._queue = engine.queue
        self._watches: dict[JobId, Watch] = {}
        engine.job_event.connect(self._on_event)

    def submit(self, task: Task, watch: Watch, *, title: str, seed: int = 0, is_writing: bool = False) -> JobId:
        """A change job: runs in its turn. ``is_writing``: it writes a file, and closing the window waits for it."""
        return self._watch(self._queue.submit(task, title=title, seed=seed, is_writing=is_writing), watch)

    def ask(self, key: str, task: Task, watch: Watch, *, title: str, seed: int = 0) -> JobId:
        """An ask job: replaces every earlier one of the same key; only the newest answer comes back."""
        return self._watch(self._queue.submit_latest(key, task, title=title, seed=seed), watch)

    def submit_aside(self, task: Task, watch: Watch, *, title: str) -> JobId:
        """A job that nobody asked for: what the user asks for meanwhile does not wait for it."""
        return self._watch(self._queue.submit_aside(task, title=title), watch)

    def cancel(self, job: JobId) -> None:
        self._queue.cancel(job)

    def cancel_all(self) -> None:
        self._queue.cancel_all()

    def abandon(self) -> None:
        """Cancel all but what writes a file the user asked for."""
        self._queue.abandon()

    @property
    def is_writing(self) -> bool:
        """True while a file that the user asked for is being written, or waits for that."""
        return self._queue.is_writing

    @property
    def is_idle(self) -> bool:
        """True when every watched job has reported its end."""
        return not self._watches

    def _watch(self, job: JobId, watch: Watch) -> JobId:
        self._watches[job] = watch
        return job

    def _on_event(self, event: JobEvent) -> None:
        self.job_event.emit(event)
        if isinstance(event, JobProgress):
            watch = self._watches.get(event.job)
            if watch is not None and watch.progress is not None:
                watch.progress(event)
            return
        if not isinstance(event, JobFinished | JobFailed | JobCancelled):
            return
        watch = self._watches.pop(event.job, None)
        if watch is not None:
            _tell_end(watch, event)
        if not self._watches:
            self.idle.emit()


def _tell_end(watch: Watch, event: JobEvent) -> None:
    if isinstance(event, JobFinished) and watch.done is not None:
        watch.done(event.result)
    elif isinstance(event, JobFailed) and watch.failed is not None:
        watch.failed(event.error)
    elif isinstance(event, JobCancelled) and watch.cancelled is not None:
        watch.cancelled()
