"""Imports the rooms of the Samples workspace while the window has nothing else to do.

In the GUI's own thread, for their classes are Qt's, and one a turn: all at once they would hold the window up for
longer than a blink, just when somebody presses the tab.
"""

import importlib
from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer

# in this order each brings so much with it that none takes more than some 15 ms
ROOMS = (
    "genrepair_desktop.generate.catalog",
    "genrepair_desktop.app.browser.studio",
    "genrepair_desktop.app.browser.preview_session",
    "genrepair_desktop.app.browser.parts",
    "genrepair_desktop.app.browser.gallery_panel",
    "genrepair_desktop.app.browser.mix_panel",
    "genrepair_desktop.app.browser.map_session",
    "genrepair_desktop.app.browser.map_view",
    "genrepair_desktop.app.browser.map_panel",
    "genrepair_desktop.app.browser.composition",
)
# the photo that was asked for comes first
_WAIT_MS, _BETWEEN_MS = 1500, 30


class ImportAhead(QObject):
    """Begins by itself, once its thread's event loop runs."""

    def __init__(self, parent: QObject | None = None, rooms: Sequence[str] = ROOMS, wait_ms: int = _WAIT_MS) -> None:
        super().__init__(parent)
        self._left = list(rooms)
        self._timer = QTimer(self, singleShot=True, interval=wait_ms)
        self._timer.timeout.connect(self._step)
        self._timer.start()

    @property
    def is_done(self) -> bool:
        return not self._left

    def _step(self) -> None:
        importlib.import_module(self._left.pop(0))
        if self._left:
            self._timer.start(_BETWEEN_MS)
