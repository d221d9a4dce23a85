"""What a crash or a kill leaves behind, and how it is opened again.

Each open document has a folder below ``paths.autosave_dir`` (see ``recovery_folder``). A folder whose lock is free
belongs to a program that did not end by itself.
"""

import contextlib
import logging
import os
import shutil
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from genrepair_desktop.document.document import Document
from genrepair_desktop.document.history import DEFAULT_BUDGET, History
from genrepair_desktop.document.journal import Pushed, read_steps
from genrepair_desktop.document.project_file import load_project
from genrepair_desktop.document.project_parts import ProjectDamagedError, describe
from genrepair_desktop.document.recovery_folder import (
    ABOUT,
    EXTRAS,
    JOURNAL,
    LOCK,
    PROJECT,
    RESCUE,
    SAVED,
    SMALL,
    SOURCE,
    hold,
    is_held,
    read_json,
    release,
    remove,
)
from genrepair_desktop.files import FileError
from genrepair_desktop.imaging.codecs import read_photo
from genrepair_desktop.imaging.codecs.limits import Limits

_log = logging.getLogger(__name__)
_DAY_S = 86_400
# what lies in the user's own folder was within the limits when it was opened
_ANY_SIZE = Limits(pixels=1 << 40)
_LARGEST_EXTRAS = 64 << 20


class RecoveryError(FileError):
    """What was kept of a document cannot be opened."""

    action = "Cannot recover"


@dataclass(frozen=True)
class Recoverable:
    """A document that a program left without closing it.

    title    what the user knew it as
    counter  grows with every document ever opened: the newest work has the largest
    bytes    size of the journal
    changed  when it was last written to, seconds since 1970, for showing only
    project  the project file it belongs to
    picture  a small PNG of it, if there is one
    """

    folder: Path
    title: str
    counter: int
    bytes: int
    changed: float
    project: Path | None = None
    picture: Path | None = None


@dataclass(frozen=True)
class Recovered:
    """A recovered document, held so that no other window recovers it too. ``discard`` or ``let_go`` ends that.

    extras  JSON values that belong to it and were in no project file yet; None where there were none
    """

    document: Document
    history: History
    entry: Recoverable
    lock: int
    extras: Mapping[str, Any] | None = None

    def discard(self) -> None:
        """It is safe elsewhere: forget what was left behind."""
        remove(self.entry.folder, self.lock)

    def let_go(self) -> None:
        """It was not taken over: it will be offered again."""
        release(self.lock)


def find_recoverable(root: Path) -> list[Recoverable]:
    """Documents left behind by programs that no longer live, newest first. Empty ones are cleaned away."""
    found = []
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        if not folder.is_dir() or _is_being_made(folder) or is_held(folder / LOCK):
            continue
        entry = _entry(folder)
        if entry is None:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            found.append(entry)
    return sorted(found, key=lambda entry: -entry.counter)


def discard(entry: Recoverable) -> None:
    """Forget what was left behind."""
    shutil.rmtree(entry.folder, ignore_errors=True)


def recover(entry: Recoverable, *, history_budget: int = DEFAULT_BUDGET) -> Recovered:
    """The document and its whole history as of the last record that was written whole.

    Raises:
        RecoveryError: another window has it, or what was kept cannot be read.
    """
    lock = None
    try:
        lock = hold(entry.folder / LOCK)
        if lock is None or not (entry.folder / ABOUT).exists():
            raise RecoveryError(entry.title, "another window took it over", "look there")
        document, history = _reached(entry, read_json(entry.folder / ABOUT), history_budget)
        history.mark_unsaved()
        recovered = Recovered(
            document, history, entry, lock, read_json(entry.folder / EXTRAS, _LARGEST_EXTRAS) or None
        )
        lock = None
        return recovered
    except RecoveryError:
        raise
    except FileError as error:
        raise RecoveryError(entry.title, error.reason, "open the photo itself") from error
    except (OSError, ValueError, KeyError, TypeError, ProjectDamagedError, RecursionError, zlib.error) as error:
        raise RecoveryError(entry.title, "what was kept of it is damaged", "open the photo itself") from error
    finally:
        if lock is not None:
            release(lock)


def _is_being_made(folder: Path) -> bool:
    """A program that has just made the folder has not locked it yet."""
    try:
        return not (folder / LOCK).exists() and time.time() - folder.stat().st_mtime < _DAY_S
    except OSError:
        return True


def _entry(folder: Path) -> Recoverable | None:
    """What a folder holds; None where no work would be lost without it."""
    about, saved = read_json(folder / ABOUT), read_json(folder / SAVED)
    try:
        title, counter = str(about["title"]), int(about["counter"])
    except (KeyError, ValueError, TypeError):
        return None  # killed before the photo itself was kept: nothing was done to it yet
    try:
        status = (folder / JOURNAL).stat()
        size, changed = status.st_size, status.st_mtime
    except OSError:
        size, changed = 0, (folder / ABOUT).stat().st_mtime
    is_in_a_file = about.get("is_in_a_file") is not False and size == 0
    has_extras = (folder / EXTRAS).exists()
    if not has_extras and (is_in_a_file or saved.get("journal_bytes") == size):
        return None
    project = saved.get("project") or about.get("project")
    picture = folder / SMALL
    return Recoverable(
        folder,
        title,
        counter,
        size,
        changed,
        Path(project) if isinstance(project, str) else None,
        picture if picture.exists() else None,
    )


def _reached(entry: Recoverable, about: Mapping[str, Any], budget: int) -> tuple[Document, History]:
    """The document after the last step."""
    journal = entry.folder / JOURNAL
    with contextlib.suppress(FileError, KeyError, TypeError, ValueError, OSError):
        rescue = load_project(entry.folder / RESCUE, limits=_ANY_SIZE, history_budget=budget)
        start, forgotten = int(rescue.extras["journal_bytes"]), int(rescue.extras["forgotten"])
        history = rescue.history
        history.restore(history.entries, history.index, is_clean=False, forgotten=forgotten)
        _replay(journal, history, start)
        return _named(rescue.document, entry), history
    document, history = _opened(entry.folder, about, budget)
    _replay(journal, history)
    return _named(document, entry), history


def _named(document: Document, entry: Recoverable) -> Document:
    """Point a document at what it was opened from rather than at the recovery folder."""
    if document.embedded is not None and entry.project is not None:
        document.embedded = replace(document.embedded, project=entry.project, is_inside=True)
    return document


def _replay(path: Path, history: History, start: int = 0) -> None:
    """Do every step again; stops quietly where the journal no longer fits the picture."""
    if not path.exists():
        return
    with contextlib.suppress(ValueError, IndexError):
        for step in read_steps(path, start):
            if isinstance(step, Pushed):
                history.push(step.edit)
            else:
                history.jump(max(0, step.index - history.forgotten))
    _log.info("recovered %d of %d edits", history.index, len(history.entries))


def _opened(folder: Path, about: Mapping[str, Any], budget: int) -> tuple[Document, History]:
    """The document as it was when keeping began."""
    if (folder / PROJECT).exists():
        project = load_project(folder / PROJECT, limits=_ANY_SIZE, history_budget=budget)
        return project.document, project.history
    photo = read_photo(folder / SOURCE, limits=_ANY_SIZE)
    if describe(photo.pixels) != about["pixels"]:
        raise ProjectDamagedError("the photo has another size")
    source = replace(photo.source, path=Path(os.fspath(about["source"]["path"])))
    document = Document(photo.pixels, path=source.path, metadata=photo.metadata, source=source)
    return document, History(document, budget)
