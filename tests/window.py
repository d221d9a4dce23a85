"""The whole program in a window, and its end, for the tests that drive it."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.composition import Program
from genrepair_desktop.app.settings import Settings


@contextmanager
def running(app: QApplication, settings: Settings, *, size: tuple[int, int] = (1280, 820)) -> Iterator[Program]:
    """The started program; asserts at the end that its engine stops, and leaves nothing of it behind."""
    made = Program(app, settings)
    made.window.resize(*size)
    made.start()
    yield made
    made.sessions.session.mark_saved()
    made.shut_down()
    assert made.engine.isFinished()
    app.setStyleSheet("")
    made.window.deleteLater()
    made.deleteLater()


def bring_to_front(program: Program, qtbot: QtBot) -> None:
    """Wait until the window is seen and has the keyboard."""
    qtbot.waitExposed(program.window)
    program.window.activateWindow()
    qtbot.waitUntil(program.window.isActiveWindow, timeout=10_000)
