"""Makes the disk fail: the n-th call of the functions through which saving touches it raises an error."""

import errno
import os
import signal
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# for what takes minutes: run by `GENREPAIR_LONG=1 pytest -m slow`, beside a shorter form that always runs
LONG = (
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("GENREPAIR_LONG"), reason="takes minutes: set GENREPAIR_LONG=1"),
)
# every function through which saving touches the disk
CALLS = (
    "stat",
    "open",
    "write",
    "fchmod",
    "fsync",
    "lseek",
    "link",
    "replace",
    "unlink",
    "close",
    "scandir",
    "access",
)
FAULTS = {
    errno.ENOSPC: "disk is full",
    errno.EIO: "input/output",
    errno.EACCES: "permission",
    errno.EMFILE: "too many files",
}


class Faults:
    """Counts the calls of the disk functions and fails the n-th one.

    A failing ``close`` closes all the same, as Linux does.
    """

    def __init__(self, patch: pytest.MonkeyPatch, fail_at: int | None, number: int) -> None:
        self.count = 0
        self.failed: list[str] = []
        self._fail_at, self._number = fail_at, number
        for name in CALLS:
            patch.setattr(os, name, self._wrapped(name, getattr(os, name)))

    def wrap_file(self, file: Any) -> Any:
        """``file`` with its writes and flushes counted too: they do not go through ``os``."""
        for name in ("write", "flush"):
            setattr(file, name, self._wrapped(name, getattr(file, name)))
        return file

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            self.count += 1
            if self.count != self._fail_at:
                return real(*args, **named)
            if name == "close":
                real(*args, **named)
            self.failed.append(name)
            raise OSError(self._number, os.strerror(self._number))

        return call


def strays(folder: Path) -> list[str]:
    """Temporary files that a save left in a folder."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".genrepair-")]


def calls_of(save: Callable[[], object]) -> int:
    """How many calls of the disk functions ``save`` makes."""
    with pytest.MonkeyPatch.context() as patch:
        faults = Faults(patch, None, 0)
        save()
    return faults.count


def forked(work: Callable[[], object]) -> int:
    """Run ``work`` in a copy of this process and return the copy's id; it ends with 0, or 1 if work raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of threads; the copy uses none
        child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def killed_at_call(fatal: int, work: Callable[[], object]) -> bool:
    """Run ``work`` in a process that dies by SIGKILL at the ``fatal``-th disk call; False if it has fewer."""

    def die_there() -> None:
        count = 0

        def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **named: Any) -> Any:
                nonlocal count
                count += 1
                if count == fatal:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*args, **named)

            return call

        for name in CALLS:
            setattr(os, name, wrapped(getattr(os, name)))
        work()

    _, status = os.waitpid(forked(die_there), 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def killed_after(seconds: float, work: Callable[[], object]) -> None:
    """Run ``work``, which never ends by itself, and kill it after so long."""
    child = forked(work)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it ended before it could be killed"
