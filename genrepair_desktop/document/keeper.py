"""Keeps one open document recoverable: whatever ends the program, the next start finds all but the last step."""

import json
import logging
import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from genrepair_desktop.atomic import replacing, write_atomic
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import Edit
from genrepair_desktop.document.history import History
from genrepair_desktop.document.journal import Journal
from genrepair_desktop.document.project_file import ProjectCapture, capture, save_project
from genrepair_desktop.document.project_parts import describe
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
    next_counter,
    release,
    remove,
)
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.files import open_regular
from genrepair_desktop.imaging.codecs.photo import PhotoSource
from genrepair_desktop.imaging.small_png import small_png

_log = logging.getLogger(__name__)
_LARGEST_SOURCE = 4 << 30
SMALL_SIDE = 256
# how often the small picture is made anew; a 100-megapixel photo takes 60 ms of the journal's thread
_SECONDS_BETWEEN_PICTURES = 20
# faults may come with every repaint: one copy tells as much as a hundred
_SECONDS_BETWEEN_RESCUES = 10


class Keeper:
    """Keeps one open document until it is closed. Used on the document's thread."""

    def __init__(
        self,
        root: Path,
        document: Document,
        history: History,
        title: str,
        *,
        project: Path | None = None,
        extras: Mapping[str, Any] | None = None,
        on_kept: Callable[[], None] = lambda: None,
        on_failure: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        """Begin to keep ``document`` as it is now. Returns soon: a thread does the writing.

        Args:
            project: the project file it was opened from.
            extras: JSON values that belong to it and are in no project file yet.
            on_kept: called on that thread once the document as it is now is safe.
            on_failure: called on that thread when the disk refuses; nothing is kept from then on.

        Raises:
            OSError: the folder cannot be made; the caller goes on without a keeper.
        """
        root.mkdir(parents=True, exist_ok=True)
        self.folder = root / uuid.uuid4().hex
        self.folder.mkdir()
        self._lock = hold(self.folder / LOCK)
        self._document, self._history = document, history
        self._pictured = self._rescued = -float("inf")
        about = {
            "title": title,
            "source": None if document.source is None else {"path": os.fspath(document.source.path)},
            "pixels": describe(document.pixels),
            "project": None if project is None else os.fspath(project),
            # a pasted or recovered picture is in no file, whether or not it was worked on since
            "is_in_a_file": history.is_clean and document.source is not None,
        }
        base = _base_of(document, history, project)
        prepare = partial(_keep_opened, root, self.folder, about, base, dict(extras or {}), on_kept)
        start = history.forgotten + history.index
        self.journal = Journal(self.folder / JOURNAL, prepare, on_failure, start)
        self.journal.then(self._keep_picture)
        history.record_to(self)

    def pushed(self, edit: Edit) -> None:
        """``History`` tells of a step."""
        self.journal.pushed(edit)
        if time.monotonic() - self._pictured > _SECONDS_BETWEEN_PICTURES:
            self._pictured = time.monotonic()
            self.journal.then(self._keep_picture)

    def moved(self, index: int) -> None:
        """``History`` tells of an undo or redo."""
        self.journal.moved(index)

    def saved(self, project: Path) -> None:
        """All steps so far are in a project file: there is nothing to recover until the next one."""
        self.journal.then(partial(_keep_saved, self.folder, project))

    def keep_extras(self, extras: Mapping[str, Any]) -> None:
        """Keep JSON values beside the steps, in place of those before, until a project file has them."""
        self.journal.then(partial(_keep_extras, self.folder, dict(extras)))

    def rescue(self, on_done: Callable[[], None] = lambda: None) -> bool:
        """Write down the document as it is now, after a fault that the steps may not tell of.

        ``on_done`` is called on the journal's thread. False: that was done a moment ago, or nothing is kept.
        """
        if self.journal.has_failed or time.monotonic() - self._rescued < _SECONDS_BETWEEN_RESCUES:
            return False
        self._rescued = time.monotonic()
        kept = capture(self._document, self._history)
        self.journal.then(partial(_keep_rescue, self.folder, kept, self._history.forgotten, on_done))
        return True

    def close(self, *, discard: bool = True) -> None:
        """The document was closed on purpose: nothing of it needs to be recovered (unless told to stay)."""
        self._history.record_to(None)
        self.journal.close()
        if discard:
            remove(self.folder, self._lock)
        elif self._lock is not None:
            release(self._lock)
        self._lock = None

    def _keep_picture(self, journal_bytes: int) -> None:
        # the window may be painting: half a stroke in a small picture does no harm
        write_atomic(self.folder / SMALL, small_png(self._document.pixels, SMALL_SIDE))


_Base = PhotoSource | ProjectCapture


def _base_of(document: Document, history: History, project: Path | None) -> _Base:
    """What the state of this moment can be made from again, free of the document."""
    is_as_opened = not history.entries and not document.mask.any() and not document.donor.any()
    # a photo's file has a third of the bytes; what a project calls its photo may be any file, or none
    if project is None and document.source is not None and document.is_source_seen and is_as_opened:
        return document.source
    return capture(document, history)


def _keep_opened(
    root: Path,
    folder: Path,
    about: dict[str, Any],
    base: _Base,
    extras: dict[str, Any],
    on_kept: Callable[[], None],
) -> None:
    if isinstance(base, PhotoSource):
        with open_regular(base.path, _LARGEST_SOURCE) as photo, replacing(folder / SOURCE) as copy:
            shutil.copyfileobj(photo, copy, 1 << 20)
    else:
        save_project(folder / PROJECT, base, embeds_source=False, keeps_backup=False)
    if extras:
        _keep_extras(folder, extras)
    write_atomic(folder / ABOUT, json.dumps(about | {"counter": next_counter(root)}).encode())
    on_kept()


def _keep_extras(folder: Path, extras: dict[str, Any], journal_bytes: int = 0) -> None:
    write_atomic(folder / EXTRAS, json.dumps(extras).encode())


def _keep_saved(folder: Path, project: Path, journal_bytes: int) -> None:
    values = {"project": os.fspath(project), "journal_bytes": journal_bytes}
    write_atomic(folder / SAVED, json.dumps(values).encode())
    (folder / EXTRAS).unlink(missing_ok=True)


def _keep_rescue(
    folder: Path, kept: ProjectCapture, forgotten: int, on_done: Callable[[], None], journal_bytes: int
) -> None:
    extras = {"journal_bytes": journal_bytes, "forgotten": forgotten}
    try:
        save_project(folder / RESCUE, replace(kept, extras=extras), embeds_source=False, keeps_backup=False)
    except (GenRepairError, TypeError, ValueError) as error:
        # the fault may be in the document itself: the steps written before are still there
        _log.warning("no rescue copy: %s", error)
        return
    on_done()
