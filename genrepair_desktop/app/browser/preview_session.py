"""What fusing, pushing and mixing share: sources, a picture that follows every move, and keeping it. No widgets."""

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.browser.map_latest import LatestWorker
from genrepair_desktop.app.browser.sample_work import stacked
from genrepair_desktop.app.browser.shelf import Entry, Picture
from genrepair_desktop.app.browser.studio import Studio
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.generate.model import LatentModel, Latents
from genrepair_desktop.generate.preview import quick_pictures

# more sliders than these do not fit, and more pictures in one look like their mean
MOST_SOURCES = 8


@dataclass(frozen=True)
class Made:
    """A picture, and its latent (d,) where it has one."""

    picture: Picture
    latent: Latents | None


def quickly(model: LatentModel, latent: Latents) -> Made:
    """The picture of a latent (d,), for the eye."""
    return Made(quick_pictures(model, latent[None])[0], latent)


class PreviewSession(QObject):
    """A picture made of selected ones.

    changed          other sources or settings, or a problem
    preview_changed  ``preview`` is another picture, or None
    """

    changed = Signal()
    preview_changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.sources: tuple[Entry, ...] = ()
        self.model_id = ""
        self.problem = ""
        self.preview: Picture | None = None
        self.latent: Latents | None = None
        self.is_active = False
        self._is_stale = True
        self._worker = LatestWorker(self._work, self)
        self._worker.answered.connect(self._on_answered)
        self._worker.failed.connect(self._on_failed)
        studio.shelf.selected_changed.connect(self._on_selected)

    @property
    def is_made(self) -> bool:
        """True when ``preview`` is something new that can be kept or used."""
        return bool(self.sources) and self.preview is not None

    def title(self) -> str:
        """What a kept picture is called."""
        return "Made of " + " and ".join(entry.title for entry in self.sources[:2])

    def set_active(self, is_active: bool) -> None:
        """Follow the selection only while somebody looks."""
        self.is_active = is_active
        if is_active and self._is_stale:
            self._take()

    def shut_down(self) -> None:
        """Wait for the preview being made."""
        self._worker.wait()

    def start(self) -> None:
        """The sources are others: set everything anew. For the kinds to say how."""
        raise NotImplementedError

    def clear(self) -> None:
        """There are no sources: forget what was set for those before."""

    def needed(self) -> int:
        """How many sources it takes at least."""
        return 2

    def hint(self) -> str:
        """What to do when there are too few."""
        raise NotImplementedError

    def make(self, model: LatentModel, question: Any) -> Made:
        """The picture of what was asked, on the worker's thread."""
        raise NotImplementedError

    def ask(self, question: Any) -> None:
        """Have a picture made soon; the newest question wins."""
        self._worker.ask((self.model_id, question))

    def show_made(self, picture: Picture | None, latent: Latents | None = None) -> None:
        """Show a picture, and remember its latent where it has one."""
        self.preview, self.latent = picture, latent
        self.preview_changed.emit()

    def _take(self) -> None:
        self._is_stale = False
        entries = self._studio.shelf.selected_entries()[:MOST_SOURCES]
        self.problem, self.sources, self.latent, self.preview = "", (), None, None
        self._worker.drop()
        if len(entries) < self.needed():
            self.problem = self.hint()
        else:
            try:
                self.model_id, _ = stacked(entries)
                self.sources = entries
            except GenRepairError as error:
                self.problem = str(error)
        if self.sources:
            self.start()
        else:
            self.clear()
        self.changed.emit()
        self.preview_changed.emit()

    def _work(self, question: tuple[str, Any]) -> Made:
        model_id, asked = question
        return self.make(self._studio.models.open_latent(model_id), asked)

    def _on_selected(self) -> None:
        self._is_stale = True
        if self.is_active:
            self._take()

    def _on_answered(self, question: tuple[str, Any], made: Made) -> None:
        if self.sources:
            self.show_made(made.picture, made.latent)

    def _on_failed(self, question: tuple[str, Any], error: Exception) -> None:
        self._studio.tell_error(error)
