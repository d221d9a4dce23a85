"""An unforeseen exception from any thread becomes one dialog with a report; the program goes on."""

import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QThread
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.error_dialog import ErrorDialogs, ExceptionCatcher, report


@pytest.fixture
def catcher(qtbot: QtBot) -> Iterator[ExceptionCatcher]:
    made = ExceptionCatcher()
    made.install()
    yield made
    made.remove()
    made.deleteLater()


def test_hooks_are_given_back(qtbot: QtBot) -> None:
    before = sys.excepthook, threading.excepthook
    catcher = ExceptionCatcher()
    catcher.install()
    assert sys.excepthook != before[0]
    catcher.remove()
    assert (sys.excepthook, threading.excepthook) == before


def test_an_exception_of_a_thread_is_shown_in_the_gui_thread(catcher: ExceptionCatcher, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialogs = ErrorDialogs(window)
    catcher.caught.connect(dialogs.show_report)

    def fail() -> None:
        raise RuntimeError("the tape is torn")

    worker = threading.Thread(target=fail)
    with qtbot.waitSignal(catcher.caught, timeout=5000):
        worker.start()
        worker.join()
    qtbot.waitUntil(lambda: dialogs.dialog is not None, timeout=5000)
    dialog = dialogs.dialog
    assert dialog is not None
    assert dialog.thread() is QThread.currentThread()
    assert not dialog.isModal()
    assert "the tape is torn" in dialog.report.toPlainText()
    dialog.copy_button.click()
    assert "the tape is torn" in QGuiApplication.clipboard().text()
    dialog.close()
    assert dialogs.dialog is None


def test_further_exceptions_join_the_open_dialog(catcher: ExceptionCatcher, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    dialogs = ErrorDialogs(window)
    dialogs.show_report("first fault")
    first = dialogs.dialog
    dialogs.show_report("second fault")
    assert dialogs.dialog is first
    assert first is not None
    assert "first fault" in first.report.toPlainText()
    assert "second fault" in first.report.toPlainText()
    first.close()


def test_a_report_holds_versions_and_the_traceback() -> None:
    try:
        raise ValueError("something odd")
    except ValueError as error:
        text = report(error)
    assert "Python 3." in text
    assert "Qt 6." in text
    assert "something odd" in text
    assert "test_error_report.py" in text
