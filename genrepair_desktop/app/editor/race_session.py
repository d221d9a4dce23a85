"""The method race on the open photo: started, cancelled, its winner taken. State without widgets."""

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.repair_session import RepairSession
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.document.document import Coverage
from genrepair_desktop.document.snapshot import Snapshot
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.jobs.queue import JobId, JobProgress
from genrepair_desktop.repair.method import ModelLoader
from genrepair_desktop.repair.race import Race, race


@dataclass(frozen=True)
class _Asked:
    """The photo to race on, read through ``snapshot`` as it was."""

    snapshot: Snapshot
    pixels: Pixels
    mask: Coverage


class RaceSession(QObject):
    """``changed``: it started, moved on (``progress``), ended with ``race``, or failed with ``problem``."""

    changed = Signal()

    def __init__(self, session: DocumentSession, repair: RepairSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._repair = session, repair
        self.race: Race | None = None
        self.progress: JobProgress | None = None
        self.problem = ""
        self._job: JobId | None = None

    @property
    def is_running(self) -> bool:
        return self._job is not None

    def start(self) -> None:
        """Race all methods on the photo as it is now."""
        document = self._session.document
        if document is None or self.is_running:
            return
        self.race, self.problem, self.progress = None, "", None
        # the race runs for seconds while the document may go on changing
        asked = [_Asked(document.snapshot(), document.pixels, document.mask)]
        task = partial(_race, asked, self._repair.models.loader)
        watch = Watch(self._on_done, self._on_failed, self._on_ended, self._on_progress)
        self._job = self._session.desk.submit(task, watch, title="Comparing methods")
        self.changed.emit()

    def cancel(self) -> None:
        if self._job is not None:
            self._session.desk.cancel(self._job)

    def choose(self, method: str) -> None:
        """Make this method the chosen one."""
        self._repair.choose_method(method)

    def _on_done(self, result: Race) -> None:
        self.race = result
        self._on_ended()

    def _on_failed(self, error: Exception) -> None:
        self.problem = str(error)
        self._on_ended()

    def _on_progress(self, progress: JobProgress) -> None:
        self.progress = progress
        self.changed.emit()

    def _on_ended(self) -> None:
        self._job, self.progress = None, None
        self.changed.emit()


def _race(waiting: list[_Asked], models: ModelLoader, ctx: RunContext) -> Race:
    # taken out: from then on the document need keep nothing for the snapshot
    asked = waiting.pop()
    pause = partial(ctx.checkpoint, 0.0, "looking")
    mask, pixels = (asked.snapshot.whole(array, pause) for array in (asked.mask, asked.pixels))
    del asked
    return race(pixels, mask, ctx, models)
