"""Merging copies into the open photo: which files, what each gives, a preview, and one edit. State without widgets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.repair_session import RepairSession
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.generate.copies import MOST_COPIES
from genrepair_desktop.imaging.arrays import Pixels, to_image, to_samples
from genrepair_desktop.imaging.codecs import Limits, read_photo
from genrepair_desktop.imaging.colour import to_eight_bits
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.jobs.queue import JobId, JobProgress
from genrepair_desktop.repair.detect import find_damage
from genrepair_desktop.repair.merge import Copy, Given, MergePlan, plan_merge
from genrepair_desktop.repair.method import ModelLoader
from genrepair_desktop.repair.photo_job import read_mask, repair_pixels
from genrepair_desktop.repair.request import Coverage

# how the damage of a copy is known: looked for, there is none, or a mask's file says it
Damage = Literal["find", "none", "file"]
# of the copies in turn, for the preview; told apart by people who see few colours, and numbered as well
COLOURS = ((0, 158, 115), (86, 180, 233), (204, 121, 167), (240, 228, 66), (0, 114, 178), (213, 94, 0))
_LEFT_COLOUR = (255, 176, 0)
_PREVIEW_SIDE = 900
_TINT = 0.55

Shown = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class CopyFile:
    """One further copy as the user named it."""

    path: Path
    damage: Damage = "find"
    mask: Path | None = None


@dataclass(frozen=True)
class _Planned:
    """What comes back from the engine. ``merged`` and ``sources`` are small pictures for the eye."""

    plan: MergePlan
    merged: Shown
    sources: Shown
    read: Mapping[CopyFile, Copy]


class MergeSession(QObject):
    """``changed``: other files, the alignment moved on (``progress``), ended with ``plan``, or with ``problem``."""

    changed = Signal()

    def __init__(self, session: DocumentSession, repair: RepairSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._repair = session, repair
        self.files: tuple[CopyFile, ...] = ()
        self.plan: MergePlan | None = None
        self.merged: Shown | None = None
        self.sources: Shown | None = None
        self.progress: JobProgress | None = None
        self.problem = ""
        self._read: Mapping[CopyFile, Copy] = {}
        self._job: JobId | None = None

    @property
    def is_running(self) -> bool:
        """True while the copies are read and aligned."""
        return self._job is not None

    @property
    def obstacle(self) -> str:
        """Why nothing can be merged into the photo now; empty when something can."""
        document = self._session.document
        if document is None:
            return "No photo is open."
        if not cv2.countNonZero(document.mask):
            return "Nothing is marked in the photo: paint over its damage, or let Find damage (Ctrl+F) suggest it."
        return ""

    @property
    def last_folder(self) -> str:
        """Where to look for files first: copies mostly lie beside each other."""
        path = self._session.path
        return str(path.parent) if path is not None else self._session.settings.last_folder

    def given(self, place: int) -> Given | None:
        """What the copy at ``place`` gives, once that is known."""
        return self.plan.copies[place] if self.plan is not None and place < len(self.plan.copies) else None

    def add(self, paths: Sequence[Path]) -> None:
        """Further copies; those that are there already, and the photo itself, are not taken twice."""
        known = {one.path for one in self.files} | {self._session.path}
        new = [CopyFile(path) for path in dict.fromkeys(paths) if path not in known]
        if new:
            self._set((*self.files, *new)[: MOST_COPIES - 1])

    def remove(self, place: int) -> None:
        """Leave a copy out."""
        self._set(tuple(one for i, one in enumerate(self.files) if i != place))

    def set_damage(self, place: int, damage: Damage, mask: Path | None = None) -> None:
        """Say how the damage of a copy is known."""
        changed = replace(self.files[place], damage=damage, mask=mask)
        if changed != self.files[place]:
            self._set(tuple(changed if i == place else one for i, one in enumerate(self.files)))

    def apply(self) -> bool:
        """Lay the pixels in as one edit with a record; what no copy shows stays marked. False: there are none yet."""
        if self.plan is None or self.is_running:
            return False
        self._repair.repair_by(self.plan.recipe, coverage=self.plan.taken)
        return True

    def cancel(self) -> None:
        """Give up aligning."""
        if self._job is not None:
            self._session.desk.cancel(self._job)

    def _set(self, files: tuple[CopyFile, ...]) -> None:
        self.files = files
        self.plan, self.merged, self.sources, self.problem = None, None, None, ""
        self.cancel()
        self._job = None
        document = self._session.document
        if files and document is not None and not self.obstacle:
            # copies: the work takes seconds while the document may go on changing
            task = partial(
                _planned, document.pixels.copy(), document.mask.copy(), files, self._read,
                self._session.limits, self._repair.models.loader,
            )  # fmt: skip
            watch = Watch(
                partial(self._on_planned, files), partial(self._on_failed, files), progress=self._on_progress
            )
            self._job = self._session.desk.ask("merge", task, watch, title="Aligning copies")
        self.changed.emit()

    def _on_planned(self, files: tuple[CopyFile, ...], planned: _Planned) -> None:
        if files == self.files:
            self.plan, self.merged, self.sources = planned.plan, planned.merged, planned.sources
            self._read = planned.read
            self._on_ended()

    def _on_failed(self, files: tuple[CopyFile, ...], error: Exception) -> None:
        if files == self.files:
            self.problem = str(error) if isinstance(error, GenRepairError) else f"That did not work: {error}."
            self._on_ended()

    def _on_progress(self, progress: JobProgress) -> None:
        self.progress = progress
        self.changed.emit()

    def _on_ended(self) -> None:
        self._job, self.progress = None, None
        self.changed.emit()


def _planned(
    pixels: Pixels,
    coverage: Coverage,
    files: tuple[CopyFile, ...],
    read: Mapping[CopyFile, Copy],
    limits: Limits,
    models: ModelLoader,
    ctx: RunContext,
) -> _Planned:
    """Read what was not read yet, align, and paint the preview.

    Raises:
        GenRepairError: a file cannot be read, or ``plan_merge`` refuses.
        Cancelled: at a checkpoint.
    """
    copies: dict[CopyFile, Copy] = {}
    for number, one in enumerate(files):
        part = ctx.part(0.3 * number / len(files), 0.3 * (number + 1) / len(files))
        copies[one] = read[one] if one in read else _copy(one, limits, models, part)
    plan = plan_merge(pixels, coverage, list(copies.values()), ctx.part(0.3, 0.95))
    done = repair_pixels(pixels, plan.taken, plan.recipe, ctx.part(0.95, 1.0), models)
    return _Planned(plan, *_previews(done.pixels, plan), copies)


def _copy(one: CopyFile, limits: Limits, models: ModelLoader, ctx: RunContext) -> Copy:
    pixels = read_photo(one.path, limits=limits).pixels
    if one.damage == "find":
        damage = find_damage(pixels, models, ctx)
    elif one.damage == "file" and one.mask is not None:
        damage = read_mask(one.mask, pixels, may_be_empty=True)
    else:
        damage = np.zeros(pixels.shape[:2], np.uint8)
    return Copy(one.path.name, pixels, damage)


def _previews(merged: Pixels, plan: MergePlan) -> tuple[Shown, Shown]:
    """The merged photo made small, (h, w, 3), and the same with each copy's places in its colour."""
    factor = min(1.0, _PREVIEW_SIDE / max(merged.shape[:2]))
    size = (max(1, round(merged.shape[1] * factor)), max(1, round(merged.shape[0] * factor)))
    like = np.zeros((1, 1, 3), np.uint8)
    colours = to_samples(to_image(to_eight_bits(merged)), like)
    small = np.asarray(cv2.resize(colours, size, interpolation=cv2.INTER_AREA), np.uint8)
    places = [(np.where(plan.source == i + 1, 1.0, 0.0), COLOURS[i % len(COLOURS)]) for i in range(len(plan.copies))]
    tinted = small.astype(np.float32)
    for where, colour in [*places, (plan.left / 255.0, _LEFT_COLOUR)]:
        share = np.asarray(cv2.resize(where.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
        # a scratch of a few pixels must still be seen in a small picture
        weight = _TINT * np.minimum(1.0, share * 2)[..., None]
        tinted += (np.array(colour, np.float32) - tinted) * weight
    return small, np.rint(tinted).astype(np.uint8)
