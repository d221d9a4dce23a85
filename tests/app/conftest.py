"""Fixtures of the window's tests: own settings, own engine, and nothing left behind."""

import gc
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from genrepair_desktop.app.composition import Program, make_sessions
from genrepair_desktop.app.editor.repair_work import HashedModels
from genrepair_desktop.app.engine_thread import EngineThread, JobDesk
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.theme import Theme, load_theme
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.document.edits import StrokeRecorder
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.repair.method import NoModels
from tests.window import bring_to_front, running


@pytest.fixture(autouse=True)
def qsettings_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> QSettings:
    """A settings file and a data folder of the test's own."""
    monkeypatch.setenv("GENREPAIR_DATA", str(tmp_path / "data"))
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path))
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def settings(qsettings_tmp: QSettings) -> Settings:
    return Settings(qsettings_tmp)


_LEFT_BEHIND_S = 30.0
# a collection takes a tenth of a second
_COLLECT_EVERY = 20
_tests_run = itertools.count(1)


@pytest.fixture(autouse=True)
def garbage_collected_here() -> Iterator[None]:
    """As in the program: a worker thread that collects a closed window would destroy it on the wrong thread."""
    gc.disable()
    yield
    if next(_tests_run) % _COLLECT_EVERY == 0:
        gc.collect()
    # between two tests there is no other thread
    gc.enable()


@pytest.fixture(autouse=True)
def no_leftover_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that leaves a thread running fails; engine threads are watched by name, Python knows them no end."""
    before, engines, make = set(threading.enumerate()), [], EngineThread.__init__

    def watched(engine: EngineThread, parent: QObject | None = None) -> None:
        make(engine, parent)
        engines.append(engine)

    monkeypatch.setattr(EngineThread, "__init__", watched)
    yield
    assert not [engine for engine in engines if isValid(engine) and engine.isRunning()]
    # a QThread leaves a dummy behind in Python's list when it has ended
    left = [thread for thread in threading.enumerate() if thread not in before and not thread.name.startswith("Dummy")]
    for thread in left:
        # a call of a library that a cancelled job left behind ends by itself; the first one compiles for seconds
        thread.join(_LEFT_BEHIND_S)
    assert not [thread.name for thread in left if thread.is_alive()]


@pytest.fixture(autouse=True)
def no_leftover_widgets(qapp: QApplication) -> Iterator[None]:
    """A test that leaves a window open fails."""
    before = set(map(id, qapp.topLevelWidgets()))
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [widget for widget in qapp.topLevelWidgets() if id(widget) not in before and widget.isVisible()]
    assert not [repr(widget) for widget in left]


@pytest.fixture
def dark() -> Theme:
    return load_theme("dark")


@pytest.fixture
def tiny_pixels() -> Pixels:
    """A soft slope with a little grain, uint8 (72, 96, 3)."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[0:72, 0:96]
    slope = np.stack([60 + x, 90 + y, 160 - x * 0.5], axis=2)
    return np.clip(np.rint(slope + rng.normal(0, 2, slope.shape)), 0, 255).astype(np.uint8)


@pytest.fixture
def tiny_photo(tiny_pixels: Pixels, tmp_path: Path) -> Path:
    """The same picture as a PNG file."""
    path = tmp_path / "tiny.png"
    cv2.imwrite(str(path), cv2.cvtColor(tiny_pixels, cv2.COLOR_RGB2BGR))
    return path


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[JobDesk]:
    """A running engine; asserts that it stops."""
    engine = EngineThread()
    made = JobDesk(engine, engine)
    engine.start()
    yield made
    engine.shut_down()
    assert engine.isFinished()


@pytest.fixture
def sessions(desk: JobDesk, settings: Settings) -> Iterator[Sessions]:
    """The state of the Photo workspace over a running engine, without a window or models."""
    parent = QObject()
    yield make_sessions(desk, settings, HashedModels(NoModels(), str), parent)
    parent.deleteLater()


@pytest.fixture
def open_sessions(sessions: Sessions, tiny_photo: Path, qtbot: QtBot) -> Sessions:
    """The same with the tiny photo open."""
    with qtbot.waitSignal(sessions.session.opened, timeout=10_000):
        sessions.session.open_path(tiny_photo)
    return sessions


def _mark(sessions: Sessions, left: int, top: int, right: int, bottom: int) -> None:
    document = sessions.session.document
    assert document is not None
    stroke = StrokeRecorder(document, "mask")
    stroke.paint(Rect.from_edges(left, top, right, bottom), lambda block: np.full_like(block, 255))
    sessions.session.push_applied(stroke.finish("brush"))


@pytest.fixture
def mark() -> Callable[[Sessions, int, int, int, int], None]:
    """A function that marks a rectangle (left, top, right, bottom) of the open photo, as a stroke does."""
    return _mark


@pytest.fixture
def marked(open_sessions: Sessions) -> Sessions:
    """The tiny photo with a hole of 12 x 6 pixels painted."""
    _mark(open_sessions, 30, 20, 42, 26)
    return open_sessions


@pytest.fixture
def program(qapp: QApplication, qtbot: QtBot, settings: Settings) -> Iterator[Program]:
    """The started program with its window; asserts that its engine stops."""
    with running(qapp, settings) as made:
        made.catcher.remove()  # pytest-qt's own hooks make the test fail, which a caught exception would not
        bring_to_front(made, qtbot)
        yield made
