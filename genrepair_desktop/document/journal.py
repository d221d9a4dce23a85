"""The autosave journal: every step of a history, appended to a file of the user's data folder as it is made.

A record is appended whole or not at all: its length and checksum come first, and reading stops at the first
one that does not fit. So whatever ends the program, all but the last step is there at the next start. The
photo's own folder is never written to.

Records are ordered by their place in the file, never by a clock.
"""

import contextlib
import json
import logging
import os
import queue
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from genrepair_desktop.document.edits import Edit
from genrepair_desktop.document.project_parts import ProjectDamagedError, edit_from_values, edit_values
from genrepair_desktop.errors import GenRepairError

_log = logging.getLogger(__name__)
_MAGIC = b"GRJ1"
# magic, bytes of the JSON, bytes of the pixels, checksum of both
_HEAD = struct.Struct("<4sIQI")
_LARGEST_JSON = 64 << 20
_LARGEST_BLOCK = 8 << 30


@dataclass(frozen=True)
class Pushed:
    """An edit came on top; it holds what the document showed then."""

    edit: Edit


@dataclass(frozen=True)
class Moved:
    """Undo or redo: the first ``index`` edits ever pushed were applied."""

    index: int


Step = Pushed | Moved


class Journal:
    """Appends the steps of one history to ``path`` on a thread of its own. A ``HistoryRecorder``.

    A disk that refuses is told once through ``has_failed``; the work goes on without a journal.
    """

    def __init__(self, path: Path, prepare: Callable[[], None] = lambda: None) -> None:
        """``prepare`` is called first, on the journal's thread: reading and writing a photo takes its time."""
        self.path = path
        self.has_failed = False
        self._prepare = prepare
        self._steps: queue.SimpleQueue[Step | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="autosave", daemon=True)
        self._thread.start()

    def pushed(self, edit: Edit) -> None:
        self._steps.put(Pushed(edit))

    def moved(self, index: int) -> None:
        self._steps.put(Moved(index))

    def close(self) -> None:
        """Write what is waiting and end the thread. May be called twice."""
        self._steps.put(None)
        self._thread.join()

    def _write_all(self) -> None:
        try:
            self._prepare()
            with self.path.open("ab") as file:
                while (step := self._steps.get()) is not None:
                    _append(file, step)
        except (OSError, GenRepairError) as error:
            self.has_failed = True
            _log.warning("autosave stopped: %s", error)
            while self._steps.get() is not None:
                pass


def read_steps(path: Path) -> Iterator[Step]:
    """The steps of a journal up to its end or to the first record that is not whole.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        while (record := _read_record(file)) is not None:
            values, block = record
            try:
                yield _step(values, block)
            except (ProjectDamagedError, KeyError, TypeError, ValueError):
                return


def _append(file: BinaryIO, step: Step) -> None:
    members: dict[str, int] = {}
    chunks: list[bytes] = []

    def put(name: str, parts: Iterable[bytes]) -> None:
        packed = b"".join(parts)
        members[name] = len(packed)
        chunks.append(packed)

    if isinstance(step, Pushed):
        values: dict[str, Any] = {"kind": "push", "edit": edit_values(step.edit, "edit", put)}
    else:
        values = {"kind": "move", "index": step.index}
    text = json.dumps(values | {"members": members}).encode()
    block = zlib.compress(b"".join(chunks), 1)
    checksum = zlib.crc32(block, zlib.crc32(text))
    file.write(_HEAD.pack(_MAGIC, len(text), len(block), checksum))
    file.write(text)
    file.write(block)
    file.flush()
    os.fsync(file.fileno())


def _read_record(file: BinaryIO) -> tuple[Any, bytes] | None:
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    magic, text_size, block_size, checksum = _HEAD.unpack(head)
    if magic != _MAGIC or text_size > _LARGEST_JSON or block_size > _LARGEST_BLOCK:
        return None
    rest = os.fstat(file.fileno()).st_size - file.tell()
    if text_size + block_size > rest:
        return None
    text, block = file.read(text_size), file.read(block_size)
    if zlib.crc32(block, zlib.crc32(text)) != checksum:
        return None
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(text), block
    return None


def _step(values: Any, block: bytes) -> Step:
    if values["kind"] == "move":
        index = values["index"]
        if type(index) is not int or index < 0:
            raise ProjectDamagedError("a position is no number")
        return Moved(index)
    sizes = values["members"]
    total = sum(sizes.values())
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(block, total) if total else b""
    except zlib.error as error:
        raise ProjectDamagedError("a record cannot be unpacked") from error
    places, at = {}, 0
    for name, size in sizes.items():
        places[name] = data[at : at + size]
        at += size

    def take(name: str, size: int) -> bytes:
        if len(places.get(name, b"")) != size or name not in places:
            raise ProjectDamagedError(f"{name} has another size")
        return places[name]

    return Pushed(edit_from_values(values["edit"], take))
