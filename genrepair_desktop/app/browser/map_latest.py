"""A function on a thread of its own, asked faster than it can answer: only the newest question counts."""

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QThreadPool, Signal


class LatestWorker(QObject):
    """Runs ``work`` for one question at a time; those that were overtaken while it ran are never worked on.

    answered  carries the question and its answer, in the GUI thread
    failed    carries the question and the error
    """

    answered = Signal(object, object)
    failed = Signal(object, object)
    _ended = Signal(object, object, object)

    def __init__(self, work: Callable[[Any], Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        # of its own: in the common pool a question would wait behind everybody's thumbnails
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._is_running = False
        self._waiting: list[Any] = []
        self._ended.connect(self._on_ended)

    @property
    def is_idle(self) -> bool:
        return not self._is_running

    def ask(self, question: Any) -> None:
        """Work on this next, in place of what waits."""
        self._waiting = [question]
        if not self._is_running:
            self._start()

    def drop(self) -> None:
        """Forget what waits; what runs still answers."""
        self._waiting = []

    def wait(self) -> None:
        """Block until nothing runs; for shutting down."""
        self.drop()
        self._pool.waitForDone()

    def _start(self) -> None:
        self._is_running = True
        self._pool.start(partial(self._run, self._waiting.pop()))

    def _run(self, question: Any) -> None:
        """On the worker's thread."""
        answer, error = None, None
        try:
            answer = self._work(question)
        except Exception as raised:  # noqa: BLE001  an edge: errors cross threads as values
            error = raised
        try:
            self._ended.emit(question, answer, error)
        except RuntimeError:  # the Qt half is gone already; nobody is left to tell
            return

    def _on_ended(self, question: Any, answer: Any, error: Exception | None) -> None:
        self._is_running = False
        if self._waiting:
            self._start()
        if error is None:
            self.answered.emit(question, answer)
        else:
            self.failed.emit(question, error)
