"""Garbage is collected in the GUI thread alone.

Python collects on whichever thread happens to allocate. A closed dialog is often a cycle of Qt objects: collected on
the engine thread, it is destroyed there, which Qt does not allow and which crashes the program at some later moment.
"""

import gc
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

_LOOK_EVERY_MS = 500


class Collector(QObject):
    """Takes Python's own collector out of use and does its work on a timer, until ``stop``."""

    def __init__(self, is_idle: Callable[[], bool], parent: QObject | None = None) -> None:
        """``is_idle``: whether nobody waits for a job; the oldest generation, which takes longest, waits for that."""
        super().__init__(parent)
        self._is_idle = is_idle
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collect the oldest generation that has become due."""
        counts, limits = gc.get_count(), gc.get_threshold()
        due = [generation for generation in range(3) if counts[generation] > limits[generation] > 0]
        if due and due[-1] == 2 and not self._is_idle():
            due.pop()
        if due:
            gc.collect(due[-1])

    def stop(self) -> None:
        """Give the work back to Python; more than once is once."""
        self._timer.stop()
        if self._was_enabled:
            gc.enable()
