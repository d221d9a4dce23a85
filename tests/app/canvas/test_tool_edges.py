"""Every tool on the smallest photos, with nothing marked and with all of it: no fault, and undo brings all back."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QEvent

from genrepair_desktop.app.canvas.tools import TOOLS, WandSettings
from genrepair_desktop.document.edits import edit_from_patch
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.masks import CombineMode
from tests.app.canvas.bench import Bench, Button, photo

Maker = Callable[[Pixels], Bench]
MODES = tuple(CombineMode)


def layers(bench: Bench) -> list[np.ndarray]:
    return [bench.document.pixels.copy(), bench.document.mask.copy(), bench.document.donor.copy()]


def same(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def use(bench: Bench, tool_id: str) -> None:
    """A click in the picture, a drag across it from outside to outside, a drag beside it."""
    h, w = bench.document.mask.shape
    bench.click(w / 2, h / 2)
    bench.drag((-3.0, -3.0), (w / 2, h / 2), (w / 2, 0.0), (w + 3.0, h + 3.0))
    bench.drag((w + 5.0, h + 5.0), (w + 9.0, h + 5.0), (w + 9.0, h + 9.0))
    if tool_id == "polygon":
        for corner in ((-1.0, -1.0), (w + 1.0, -1.0), (w + 1.0, h + 1.0)):
            bench.click(*corner)
        bench.send(QEvent.Type.MouseButtonDblClick, (-1.0, h + 1.0))
    bench.drag((0.0, 0.0), (float(w), float(h)), button=Button.RightButton)
    bench.canvas.cancel()


@pytest.mark.parametrize("is_full", [False, True], ids=["nothing marked", "all marked"])
@pytest.mark.parametrize(("h", "w", "channels"), [(1, 1, 3), (1, 19, 4), (21, 1, 1)])
@pytest.mark.parametrize("tool_id", TOOLS)
def test_a_tool_on_the_smallest_photo_changes_its_own_layer_and_undo_takes_it_back(
    make_bench: Maker, tool_id: str, h: int, w: int, channels: int, is_full: bool
) -> None:
    bench = make_bench(photo(h, w, channels))
    if is_full:
        for layer in ("mask", "donor"):
            whole = np.full((h, w), 255, np.uint8)
            edit = edit_from_patch(bench.document, layer, bench.document.bounds, whole, label="all")
            assert edit is not None
            bench.history.push(edit)
    start, before = bench.history.index, layers(bench)
    toolbox = bench.canvas.toolbox
    toolbox.choose(tool_id)
    toolbox.set_wand(WandSettings(255.0))
    for mode in MODES:
        toolbox.set_mode(mode)
        use(bench, tool_id)
    assert not bench.canvas.is_busy
    assert [layer.shape for layer in layers(bench)] == [layer.shape for layer in before]
    assert np.array_equal(bench.document.pixels, before[0])
    changed = layers(bench)
    acts = ("eraser",) if is_full else ("brush", "rectangle", "ellipse", "lasso", "polygon", "wand", "donor")
    if tool_id in acts:
        assert bench.history.index > start, "it reached the few pixels there are"
    bench.history.jump(start)
    assert same(layers(bench), before)
    bench.history.jump(len(bench.history.entries))
    assert same(layers(bench), changed)
