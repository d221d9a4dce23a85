"""Mouse, wheel, pen, touch: what they do to view, brush and document."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QWheelEvent,
)
from PySide6.QtTest import QTest

from genrepair_desktop.app.canvas.canvas_widget import Pointed
from genrepair_desktop.app.canvas.compare import Comparison
from genrepair_desktop.app.canvas.tools import BrushSettings
from genrepair_desktop.document.edits import edit_for_new_pixels
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.masks import CombineMode, bounds_of
from tests.app.canvas.bench import Bench, Button, Modifier, photo

Move, Press, Release = QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease


@pytest.fixture(autouse=True)
def at_one_to_one(bench: Bench) -> None:
    bench.look_at(1.0, 80, 60)
    bench.canvas.toolbox.set_brush(BrushSettings(12.0, 1.0))


def turn(
    bench: Bench,
    notches: float,
    at: QPointF,
    modifiers: Qt.KeyboardModifier = Modifier.NoModifier,
    *,
    pixels: QPoint | None = None,
    phase: Qt.ScrollPhase = Qt.ScrollPhase.NoScrollPhase,
) -> None:
    """A wheel event; ``pixels`` and a phase make it a trackpad's."""
    angle = QPoint(0, round(120 * notches))
    where = bench.canvas.mapToGlobal(at)
    event = QWheelEvent(at, where, pixels or QPoint(), angle, Qt.MouseButton.NoButton, modifiers, phase, False)
    QCoreApplication.sendEvent(bench.canvas, event)


def test_painting_with_the_mouse_is_one_edit_in_the_history(bench: Bench) -> None:
    with bench.qtbot.waitSignal(bench.canvas.stroke_ended):
        bench.drag((40.5, 60.5), (60.5, 60.5), (100.5, 60.5))
    assert bounds_of(bench.document.mask) == Rect(34, 54, 73, 13)
    assert [edit.label for edit in bench.history.entries] == ["brush"]
    bench.history.undo()
    assert not bench.document.mask.any()


def test_the_canvas_is_busy_from_press_to_release(bench: Bench) -> None:
    bench.send(Press, (40, 60))
    assert bench.canvas.is_busy
    bench.send(Release, (40, 60))
    assert not bench.canvas.is_busy


def test_the_right_button_erases(bench: Bench) -> None:
    bench.drag((40, 60), (120, 60))
    bench.drag((80, 60), button=Button.RightButton)
    assert bench.document.mask[60, 80] == 0
    assert bench.document.mask[60, 50] == 255


def test_a_second_button_does_not_disturb_a_stroke(bench: Bench) -> None:
    bench.send(Press, (40, 60))
    bench.send(Press, (60, 60), Button.RightButton, also_held=Button.LeftButton)
    bench.send(Move, (100, 60))
    bench.send(Release, (100, 60))
    assert bench.document.mask[60, 40] == 255
    assert len(bench.history.entries) == 1


def test_a_stroke_whose_release_was_lost_ends_when_the_mouse_comes_back(bench: Bench) -> None:
    bench.send(Press, (40, 60))
    bench.send(Move, (60, 60), Button.NoButton)
    assert not bench.canvas.is_busy
    assert len(bench.history.entries) == 1
    bench.drag((90, 60), (100, 60))
    assert len(bench.history.entries) == 2


@pytest.mark.parametrize(
    ("modifiers", "mode"),
    [
        (Modifier.NoModifier, CombineMode.ADD),
        (Modifier.ShiftModifier, CombineMode.ADD),
        (Modifier.AltModifier, CombineMode.SUBTRACT),
        (Modifier.AltModifier | Modifier.ShiftModifier, CombineMode.INTERSECT),
    ],
)
def test_keys_choose_how_a_shape_joins(bench: Bench, modifiers: Qt.KeyboardModifier, mode: CombineMode) -> None:
    bench.canvas.toolbox.choose("rectangle")
    bench.drag((20, 20), (80, 80))
    bench.drag((60, 20), (120, 80), modifiers=modifiers)
    expected = {
        CombineMode.ADD: Rect(20, 20, 100, 60),
        CombineMode.SUBTRACT: Rect(20, 20, 40, 60),
        CombineMode.INTERSECT: Rect(60, 20, 20, 60),
    }[mode]
    assert bounds_of(bench.document.mask) == expected


def test_the_mode_of_the_tool_box_holds_without_keys(bench: Bench) -> None:
    bench.canvas.toolbox.choose("rectangle")
    bench.drag((20, 20), (80, 80))
    with bench.qtbot.waitSignal(bench.canvas.toolbox.mode_changed):
        bench.canvas.toolbox.set_mode(CombineMode.SUBTRACT)
    bench.drag((20, 20), (80, 50))
    assert bounds_of(bench.document.mask) == Rect(20, 50, 60, 30)


def test_shift_after_the_press_squares_the_shape(bench: Bench) -> None:
    bench.canvas.toolbox.choose("rectangle")
    bench.send(Press, (20, 20))
    bench.send(Move, (70, 40), modifiers=Modifier.ShiftModifier)
    bench.send(Release, (70, 40), modifiers=Modifier.ShiftModifier)
    assert bounds_of(bench.document.mask) == Rect(20, 20, 50, 50)


def test_shift_click_joins_strokes_by_a_line(bench: Bench) -> None:
    bench.click(30, 60)
    bench.drag((130, 60), modifiers=Modifier.ShiftModifier)
    assert (bench.document.mask[60, 30:130] == 255).all()


def test_a_double_click_closes_a_polygon(bench: Bench) -> None:
    bench.canvas.toolbox.choose("polygon")
    for point in ((20, 20), (90, 20), (90, 90)):
        bench.click(*point)
    bench.send(QEvent.Type.MouseButtonDblClick, (90, 90))
    assert bench.document.mask[30, 80] == 255
    assert len(bench.history.entries) == 1


def test_the_right_button_takes_back_a_polygons_point(bench: Bench) -> None:
    bench.canvas.toolbox.choose("polygon")
    bench.click(20, 20)
    bench.click(20, 20, Button.RightButton)
    assert not bench.canvas.is_busy


def test_another_tool_abandons_what_was_begun(bench: Bench) -> None:
    bench.send(Press, (40, 60))
    bench.send(Move, (90, 60))
    bench.canvas.toolbox.choose("lasso")
    assert not bench.document.mask.any()
    bench.send(Release, (90, 60))
    assert not bench.history.entries


def test_closing_the_photo_abandons_what_was_begun(bench: Bench) -> None:
    bench.send(Press, (40, 60))
    bench.canvas.set_document(None, None)
    assert not bench.document.mask.any()


@pytest.mark.parametrize("mode", list(CombineMode))
@pytest.mark.parametrize("size", [(60, 80), (120, 160), (240, 320)])
def test_a_photo_enlarged_in_the_middle_of_a_stroke_is_left_as_it_is(
    bench: Bench, mode: CombineMode, size: tuple[int, int]
) -> None:
    bench.canvas.toolbox.set_mode(mode)
    bench.send(Press, (40, 60))
    bench.send(Move, (90, 60))
    bench.history.push(edit_for_new_pixels(photo(*size), label="repair:enlarge"))
    bench.send(Move, (60, 40))
    bench.send(Release, (60, 40))
    bench.shown()
    assert not bench.document.mask.any()
    assert [edit.label for edit in bench.history.entries] == ["repair:enlarge"]


def test_the_wheel_zooms_about_the_pointer(bench: Bench) -> None:
    bench.look_at(4.0, 80, 60)
    at = QPointF(250, 190)
    under = bench.canvas.image_point(at)
    turn(bench, 4, at)
    assert bench.canvas.viewport.zoom == pytest.approx(8.0)
    assert bench.canvas.image_point(at) == pytest.approx(under, abs=0.5)
    turn(bench, -4, at)
    assert bench.canvas.viewport.zoom == pytest.approx(4.0)
    assert bench.canvas.image_point(at) == pytest.approx(under, abs=0.5)


def test_a_trackpad_pans_and_zooms_with_ctrl(bench: Bench) -> None:
    bench.look_at(4.0, 80, 60)
    before = bench.canvas.viewport
    turn(bench, 1, QPointF(200, 150), pixels=QPoint(12, -20), phase=Qt.ScrollPhase.ScrollUpdate)
    after = bench.canvas.viewport
    assert after.zoom == before.zoom
    assert (after.cx - before.cx, after.cy - before.cy) == pytest.approx((-3.0, 5.0))
    turn(bench, 1, QPointF(200, 150), Modifier.ControlModifier, phase=Qt.ScrollPhase.ScrollUpdate)
    assert bench.canvas.viewport.zoom > after.zoom


def test_the_wheel_scrolls_for_those_who_chose_so(bench: Bench) -> None:
    bench.canvas.wheel_zooms = False
    bench.look_at(4.0, 80, 60)
    before = bench.canvas.viewport
    turn(bench, 1, QPointF(200, 150))
    assert bench.canvas.viewport.zoom == before.zoom
    assert bench.canvas.viewport.cy < before.cy
    turn(bench, 1, QPointF(200, 150), Modifier.ShiftModifier)
    assert bench.canvas.viewport.cx < before.cx


def test_alt_and_the_wheel_change_the_brush(bench: Bench) -> None:
    with bench.qtbot.waitSignal(bench.canvas.toolbox.brush_changed):
        turn(bench, 1, QPointF(200, 150), Modifier.AltModifier)
    assert bench.canvas.toolbox.brush.size == pytest.approx(12 * 1.15)
    assert bench.canvas.viewport.zoom == 1.0


def test_alt_drag_changes_the_brush_and_paints_nothing(bench: Bench) -> None:
    bench.drag((40, 60), (160, 60), modifiers=Modifier.AltModifier)
    assert bench.canvas.toolbox.brush.size == pytest.approx(24.0)
    assert not bench.document.mask.any()


def test_the_brush_stays_within_1_and_2000(bench: Bench) -> None:
    toolbox = bench.canvas.toolbox
    toolbox.set_brush_size(1e6)
    assert toolbox.brush.size == 2000
    toolbox.set_brush_size(0)
    assert toolbox.brush.size == 1
    toolbox.step_brush_size(1)
    assert toolbox.brush.size == 2
    toolbox.step_hardness(-3)
    assert toolbox.brush.hardness == pytest.approx(0.7)
    toolbox.step_hardness(9)
    assert toolbox.brush.hardness == 1.0


@pytest.mark.parametrize("way", ["middle", "space", "tool"])
def test_the_view_can_be_dragged(bench: Bench, way: str) -> None:
    bench.look_at(4.0, 80, 60)
    before = bench.canvas.viewport
    if way == "space":
        QTest.keyPress(bench.canvas, Qt.Key.Key_Space)
    if way == "tool":
        bench.canvas.toolbox.choose("pan")
    start = before.to_widget(80, 60)
    end = before.to_image(start[0] + 40, start[1] - 20)
    bench.drag((80, 60), end, button=Button.MiddleButton if way == "middle" else Button.LeftButton)
    if way == "space":
        QTest.keyRelease(bench.canvas, Qt.Key.Key_Space)
    after = bench.canvas.viewport
    assert (before.cx - after.cx, before.cy - after.cy) == pytest.approx((10.0, -5.0))
    assert not bench.document.mask.any()
    assert bench.canvas.keys.cross is None


def test_fit_follows_the_window_until_the_user_zooms(bench: Bench) -> None:
    bench.canvas.zoom_fit()
    bench.canvas.resize(600, 500)
    assert bench.canvas.viewport.zoom == pytest.approx(bench.canvas.viewport.fit_zoom)
    bench.canvas.zoom_actual()
    bench.canvas.resize(500, 400)
    assert bench.canvas.viewport.zoom == 1.0
    bench.canvas.toggle_fit()
    assert bench.canvas.viewport.zoom == pytest.approx(bench.canvas.viewport.fit_zoom)
    with bench.qtbot.waitSignal(bench.canvas.view_changed):
        bench.canvas.zoom_in()


def test_the_status_bar_hears_place_samples_and_colour(bench: Bench) -> None:
    heard: list[Pointed | None] = []
    bench.canvas.pointer_moved.connect(heard.append)
    bench.send(Move, (12.5, 34.5), Button.NoButton)
    assert heard[-1] is not None
    red, green, blue = (int(v) for v in bench.document.pixels[34, 12])
    assert heard[-1] == Pointed(12, 34, (red, green, blue), f"#{red:02x}{green:02x}{blue:02x}")
    bench.send(Move, (-5.0, 34.5), Button.NoButton)
    assert heard[-1] is None


def test_the_split_handle_is_dragged_not_painted_under(bench: Bench) -> None:
    bench.canvas.set_comparison(Comparison("split", split=0.5))
    asked: list[float] = []
    bench.canvas.split_dragged.connect(asked.append)
    bench.drag((80, 60), (100, 60), (120, 60))
    assert asked[-1] == pytest.approx(0.75, abs=0.01)
    assert not bench.document.mask.any()
    bench.drag((20, 60), (30, 60))
    assert bench.document.mask.any()


def test_the_ring_shows_the_brush_at_its_true_size(bench: Bench) -> None:
    bench.look_at(2.0, 80, 60)
    bench.canvas.toolbox.set_brush_size(40)
    before = bench.shown()
    bench.send(Move, (80.0, 60.0), Button.NoButton)
    changed = (bench.shown() != before).any(axis=2)
    left, top = bench.canvas.viewport.origin
    row = changed[top + 120].nonzero()[0] - left
    assert row.min() == pytest.approx(160 - 40, abs=2)
    assert row.max() == pytest.approx(160 + 40, abs=2)
    QCoreApplication.sendEvent(bench.canvas, QEvent(QEvent.Type.Leave))
    assert (bench.shown() == before).all()
