"""What a crash or a kill leaves behind, and how it is opened again.

Each open document has a folder below ``paths.autosave_dir``: ``about.json`` (what it is), ``source.bin``,
``base.bin`` or ``base.genrepair`` (what it was when it was opened), ``journal.bin`` (every step since) and
``lock``, held by the living program. A folder whose lock is free belongs to a program that did not end by itself.
"""

import contextlib
import json
import logging
import os
import shutil
import sys
import uuid
import zlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from genrepair_desktop.atomic import write_atomic
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.history import History
from genrepair_desktop.document.journal import Journal, Moved, Pushed, read_steps
from genrepair_desktop.document.project_file import ProjectCapture, capture, load_project, save_project
from genrepair_desktop.document.project_parts import ProjectDamagedError, array_bytes, describe, read_array
from genrepair_desktop.files import FileError, read_regular
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.codecs import read_photo
from genrepair_desktop.imaging.codecs.photo import PhotoMetadata, PhotoSource

if sys.platform != "win32":
    import fcntl

_log = logging.getLogger(__name__)
_LARGEST_SOURCE = 4 << 30
ABOUT, LOCK, JOURNAL = "about.json", "lock", "journal.bin"
SOURCE, BASE, PROJECT = "source.bin", "base.bin", "base.genrepair"


class RecoveryError(FileError):
    """What was kept of a document cannot be opened."""

    action = "Cannot recover"


@dataclass(frozen=True)
class Recoverable:
    """A document that a program left without closing it.

    title    what the user knew it as
    counter  grows with every document ever opened: the newest work has the largest
    bytes    size of the journal; 0 means that nothing was done to the photo
    changed  when the journal was last written, seconds since 1970, for showing only
    """

    folder: Path
    title: str
    counter: int
    bytes: int
    changed: float


class Keeper:
    """Keeps one open document recoverable until it is closed. Used on the document's thread."""

    def __init__(self, root: Path, document: Document, history: History, title: str) -> None:
        """Begin to keep ``document`` as it is now. Returns soon: a thread does the writing.

        Raises:
            OSError: the folder cannot be made; the caller goes on without a keeper.
        """
        root.mkdir(parents=True, exist_ok=True)
        self.folder = root / uuid.uuid4().hex
        self.folder.mkdir()
        self._lock = _hold(self.folder / LOCK)
        about = {"title": title, "source": _source_values(document.source), "pixels": describe(document.pixels)}
        self.journal = Journal(
            self.folder / JOURNAL, partial(_keep_opened, root, self.folder, about, _base_of(document, history))
        )
        self._history = history
        history.record_to(self.journal)

    def close(self, *, discard: bool = True) -> None:
        """The document was closed on purpose: nothing of it needs to be recovered (unless told to stay)."""
        self._history.record_to(None)
        self.journal.close()
        _release(self._lock)
        if discard:
            shutil.rmtree(self.folder, ignore_errors=True)


def find_recoverable(root: Path) -> list[Recoverable]:
    """Documents left behind by programs that no longer live, newest first. Empty ones are cleaned away."""
    found = []
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        if not folder.is_dir() or _is_held(folder / LOCK):
            continue
        try:
            about = json.loads((folder / ABOUT).read_bytes())
            status = (folder / JOURNAL).stat()
            entry = Recoverable(folder, str(about["title"]), int(about["counter"]), status.st_size, status.st_mtime)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            # killed before the photo itself was kept: nothing was done to it yet
            shutil.rmtree(folder, ignore_errors=True)
            continue
        if entry.bytes == 0:
            discard(entry)
        else:
            found.append(entry)
    return sorted(found, key=lambda entry: -entry.counter)


def discard(entry: Recoverable) -> None:
    """Forget what was left behind."""
    shutil.rmtree(entry.folder, ignore_errors=True)


def recover(entry: Recoverable) -> tuple[Document, History]:
    """The document and its whole history as of the last record that was written whole.

    Raises:
        RecoveryError: the photo that was kept cannot be read.
    """
    try:
        about = json.loads((entry.folder / ABOUT).read_bytes())
        document, history = _opened(entry.folder, about)
        _replay(entry.folder / JOURNAL, document, history)
    except FileError as error:
        raise RecoveryError(entry.title, error.reason, "open the photo itself") from error
    except (OSError, ValueError, KeyError, TypeError, ProjectDamagedError, RecursionError, zlib.error) as error:
        raise RecoveryError(entry.title, "what was kept of it is damaged", "open the photo itself") from error
    history.mark_unsaved()
    return document, history


def _replay(path: Path, document: Document, history: History) -> None:
    """Do every step again; stops quietly where the journal no longer fits the picture."""
    with contextlib.suppress(ValueError, IndexError):
        for step in read_steps(path):
            if isinstance(step, Pushed):
                history.push(step.edit)
            elif isinstance(step, Moved):
                history.jump(max(0, step.index - history.forgotten))
    _log.info("recovered %d of %d edits", history.index, len(history.entries))


_Base = PhotoSource | Pixels | ProjectCapture


def _base_of(document: Document, history: History) -> _Base:
    """What the state of this moment can be made from again, free of the document."""
    if history.entries or document.mask.any() or document.donor.any():
        return capture(document, history)
    # a photo with a file is read again from it; a pasted one is gone unless it is copied now
    return document.source if document.source is not None else document.opened(document.bounds)


def _keep_opened(root: Path, folder: Path, about: dict[str, Any], base: _Base) -> None:
    """Write down the document as it was opened: its file where there is one, which has a third of the bytes."""
    if isinstance(base, PhotoSource):
        write_atomic(folder / SOURCE, read_regular(base.path, _LARGEST_SOURCE))
    elif isinstance(base, ProjectCapture):
        save_project(folder / PROJECT, base, embeds_source=False)
    else:
        packer = zlib.compressobj(1)
        packed = [packer.compress(piece) for piece in array_bytes(base)]
        write_atomic(folder / BASE, b"".join([*packed, packer.flush()]))
    write_atomic(folder / ABOUT, json.dumps(about | {"counter": _next_counter(root)}).encode())


def _opened(folder: Path, about: dict[str, Any]) -> tuple[Document, History]:
    """The document as it was when keeping began."""
    if (folder / PROJECT).exists():
        project = load_project(folder / PROJECT)
        return project.document, project.history
    document = _from_source(folder, about) if (folder / SOURCE).exists() else _from_base(folder, about)
    return document, History(document)


def _from_source(folder: Path, about: dict[str, Any]) -> Document:
    photo = read_photo(folder / SOURCE)
    if describe(photo.pixels) != about["pixels"]:
        raise ProjectDamagedError("the photo has another size")
    source = replace(photo.source, path=Path(about["source"]["path"]))
    return Document(photo.pixels, path=source.path, metadata=photo.metadata, source=source)


def _from_base(folder: Path, about: dict[str, Any]) -> Document:
    packed = (folder / BASE).read_bytes()

    def take(name: str, size: int) -> bytes:
        data = zlib.decompressobj().decompress(packed, size)
        if len(data) != size:
            raise ProjectDamagedError(f"{name} is cut off")
        return data

    return Document(read_array(take, BASE, about["pixels"]), metadata=PhotoMetadata())


def _source_values(source: PhotoSource | None) -> dict[str, Any] | None:
    return None if source is None else {"path": os.fspath(source.path)}


def _next_counter(root: Path) -> int:
    """One more than any document here ever had; clocks go back, counters do not."""
    path = root / "counter"
    counter = 0
    with contextlib.suppress(OSError, ValueError):
        counter = int(path.read_text())
    write_atomic(path, str(counter + 1).encode())
    return counter + 1


def _hold(path: Path) -> int:
    """Open and lock a file; the system lets go when the process ends, however it ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def _is_held(path: Path) -> bool:
    if sys.platform == "win32":
        try:
            os.unlink(path)  # fails while a living program has it open
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _release(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        os.close(descriptor)
