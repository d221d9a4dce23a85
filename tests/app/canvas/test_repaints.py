"""Only what changed is repainted, and nothing stale is left: the screen equals a fresh painting after anything."""

import random
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest

from genrepair_desktop.app.canvas.canvas_widget import CanvasWidget
from genrepair_desktop.app.canvas.compare import CompareMode, Comparison
from genrepair_desktop.app.canvas.decorations import Look
from genrepair_desktop.app.canvas.photo_view import PhotoView
from genrepair_desktop.app.canvas.qimage import from_qimage
from genrepair_desktop.app.canvas.tools import TOOLS, BrushSettings
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.masks import CombineMode
from tests.app.canvas.bench import Bench, photo

Move, Press, Release = QEvent.Type.MouseMove, QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease


def on_screen(bench: Bench) -> npt.NDArray[np.uint8]:
    """What the window holds after the repaints asked for so far, without asking for any."""
    bench.qtbot.waitUntil(lambda: bench.canvas.is_sharp, timeout=5000)
    QCoreApplication.processEvents()
    return from_qimage(bench.canvas.screen().grabWindow(bench.canvas.winId()).toImage())[..., :3]


def assert_nothing_is_stale(bench: Bench, after: str) -> None:
    held = on_screen(bench)
    fresh = from_qimage(bench.canvas.grab().toImage())[..., :3]
    apart = np.abs(held.astype(int) - fresh).max(axis=2)
    # blending steps begin at the edge of what is repainted: a rounding apart at most
    assert apart.max() <= 2, f"{after}: stale at {np.argwhere(apart > 2)[:3].tolist()}"


@pytest.mark.parametrize(
    ("mode", "zoom"), [("off", 0.37), ("off", 5.5), ("split", 1.0), ("side-by-side", 1.3), ("difference", 1.0)]
)
def test_any_stroke_leaves_nothing_stale(
    make_bench: Callable[[Pixels], Bench], mode: CompareMode, zoom: float
) -> None:
    bench = make_bench(photo(500, 640))
    dice = random.Random(f"{mode} {zoom}")
    bench.canvas.set_comparison(Comparison(mode))
    bench.look_at(zoom, 320, 250)
    for tool_id in TOOLS:
        toolbox = bench.canvas.toolbox
        toolbox.choose(tool_id)
        toolbox.set_brush(BrushSettings(dice.choice((3.0, 20.0, 90.0)), dice.choice((1.0, 0.3))))
        toolbox.set_mode(dice.choice(list(CombineMode)))
        seen = bench.canvas.viewport.visible
        points = [(dice.uniform(seen.x, seen.right), dice.uniform(seen.y, seen.bottom)) for _ in range(3)]
        bench.send(Press, points[0])
        for point in points[1:]:
            bench.send(Move, point)
            assert_nothing_is_stale(bench, f"{tool_id} moving")
        bench.send(Release, points[-1])
        assert_nothing_is_stale(bench, f"{tool_id} released")
    QCoreApplication.sendEvent(bench.canvas, QEvent(QEvent.Type.Leave))
    for _ in range(3):
        bench.history.undo()
        assert_nothing_is_stale(bench, "undo")


def test_a_stale_place_would_be_found(bench: Bench) -> None:
    bench.look_at(2.0, 80, 60)
    assert_nothing_is_stale(bench, "nothing")
    bench.canvas.look = Look(background="#ff00ff")  # behind its back
    with pytest.raises(AssertionError, match="stale"):
        assert_nothing_is_stale(bench, "a change nobody told")


def test_keys_previews_and_progress_leave_nothing_stale(bench: Bench) -> None:
    bench.look_at(2.0, 80, 60)
    piece = [(Rect(30, 30, 20, 20), np.full((20, 20, 3), 250, np.uint8))]
    grown = np.zeros((120, 160), np.uint8)
    grown[60:100, 60:100] = 255
    steps: list[tuple[str, Callable[[], object]]] = [
        ("cross", lambda: QTest.keyClick(bench.canvas, Qt.Key.Key_Left)),
        ("cross moved", lambda: QTest.keyClick(bench.canvas, Qt.Key.Key_Down)),
        ("press", lambda: QTest.keyClick(bench.canvas, Qt.Key.Key_Space)),
        ("drag", lambda: QTest.keyClick(bench.canvas, Qt.Key.Key_Right)),
        ("release", lambda: QTest.keyClick(bench.canvas, Qt.Key.Key_Space)),
        ("away", lambda: QTest.keyClick(bench.canvas, Qt.Key.Key_Escape)),
        ("preview", lambda: bench.canvas.set_preview(piece)),
        ("weaker", lambda: bench.canvas.set_preview(piece, 0.4)),
        ("none", lambda: bench.canvas.set_preview(None)),
        ("mask preview", lambda: bench.canvas.set_mask_preview(grown)),
        ("mask back", lambda: bench.canvas.set_mask_preview(None)),
        ("working", lambda: bench.canvas.set_progress([Rect(20, 20, 30, 30), Rect(90, 60, 2, 2)], 0.1)),
        ("further", lambda: bench.canvas.set_progress([Rect(20, 20, 30, 30), Rect(90, 60, 2, 2)], 0.7)),
        ("one left", lambda: bench.canvas.set_progress([Rect(90, 60, 2, 2)], 0.9)),
        ("done", lambda: bench.canvas.set_progress([], 1.0)),
        ("larger brush", lambda: bench.canvas.toolbox.set_brush_size(77)),
    ]
    for name, act in steps:
        act()
        assert_nothing_is_stale(bench, name)


def test_a_dab_repaints_its_surroundings_only(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.look_at(2.0, 80, 60)
    bench.canvas.toolbox.set_brush(BrushSettings(10.0))
    bench.send(Press, (80, 60))
    bench.send(Move, (80, 60))
    QCoreApplication.processEvents()
    painted: list[Rect] = []
    paint_all = PhotoView._paint_all

    def watched(self: PhotoView, painter: object, dirty: Rect) -> bool:
        painted.append(dirty)
        return paint_all(self, painter, dirty)  # type: ignore[arg-type]

    monkeypatch.setattr(CanvasWidget, "_paint_all", watched)
    bench.send(Move, (86, 60))
    QCoreApplication.processEvents()
    bench.send(Release, (86, 60))
    assert len(painted) == 1
    assert painted[0].w < 70
    assert painted[0].h < 60
