"""An exception that nobody foresaw, in a slot, a thread or a paint: one dialog, a recovery copy, and on it goes."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from genrepair_desktop import paths
from genrepair_desktop.app import error_dialog
from genrepair_desktop.app.composition import Program
from genrepair_desktop.app.error_dialog import ExceptionCatcher
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.recovery import find_recoverable, recover
from genrepair_desktop.imaging.geometry import Rect
from tests.window import running

pytestmark = pytest.mark.qt_no_exception_capture


@pytest.fixture
def program(
    qapp: QApplication, qtbot: QtBot, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Program]:
    """The started program with its own hooks for exceptions, and no models."""
    monkeypatch.setenv("GENREPAIR_MODELS", str(tmp_path / "no-models"))
    with running(qapp, settings) as made:
        yield made


class Torn(QWidget):
    """A widget whose painting fails."""

    def paintEvent(self, event: QPaintEvent) -> None:
        raise RuntimeError("fault in a paint")


@pytest.mark.parametrize("times", [1, 4])
def test_each_fault_holds_the_functions_that_it_came_through_once_more(times: int, qapp: QApplication) -> None:
    def fail() -> None:
        raise RuntimeError("fault")

    catcher = ExceptionCatcher()
    for _ in range(times):
        try:
            fail()
        except RuntimeError as error:
            catcher._on_exception(type(error), error, error.__traceback__)
    assert error_dialog._held.count(fail) == times


def in_a_slot(program: Program) -> Callable[[], None]:
    def fail() -> None:
        raise RuntimeError("fault in a slot")

    QTimer.singleShot(0, fail)
    return lambda: None


def in_a_thread(program: Program) -> Callable[[], None]:
    def fail() -> None:
        raise RuntimeError("fault in a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    return thread.join


def in_a_paint(program: Program) -> Callable[[], None]:
    torn = Torn(program.window)
    torn.resize(20, 20)
    torn.show()
    torn.update()

    def end() -> None:
        torn.hide()
        torn.deleteLater()

    return end


@pytest.mark.parametrize("fault", [in_a_slot, in_a_thread, in_a_paint])
def test_a_fault_shows_one_dialog_saves_a_copy_and_the_window_lives_on(
    program: Program, qtbot: QtBot, tiny_photo: Path, fault: Callable[[Program], Callable[[], None]]
) -> None:
    session, words = program.sessions.session, fault.__name__.replace("_", " ")
    with qtbot.waitSignal(session.opened, timeout=10_000):
        session.open_path(tiny_photo)
    program.sessions.mask.mark_all()
    document = session.document
    assert document is not None
    # what a fault may leave: the photo changed, and no step tells of it
    document.write("pixels", Rect(5, 5, 9, 9), np.full((9, 9, 3), 77, np.uint8))
    ends = []
    with qtbot.waitSignal(program.recovery.rescued, timeout=10_000):
        ends += [fault(program), fault(program)]
    qtbot.waitUntil(lambda: program.errors.dialog is not None, timeout=5000)
    dialog = program.errors.dialog
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.report.toPlainText().count(f"fault {words}") >= 2, timeout=5000)
    assert program.errors.dialog is dialog, "one dialog, however many faults"
    assert "recovery copy was saved" in dialog.rescued.text()
    dialog.copy_button.click()
    assert f"fault {words}" in QGuiApplication.clipboard().text()
    for end in ends:
        end()
    dialog.close()
    # the window lives on
    program.sessions.mask.clear()
    session.undo()
    assert document.mask.all()
    assert program.window.isVisible()
    shown = document.pixels.copy()
    program.recovery.close(discard=False)
    (entry,) = find_recoverable(paths.autosave_dir())
    found = recover(entry)
    assert np.array_equal(found.document.pixels, shown)
    assert found.document.mask.all()
    found.discard()


def test_ended_from_outside_the_work_is_offered_again(program: Program, qtbot: QtBot, tiny_photo: Path) -> None:
    session = program.sessions.session
    with qtbot.waitSignal(session.opened, timeout=10_000):
        session.open_path(tiny_photo)
    program.sessions.mask.mark_all()
    program.shut_down()  # as after Ctrl+C in the terminal
    (entry,) = find_recoverable(paths.autosave_dir())
    found = recover(entry)
    assert isinstance(found.document, Document)
    assert found.document.mask.all()
    found.discard()
