"""How quick the canvas is on a large photo: first picture, strokes, undo, pan. For ``genrepair bench --canvas``."""

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from genrepair_desktop.app.canvas.canvas_widget import CanvasWidget
from genrepair_desktop.app.canvas.tools import BrushSettings
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.history import History
from genrepair_desktop.imaging.arrays import Pixels

_WIDGET = 1600, 1000
_STROKES, _DABS = 6, 70
_BRUSHES = {"brush_64": BrushSettings(64.0, 1.0), "brush_600_soft": BrushSettings(600.0, 0.3)}


def measure_canvas(megapixels: float = 50.0) -> dict[str, float]:
    """Figures in milliseconds for a photo of this size in a canvas of 1600 x 1000 pixels.

    Keys:
        open_first / open_sharp: from ``set_document`` to the first painted frame, and to all levels built.
        {fit,actual}_{brush_64,brush_600_soft}: from a mouse event of a stroke to the end of the repaint it causes,
            with the whole photo in view and at one to one; six waves of 70 events, 10 units apart.
        ..._undo: undo of such a stroke with its repaint.
        pan: a repaint of everything at one to one while the photo is dragged.
        Each of these as median, p99 and max; p99_cpu and max_cpu are time of this thread alone, which other
        programs on the machine do not lengthen.
    """
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    bench = _Bench(application, _photo(megapixels))
    figures = bench.opening()
    for name, zoom in (("fit", bench.canvas.zoom_fit), ("actual", bench.canvas.zoom_actual)):
        zoom()
        bench.settle()
        for brush_name, brush in _BRUSHES.items():
            figures |= bench.stroke(f"{name}_{brush_name}", brush)
    figures |= bench.panning()
    bench.canvas.close()
    bench.canvas.set_document(None, None)
    return {key: round(value, 3) for key, value in figures.items()}


class _Spent(NamedTuple):
    """Milliseconds on the clock and of this thread."""

    wall: float
    cpu: float


class _Bench:
    """One canvas with one photo."""

    def __init__(self, application: QApplication, pixels: Pixels) -> None:
        self._application = application
        self._document = Document(pixels)
        self._history = History(self._document)
        self.canvas = CanvasWidget()
        self.canvas.resize(*_WIDGET)
        self.canvas.show()
        application.processEvents()

    def opening(self) -> dict[str, float]:
        start = time.perf_counter()
        self.canvas.set_document(self._document, self._history)
        self.canvas.repaint()
        first = time.perf_counter() - start
        self.settle()
        return {"open_first": 1e3 * first, "open_sharp": 1e3 * (time.perf_counter() - start)}

    def settle(self) -> None:
        """Wait until every level in sight is built."""
        self.canvas.repaint()
        while not self.canvas.is_sharp:
            self._application.processEvents()

    def stroke(self, name: str, brush: BrushSettings) -> dict[str, float]:
        """Some strokes across the middle of the view, and their undo."""
        self.canvas.toolbox.set_brush(brush)
        self.canvas.set_marching(False)
        times: list[_Spent] = []
        for number in range(_STROKES):
            places = _wave(number)
            self._send(QEvent.Type.MouseButtonPress, places[0])
            times += [self._timed(lambda at=at: self._send(QEvent.Type.MouseMove, at)) for at in places[1:]]
            self._send(QEvent.Type.MouseButtonRelease, places[-1])
            self.settle()
        undos = [self._timed(self._history.undo) for _ in range(_STROKES)]
        return {**_summary(name, times), **_summary(f"{name}_undo", undos)}

    def panning(self) -> dict[str, float]:
        steps = [-7 if number % 40 < 20 else 7 for number in range(80)]
        return _summary("pan", [self._timed(lambda dx=dx: self.canvas.pan(dx, 3)) for dx in steps])

    def _timed(self, act: Callable[[], object]) -> _Spent:
        """How long an act and the repaint it asks for take."""
        wall, cpu = time.perf_counter(), time.thread_time()
        act()
        self._application.processEvents()
        return _Spent(1e3 * (time.perf_counter() - wall), 1e3 * (time.thread_time() - cpu))

    def _send(self, kind: QEvent.Type, at: QPointF) -> None:
        button = Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
        which = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else button
        modifiers = Qt.KeyboardModifier.NoModifier
        self._application.sendEvent(self.canvas, QMouseEvent(kind, at, at, which, held, modifiers))


def _summary(name: str, times: Sequence[_Spent]) -> dict[str, float]:
    wall, cpu = [spent.wall for spent in times], [spent.cpu for spent in times]
    return {
        f"{name}_median": float(np.median(wall)),
        f"{name}_p99": float(np.percentile(wall, 99)),
        f"{name}_max": max(wall),
        f"{name}_p99_cpu": float(np.percentile(cpu, 99)),
        f"{name}_max_cpu": max(cpu),
    }


def _wave(number: int) -> list[QPointF]:
    """Places in the widget along a wave from left to right, as a hand follows a scratch."""
    start, height = QPointF(_WIDGET[0] / 2 - 10 * _DABS / 2, 200.0 + 100.0 * number), 30.0
    return [start + QPointF(10.0 * step, height * math.sin(step / 8)) for step in range(_DABS)]


def _photo(megapixels: float) -> Pixels:
    """Smooth light with grain, 3 to 2, 8 bits."""
    height = round(math.sqrt(megapixels * 1e6 / 1.5))
    width = round(height * 1.5)
    grain = np.random.default_rng(7).integers(0, 48, (512, 512, 3), np.uint8)
    tiled = np.tile(grain, (-(-height // 512), -(-width // 512), 1))[:height, :width]
    light = np.linspace(40, 200, width).astype(np.uint8)[None, :, None]
    return np.ascontiguousarray(tiled + light)


def _table(megapixels: float, figures: dict[str, float]) -> str:
    """The figures as text, a row for each thing measured."""
    heads = ("median", "p99", "max", "p99_cpu", "max_cpu")
    rows = [key.removesuffix("_median") for key in figures if key.endswith("_median")]
    wide = max(len(row) for row in rows)
    lines = [
        f"Canvas of {_WIDGET[0]} x {_WIDGET[1]} pixels, {megapixels:g} megapixels, milliseconds",
        f"opening: first picture {figures['open_first']:.0f}, sharp {figures['open_sharp']:.0f}",
        " ".join([" " * wide, *(f"{head:>8}" for head in heads)]),
    ]
    for row in rows:
        lines.append(" ".join([row.ljust(wide), *(f"{figures[f'{row}_{head}']:8.2f}" for head in heads)]))
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m genrepair_desktop.app.bench_canvas [--json] [MEGAPIXELS]``: measure without showing a window."""
    parser = argparse.ArgumentParser(description="How quick the canvas is on a large photo")
    parser.add_argument("megapixels", nargs="?", type=float, default=50.0)
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    arguments = parser.parse_args(argv)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    figures = measure_canvas(arguments.megapixels)
    print(json.dumps(figures, indent=1) if arguments.json else _table(arguments.megapixels, figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
