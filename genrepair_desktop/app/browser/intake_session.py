"""The user's own pictures on their way to the shelf: read, the face found, encoded. State without widgets."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.browser.sample_work import TakenIn, decoded, take_in_files, take_in_pixels
from genrepair_desktop.app.browser.samples_session import SamplesSession
from genrepair_desktop.app.browser.shelf import NO_KEY, Entry, Picture
from genrepair_desktop.app.browser.studio import Studio
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.generate.model import Latents
from genrepair_desktop.jobs.queue import Task

# more sentences than these nobody reads
_MOST_TOLD = 3


class IntakeSession(QObject):
    """Takes pictures in for the chosen model.

    taken  pictures came; carries their keys
    """

    taken = Signal(list)

    def __init__(
        self, studio: Studio, samples: SamplesSession, photo: DocumentSession, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._studio, self._samples, self._photo = studio, samples, photo

    def add_files(self, paths: Sequence[Path]) -> None:
        """Photos from files; for portraits the largest face of each."""
        if paths and self._samples.model is not None:
            task = partial(take_in_files, self._studio.models, self._samples.choice.model_id, tuple(paths))
            self._submit(task, f"Adding {len(paths):,} pictures" if len(paths) > 1 else f"Adding {paths[0].name}")

    def add_open_photo(self) -> None:
        """The open photo as it is now."""
        document = self._photo.document
        if document is None:
            self._studio.tell("No photo is open: open one in the Photo workspace first.")
        elif self._samples.model is not None:
            title = Path(self._photo.title).stem
            model_id = self._samples.choice.model_id
            task = partial(take_in_pixels, self._studio.models, model_id, document.pixels.copy(), title)
            self._submit(task, f"Adding {title}")

    def add_latent(self, latent: Latents, title: str, model_id: str = "") -> None:
        """The picture of a latent (d,) of a model, of the chosen one unless another is named."""
        chosen = model_id or self._samples.choice.model_id
        task = partial(decoded, self._studio.models, chosen, latent)
        watch = Watch(partial(self._on_decoded, chosen, latent, title), self._studio.tell_error)
        self._studio.desk.submit(task, watch, title=f"Making {title}")

    def _submit(self, task: Task, title: str) -> None:
        self._studio.desk.submit(task, Watch(self._on_taken, self._studio.tell_error), title=title)

    def _on_taken(self, taken: TakenIn) -> None:
        if taken.problems:
            more = len(taken.problems) - _MOST_TOLD
            words = " ".join(taken.problems[:_MOST_TOLD]) + (f" And {more:,} more." if more > 0 else "")
            self._studio.tell(words)
        self._add(taken.entries)

    def _on_decoded(self, model_id: str, latent: Latents, title: str, picture: Picture) -> None:
        self._add((Entry(NO_KEY, "generated", model_id, picture, latent, title),))

    def _add(self, entries: Sequence[Entry]) -> None:
        keys = self._studio.shelf.add(entries)
        if keys:
            self.taken.emit(keys)
