"""Makes the disk fail: the n-th call of the functions through which saving touches it raises an error."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
