"""Models from the window: listed with their origin, added after a look, removed, and methods at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from genrepair_desktop.app import ask, texts
from genrepair_desktop.app.composition import make_sessions
from genrepair_desktop.app.dialogs.genrepair_process import GenrepairProcess
from genrepair_desktop.app.dialogs.models_dialog import ModelsDialog
from genrepair_desktop.app.dialogs.models_session import ModelsSession
from genrepair_desktop.app.editor.repair_panel import RepairPanel
from genrepair_desktop.app.editor.repair_work import HashedModels
from genrepair_desktop.app.engine_thread import JobDesk
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.cli.main import main
from genrepair_desktop.registry import added
from genrepair_desktop.registry.loader import ModelLoader
from genrepair_desktop.registry.store import ModelStore
from tests.foreign_models import convert_here, weights_of, write_checkpoint, write_program


@pytest.fixture(autouse=True)
def commands_run_here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The processes' commands, without the processes: their start costs seconds."""

    def start(process: GenrepairProcess, words: list[str]) -> None:
        code = main(words)
        out, err = capsys.readouterr()
        process.ended.emit(code, (err if code else out).strip().removeprefix("genrepair: "))

    monkeypatch.setattr(added, "_convert", convert_here)
    monkeypatch.setattr(GenrepairProcess, "start", start)


@pytest.fixture
def dialog(desk: JobDesk, qtbot: QtBot) -> Iterator[ModelsDialog]:
    session = ModelsSession(desk)
    made = ModelsDialog(session, None)
    qtbot.addWidget(made)
    made.show()
    yield made
    session.deleteLater()


def ids(dialog: ModelsDialog) -> list[str]:
    return [dialog.table.item(row, 0).text() for row in range(dialog.table.rowCount())]


def choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(ask, "open_file", lambda *words: path)


def test_an_added_model_is_listed_and_among_the_methods(
    dialog: ModelsDialog,
    desk: JobDesk,
    settings: Settings,
    dark: Theme,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models = HashedModels(ModelLoader(ModelStore.installed(), "cpu"), str)
    repair = make_sessions(desk, settings, models, dialog).repair
    panel = RepairPanel(repair, dark)
    qtbot.addWidget(panel)
    dialog.models_changed.connect(repair.refresh_methods)
    before = panel.method.count()
    choose(monkeypatch, write_checkpoint(tmp_path / "Deblur me.pth", weights_of("NAFNet")))
    with qtbot.waitSignal(dialog._session.changed, timeout=60_000):
        dialog.add_button.click()
    row = ids(dialog).index("deblur-me")
    assert dialog.table.item(row, 2).text() == "you, added"
    assert "deblur-me was added" in dialog.note.text()
    assert panel.method.count() == before + 1
    assert panel.method.itemText(before) == "deblur-me (NAFNet)"
    repair.choose_method("deblur-me")
    assert texts.button_title("deblur-me", count=None, is_whole=True) == "Restore photo"
    dialog.table.setCurrentCell(row, 0)
    assert "from Deblur me.pth" in dialog.facts.text()
    monkeypatch.setattr(ask, "confirm", lambda *words: True)
    dialog.remove_button.click()
    assert "deblur-me" not in ids(dialog)
    assert panel.method.count() == before
    assert repair.choice.method == "auto"


def test_what_came_with_the_program_cannot_be_removed(dialog: ModelsDialog) -> None:
    for row, name in enumerate(ids(dialog)):
        dialog.table.setCurrentCell(row, 0)
        assert dialog.table.item(row, 2).text() == "the program", name
        assert not dialog.remove_button.isEnabled()
        assert "SHA-256" in dialog.facts.text()


def test_a_program_is_added_only_after_its_question_was_answered(
    dialog: ModelsDialog, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, write_program(tmp_path / "fill.pt"))
    asked: list[str] = []

    def answer(parent: object, title: str, question: str, yes: str) -> bool:
        asked.append(question)
        return len(asked) > 1

    monkeypatch.setattr(ask, "confirm", answer)
    dialog.add_button.click()
    qtbot.waitUntil(lambda: dialog.note.text() == "fill.pt was not added.", timeout=10_000)
    assert "fill" not in ids(dialog)
    dialog.add_button.click()
    qtbot.waitUntil(lambda: "fill" in ids(dialog), timeout=60_000)
    assert "is a program" in asked[0]


def test_a_refused_file_is_told_in_its_sentence(
    dialog: ModelsDialog, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.pth").write_bytes(b"\x80\x02cos\nsystem\n.")
    choose(monkeypatch, tmp_path / "bad.pth")
    dialog.add_button.click()
    qtbot.waitUntil(lambda: "os.system" in dialog.note.text(), timeout=10_000)
    assert dialog.add_button.isEnabled()
    assert dialog.note.property("kind") == "error"


def test_a_real_command_ends_with_its_last_line(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    process = GenrepairProcess(QCoreApplication.instance())
    with qtbot.waitSignal(process.ended, timeout=60_000) as ended:
        process.start(["models", "remove", "nothing"])
        process.start(["--version"])
    assert ended.args[0] == 2
    assert "There is no model 'nothing'" in ended.args[1]
    process.start(["--version"])
    assert process.is_running
    process.stop()
    assert not process.is_running
    process.deleteLater()
