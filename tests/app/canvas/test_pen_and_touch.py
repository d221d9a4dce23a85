"""Pen, fingers and trackpad gestures."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QNativeGestureEvent, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest

from genrepair_desktop.app.canvas.tools import BrushSettings
from tests.app.canvas.bench import Bench, Button, Modifier


@pytest.fixture(autouse=True)
def at_one_to_one(bench: Bench) -> None:
    bench.look_at(1.0, 80, 60)
    bench.canvas.toolbox.set_brush(BrushSettings(12.0, 1.0))


PEN = QPointingDevice(
    "pen",
    7,
    QInputDevice.DeviceType.Stylus,
    QPointingDevice.PointerType.Pen,
    QInputDevice.Capability.Position | QInputDevice.Capability.Pressure,
    1,
    1,
)
RUBBER = QPointingDevice(
    "rubber",
    8,
    QInputDevice.DeviceType.Stylus,
    QPointingDevice.PointerType.Eraser,
    QInputDevice.Capability.Position | QInputDevice.Capability.Pressure,
    1,
    1,
)


def pen(bench: Bench, kind: QEvent.Type, x: float, pressure: float, device: QPointingDevice = PEN) -> None:
    at = QPointF(*bench.canvas.viewport.to_widget(x, 60.5))
    event = QTabletEvent(
        kind,
        device,
        at,
        at,
        pressure,
        0.0,
        0.0,
        0.0,
        0.0,
        0.0,
        Modifier.NoModifier,
        Button.LeftButton,
        Button.LeftButton,
    )
    QCoreApplication.sendEvent(bench.canvas, event)
    assert event.isAccepted()


def test_a_pens_pressure_widens_its_stroke_and_its_other_end_erases(bench: Bench) -> None:
    bench.canvas.toolbox.set_brush_size(30)
    pen(bench, QEvent.Type.TabletPress, 40.5, 0.2)
    pen(bench, QEvent.Type.TabletMove, 120.5, 1.0)
    pen(bench, QEvent.Type.TabletRelease, 120.5, 0.0)
    widths = (bench.document.mask > 0).sum(axis=0)
    assert widths[42] < 10 < 20 < widths[115]
    pen(bench, QEvent.Type.TabletPress, 115.5, 1.0, RUBBER)
    pen(bench, QEvent.Type.TabletRelease, 115.5, 0.0, RUBBER)
    assert bench.document.mask[60, 115] == 0
    assert len(bench.history.entries) == 2


@pytest.fixture(scope="module")
def finger() -> QPointingDevice:
    return QTest.createTouchDevice()


def at_widget(bench: Bench, x: float, y: float) -> QPoint:
    return QPointF(*bench.canvas.viewport.to_widget(x, y)).toPoint()


def test_one_finger_paints(bench: Bench, finger: QPointingDevice) -> None:
    QTest.touchEvent(bench.canvas, finger).press(0, at_widget(bench, 40, 60), bench.canvas)
    QTest.touchEvent(bench.canvas, finger).move(0, at_widget(bench, 70, 60), bench.canvas)
    QTest.touchEvent(bench.canvas, finger).move(0, at_widget(bench, 100, 60), bench.canvas)
    QTest.touchEvent(bench.canvas, finger).release(0, at_widget(bench, 100, 60), bench.canvas)
    assert (bench.document.mask[60, 42:98] == 255).all()
    assert len(bench.history.entries) == 1


def test_a_tap_is_a_dab(bench: Bench, finger: QPointingDevice) -> None:
    QTest.touchEvent(bench.canvas, finger).press(0, at_widget(bench, 40, 60), bench.canvas)
    QTest.touchEvent(bench.canvas, finger).release(0, at_widget(bench, 40, 60), bench.canvas)
    assert bench.document.mask[60, 40] == 255
    assert len(bench.history.entries) == 1


def test_two_fingers_zoom_and_take_back_what_the_first_began(bench: Bench, finger: QPointingDevice) -> None:
    canvas = bench.canvas
    QTest.touchEvent(canvas, finger).press(0, QPoint(150, 150), canvas)
    QTest.touchEvent(canvas, finger).move(0, QPoint(170, 150), canvas)
    assert bench.document.mask.any()
    under = canvas.image_point(QPointF(200, 150))
    QTest.touchEvent(canvas, finger).move(0, QPoint(170, 150), canvas).press(1, QPoint(230, 150), canvas)
    QTest.touchEvent(canvas, finger).move(0, QPoint(140, 150), canvas).move(1, QPoint(260, 150), canvas)
    assert canvas.viewport.zoom == pytest.approx(2.0)
    assert canvas.image_point(QPointF(200, 150)) == pytest.approx(under, abs=1.0)
    QTest.touchEvent(canvas, finger).release(0, QPoint(140, 150), canvas).release(1, QPoint(260, 150), canvas)
    assert not bench.document.mask.any()
    assert not bench.history.entries


def test_a_pinch_on_the_trackpad_zooms(bench: Bench) -> None:
    at = QPointF(200, 150)
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture, QPointingDevice.primaryPointingDevice(), 2, at, at, at, 0.5, QPointF()
    )
    QCoreApplication.sendEvent(bench.canvas, event)
    assert bench.canvas.viewport.zoom == pytest.approx(1.5)
