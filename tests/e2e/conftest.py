"""The whole program in a window, with settings and folders of the test's own."""

import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.composition import Program
from genrepair_desktop.app.settings import Settings
from tests.window import bring_to_front, running


@pytest.fixture
def program(qapp: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """The started program; asserts that its engine stops."""
    monkeypatch.setenv("GENREPAIR_DATA", str(tmp_path / "data"))
    settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    with running(qapp, settings, size=(1280, 800)) as made:
        made.catcher.remove()  # pytest-qt's own hooks make the test fail, which a caught exception would not
        bring_to_front(made, qtbot)
        yield made
