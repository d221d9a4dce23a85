"""Tools: one edit a stroke, in image pixels, undone by one step. No widget."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from genrepair_desktop.app.canvas.tools import TOOLS, BrushSettings, Pointer, Tool, WandSettings
from genrepair_desktop.app.canvas.tools import wand as wand_module
from genrepair_desktop.app.texts import EDITS
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import Edit, edit_from_patch
from genrepair_desktop.document.history import History
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.masks import CombineMode, Coverage, bounds_of
from tests.app.canvas.bench import photo

ADD, SUBTRACT, INTERSECT = CombineMode


@dataclass
class Host:
    """What the canvas is to a tool, without one."""

    document: Document = field(default_factory=lambda: Document(photo()))
    brush: BrushSettings = field(default_factory=lambda: BrushSettings(12.0, 1.0))
    wand: WandSettings = field(default_factory=WandSettings)
    reach: float = 3.0
    stencil: Coverage | None = None
    errands: list[Callable[[], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.history = History(self.document)

    def commit(self, edit: Edit | None) -> None:
        if edit is not None:
            self.history.push_applied(edit)

    def show_stencil(self, stencil: Coverage | None, rect: Rect) -> None:
        self.stencil = stencil

    def work_aside(self, work: Callable[[], Any], use: Callable[[Any], Iterator[None]]) -> None:
        self.errands.append(lambda: deque(use(work()), maxlen=0))

    def refresh(self) -> None:
        """Nothing to paint."""

    @property
    def mask(self) -> Coverage:
        return self.document.mask


@pytest.fixture
def host() -> Host:
    return Host()


def drag(tool: Tool, *points: tuple[float, float], mode: CombineMode = ADD, **how: bool) -> None:
    tool.press(Pointer(*points[0], mode=mode, **how))
    for point in points[1:]:
        tool.drag(Pointer(*point, mode=mode, **how))
    tool.release(Pointer(*points[-1], mode=mode, **how))


def fill(host: Host, rect: Rect, layer: str = "mask") -> None:
    host.document.write(layer, rect, np.full((rect.h, rect.w), 255, np.uint8))  # type: ignore[arg-type]


def test_every_tool_has_words_for_the_history() -> None:
    assert set(TOOLS) - {"pan"} <= set(EDITS)


@pytest.mark.parametrize("tool_id", [name for name in TOOLS if name not in ("pan", "restore")])
def test_a_stroke_is_one_edit_and_undo_takes_it_back(host: Host, tool_id: str) -> None:
    host.wand = WandSettings(255.0)
    layer = "donor" if tool_id == "donor" else "mask"
    if tool_id == "eraser":
        fill(host, Rect(0, 0, 160, 120))
    before = host.document.layer(layer).copy()
    tool = TOOLS[tool_id](host)
    drag(tool, (20, 20), (60, 25), (70, 70), (30, 60))
    if tool_id == "polygon":
        for point in ((60, 25), (70, 70)):
            drag(tool, point)
        assert tool.finish()
    assert [edit.label for edit in host.history.entries] == [tool_id]
    after = host.document.layer(layer).copy()
    assert not np.array_equal(after, before)
    host.history.undo()
    assert np.array_equal(host.document.layer(layer), before)
    host.history.redo()
    assert np.array_equal(host.document.layer(layer), after)


@pytest.mark.parametrize("tool_id", [name for name in TOOLS if name not in ("pan", "wand")])
def test_escape_leaves_the_document_as_it_was(host: Host, tool_id: str) -> None:
    fill(host, Rect(10, 10, 50, 50))
    names = ("pixels", "mask", "donor")
    before = {name: host.document.layer(name).copy() for name in names}
    host.document.write("pixels", Rect(0, 0, 90, 90), 255 - host.document.pixels[:90, :90])
    before["pixels"] = host.document.pixels.copy()
    tool = TOOLS[tool_id](host)
    tool.press(Pointer(20, 20))
    tool.drag(Pointer(60, 70))
    assert tool.is_active
    assert tool.cancel()
    assert not tool.is_active
    assert not tool.cancel()
    tool.release(Pointer(60, 70))
    assert not host.history.entries
    for name in names:
        assert np.array_equal(host.document.layer(name), before[name])


SHAPES: list[tuple[str, Callable[[Tool, CombineMode], None]]] = [
    ("rectangle", lambda tool, mode: drag(tool, (40, 20), (80, 60), mode=mode)),
    ("ellipse", lambda tool, mode: drag(tool, (40, 20), (80, 60), mode=mode)),
    ("lasso", lambda tool, mode: drag(tool, (40, 20), (80, 20), (80, 60), (40, 60), mode=mode)),
    ("brush", lambda tool, mode: drag(tool, (45, 25), (75, 55), mode=mode)),
]


@pytest.mark.parametrize(("tool_id", "draw"), SHAPES)
def test_modes_add_take_away_and_keep(tool_id: str, draw: Callable[[Tool, CombineMode], None]) -> None:
    alone = Host()
    draw(TOOLS[tool_id](alone), ADD)
    shape = alone.mask.copy()
    assert shape.any()
    assert not shape[:18].any()
    for mode in CombineMode:
        host = Host()
        fill(host, Rect(0, 0, 60, 120))
        before = host.mask.copy()
        draw(TOOLS[tool_id](host), mode)
        expected = {
            ADD: np.maximum(before, shape),
            SUBTRACT: np.minimum(before, 255 - shape),
            INTERSECT: np.minimum(before, shape),
        }[mode]
        assert np.array_equal(host.mask, expected)
        assert len(host.history.entries) == 1
        assert host.stencil is None


def test_an_intersecting_brush_shows_its_stroke_while_it_runs(host: Host) -> None:
    fill(host, Rect(0, 0, 160, 120))
    brush = TOOLS["brush"](host)
    brush.press(Pointer(30, 30, mode=INTERSECT))
    assert host.stencil is not None
    assert host.stencil[30, 30] == 255
    assert host.mask.all()
    brush.release(Pointer(30, 30, mode=INTERSECT))
    assert bounds_of(host.mask) == Rect(24, 24, 12, 12)


def test_shift_click_draws_straight_from_where_the_last_stroke_ended(host: Host) -> None:
    brush = TOOLS["brush"](host)
    drag(brush, (10, 60))
    drag(brush, (150, 60), is_straight=True)
    assert (host.mask[60, 5:155] == 255).all()
    assert len(host.history.entries) == 2
    host.history.undo()
    assert bounds_of(host.mask).right < 20


def test_the_brush_is_as_large_as_it_says(host: Host) -> None:
    for size in (1.0, 2.0, 7.0, 30.0):
        host.brush = BrushSettings(size, 1.0)
        drag(TOOLS["brush"](host), (80.5, 60.5))
        rect = bounds_of(host.mask)
        assert abs(rect.w - size) <= 1
        assert rect.w == rect.h
        host.history.undo()


@pytest.mark.parametrize(
    ("use", "widens", "weakens"), [("size", True, False), ("flow", False, True), ("both", True, True)]
)
def test_pressure_changes_what_the_user_chose(host: Host, use: str, widens: bool, weakens: bool) -> None:
    host.brush = BrushSettings(30.0, 1.0, use)  # type: ignore[arg-type]
    brush = TOOLS["brush"](host)
    brush.press(Pointer(40, 60, pressure=0.4))
    brush.release(Pointer(40, 60, pressure=0.0))
    assert (bounds_of(host.mask).w < 14) == widens
    assert (host.mask.max() < 110) == weakens


def test_back_to_original_brings_the_opened_pixels_and_no_others(host: Host) -> None:
    opened = host.document.pixels.copy()
    patch = 255 - opened[20:100, 20:140]
    edit = edit_from_patch(host.document, "pixels", Rect(20, 20, 120, 80), patch, label="repair")
    assert edit is not None
    host.history.push(edit)
    repaired = host.document.pixels.copy()
    host.brush = BrushSettings(30.0, 0.4)
    drag(TOOLS["restore"](host), (60, 60), (62, 61), (61, 60), (80, 60), (60, 60))
    now = host.document.pixels
    away = np.hypot(*np.meshgrid(np.arange(160) - 70, np.arange(120) - 60)) > 30
    assert np.array_equal(now[60, 58:82], opened[60, 58:82])
    assert np.array_equal(now[away], repaired[away])
    assert host.history.entries[-1].label == "restore"
    host.history.undo()
    assert np.array_equal(host.document.pixels, repaired)


def test_going_over_a_soft_restore_again_in_one_stroke_makes_it_no_stronger(host: Host) -> None:
    edit = edit_from_patch(host.document, "pixels", host.document.bounds, 255 - host.document.pixels, label="repair")
    assert edit is not None
    host.history.push(edit)
    host.brush = BrushSettings(40.0, 0.0)
    drag(TOOLS["restore"](host), (60, 60))
    once = host.document.pixels.copy()
    host.history.undo()
    drag(TOOLS["restore"](host), *[(60, 60)] * 8)
    assert np.array_equal(host.document.pixels, once)


def test_sixteen_bit_pixels_are_restored_exactly() -> None:
    host = Host(Document(photo(dtype=np.uint16)))
    opened = host.document.pixels.copy()
    host.document.write("pixels", Rect(0, 0, 100, 100), 65535 - opened[:100, :100])
    drag(TOOLS["restore"](host), (50, 50))
    assert np.array_equal(host.document.pixels[48:52, 48:52], opened[48:52, 48:52])


def test_the_donor_brush_paints_green_and_the_right_button_takes_it_away(host: Host) -> None:
    donor = TOOLS["donor"](host)
    drag(donor, (50, 50), (90, 50))
    assert host.document.donor[50, 70] == 255
    assert not host.mask.any()
    drag(donor, (70, 50), mode=SUBTRACT)
    assert host.document.donor[50, 70] == 0
    assert host.document.donor[50, 50] == 255


def test_a_polygon_closes_on_its_first_point_and_gives_back_points(host: Host) -> None:
    tool = TOOLS["polygon"](host)
    assert not tool.step_back()
    assert not tool.finish()
    for point in ((20, 20), (60, 20), (60, 60), (100, 100)):
        drag(tool, point)
    assert tool.step_back()
    drag(tool, (21, 21))
    assert not tool.is_active
    assert host.mask[30, 50] == 255
    assert host.mask[55, 25] == 0
    assert host.mask[80, 80] == 0


def test_taking_back_the_only_point_ends_a_polygon(host: Host) -> None:
    tool = TOOLS["polygon"](host)
    drag(tool, (20, 20))
    assert tool.step_back()
    assert not tool.is_active
    assert tool.outline is None


def test_square_keeps_both_sides_equal(host: Host) -> None:
    drag(TOOLS["rectangle"](host), (20, 20), (70, 40), is_square=True)
    assert bounds_of(host.mask) == Rect(20, 20, 50, 50)


def test_a_click_with_a_shape_tool_marks_nothing(host: Host) -> None:
    for name in ("rectangle", "ellipse", "lasso"):
        drag(TOOLS[name](host), (30, 30))
    assert not host.history.entries
    assert not host.mask.any()


def test_the_wand_marks_similar_pixels_and_nothing_off_the_photo(host: Host) -> None:
    host.document.write("pixels", Rect(30, 40, 20, 10), np.full((10, 20, 3), 77, np.uint8))
    host.wand = WandSettings(0.0)
    wand = TOOLS["wand"](host)
    drag(wand, (35.5, 45.5))
    assert bounds_of(host.mask) == Rect(30, 40, 20, 10)
    drag(wand, (-3.0, 45.0))
    assert len(host.history.entries) == 1


def test_an_area_that_runs_through_a_large_photo_is_searched_aside_and_marked_as_one_edit(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wand_module, "_AT_ONCE", 0)
    monkeypatch.setattr(wand_module, "similar_nearby", lambda *where, **how: None)
    host.document.write("pixels", Rect(30, 40, 20, 10), np.full((10, 20, 3), 77, np.uint8))
    host.wand = WandSettings(0.0)
    wand = TOOLS["wand"](host)
    drag(wand, (35.5, 45.5))
    drag(wand, (36.5, 46.5), mode=SUBTRACT)
    assert wand.is_active
    assert not host.mask.any()
    # painted over meanwhile: what was clicked counts
    host.document.write("pixels", Rect(30, 40, 5, 5), np.zeros((5, 5, 3), np.uint8))
    host.errands.pop()()
    assert bounds_of(host.mask) == Rect(30, 40, 20, 10)
    assert wand.is_active
    host.errands.pop()()
    assert not wand.is_active
    assert len(host.history.entries) == 2
    assert int(np.count_nonzero(host.mask)) == 25


def test_a_search_that_is_given_up_marks_nothing_when_it_comes_back(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wand_module, "_AT_ONCE", 0)
    host.wand = WandSettings(255.0, is_contiguous=False)
    wand = TOOLS["wand"](host)
    drag(wand, (35.5, 45.5))
    assert wand.cancel()
    assert not wand.is_active
    host.errands.pop()()
    assert not host.mask.any()
    assert not host.history.entries


def test_without_a_document_every_tool_does_nothing() -> None:
    host = Host()
    host.document = None  # type: ignore[assignment]
    for kind in TOOLS.values():
        drag(kind(host), (10, 10), (20, 20))
