"""The batch's memory on disk: one JSON line for what was begun and one for each finished file.

Lines are only ever appended. A finished file's line is on the disk before the next one is looked at, so a batch
that was killed goes on where it was; a line cut off by the kill is dropped. Whoever writes a journal holds a lock
on it, which the system drops when the process ends, however it ends.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.files import explain

if sys.platform != "win32":
    import fcntl

Row = dict[str, Any]
FAILED = "failed"
# in the row of a file whose worker died or was stopped: it may have left a result
STOPPED = "stopped"


class BatchError(GenRepairError):
    """A batch cannot be started or gone on with."""


@contextmanager
def _explained(verb: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason, remedy = explain(error)
        raise BatchError(
            f"The batch's journal cannot be {verb}: {reason}; {remedy}, and go on with --resume."
        ) from error


@dataclass(frozen=True)
class Line:
    """One line of a journal and where its bytes lie."""

    start: int
    end: int
    values: dict[str, Any]


class Journal:
    """An open journal; a context manager. Made by ``begin`` and ``go_on``."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def start(self, name: str, claims: Sequence[str]) -> None:
        """A file is given to a worker. ``claims``: free names of results; what lies there after a kill is ours.

        Not synced: after a kill of the process the line is still in the system's cache.
        """
        with _explained("written"):
            self._append({"start": name, "claims": list(claims)})

    def finish(self, row: Row) -> None:
        """A file is done, well or badly; returns when the line is on the disk.

        Raises:
            BatchError: it cannot be put there; nothing may be added behind a line that is cut off.
        """
        with _explained("written"):
            self._append({"row": row})
            os.fsync(self._file.fileno())

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError):  # what was left in the buffer of a full disk
            self._file.close()

    def _append(self, values: dict[str, Any]) -> None:
        self._file.write(json.dumps(values).encode("ascii") + b"\n")
        self._file.flush()


def begin(path: Path, settings: dict[str, Any]) -> Journal:
    """Start a new journal, which first says what the batch is; an existing one is replaced.

    Raises:
        BatchError: another process writes it.
    """
    with _explained("written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _locked(path)
        try:
            file.truncate(0)
            file.write(json.dumps({"settings": settings}).encode("ascii") + b"\n")
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            file.close()
            raise
    return Journal(file)


def go_on(path: Path, settings: dict[str, Any]) -> Journal:
    """Go on with the journal of an earlier batch; what a kill left of a line is cut off.

    Raises:
        BatchError: the earlier batch had other settings, its journal is damaged from the start, or another
            process writes it.
    """
    with _explained("read"):
        file = _locked(path)
    try:
        end = 0
        for line in lines_of(path):
            if line.start == 0:
                _check_settings(path, line.values.get("settings"), settings)
            end = line.end
        if end == 0:
            raise BatchError(f"{path} is empty or damaged: start the batch anew with --overwrite.")
        file.truncate(end)
        file.seek(end)
    except BaseException:
        file.close()
        raise
    return Journal(file)


def lines_of(path: Path) -> Iterator[Line]:
    """The complete lines of a journal; stops at the first that is cut off or damaged."""
    start = 0
    with path.open("rb") as file:
        for raw in file:
            try:
                values = json.loads(raw) if raw.endswith(b"\n") else None
            except (ValueError, RecursionError):
                values = None
            if not _is_line(values):
                return
            yield Line(start, start + len(raw), values)
            start += len(raw)


def _is_line(values: Any) -> TypeGuard[dict[str, Any]]:
    if not isinstance(values, dict):
        return False
    if "row" in values:
        row = values["row"]
        return isinstance(row, dict) and isinstance(row.get("name"), str) and isinstance(row.get("status"), str)
    claims = values.get("claims")
    return "settings" in values or (isinstance(values.get("start"), str) and isinstance(claims, list))


def row_at(file: BinaryIO, start: int) -> Row:
    """The row whose line starts at ``start``."""
    file.seek(start)
    return json.loads(file.readline())["row"]


def _check_settings(path: Path, found: object, wanted: dict[str, Any]) -> None:
    if found == wanted:
        return
    before = found if isinstance(found, dict) else {}
    changed = sorted(key for key in wanted if before.get(key) != wanted[key]) or ["its settings"]
    raise BatchError(
        f"The batch in {path.parent} was begun with another {' and '.join(changed)}: "
        "give the same as then, or another output folder."
    )


def _locked(path: Path) -> BinaryIO:
    """The journal open for writing, at its start."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666), "r+b")
    if sys.platform != "win32":
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise BatchError(f"Another process works on the batch in {path.parent.parent}: wait for it.") from None
        except OSError:
            pass  # a network drive without locks
    return file
