"""The main job in the real window: open, paint, Repair, pick a fill, compare, undo, redo, export."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.canvas.canvas_widget import CanvasWidget
from genrepair_desktop.app.composition import Program
from genrepair_desktop.app.dialogs.export_dialog import ExportDialog
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.codecs import read_photo

WAIT = 60_000
pytestmark = pytest.mark.e2e


@pytest.fixture
def scratched(tmp_path: Path) -> Path:
    """A real photo, 600 x 400, with a white stain and a scratch on the wood."""
    from skimage import data

    pixels = data.coffee().copy()
    cv2.circle(pixels, (80, 330), 14, (250, 248, 240), -1)
    cv2.line(pixels, (520, 40), (560, 160), (250, 248, 240), 2)
    path = tmp_path / "coffee.png"
    cv2.imwrite(str(path), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return path


def widget_point(canvas: CanvasWidget, x: float, y: float) -> QPoint:
    return QPointF(*canvas.viewport.to_widget(x, y)).toPoint()


def paint(canvas: CanvasWidget, points: list[tuple[float, float]]) -> None:
    """Press, drag along ``points`` (photo pixels), release, by mouse events."""
    first, *rest = [widget_point(canvas, *point) for point in points]
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=first)
    for at in rest:
        QTest.mouseMove(canvas, at)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=(rest or [first])[-1])


def shown_colour(canvas: CanvasWidget, x: int, y: int) -> tuple[int, int, int]:
    """What the screen shows at a photo pixel."""
    at = widget_point(canvas, x + 0.5, y + 0.5)
    ratio = canvas.devicePixelRatioF()
    colour = canvas.grab().toImage().pixelColor(round(at.x() * ratio), round(at.y() * ratio))
    return colour.red(), colour.green(), colour.blue()


def accept_export(program: Program, qtbot: QtBot, target: Path) -> None:
    """Fill in the export dialog once it is open, and press Export."""

    def fill_in() -> None:
        dialog = program.window.dialogs.open_dialog
        assert isinstance(dialog, ExportDialog)
        dialog.path.setText(str(target))
        dialog.record.setChecked(True)
        QTest.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)

    from PySide6.QtCore import QTimer

    QTimer.singleShot(0, fill_in)
    with qtbot.waitSignal(program.sessions.export.exported, timeout=WAIT):
        QTest.keyClick(
            program.window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        )


def test_open_paint_repair_pick_compare_undo_redo_export(
    program: Program, qtbot: QtBot, scratched: Path, tmp_path: Path
) -> None:
    window, sessions, canvas = program.window, program.sessions, program.window.canvas
    program.settings.candidates = 3
    before = open_photo(program, qtbot, scratched)

    window.table.run("tool.brush")
    canvas.toolbox.set_brush_size(34)
    paint(canvas, [(78, 330), (80, 330), (82, 331)])
    canvas.toolbox.set_brush_size(8)
    paint(canvas, [(520, 40), (540, 100), (560, 160)])
    document = sessions.session.document
    assert document is not None
    mask = document.mask.copy()
    assert mask[330, 80] == 255
    assert mask[100, 540] > 0
    button = window.workspace.panel.repair.button
    qtbot.waitUntil(lambda: button.text() == "Repair 2 places", timeout=WAIT)

    with qtbot.waitSignal(sessions.repair.repaired, timeout=WAIT):
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert (document.pixels[mask == 255] != before[mask == 255]).any()
    assert document.pixels[mask == 0].tobytes() == before[mask == 0].tobytes()
    changed = int((document.pixels != before).any(axis=2).sum())
    assert f"{changed:,} px, nothing else" in window.status.changed.text()

    qtbot.waitUntil(lambda: len(sessions.candidates.candidates) == 3, timeout=WAIT)
    first = document.pixels.copy()
    QTest.mouseClick(window.workspace.strip.tiles[2], Qt.MouseButton.LeftButton)
    assert np.array_equal(document.pixels, first), "selecting only previews"
    qtbot.waitUntil(window.table.action("repair.apply-fill").isEnabled, timeout=WAIT)
    with qtbot.waitSignal(sessions.repair.applied_changed, timeout=WAIT):
        QTest.keyClick(window, Qt.Key.Key_Return)
    assert not np.array_equal(document.pixels, first)
    assert document.pixels[mask == 0].tobytes() == before[mask == 0].tobytes()
    repaired = document.pixels.copy()

    compare_by_key(program, before, repaired)

    qtbot.waitUntil(window.table.action("edit.undo").isEnabled, timeout=WAIT)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert np.array_equal(document.pixels, before)
    assert np.array_equal(document.mask, mask)
    qtbot.waitUntil(window.table.action("edit.redo").isEnabled, timeout=WAIT)
    QTest.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert np.array_equal(document.pixels, repaired)

    target = tmp_path / "out.png"
    accept_export(program, qtbot, target)
    exported = read_photo(target).pixels
    assert np.array_equal(exported, repaired)
    assert exported[mask == 0].tobytes() == before[mask == 0].tobytes()
    assert sessions.session.is_clean
    assert read_photo(scratched).pixels.tobytes() == before.tobytes(), "the opened file is untouched"
    check_replay(program, before, exported, target)


def open_photo(program: Program, qtbot: QtBot, path: Path) -> Pixels:
    """Open through the window's own way and return the opened pixels."""
    with qtbot.waitSignal(program.sessions.session.opened, timeout=WAIT):
        program.window.files.open_path(path)
    canvas = program.window.canvas
    qtbot.waitUntil(lambda: canvas.isVisible() and canvas.is_sharp, timeout=WAIT)
    document = program.sessions.session.document
    assert document is not None
    return document.pixels.copy()


def compare_by_key(program: Program, before: Pixels, repaired: Pixels) -> None:
    """While the key is down the screen shows the opened photo, and the repaired one after."""
    canvas = program.window.canvas
    lighter = np.argwhere((before.astype(int) - repaired).min(axis=2) > 60)
    y, x = (int(v) for v in lighter[len(lighter) // 2])
    after = shown_colour(canvas, x, y)
    QTest.keyPress(program.window, Qt.Key.Key_Backslash)
    held = shown_colour(canvas, x, y)
    QTest.keyRelease(program.window, Qt.Key.Key_Backslash)
    assert sum(held) - sum(after) > 60, "the stain was lighter than what took its place"
    assert shown_colour(canvas, x, y) == after
    assert program.sessions.compare.comparison.is_held is False


def check_replay(program: Program, before: Pixels, exported: Pixels, target: Path) -> None:
    """The record beside the export makes the same pixels of the opened photo again."""
    from genrepair_desktop.document.export import record_path
    from genrepair_desktop.jobs.context import RunContext
    from genrepair_desktop.repair.record import read_record, replay

    done = replay(read_record(record_path(target)), before, RunContext(), program.sessions.repair.models.loader)
    assert done.is_identical
    assert np.array_equal(done.pixels, exported)


def test_closing_with_unsaved_changes_asks_and_cancel_keeps_the_window(
    program: Program, qtbot: QtBot, scratched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genrepair_desktop.app import ask

    open_photo(program, qtbot, scratched)
    paint(program.window.canvas, [(100, 100), (140, 120)])
    answers = iter(["cancel", "discard"])
    monkeypatch.setattr(ask, "unsaved", lambda *_: next(answers))
    program.window.close()
    assert program.window.isVisible()
    program.window.close()
    qtbot.waitUntil(lambda: not program.window.isVisible(), timeout=WAIT)


def test_closing_the_window_in_the_middle_of_a_repair_ends_cleanly(
    program: Program, qtbot: QtBot, scratched: Path
) -> None:
    open_photo(program, qtbot, scratched)
    document = program.sessions.session.document
    assert document is not None
    paint(program.window.canvas, [(100, 100), (300, 220), (480, 120)])
    qtbot.waitUntil(program.window.table.action("repair.run").isEnabled, timeout=WAIT)
    program.window.table.run("repair.run")
    assert program.sessions.repair.is_running
    program.shut_down()
    assert program.engine.isFinished()


def test_dialogs_open_and_close_by_keyboard(program: Program, qtbot: QtBot, scratched: Path) -> None:
    from PySide6.QtCore import QTimer

    open_photo(program, qtbot, scratched)
    seen: list[str] = []

    def close() -> None:
        dialog = program.window.dialogs.open_dialog
        assert isinstance(dialog, QDialog)
        seen.append(type(dialog).__name__)
        QTest.keyClick(dialog, Qt.Key.Key_Escape)

    for command in ("help.shortcuts", "help.palette", "help.about", "file.preferences", "file.export"):
        QTimer.singleShot(0, close)
        program.window.table.run(command)
    assert seen == ["ShortcutSheet", "CommandPalette", "AboutDialog", "PreferencesDialog", "ExportDialog"]
