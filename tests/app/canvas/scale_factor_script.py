"""Run by ``test_scale_factors``: a canvas inside a window, at an odd place, at the scale factor of this process."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from genrepair_desktop.app.canvas.canvas_widget import CanvasWidget
from genrepair_desktop.app.canvas.compare import Comparison
from genrepair_desktop.app.canvas.qimage import from_qimage
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.history import History
from genrepair_desktop.imaging.geometry import Rect

FACTOR = float(os.environ["QT_SCALE_FACTOR"])


def grabbed(window: QWidget, canvas: CanvasWidget) -> np.ndarray:
    """The canvas's device pixels out of a grab of the whole window, as the screen would show them."""
    while not canvas.is_sharp:
        QApplication.processEvents()
    whole = from_qimage(window.grab().toImage())[..., :3]
    x, y = round(canvas.x() * FACTOR), round(canvas.y() * FACTOR)
    size = canvas.viewport.ratio
    return whole[y : y + round(canvas.height() * size), x : x + round(canvas.width() * size)]


def main() -> None:
    application = QApplication(sys.argv)
    pixels = np.random.default_rng(2).integers(0, 256, (300, 400, 3), np.uint8)
    document = Document(pixels)
    window = QWidget()
    window.resize(333, 277)
    canvas = CanvasWidget(window)
    # 57 and 31: at 1.5 the corner lies on half a device pixel
    canvas.setGeometry(57, 31, 251, 211)
    canvas.set_document(document, History(document))
    window.show()
    canvas.set_marching(False)
    application.processEvents()
    assert canvas.devicePixelRatioF() == FACTOR
    print(f"{FACTOR:g}")

    canvas.zoom_actual()
    canvas.pan(-3.0, -2.0)
    application.processEvents()
    view = canvas.viewport
    shown = grabbed(window, canvas)
    seen = view.visible
    left, top = view.origin
    # the outermost pixels may be cut where the window's grab begins on half a pixel
    inner = seen.grown(-2)
    on_screen = inner.moved(left, top)
    assert np.array_equal(shown[on_screen.slices], pixels[inner.slices])
    print("photo")

    canvas.repaint(QRect(40, 40, 77, 53))
    assert np.array_equal(grabbed(window, canvas)[on_screen.slices], pixels[inner.slices])
    print("part")

    canvas.set_overlay("#0000ff", 1.0)
    middle = Rect(round(view.cx) - 10, round(view.cy) - 10, 20, 20)
    document.write("mask", middle, np.full((20, 20), 255, np.uint8))
    blue = (grabbed(window, canvas) == (0, 0, 255)).all(axis=2)
    expected = np.zeros_like(blue)
    expected[middle.grown(-1).moved(left, top).slices] = True
    assert np.array_equal(blue, expected)
    print("mask")

    at = QPointF(*view.to_widget(middle.x + 3.5, middle.y + 4.5))
    heard: list[object] = []
    canvas.pointer_moved.connect(heard.append)
    button = Qt.MouseButton.NoButton
    move = QMouseEvent(QEvent.Type.MouseMove, at, at, button, button, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(canvas, move)
    assert (heard[-1].x, heard[-1].y) == (middle.x + 3, middle.y + 4)  # type: ignore[attr-defined]
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    print("pointer")

    assert view.zoom == 1.0
    assert view.device_size == (round(251 * FACTOR), round(211 * FACTOR))
    print("one-to-one")

    document.write("mask", middle, np.zeros((20, 20), np.uint8))
    canvas.set_comparison(Comparison("side-by-side"))
    application.processEvents()
    view = canvas.viewport
    shown = grabbed(window, canvas)
    seen = view.visible.grown(-2)
    lower = Rect.from_edges(seen.x, seen.y + round(50 * FACTOR), seen.right, seen.bottom)  # above stand the words
    on_screen = lower.moved(*view.origin)
    shift = round(251 * FACTOR) - view.device_size.w
    assert np.array_equal(shown[on_screen.slices], pixels[lower.slices])
    assert np.array_equal(shown[on_screen.moved(shift, 0).slices], pixels[lower.slices])
    print("side-by-side")
    canvas.set_document(None, None)


main()
