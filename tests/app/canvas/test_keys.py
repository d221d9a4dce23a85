"""The canvas without a mouse."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest

from genrepair_desktop.app.canvas.canvas_widget import Pointed
from genrepair_desktop.app.canvas.tools import TOOLS, BrushSettings, WandSettings
from genrepair_desktop.imaging.masks import bounds_of
from tests.app.canvas.bench import Bench, Modifier

Key = Qt.Key


@pytest.fixture(autouse=True)
def at_one_to_one(bench: Bench) -> None:
    bench.look_at(1.0, 80, 60)
    bench.canvas.toolbox.set_brush(BrushSettings(9.0, 1.0))


def press(bench: Bench, *keys: Qt.Key, modifiers: Qt.KeyboardModifier = Modifier.NoModifier) -> None:
    for key in keys:
        QTest.keyClick(bench.canvas, key, modifiers)


def test_arrows_bring_a_cross_and_move_it(bench: Bench) -> None:
    heard: list[Pointed | None] = []
    bench.canvas.pointer_moved.connect(heard.append)
    before = bench.shown()
    press(bench, Key.Key_Right)
    assert bench.canvas.keys.cross == (88.0, 60.0)
    press(bench, Key.Key_Down, modifiers=Modifier.ControlModifier)
    assert bench.canvas.keys.cross == (88.0, 61.0)
    press(bench, Key.Key_Left, modifiers=Modifier.ShiftModifier)
    assert bench.canvas.keys.cross == (24.0, 61.0)
    assert heard[-1] is not None
    assert (heard[-1].x, heard[-1].y) == (24, 61)
    assert (bench.shown() != before).any()
    press(bench, Key.Key_Escape)
    assert bench.canvas.keys.cross is None


@pytest.mark.parametrize("act", [Key.Key_Space, Key.Key_Return])
def test_a_stroke_starts_and_ends_with_the_same_key(bench: Bench, act: Qt.Key) -> None:
    press(bench, Key.Key_Left, act, Key.Key_Right, Key.Key_Right, Key.Key_Right)
    assert bench.canvas.is_busy
    press(bench, act)
    assert not bench.canvas.is_busy
    assert bench.document.mask[60, 72:96].all()
    assert bounds_of(bench.document.mask).w in range(32, 35)
    assert len(bench.history.entries) == 1


@pytest.mark.parametrize("tool_id", [name for name in TOOLS if name not in ("pan", "restore", "eraser")])
def test_every_tool_can_be_used_without_a_mouse(bench: Bench, tool_id: str) -> None:
    toolbox = bench.canvas.toolbox
    toolbox.choose(tool_id)
    toolbox.set_wand(WandSettings(255.0))
    press(bench, Key.Key_Left, Key.Key_Space, Key.Key_Right, Key.Key_Right)
    if tool_id == "polygon":
        press(bench, Key.Key_Space)
    press(bench, Key.Key_Down, Key.Key_Down, Key.Key_Down)
    press(bench, Key.Key_Space if tool_id != "wand" else Key.Key_Control)
    if tool_id == "polygon":
        press(bench, Key.Key_Return)
    layer = bench.document.donor if tool_id == "donor" else bench.document.mask
    assert layer.any()
    assert [edit.label for edit in bench.history.entries] == [tool_id]


def test_backspace_takes_back_a_point_and_escape_the_polygon(bench: Bench) -> None:
    bench.canvas.toolbox.choose("polygon")
    press(bench, Key.Key_Left, Key.Key_Space, Key.Key_Right, Key.Key_Space)
    tool = bench.canvas.toolbox.tool
    assert tool.outline is not None
    assert len(tool.outline.handles) == 2
    press(bench, Key.Key_Backspace)
    assert tool.outline is not None
    assert len(tool.outline.handles) == 1
    press(bench, Key.Key_Escape)
    assert tool.outline is None
    assert bench.canvas.keys.cross is not None  # the first Escape was the polygon's


def test_escape_takes_back_a_stroke_in_the_making(bench: Bench) -> None:
    press(bench, Key.Key_Left, Key.Key_Space, Key.Key_Right, Key.Key_Escape)
    assert not bench.document.mask.any()
    assert not bench.history.entries


def test_the_view_follows_the_cross(bench: Bench) -> None:
    bench.look_at(8.0, 80, 60)
    for _ in range(30):
        press(bench, Key.Key_Right)
    cross = bench.canvas.keys.cross
    assert cross is not None
    x, y = bench.canvas.viewport.to_widget(*cross)
    assert 0 <= x <= 400
    assert 0 <= y <= 300


def test_the_cross_never_leaves_the_photo(bench: Bench) -> None:
    for _ in range(5):
        press(bench, Key.Key_Left, Key.Key_Up, modifiers=Modifier.ShiftModifier)
    assert bench.canvas.keys.cross == (0.5, 0.5)


def test_plus_and_minus_zoom(bench: Bench) -> None:
    press(bench, Key.Key_Plus)
    assert bench.canvas.viewport.zoom == 1.5
    press(bench, Key.Key_Minus, Key.Key_Minus)
    assert bench.canvas.viewport.zoom == pytest.approx(2 / 3)


def test_keys_that_mean_nothing_here_are_left_to_the_window(bench: Bench) -> None:
    """Enter applies a candidate, Escape goes back, letters choose tools: only a canvas at work takes them."""
    taken: list[int] = []
    for key in (Key.Key_Return, Key.Key_Escape, Key.Key_Backspace, Key.Key_B):
        event = QKeyEvent(QEvent.Type.KeyPress, key, Modifier.NoModifier)
        QCoreApplication.sendEvent(bench.canvas, event)
        if event.isAccepted():
            taken.append(key)
    assert not taken


def test_moving_the_mouse_puts_the_cross_away(bench: Bench) -> None:
    press(bench, Key.Key_Left)
    bench.send(QEvent.Type.MouseMove, (30.0, 30.0))
    assert bench.canvas.keys.cross is None


def is_kept_from_commands(bench: Bench, key: Qt.Key, modifiers: Qt.KeyboardModifier = Modifier.NoModifier) -> bool:
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
    event.ignore()
    QCoreApplication.sendEvent(bench.canvas, event)
    return event.isAccepted()


def test_undo_cannot_pull_the_photo_from_under_a_stroke(bench: Bench) -> None:
    assert not is_kept_from_commands(bench, Key.Key_Z, Modifier.ControlModifier)
    bench.send(QEvent.Type.MouseButtonPress, (40.0, 60.0))
    assert is_kept_from_commands(bench, Key.Key_Z, Modifier.ControlModifier)
    bench.send(QEvent.Type.MouseButtonRelease, (40.0, 60.0))
    assert not is_kept_from_commands(bench, Key.Key_Z, Modifier.ControlModifier)


def test_a_polygon_keeps_enter_and_escape_and_leaves_the_other_keys(bench: Bench) -> None:
    bench.canvas.toolbox.choose("polygon")
    assert not is_kept_from_commands(bench, Key.Key_Return)
    bench.click(40, 60)
    for key in (Key.Key_Return, Key.Key_Escape, Key.Key_Backspace):
        assert is_kept_from_commands(bench, key)
    assert not is_kept_from_commands(bench, Key.Key_Q)


def test_the_cross_leaves_enter_to_a_waiting_candidate(bench: Bench) -> None:
    press(bench, Key.Key_Left)
    assert is_kept_from_commands(bench, Key.Key_Return)
    bench.canvas.set_preview([(bench.document.bounds, bench.document.pixels.copy())])
    assert not is_kept_from_commands(bench, Key.Key_Return)
