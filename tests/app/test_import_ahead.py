"""The Samples workspace is imported in small steps while the window has nothing else to do."""

import subprocess
import sys

from pytestqt.qtbot import QtBot

from genrepair_desktop.app.browser.ahead import ROOMS, ImportAhead

_SCRIPT = """
import sys
from PySide6.QtCore import QCoreApplication, QTimer
from genrepair_desktop.app.browser.ahead import ImportAhead
application = QCoreApplication([])
ahead = ImportAhead(wait_ms=0)
seen, turns = set(), []
def look():
    new = {name for name in sys.modules if name.startswith("genrepair_desktop")} - seen
    seen.update(new)
    turns.append(len(new))
    if ahead.is_done:
        application.quit()
timer = QTimer(interval=5)
timer.timeout.connect(look)
timer.start()
application.exec()
assert "genrepair_desktop.app.browser.composition" in seen
assert sum(1 for n in turns if n) >= 5, turns
assert not {"torch", "scipy", "sklearn", "umap", "openTSNE"} & set(sys.modules), "nothing that takes seconds"
"""


def test_the_rooms_come_one_after_the_other_and_nothing_heavy_with_them() -> None:
    ended = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr


def test_every_room_can_be_imported_and_the_last_is_all_that_the_workspace_needs(qtbot: QtBot) -> None:
    ahead = ImportAhead(None, ROOMS, 0)
    qtbot.waitUntil(lambda: ahead.is_done, timeout=30_000)
    assert all(name in sys.modules for name in ROOMS)
