"""Projects go through the window's sessions, and interrupted work is offered again."""

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from genrepair_desktop import paths
from genrepair_desktop.app import ask
from genrepair_desktop.app.dialogs.recovery_dialog import RecoveryDialog
from genrepair_desktop.app.editor.project_actions import ProjectActions
from genrepair_desktop.app.editor.recovery_session import RecoverySession
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.document.project_file import load_project
from genrepair_desktop.document.project_lock import lock_project, mark_path
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
    recovery.open_asked.connect(recovery.recover)
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


def open_photo(qtbot: QtBot, sessions: Sessions, photo: Path) -> None:
    with qtbot.waitSignal(sessions.session.opened, timeout=10_000):
        sessions.session.open_path(photo)


def saved_project(qtbot: QtBot, sessions: Sessions, projects: ProjectActions, photo: Path) -> Path:
    open_photo(qtbot, sessions, photo)
    sessions.mask.mark_all()
    with qtbot.waitSignal(projects.saved, timeout=10_000):
        projects.save()
    assert projects.path is not None
    return projects.path


def test_a_project_open_elsewhere_is_said_so_and_opened_as_a_copy(
    qtbot: QtBot, sessions: Sessions, projects: ProjectActions, tiny_photo: Path
) -> None:
    path = saved_project(qtbot, sessions, projects, tiny_photo)
    session, notices = sessions.session, told(sessions)
    open_photo(qtbot, sessions, tiny_photo)
    theirs = lock_project(path)
    assert theirs is not None, "opening a photo let the project go"
    document = session.document
    with qtbot.waitSignal(session.noticed, timeout=10_000):
        projects.open_path(path)
    assert session.document is document
    assert "another window on this computer has it open" in notices[-1].text
    assert notices[-1].action_title == "Open a copy"
    assert notices[-1].action is not None
    with qtbot.waitSignal(session.opened, timeout=10_000):
        notices[-1].action()
    assert session.title == "Copy of work.genrepair"
    assert session.document is not None
    assert session.document.mask.all()
    assert projects.path is None
    assert not session.is_clean
    before = path.read_bytes()
    with qtbot.waitSignal(session.noticed, timeout=10_000):
        projects.save_to(path)
    assert "has it open" in notices[-1].text
    assert path.read_bytes() == before
    theirs.release()
    with qtbot.waitSignal(projects.saved, timeout=10_000):
        projects.save_to(path)
    session.close()
    assert not mark_path(path).exists()


def test_a_project_that_was_taken_over_is_not_overwritten(
    qtbot: QtBot, sessions: Sessions, projects: ProjectActions, tiny_photo: Path
) -> None:
    path = saved_project(qtbot, sessions, projects, tiny_photo)
    notices, before = told(sessions), path.read_bytes()
    theirs = '{"host": "far-away", "user": "anna", "pid": 1, "started": 0, "secret": "x"}'
    mark_path(path).write_text(theirs)
    sessions.session.undo()
    with qtbot.waitSignal(sessions.session.noticed, timeout=10_000):
        projects.save()
    assert "somebody else opened it meanwhile" in notices[-1].text
    assert path.read_bytes() == before
    sessions.session.close()
    assert mark_path(path).read_text() == theirs


def test_the_same_project_may_be_opened_again_in_its_own_window(
    qtbot: QtBot, sessions: Sessions, projects: ProjectActions, tiny_photo: Path
) -> None:
    path = saved_project(qtbot, sessions, projects, tiny_photo)
    with qtbot.waitSignal(sessions.session.opened, timeout=10_000):
        projects.open_path(path)
    assert projects.path == path
    assert mark_path(path).exists()
    sessions.session.close()
    assert not mark_path(path).exists()


def test_unsaved_changes_of_a_project_are_saved_discarded_or_kept(
    qtbot: QtBot,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    tiny_photo: Path,
    tmp_path: Path,
) -> None:
    from PySide6.QtWidgets import QWidget

    from genrepair_desktop.app.editor.file_actions import FileActions

    window = QWidget()
    qtbot.addWidget(window)
    monkeypatch.setattr(ask, "save_file", lambda *args: tmp_path / "work")
    files = FileActions(sessions.session, sessions.mask, window)
    path = saved_project(qtbot, sessions, files.projects, tiny_photo)
    sessions.session.undo()
    asked: list[bool] = []
    answers = iter(["cancel", "save", "discard"])

    def answer(parent: object, title: str, is_project: bool) -> str:
        asked.append(is_project)
        return next(answers)

    monkeypatch.setattr(ask, "unsaved", answer)
    files.close_photo()
    assert sessions.session.document is not None
    with qtbot.waitSignal(sessions.session.opened, timeout=10_000):
        files.close_photo()
    assert sessions.session.document is None
    assert not load_project(path).document.mask.any(), "the undo was saved"
    with qtbot.waitSignal(sessions.session.opened, timeout=10_000):
        files.open_path(path)
    sessions.session.redo()
    before = path.read_bytes()
    files.close_photo()
    assert sessions.session.document is None
    assert path.read_bytes() == before
    assert asked == [True, True, True]


def leave_behind(qtbot: QtBot, sessions: Sessions, photo: Path, count: int) -> None:
    """Work on ``count`` documents, each interrupted as by a kill."""
    recovery = RecoverySession(sessions.session, paths.autosave_dir())
    for _ in range(count):
        open_photo(qtbot, sessions, photo)
        sessions.mask.mark_all()
        assert recovery._keeper is not None
        recovery._keeper.close(discard=False)
        recovery._keeper = None
    sessions.session.opened.disconnect(recovery._on_opened)
    sessions.session.close()


def test_several_interrupted_works_are_chosen_from_a_list_with_pictures(
    qtbot: QtBot, sessions: Sessions, tiny_photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_behind(qtbot, sessions, tiny_photo, 3)
    recovery, notices = RecoverySession(sessions.session, paths.autosave_dir()), told(sessions)
    with qtbot.waitSignal(recovery.found, timeout=10_000):
        recovery.offer()
    assert "tiny.png and 2 more" in notices[-1].text
    assert notices[-1].action_title == "Choose…"
    dialog = RecoveryDialog(recovery, None)
    qtbot.addWidget(dialog)
    with qtbot.waitSignal(recovery.found, timeout=10_000):
        recovery.look()
    assert dialog.list.count() == 3
    assert [entry.counter for entry in recovery.entries] == [3, 2, 1]
    first = dialog.list.item(0)
    assert "Last step" in first.text()
    assert not first.icon().pixmap(96, 72).isNull()
    monkeypatch.setattr(ask, "confirm", lambda *_: True)
    dialog.discard_button.click()
    qtbot.waitUntil(lambda: len(find_recoverable(paths.autosave_dir())) == 2, timeout=10_000)
    assert dialog.list.count() == 2
    with qtbot.waitSignal(dialog.chosen, timeout=1000) as chosen:
        dialog.recover_button.click()
    with qtbot.waitSignal(sessions.session.opened, timeout=10_000):
        recovery.recover(chosen.args[0])
    assert sessions.session.document is not None
    assert sessions.session.document.mask.all()
    qtbot.waitUntil(lambda: len(find_recoverable(paths.autosave_dir())) == 1, timeout=10_000)
    sessions.session.close()


def test_an_offer_survives_the_photo_that_is_opened_at_the_start(
    qtbot: QtBot, sessions: Sessions, tiny_photo: Path
) -> None:
    leave_behind(qtbot, sessions, tiny_photo, 1)
    recovery, notices = RecoverySession(sessions.session, paths.autosave_dir()), told(sessions)
    recovery.offer()
    open_photo(qtbot, sessions, tiny_photo)
    offers = [notice for notice in notices if notice.action_title == "Recover"]
    qtbot.waitUntil(lambda: len([one for one in notices if one.action_title == "Recover"]) == len(offers) + 1)
    sessions.session.close()


def test_a_project_recovered_is_saved_where_it_was(
    qtbot: QtBot, sessions: Sessions, projects: ProjectActions, tiny_photo: Path
) -> None:
    session = sessions.session
    recovery = RecoverySession(session, paths.autosave_dir(), projects=projects)
    path = saved_project(qtbot, sessions, projects, tiny_photo)
    session.undo()
    assert recovery._keeper is not None
    recovery._keeper.close(discard=False)
    recovery._keeper = None
    session.close()
    (entry,) = find_recoverable(paths.autosave_dir())
    with qtbot.waitSignal(session.opened, timeout=10_000):
        recovery.recover(entry)
    assert projects.path == path
    assert not session.is_clean
    with qtbot.waitSignal(projects.saved, timeout=10_000):
        projects.save()
    session.close()
    assert not load_project(path).document.mask.any()
    assert find_recoverable(paths.autosave_dir()) == []


def test_work_on_a_sample_is_offered_a_place_of_the_users(
    qtbot: QtBot, sessions: Sessions, tiny_photo: Path, tmp_path: Path
) -> None:
    session, sample = sessions.session, paths.resources_dir() / "samples" / "coffee.jpg"
    session.settings.last_folder = str(tmp_path)
    open_photo(qtbot, sessions, sample)
    assert session.save_folder == tmp_path
    session.settings.last_folder = str(tmp_path / "gone")
    assert session.save_folder == Path.home()
    open_photo(qtbot, sessions, tiny_photo)
    assert session.save_folder == tiny_photo.parent


@pytest.mark.parametrize("is_exported", [True, False])
def test_leaving_by_an_export_leaves_when_it_is_written_and_never_later(
    qtbot: QtBot,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    tiny_photo: Path,
    tmp_path: Path,
    is_exported: bool,
) -> None:
    from PySide6.QtWidgets import QWidget

    from genrepair_desktop.app.editor.file_actions import FileActions
    from genrepair_desktop.imaging.codecs import ExportOptions

    window = QWidget()
    qtbot.addWidget(window)
    files = FileActions(sessions.session, sessions.mask, window)
    open_photo(qtbot, sessions, tiny_photo)
    sessions.mask.mark_all()
    monkeypatch.setattr(ask, "unsaved", lambda *_: "export")

    def export() -> None:
        sessions.export.export(tmp_path / "out.png", ExportOptions(), may_overwrite=True, with_record=False)

    if is_exported:
        files.export_asked.connect(export)
    files.close_photo()
    assert sessions.session.document is not None
    if is_exported:
        qtbot.waitUntil(lambda: sessions.session.document is None, timeout=10_000)
        assert (tmp_path / "out.png").exists()
        return
    # the dialog was left: what is exported later must not close the photo
    with qtbot.waitSignal(sessions.export.exported, timeout=10_000):
        export()
    assert sessions.session.is_clean
    assert sessions.session.document is not None
