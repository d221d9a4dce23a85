"""Projects go through the window's sessions, and interrupted work is offered again."""

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from genrepair_desktop import paths
from genrepair_desktop.app import ask
from genrepair_desktop.app.editor.project_actions import ProjectActions
from genrepair_desktop.app.editor.recovery_session import RecoverySession
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.document.recovery import find_recoverable


@pytest.fixture
def projects(qtbot: QtBot, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ProjectActions:
    from PySide6.QtWidgets import QWidget

    window = QWidget()
    qtbot.addWidget(window)
    monkeypatch.setattr(ask, "save_file", lambda *args: tmp_path / "work")
    return ProjectActions(sessions.session, window)


def told(sessions: Sessions) -> list[Notice]:
    notices: list[Notice] = []
    sessions.session.noticed.connect(notices.append)
    return notices


def test_a_project_saved_and_opened_shows_the_same_state(
    qtbot: QtBot, sessions: Sessions, projects: ProjectActions, tiny_photo: Path, tmp_path: Path
) -> None:
    session = sessions.session
    with qtbot.waitSignal(session.opened, timeout=10_000):
        session.open_path(tiny_photo)
    sessions.mask.mark_all()
    assert session.document is not None
    mask = session.document.mask.copy()
    with qtbot.waitSignal(session.noticed, timeout=10_000):
        projects.save()
    assert projects.path == tmp_path / "work.genrepair"
    assert session.is_clean
    with qtbot.waitSignal(session.opened, timeout=10_000):
        projects.open_path(tmp_path / "work.genrepair")
    assert np.array_equal(session.document.mask, mask)
    assert session.title == "work.genrepair"
    session.undo()
    assert not session.document.mask.any()
    assert not session.is_clean


def test_a_damaged_project_leaves_the_open_photo(
    qtbot: QtBot, sessions: Sessions, projects: ProjectActions, tiny_photo: Path, tmp_path: Path
) -> None:
    session, notices = sessions.session, told(sessions)
    with qtbot.waitSignal(session.opened, timeout=10_000):
        session.open_path(tiny_photo)
    document = session.document
    (tmp_path / "bad.genrepair").write_bytes(b"no project")
    with qtbot.waitSignal(session.noticed, timeout=10_000):
        projects.open_path(tmp_path / "bad.genrepair")
    assert session.document is document
    assert "bad.genrepair" in notices[-1].text


def test_interrupted_work_is_offered_and_comes_back(qtbot: QtBot, sessions: Sessions, tiny_photo: Path) -> None:
    session, notices = sessions.session, told(sessions)
    recovery = RecoverySession(session, paths.autosave_dir())
    with qtbot.waitSignal(session.opened, timeout=10_000):
        session.open_path(tiny_photo)
    sessions.mask.mark_all()
    assert recovery._keeper is not None
    recovery._keeper.close(discard=False)  # as if the program had died
    recovery._keeper = None
    session.close()
    assert len(find_recoverable(paths.autosave_dir())) == 1
    with qtbot.waitSignal(session.noticed, timeout=10_000):
        recovery.offer()
    assert notices[-1].action is not None
    with qtbot.waitSignal(session.opened, timeout=10_000):
        notices[-1].action()
    assert session.document is not None
    assert session.document.mask.all()
    assert session.path == tiny_photo
    assert not session.is_clean
    session.close()
    assert find_recoverable(paths.autosave_dir()) == []


def test_closing_a_photo_leaves_nothing_to_recover(qtbot: QtBot, sessions: Sessions, tiny_photo: Path) -> None:
    session = sessions.session
    recovery = RecoverySession(session, paths.autosave_dir())
    with qtbot.waitSignal(session.opened, timeout=10_000):
        session.open_path(tiny_photo)
    sessions.mask.mark_all()
    session.close()
    assert recovery._keeper is None
    assert find_recoverable(paths.autosave_dir()) == []
