"""The batch's memory on disk: one JSON line for what was begun and one for each finished file.

Lines are only ever appended. A finished file's line is on the disk before the next one is looked at, so a batch
that was killed goes on where it was; a line cut off by the kill is dropped.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from genrepair_desktop.errors import GenRepairError

Row = dict[str, Any]
FAILED = "failed"


class BatchError(GenRepairError):
    """A batch cannot be started or gone on with."""


@dataclass(frozen=True)
class Progress:
    """What an earlier run did.

    done     names of finished files
    started  names of files that were begun: what lies at their output is ours to replace
    """

    done: frozenset[str] = frozenset()
    started: frozenset[str] = frozenset()


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

    def start(self, name: str) -> None:
        """A file is given to a worker. Not synced: after a kill the line is still in the system's cache."""
        self._append({"start": name})

    def finish(self, row: Row) -> None:
        """A file is done, well or badly; returns when the line is on the disk."""
        self._append({"row": row})
        os.fsync(self._file.fileno())

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def _append(self, values: dict[str, Any]) -> None:
        self._file.write(json.dumps(values).encode("ascii") + b"\n")
        self._file.flush()


def begin(path: Path, settings: dict[str, Any]) -> Journal:
    """Start a new journal, which first says what the batch is; an existing one is replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("wb")
    file.write(json.dumps({"settings": settings}).encode("ascii") + b"\n")
    file.flush()
    os.fsync(file.fileno())
    return Journal(file)


def go_on(path: Path, settings: dict[str, Any], *, retry_failed: bool = False) -> tuple[Journal, Progress]:
    """Go on with an earlier batch.

    Raises:
        BatchError: the earlier batch had other settings, or its journal is damaged from the start.
    """
    done: set[str] = set()
    started: set[str] = set()
    end = 0
    for line in lines_of(path):
        if line.start == 0:
            _check_settings(path, line.values.get("settings"), settings)
        if "start" in line.values:
            started.add(line.values["start"])
        elif "row" in line.values:
            row = line.values["row"]
            is_done = row["status"] != FAILED or not retry_failed
            (done.add if is_done else done.discard)(row["name"])
        end = line.end
    if end == 0:
        raise BatchError(f"{path} is empty or damaged: start the batch anew with --overwrite.")
    file = path.open("r+b")
    file.truncate(end)  # the line that a kill cut off
    file.seek(end)
    return Journal(file), Progress(frozenset(done), frozenset(started))


def lines_of(path: Path) -> Iterator[Line]:
    """The complete lines of a journal; stops at the first that is cut off or damaged."""
    start = 0
    with path.open("rb") as file:
        for raw in file:
            try:
                values = json.loads(raw) if raw.endswith(b"\n") else None
            except (ValueError, RecursionError):
                values = None
            if not isinstance(values, dict):
                return
            yield Line(start, start + len(raw), values)
            start += len(raw)


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
