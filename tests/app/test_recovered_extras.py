"""What belongs to a project beside its steps, such as the map's bookmarks, survives a crash before the next save."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from genrepair_desktop import paths
from genrepair_desktop.app import ask
from genrepair_desktop.app.editor.project_actions import ProjectActions
from genrepair_desktop.app.editor.recovery_session import RecoverySession
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.document.project_file import project_extras
from genrepair_desktop.document.recovery import find_recoverable

OLD, NEW = [{"name": "Place 1"}], [{"name": "Place 1"}, {"name": "Place 2"}]


@pytest.fixture
def projects(qtbot: QtBot, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ProjectActions:
    window = QWidget()
    qtbot.addWidget(window)
    monkeypatch.setattr(ask, "save_file", lambda *args: tmp_path / "work")
    return ProjectActions(sessions.session, window)


def save(qtbot: QtBot, projects: ProjectActions) -> Path:
    with qtbot.waitSignal(projects.saved, timeout=30_000):
        projects.save()
    assert projects.path is not None
    return projects.path


def die(recovery: RecoverySession) -> None:
    """As if the program were killed, once the journal is on the disk."""
    assert recovery._keeper is not None
    recovery._keeper.close(discard=False)
    recovery._keeper = None


def come_back(qtbot: QtBot, sessions: Sessions, recovery: RecoverySession) -> None:
    sessions.session.close()
    (entry,) = find_recoverable(paths.autosave_dir())
    with qtbot.waitSignal(sessions.session.opened, timeout=30_000):
        recovery.recover(entry)
    qtbot.waitUntil(lambda: sessions.session.desk.is_idle, timeout=30_000)


def test_bookmarks_made_since_the_last_save_come_back_also_after_a_second_crash(
    qtbot: QtBot, sessions: Sessions, projects: ProjectActions, tiny_photo: Path
) -> None:
    session = sessions.session
    recovery = RecoverySession(session, paths.autosave_dir(), projects=projects)
    with qtbot.waitSignal(session.opened, timeout=30_000):
        session.open_path(tiny_photo)
    session.keep_extra("map-bookmarks", OLD, is_unsaved=True)
    session.keep_extra("other", 7, is_unsaved=True)
    path = save(qtbot, projects)
    session.keep_extra("map-bookmarks", NEW, is_unsaved=True)
    for _ in range(2):
        die(recovery)
        come_back(qtbot, sessions, recovery)
        assert session.extras == {"map-bookmarks": NEW, "other": 7}
        assert not session.is_clean
    assert save(qtbot, projects) == path
    assert project_extras(path) == {"map-bookmarks": NEW, "other": 7}
    die(recovery)
    assert find_recoverable(paths.autosave_dir()) == []
    session.close()


def test_what_is_in_a_file_of_the_users_already_is_no_work_to_recover(
    qtbot: QtBot, sessions: Sessions, tiny_photo: Path
) -> None:
    recovery = RecoverySession(sessions.session, paths.autosave_dir())
    with qtbot.waitSignal(sessions.session.opened, timeout=30_000):
        sessions.session.open_path(tiny_photo)
    sessions.session.keep_extra("map-bookmarks", NEW, is_unsaved=False)
    die(recovery)
    sessions.session.close()
    assert find_recoverable(paths.autosave_dir()) == []
