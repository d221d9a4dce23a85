"""What a person sees is what they go on from: a clicked fill, found damage, an adjusted mask."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.composition import Program
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.document.document import Document

WAIT = 60_000
Mark = Callable[[Sessions, int, int, int, int], None]


def repaired_with_fills(sessions: Sessions, mark: Mark, qtbot: QtBot) -> Sessions:
    """The tiny photo after a seeded repair, with two fills to choose from."""
    sessions.session.settings.candidates = 2
    mark(sessions, 30, 20, 46, 36)
    sessions.repair.choose_method("patchmatch")
    sessions.repair.repair()
    qtbot.waitUntil(lambda: len(sessions.candidates.candidates) == 2, timeout=WAIT)
    return sessions


def document_of(sessions: Sessions) -> Document:
    document = sessions.session.document
    assert document is not None
    return document


@pytest.fixture
def filled(open_sessions: Sessions, mark: Mark, qtbot: QtBot) -> Sessions:
    return repaired_with_fills(open_sessions, mark, qtbot)


@pytest.fixture
def small_method(settings: Settings) -> None:
    """Chosen before the window opens: no network has to be got ready."""
    settings.method = "patchmatch"


@pytest.fixture
def window(small_method: None, program: Program, tiny_photo: Path, qtbot: QtBot) -> Program:
    with qtbot.waitSignal(program.sessions.session.opened, timeout=WAIT):
        program.window.files.open_path(tiny_photo)
    return program


def shows(document: Document, preview: object) -> bool:
    return all(np.array_equal(document.pixels[rect.slices], piece) for rect, piece in preview)  # type: ignore[union-attr]


def test_the_clicked_fill_is_written_when_one_goes_on(filled: Sessions, qtbot: QtBot) -> None:
    filled.candidates.select(2)
    preview = filled.candidates.preview
    done: list[bool] = []
    filled.settling.settle_fill()
    filled.settling.then(lambda: done.append(shows(document_of(filled), preview)))
    qtbot.waitUntil(lambda: bool(done), timeout=WAIT)
    assert done == [True]
    assert filled.candidates.applied == 2


def test_with_nothing_clicked_nothing_is_written(filled: Sessions) -> None:
    before, done = document_of(filled).pixels.copy(), []
    assert filled.settling.settle()
    filled.settling.then(lambda: done.append(True))
    assert done == [True]
    assert np.array_equal(document_of(filled).pixels, before)
    assert filled.candidates.applied == 1


def test_what_waited_is_forgotten_with_its_photo(filled: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[bool] = []
    monkeypatch.setattr(filled.repair, "_is_replacing", True)
    filled.settling.then(lambda: done.append(True))
    filled.session.close()
    monkeypatch.setattr(filled.repair, "_is_replacing", False)
    filled.repair.applied_changed.emit()
    assert done == []


def test_an_adjusted_mask_is_repaired_as_it_is_shown(marked: Sessions, qtbot: QtBot) -> None:
    marked.mask.adjust(3, 0)
    qtbot.waitUntil(lambda: marked.mask.preview is not None, timeout=WAIT)
    shown = marked.mask.preview
    assert shown is not None
    shown = shown.copy()
    marked.settling.settle()
    assert np.array_equal(document_of(marked).mask, shown)


def click_photo(program: Program, x: float, y: float) -> None:
    """A click with the brush at a photo pixel."""
    canvas = program.window.canvas
    at = QPointF(*canvas.viewport.to_widget(x, y)).toPoint()
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at)


def test_a_stroke_keeps_the_clicked_fill(window: Program, mark: Mark, qtbot: QtBot) -> None:
    sessions = repaired_with_fills(window.sessions, mark, qtbot)
    sessions.candidates.select(2)
    preview = sessions.candidates.preview
    click_photo(window, 80, 10)
    document = document_of(sessions)
    assert shows(document, preview)
    assert document.mask[10, 80] == 255


def test_a_stroke_keeps_the_found_damage(window: Program) -> None:
    sessions = window.sessions
    found = np.zeros_like(document_of(sessions).mask)
    found[60:64, 10:20] = 255
    sessions.damage._suggestion, sessions.damage._likely = found, np.zeros((1, 1), np.float32)
    click_photo(window, 80, 10)
    document = document_of(sessions)
    assert document.mask[61, 15] == 255
    assert document.mask[10, 80] == 255


def test_found_damage_can_be_repaired_at_once_and_cleared_at_once(window: Program) -> None:
    sessions, button = window.sessions, window.window.workspace.panel.repair
    found = np.zeros_like(document_of(sessions).mask)
    found[20:24, 10:40] = 255
    sessions.damage._suggestion, sessions.damage._likely = found, np.zeros((1, 1), np.float32)
    sessions.damage.changed.emit()
    assert button.button.isEnabled()
    window.window.refresh_commands()
    table = window.window.table
    assert table.action("repair.run").isEnabled()
    table.run("mask.none")
    assert not sessions.damage.has_suggestion
    assert not document_of(sessions).mask.any()


def test_exporting_writes_the_fill_that_is_shown(
    window: Program, mark: Mark, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = repaired_with_fills(window.sessions, mark, qtbot)
    asked: list[bool] = []
    sessions.candidates.select(2)
    preview = sessions.candidates.preview
    monkeypatch.setattr(
        window.window.table, "_rows",
        {**window.window.table._rows, "file.export": replace(
            window.window.table.row("file.export"),
            handler=lambda _: asked.append(shows(document_of(sessions), preview)),
        )},
    )  # fmt: skip
    window.window.refresh_commands()
    window.window.table.run("file.export")
    qtbot.waitUntil(lambda: bool(asked), timeout=WAIT)
    assert asked == [True]


def test_escape_forgets_the_found_damage_before_it_touches_the_fills(window: Program) -> None:
    sessions, table = window.sessions, window.window.table
    sessions.damage._suggestion = np.full_like(document_of(sessions).mask, 255)
    sessions.damage._likely = np.zeros((1, 1), np.float32)
    window.window.refresh_commands()
    assert table.action("repair.cancel").isEnabled()
    table.run("repair.cancel")
    assert not sessions.damage.is_active
    assert not document_of(sessions).mask.any()
    window.window.refresh_commands()
    assert not table.action("repair.cancel").isEnabled()
