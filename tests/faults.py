"""Makes the disk fail: the n-th call of the functions through which saving touches it raises an error."""

import errno
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
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
    "fstat",
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

    def __init__(
        self, patch: pytest.MonkeyPatch, fail_at: int | None, number: int, calls: Sequence[str] = CALLS
    ) -> None:
        self.count = 0
        self.failed: list[str] = []
        self._fail_at, self._number = fail_at, number
        for name in calls:
            patch.setattr(os, name, self.wrapped(name, getattr(os, name)))

    def wrap_file(self, file: Any, names: Sequence[str] = ("write", "flush")) -> Any:
        """``file`` with its writes and flushes counted too: they do not go through ``os``."""
        for name in names:
            setattr(file, name, self.wrapped(name, getattr(file, name)))
        return file

    def wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            self.count += 1
            if self.count != self._fail_at:
                return real(*args, **named)
            if name == "close":
                real(*args, **named)
            self.failed.append(name)
            raise OSError(self._number, os.strerror(self._number))

        return call


class Watchable:
    """A file whose functions may be replaced, which those of a built-in one may not."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.read, self.write, self.flush = file.read, file.write, file.flush

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> "Watchable":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._file)


def faults_in_files(patch: pytest.MonkeyPatch, fail_at: int | None, number: int, more: Sequence[str]) -> Faults:
    """As ``Faults``, with ``more`` functions of ``os``, and with reads and writes of files that Python opened."""
    faults = Faults(patch, fail_at, number, (*CALLS, *more))
    from_descriptor, from_path = os.fdopen, faults.wrapped("open", Path.open)
    watched = ("read", "write", "flush")
    patch.setattr(
        os, "fdopen", lambda *args, **named: faults.wrap_file(Watchable(from_descriptor(*args, **named)), watched)
    )
    patch.setattr(Path, "open", lambda *args, **named: faults.wrap_file(Watchable(from_path(*args, **named)), watched))
    return faults


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
