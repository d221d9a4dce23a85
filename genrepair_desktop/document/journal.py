"""The autosave journal: every step of a history, appended to a file of the user's data folder as it is made.

A record is appended whole or not at all: its length and checksum come first, and reading stops at the first
one that does not fit. So whatever ends the program, all but the last step is there at the next start. The
photo's own folder is never written to.

Records are ordered by their place in the file, never by a clock.
"""

import contextlib
import io
import json
import logging
import os
import struct
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from genrepair_desktop.document.edits import Edit
from genrepair_desktop.document.project_parts import ProjectDamagedError, Stream, edit_from_values, edit_values
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.codecs.limits import Limits

_log = logging.getLogger(__name__)
_MAGIC = b"GRJ1"
# magic, bytes of the JSON, bytes of the pixels, checksum of both
_HEAD = struct.Struct("<4sIQI")
_LARGEST_JSON = 64 << 20
_LARGEST_BLOCK = 8 << 30
# a journal is our own: what could be opened when it was written may be recovered
_ANY_SIZE = Limits(pixels=1 << 40)


@dataclass(frozen=True)
class Pushed:
    """An edit came on top; it holds what the document showed then."""

    edit: Edit


@dataclass(frozen=True)
class Moved:
    """Undo or redo: the first ``index`` edits ever pushed were applied."""

    index: int


Step = Pushed | Moved
# called on the journal's thread with the journal's length, once everything before it is on the disk
Act = Callable[[int], None]


class Journal:
    """Appends the steps of one history to ``path`` on a thread of its own. A ``HistoryRecorder``.

    A disk that refuses is told once through ``on_failure``, on the journal's thread; the work goes on without.
    """

    def __init__(
        self,
        path: Path,
        prepare: Callable[[], None] = lambda: None,
        on_failure: Callable[[Exception], None] = lambda error: None,
        start: int = 0,
    ) -> None:
        """``prepare`` is called first, on the journal's thread: reading and writing a photo takes its time.

        ``start`` is the position of the history now.
        """
        self.path = path
        self.has_failed = False
        self._on_failure = on_failure
        self._index = start
        self._waiting: deque[tuple[Step | Act, int]] = deque()
        self._is_closed = False
        self._changed = threading.Condition()
        # held only until it was called: it may know the document as it was, and as long as it does every tile that
        # is painted is kept beside the new one
        self._first: Callable[[], None] | None = prepare
        self._thread = threading.Thread(target=self._write_all, name="autosave", daemon=True)
        self._thread.start()

    def pushed(self, edit: Edit) -> None:
        with self._changed:
            if not self.has_failed:
                self._drop_superseded()
                self._index += 1
                self._put(Pushed(edit))

    def moved(self, index: int) -> None:
        with self._changed:
            if not self.has_failed:
                self._index = index
                self._put(Moved(index))

    def then(self, act: Act) -> None:
        """Call ``act`` on the journal's thread when all steps so far are on the disk."""
        with self._changed:
            if not self.has_failed:
                self._put(act)

    @property
    def is_written(self) -> bool:
        """True when no step waits to be written."""
        with self._changed:
            return not self._waiting

    def close(self) -> None:
        """Write what is waiting and end the thread. May be called twice."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join()

    def _put(self, step: Step | Act) -> None:
        self._waiting.append((step, self._index))
        self._changed.notify_all()

    def _drop_superseded(self) -> None:
        """A step that is undone and replaced before it was written need not be: moving a slider makes many."""
        if len(self._waiting) < 2:
            return
        (step, reached), (undo, index) = self._waiting[-2], self._waiting[-1]
        # the first in line may be on its way to the disk: it stays in the queue until it is there
        is_in_writing = len(self._waiting) == 2
        if isinstance(step, Pushed) and isinstance(undo, Moved) and index == reached - 1 and not is_in_writing:
            self._waiting.pop()
            self._waiting.pop()

    def _write_all(self) -> None:
        try:
            self._prepare()
            with self.path.open("ab") as file:
                while self._write_next(file):
                    pass
        except (OSError, GenRepairError) as error:
            _log.warning("autosave stopped: %s", error)
            with self._changed:
                self.has_failed = True
                self._waiting.clear()
            self._on_failure(error)

    def _prepare(self) -> None:
        prepare, self._first = self._first, None
        if prepare is not None:
            prepare()

    def _write_next(self, file: BinaryIO) -> bool:
        """Wait for a step and write it; False once closed. It is let go of here: a rescue knows a whole document."""
        step = self._next()
        if step is None:
            return False
        if isinstance(step, Pushed | Moved):
            _append(file, step)
        else:
            step(file.tell())
        with self._changed:
            self._waiting.popleft()
        return True

    def _next(self) -> Step | Act | None:
        """The first in line, which stays there; None once closed and all is written."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            return self._waiting[0][0] if self._waiting else None


def read_steps(path: Path, start: int = 0) -> Iterator[Step]:
    """The steps of a journal from the byte ``start`` to its end or to the first record that is not whole.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        file.seek(start)
        while (record := _read_record(file)) is not None:
            values, block = record
            try:
                yield _step(values, block)
            except (ProjectDamagedError, KeyError, TypeError, ValueError, AttributeError):
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

    @contextlib.contextmanager
    def take(name: str, size: int) -> Iterator[Stream]:
        if len(places.get(name, b"")) != size or name not in places:
            raise ProjectDamagedError(f"{name} has another size")
        yield io.BytesIO(places[name])

    return Pushed(edit_from_values(values["edit"], take, _ANY_SIZE))
