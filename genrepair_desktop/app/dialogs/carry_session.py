"""Tone and grain of another photo for the open one: which, how much of each, a preview. State without widgets."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.repair_session import RepairSession
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.arrays import Image, Pixels, to_image
from genrepair_desktop.imaging.codecs import Limits, read_photo
from genrepair_desktop.imaging.colour import as_colour
from genrepair_desktop.imaging.look import Look, LookCarrier, Measured, measure
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.jobs.queue import JobId
from genrepair_desktop.repair.carry import carry_recipe

# the whole photo and a detail of it, as they are shown
_WHOLE, _DETAIL = 520, 640

Shown = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class _Ready:
    """What previews are made of. ``whole`` is the photo made small, ``detail`` its middle pixel by pixel."""

    look: Look
    photo: Measured
    whole: Image
    detail: Image
    other: Shown


@dataclass(frozen=True)
class Preview:
    """uint8 (h, w, 3): the photo as it would be, its middle at 100 %, and the other photo."""

    whole: Shown
    detail: Shown
    other: Shown


class CarrySession(QObject):
    """``changed``: another photo or amount, a preview came, or a problem."""

    changed = Signal()

    def __init__(self, session: DocumentSession, repair: RepairSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._repair = session, repair
        self.path: Path | None = None
        self.tone, self.grain = 1.0, 1.0
        self.preview: Preview | None = None
        self.problem = ""
        self._ready: _Ready | None = None
        self._job: JobId | None = None

    @property
    def is_looking(self) -> bool:
        """True while the other photo is read, or a preview is made."""
        return self._job is not None

    @property
    def can_apply(self) -> bool:
        return self._ready is not None and not self._repair.is_running and (self.tone > 0 or self.grain > 0)

    @property
    def has_colour(self) -> bool:
        """False for a photo that can take no ink, as its file has one channel for all."""
        document = self._session.document
        return document is None or document.pixels.shape[2] > 2

    @property
    def last_folder(self) -> str:
        """Where to look for a photo first."""
        path = self._session.path
        return str(path.parent) if path is not None else self._session.settings.last_folder

    def choose(self, path: Path) -> None:
        """Carry the look of this photo."""
        document = self._session.document
        if document is None:
            return
        self.path, self.problem, self.preview, self._ready = path, "", None, None
        # a copy: reading takes a moment while the document may go on changing
        task = partial(_ready, document.pixels.copy(), path, self._session.limits)
        self._ask(task, "Looking at the other photo")

    def set_amounts(self, *, tone: float | None = None, grain: float | None = None) -> None:
        """How much of each, 0 to 1."""
        before = (self.tone, self.grain)
        self.tone = self.tone if tone is None else min(max(tone, 0.0), 1.0)
        self.grain = self.grain if grain is None else min(max(grain, 0.0), 1.0)
        if before != (self.tone, self.grain):
            if self._ready is not None:
                self._refresh(self._ready)
            self.changed.emit()

    def apply(self) -> bool:
        """Carry it over as one edit with a record. False: there is nothing to carry yet."""
        if self._ready is None or not self.can_apply:
            return False
        self._repair.repair_by(carry_recipe(self._ready.look, tone=self.tone, grain=self.grain), is_whole=True)
        return True

    def cancel(self) -> None:
        """Give up what is under way."""
        if self._job is not None:
            self._session.desk.cancel(self._job)

    def _refresh(self, ready: _Ready) -> None:
        self._ask(partial(_previewed, ready, self.tone, self.grain), "Making a preview")

    def _ask(self, task: partial[_Ready] | partial[Preview], title: str) -> None:
        watch = Watch(partial(self._on_done, self.path), partial(self._on_failed, self.path))
        # of one key, so that the newest amount wins
        self._job = self._session.desk.ask("carry", task, watch, title=title)
        self.changed.emit()

    def _on_done(self, path: Path | None, found: _Ready | Preview) -> None:
        if path != self.path:
            return
        self._job = None
        if isinstance(found, Preview):
            self.preview = found
        else:
            self._ready = found
            self._refresh(found)
        self.changed.emit()

    def _on_failed(self, path: Path | None, error: Exception) -> None:
        if path == self.path:
            self._job = None
            self.problem = str(error) if isinstance(error, GenRepairError) else f"That did not work: {error}."
            self.changed.emit()


def _ready(pixels: Pixels, path: Path, limits: Limits, ctx: RunContext) -> _Ready:
    """Measure both photos.

    Raises:
        GenRepairError: the other one cannot be read.
        Cancelled: at a checkpoint.
    """
    ctx.checkpoint(0.0, "reading")
    other = to_image(read_photo(path, limits=limits).pixels)
    ctx.checkpoint(0.4, "looking")
    look, shown = measure(other).look, _bytes(_small(other))
    del other
    photo = to_image(pixels)
    ctx.checkpoint(0.7, "looking")
    h, w = photo.shape[:2]
    top, left = max(0, (h - _DETAIL) // 2), max(0, (w - _DETAIL) // 2)
    detail = photo[top : top + _DETAIL, left : left + _DETAIL].copy()
    return _Ready(look, measure(photo), _small(photo), detail, shown)


def _previewed(ready: _Ready, tone: float, grain: float, ctx: RunContext) -> Preview:
    ctx.checkpoint(0.0, "looking")
    carrier = LookCarrier(ready.photo, ready.look, tone=tone, grain=grain)
    # grain is finer than the small picture shows: laid over it, it would look as coarse as gravel
    whole, detail = carrier.carry(ready.whole, None), carrier.carry(ready.detail, ctx.rng)
    return Preview(_bytes(whole), _bytes(detail), ready.other)


def _small(image: Image) -> Image:
    h, w = image.shape[:2]
    factor = min(1.0, _WHOLE / max(h, w))
    size = (max(1, round(w * factor)), max(1, round(h * factor)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32).reshape(size[1], size[0], -1)


def _bytes(image: Image) -> Shown:
    return np.rint(np.clip(as_colour(image), 0, 1) * 255).astype(np.uint8)
