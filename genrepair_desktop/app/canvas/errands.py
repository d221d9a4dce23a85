"""Short work that a tool needs done: too long for the window, too short to stand in the queue."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

_SLICE_SECONDS = 0.008


class Errands(QObject):
    """Does work on threads and uses what they bring in slices of the GUI thread's time."""

    _done = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps: deque[Iterator[None]] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._run_slice)
        self._done.connect(self._on_done)

    def run(self, work: Callable[[], Any], use: Callable[[Any], Iterator[None]]) -> None:
        """See ``ToolHost.work_aside``. What ``work`` raises is raised in the GUI thread."""
        # daemon: it only reads, and a program that ends need not wait for it
        threading.Thread(target=self._run, args=(work, use), name="errand", daemon=True).start()

    def _run(self, work: Callable[[], Any], use: Callable[[Any], Iterator[None]]) -> None:
        try:
            result: object = work()
        except Exception as error:  # noqa: BLE001  errors cross threads as values
            result = error
        try:
            self._done.emit((use, result))
        except RuntimeError:  # the canvas is gone, and nobody waits any more
            return

    def _on_done(self, brought: tuple[Callable[[Any], Iterator[None]], object]) -> None:
        use, result = brought
        self._steps.append(use(None if isinstance(result, Exception) else result))
        self._timer.start()
        if isinstance(result, Exception):
            raise result

    def _run_slice(self) -> None:
        started = time.perf_counter()
        while self._steps:
            for _ in self._steps[0]:
                if time.perf_counter() - started > _SLICE_SECONDS:
                    return
            self._steps.popleft()
        self._timer.stop()
