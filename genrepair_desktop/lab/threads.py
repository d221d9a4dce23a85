"""How many threads a training should use while other programs want the processor too.

Threads of one operation wait for each other. When another program holds one of two cores, two threads were
measured at 6 crops a second and one thread at several times that, so the count follows what is free.
"""

import os

import psutil
import torch


class ThreadGovernor:
    """Sets torch's thread count from the processor time other programs used since the last call."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._process = psutil.Process()
        self._busy, self._own, self._clock = self._read()

    def adjust(self) -> int:
        """Set and return the thread count: all cores less those that others kept busy, at least one."""
        busy, own, clock = self._read()
        elapsed = clock - self._clock
        if elapsed > 0:
            others = max(0.0, (busy - self._busy) - (own - self._own)) / elapsed
            self._busy, self._own, self._clock = busy, own, clock
            free = (os.cpu_count() or 1) - others
            torch.set_num_threads(max(1, min(self._most, int(free + 0.5))))
        return torch.get_num_threads()

    def _read(self) -> tuple[float, float, float]:
        """Busy seconds of all cores, busy seconds of this process and its workers, and the seconds so far."""
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        own = 0.0
        for process in (self._process, *self._process.children(recursive=True)):
            try:
                spent = process.cpu_times()
            except psutil.Error:
                continue
            own += spent.user + spent.system
        total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        return total - idle, own, total / (os.cpu_count() or 1)
