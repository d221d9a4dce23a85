"""Loads what the first repair would wait for, beside the queue, while the user looks at the opened photo."""

import logging
from functools import partial

import numpy as np
from PySide6.QtCore import QObject

from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.repair_session import RepairSession
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.method import ModelLoader
from genrepair_desktop.repair.pipeline import prepare, run
from genrepair_desktop.repair.recipe import Recipe

_log = logging.getLogger(__name__)
# a scratch and a stain in rough surroundings: together they lead ``auto`` to every method it may choose
_SIDE, _SCRATCH, _STAIN = 64, 2, 16


class WarmUp(QObject):
    """Once for each method the user chooses: the smallest repair there is, on made-up pixels."""

    def __init__(self, session: DocumentSession, repair: RepairSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._repair = session, repair
        self._known: set[str] = set()
        session.opened.connect(self._warm)
        repair.choice_changed.connect(self._warm)

    def _warm(self) -> None:
        method = self._repair.choice.method
        if self._session.document is None or method in self._known or self._repair.spec.task == "enlarge":
            return
        self._known.add(method)
        task = partial(smallest_repair, method, self._repair.models.loader)
        self._session.desk.submit_aside(task, Watch(failed=self._on_failed), title="Getting ready")

    def _on_failed(self, error: Exception) -> None:
        # the first real repair will meet it too, and say it where it matters
        _log.warning("could not get ready: %s", error)


def smallest_repair(method: str, models: ModelLoader, ctx: RunContext) -> None:
    """Run a method once on a picture nobody sees, so that its libraries, kernels and network are loaded."""
    pixels = np.random.default_rng(0).integers(60, 200, (_SIDE, _SIDE, 3), np.uint8)
    mask = np.zeros((_SIDE, _SIDE), np.uint8)
    mask[8 : 8 + _SCRATCH, 8:56] = 255
    mask[30 : 30 + _STAIN, 24 : 24 + _STAIN] = 255
    try:
        run(prepare(pixels, mask, Recipe(method)), ctx, models)
    except GenRepairError as error:
        _log.info("%s cannot be made ready: %s", method, error)
