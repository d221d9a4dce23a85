"""A transition through selected pictures: made as a strip, played, written as a film. State without widgets."""

from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.browser.preview_session import MOST_SOURCES
from genrepair_desktop.app.browser.sample_work import stacked
from genrepair_desktop.app.browser.studio import Studio
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.generate.animation import check_writable, write_pictures
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.generate.model import Latents, Pictures
from genrepair_desktop.generate.walks import path
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.jobs.queue import JobId

MOST_STEPS = 240


class WalkSession(QObject):
    """Pictures along the way from one selected picture to the next.

    changed   other stops or settings, a problem, or a walk began or ended
    walked    ``pictures`` are there
    exported  carries the path of the file that was written
    """

    changed = Signal()
    walked = Signal()
    exported = Signal(object)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.steps = 24
        self.is_loop = False
        self.pictures: Pictures | None = None
        self.latents: Latents | None = None
        self.model_id = ""
        self._job: JobId | None = None
        studio.shelf.selected_changed.connect(self.changed)

    @property
    def is_walking(self) -> bool:
        return self._job is not None

    @property
    def problem(self) -> str:
        """Why the selected pictures cannot be walked through; empty when they can."""
        entries = self._studio.shelf.selected_entries()[:MOST_SOURCES]
        if len(entries) < 2:
            return "Select two or more pictures, in the order of the way, to walk from one to the next."
        try:
            stacked(entries)
        except GenRepairError as error:
            return str(error)
        return ""

    def choose(self, *, steps: int | None = None, is_loop: bool | None = None) -> None:
        """How many pictures, and whether the way comes back to its start."""
        self.steps = self.steps if steps is None else max(2, min(steps, MOST_STEPS))
        self.is_loop = self.is_loop if is_loop is None else is_loop
        self.changed.emit()

    def walk(self) -> None:
        """Make the pictures of the way through what is selected, in the order of choice."""
        if self.is_walking or self.problem:
            return
        self.model_id, stops = stacked(self._studio.shelf.selected_entries()[:MOST_SOURCES])
        task = partial(_walked, self._studio.models, self.model_id, stops, max(self.steps, len(stops)), self.is_loop)
        watch = Watch(self._on_walked, self._on_failed, self._on_ended)
        self._job = self._studio.desk.submit(task, watch, title=f"Walking through {len(stops)} pictures")
        self.changed.emit()

    def export(self, target: Path) -> None:
        """Write the way: ``.gif`` and ``.apng`` move, others are a strip; the file dialog asked about overwriting."""
        if self.pictures is None:
            return
        watch = Watch(self._on_exported, self._studio.tell_error)
        task = partial(_write, self.pictures, target, self.is_loop)
        self._studio.desk.submit(task, watch, title=f"Exporting {target.name}")

    def _on_walked(self, made: tuple[Latents, Pictures]) -> None:
        self.latents, self.pictures = made
        self._on_ended()
        self.walked.emit()

    def _on_exported(self, target: Path) -> None:
        self._studio.tell(f"Exported {target}.")
        self.exported.emit(target)

    def _on_failed(self, error: Exception) -> None:
        self._on_ended()
        self._studio.tell_error(error)

    def _on_ended(self) -> None:
        self._job = None
        self.changed.emit()


def _walked(
    models: GenerativeModels, model_id: str, stops: Latents, steps: int, is_loop: bool, ctx: RunContext
) -> tuple[Latents, Pictures]:
    model = models.open_latent(model_id)
    latents = path(stops, steps, is_spherical=model.is_spherical, closed=is_loop)
    parts: list[Pictures] = []
    for start in range(0, len(latents), 16):
        ctx.checkpoint(start / len(latents), "sample")
        parts.append(model.decode(latents[start : start + 16]))
    return latents, np.concatenate(parts)


def _write(pictures: Pictures, target: Path, is_loop: bool, ctx: RunContext) -> Path:
    check_writable(target)
    ctx.checkpoint(0.0, "writing")
    moves = target.suffix.lower() in (".gif", ".apng")
    # a film of a way that ends elsewhere goes back as it came: it would jump otherwise
    frames = np.concatenate([pictures, pictures[-2:0:-1]]) if moves and not is_loop else pictures
    write_pictures(frames, target, columns=min(12, len(pictures)), overwrite=True)
    return target
