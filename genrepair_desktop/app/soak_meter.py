"""What a long session must not do: raise, warn, or take ever more memory, threads and handles."""

import ctypes
import gc
import logging
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QPixmapCache

MIB = 2**20
SLOPE_LIMIT = 20.0
# more growth than this within one run is never put down to scatter, MiB
_MOST_SCATTER = 6.0
# what the offscreen platform says of what only a screen can do
_HARMLESS = "This plugin does not support "


@dataclass(frozen=True)
class Rest:
    """The process with no photo open and nothing running.

    seconds  since the start
    memory   resident bytes
    used     bytes that were asked of the C library and not given back. What it keeps free between them makes the
             resident ones go up and down by tens of MiB, as requests happen to come; these tell a leak from that
    """

    seconds: float
    moves: int
    memory: int
    threads: int
    handles: int
    used: int = 0


@dataclass(frozen=True)
class Line:
    """One row of the verdict."""

    what: str
    found: str
    limit: str
    holds: bool


class FaultLog(logging.Handler):
    """Keeps what must not be in the log: errors of the program, and warnings of Qt."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.faults: list[str] = []
        self._before = qInstallMessageHandler(self._on_message)
        logging.getLogger().addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        formatter = self.formatter or logging.Formatter()
        self.faults.append(formatter.format(record))

    def remove(self) -> None:
        logging.getLogger().removeHandler(self)
        qInstallMessageHandler(self._before)

    def _on_message(self, kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        is_fault = kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg)
        if is_fault and not text.startswith(_HARMLESS):
            self.faults.append(f"Qt: {text}")


class Meter:
    """Measures rests; the first half, while caches and thread pools come up, is not judged."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._started = time.monotonic()
        self.rests: list[Rest] = []

    def measure(self, moves: int) -> Rest:
        """The process now, after what can be given back was given back."""
        QPixmapCache.clear()  # Qt's own, of up to 10 MiB: it fills for as long as themes change and labels come
        gc.collect()
        give_back_memory()
        handles = self._process.num_handles() if sys.platform == "win32" else self._process.num_fds()
        rest = Rest(
            time.monotonic() - self._started,
            moves,
            self._process.memory_info().rss,
            self._process.num_threads(),
            handles,
            bytes_in_use(),
        )
        self.rests.append(rest)
        return rest

    def verdict(self, faults: Sequence[str]) -> list[Line]:
        """Every promise with what was found."""
        lines = [Line("faults in the log", str(len(faults)), "0", not faults)]
        judged = self.rests[len(self.rests) // 2 :]
        if len(judged) < 4:
            return [*lines, Line("rests measured", str(len(self.rests)), "at least 6", False)]
        early = self.rests[: len(self.rests) // 2 + 1]
        for what in ("threads", "handles"):
            before, after = max(getattr(rest, what) for rest in early), getattr(judged[-1], what)
            lines.append(Line(f"{what} at rest", f"{before} → {after}", f"at most {before}", after <= before))
        lines.append(_flat("memory in use at rest", [(rest.seconds, rest.used) for rest in judged]))
        lines.append(_flat("resident at rest", [(rest.seconds, rest.memory) for rest in judged]))
        return lines


def _flat(what: str, points: Sequence[tuple[float, int]]) -> Line:
    """Whether bytes, each with its second, grow by no more than ``SLOPE_LIMIT``."""
    slope, noise = slope_of(points)
    hours = (points[-1][0] - points[0][0]) / 3600
    # a slope over minutes is nothing but the rests' scatter unless it lifts memory clear of that
    is_flat = slope * hours <= max(SLOPE_LIMIT * hours, min(3 * noise, _MOST_SCATTER))
    found = f"{slope:+.1f} MiB an hour, scatter {noise:.1f} MiB"
    return Line(what, found, f"{SLOPE_LIMIT:.0f} MiB an hour", is_flat)


def slope_of(points: Sequence[tuple[float, int]]) -> tuple[float, float]:
    """Growth of (second, bytes) in MiB an hour, the median of all slopes between two, and the scatter in MiB."""
    scaled = [(seconds / 3600, size / MIB) for seconds, size in points]
    slopes = [
        (later[1] - sooner[1]) / (later[0] - sooner[0])
        for i, sooner in enumerate(scaled)
        for later in scaled[i + 1 :]
        if later[0] > sooner[0]
    ]
    slope = statistics.median(slopes)
    middle = statistics.median(memory - slope * hour for hour, memory in scaled)
    scatter = statistics.median(abs(memory - slope * hour - middle) for hour, memory in scaled)
    return slope, 1.48 * scatter


def give_back_memory() -> None:
    """Let the C library return what is free to the system, where it has a word for that."""
    if (libc := _glibc()) is not None:
        libc.malloc_trim(0)


def bytes_in_use() -> int:
    """Bytes that were asked of the C library and not given back; 0 where it does not tell.

    Python's own objects are among them only where ``PYTHONMALLOC`` is ``malloc``.
    """
    libc = _glibc()
    if libc is None or not hasattr(libc, "mallinfo2"):
        return 0
    libc.mallinfo2.restype = _MallInfo
    info = libc.mallinfo2()
    return int(info.uordblks + info.hblkhd)


class _MallInfo(ctypes.Structure):
    """What glibc tells of its heaps in bytes (mallinfo(3)): ``uordblks`` in use, ``hblkhd`` in large blocks."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks",
                     "keepcost")
    ]  # fmt: skip


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    try:
        return ctypes.CDLL("libc.so.6")
    except OSError:
        return None  # another C library
