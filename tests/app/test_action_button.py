"""Buttons of commands follow their action, and cost no more after ten thousand changes than after one."""

import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import SIGNAL
from PySide6.QtGui import QAction, QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.commands import AppState
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.widgets.action_button import ActionButton
from tests.window import running


def listeners(action: QAction) -> int:
    return action.receivers(SIGNAL("changed()"))


def test_a_button_shows_what_its_action_says(qtbot: QtBot) -> None:
    action = QAction("Mark && go")
    button = ActionButton(action)
    qtbot.addWidget(button)
    pixmap = QPixmap(8, 8)
    pixmap.fill("red")
    action.setIcon(QIcon(pixmap))
    action.setToolTip("Marks")
    action.setStatusTip("Marks it all")
    action.setCheckable(True)
    action.setChecked(True)
    action.setEnabled(False)
    plain = QToolButton()
    qtbot.addWidget(plain)
    plain.setDefaultAction(action)
    for shown in ("text", "toolTip", "statusTip", "isCheckable", "isChecked", "isEnabled"):
        assert getattr(button, shown)() == getattr(plain, shown)(), shown
    assert button.icon().cacheKey() == action.icon().cacheKey()


def test_a_button_does_its_action_once(qtbot: QtBot) -> None:
    action = QAction("Go")
    button = ActionButton(action)
    qtbot.addWidget(button)
    done: list[bool] = []
    action.triggered.connect(lambda: done.append(True))
    for _ in range(5):
        action.setEnabled(not action.isEnabled())
    action.setEnabled(True)
    button.click()
    assert len(done) == 1


def test_commands_that_change_often_gather_no_listeners(
    qapp: QApplication, qtbot: QtBot, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GENREPAIR_MODELS", str(tmp_path / "no-models"))
    with running(qapp, settings) as program:
        program.window.samples_workspace()
        table = program.window.table
        actions = [table.action(row.id) for row in table.rows]
        before = [listeners(action) for action in actions]
        for number in range(20):
            table.refresh(
                AppState(has_photo=number % 2 == 0, has_document=number % 2 == 0, in_samples=number % 2 == 1)
            )
            table.action("view.photo").setChecked(number % 2 == 0)
        assert [listeners(action) for action in actions] == before
