"""What the canvas paints, read back from its pixels."""

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from genrepair_desktop.app.canvas import photo_view
from genrepair_desktop.app.canvas.canvas_widget import CanvasWidget
from genrepair_desktop.app.canvas.compare import Comparison
from genrepair_desktop.app.canvas.tools import WandSettings, wand
from genrepair_desktop.document.edits import edit_for_new_pixels, edit_from_patch
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.geometry import Rect, Size
from tests.app.canvas.bench import Bench, photo

Maker = Callable[[Pixels], Bench]
BACKGROUND = (0x1E, 0x1E, 0x1E)


def invert(bench: Bench, rect: Rect) -> None:
    """A repair that one cannot overlook."""
    patch = 255 - bench.document.pixels[rect.slices]
    edit = edit_from_patch(bench.document, "pixels", rect, patch, label="repair")
    assert edit is not None
    bench.history.push(edit)


def mark(bench: Bench, rect: Rect, layer: str = "mask") -> None:
    bench.document.write(layer, rect, np.full((rect.h, rect.w), 255, np.uint8))  # type: ignore[arg-type]


def photo_on_screen(bench: Bench) -> np.ndarray:
    """The part of the screen that the photo takes at zoom 1."""
    rect = bench.canvas.viewport.device_rect
    return bench.shown()[rect.slices]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_at_one_to_one_every_pixel_is_itself(make_bench: Maker, channels: int, dtype: type) -> None:
    bench = make_bench(photo(channels=channels, dtype=dtype))
    bench.look_at(1.0, 80, 60)
    eight = np.rint(bench.document.pixels / (np.iinfo(dtype).max / 255)).astype(np.uint8)
    expected = np.repeat(eight, 3, axis=2) if channels == 1 else eight
    assert np.array_equal(photo_on_screen(bench), expected)


def test_around_the_photo_lies_the_background(bench: Bench) -> None:
    bench.look_at(1.0, 80, 60)
    shown = bench.shown()
    left, top = bench.canvas.viewport.origin
    assert tuple(shown[top - 2, 200]) == BACKGROUND
    assert tuple(shown[150, left - 2]) == BACKGROUND


def test_zoomed_in_pixels_are_crisp_squares_with_a_grid_from_800_percent(bench: Bench) -> None:
    bench.look_at(7.0, 80, 60)
    colour = tuple(bench.document.pixels[60, 80])
    for x, y in ((80.05, 60.05), (80.5, 60.5), (80.95, 60.95)):
        assert bench.shown_at(x, y) == colour
    bench.look_at(16.0, 80, 60)
    assert bench.shown_at(80.5, 60.5) == colour
    assert bench.shown_at(80.001, 60.5) != colour


@pytest.mark.parametrize("zoom", [2.0, 2.37, 7.9])
def test_far_from_the_corner_every_screen_pixel_still_shows_its_own_image_pixel(
    make_bench: Maker, zoom: float
) -> None:
    bench = make_bench(photo(60, 33_000))
    bench.look_at(zoom, 32_900, 50)
    left, top = bench.canvas.viewport.origin
    y, x = np.mgrid[0:300, 0:400]
    column, row = np.floor((x + 0.5 - left) / zoom).astype(int), np.floor((y + 0.5 - top) / zoom).astype(int)
    inside = (column >= 0) & (column < 33_000) & (row >= 0) & (row < 60)
    assert inside.sum() > 10_000
    assert np.array_equal(bench.shown()[inside], bench.document.pixels[row[inside], column[inside]])


def test_zoomed_out_the_photo_is_averaged_not_thinned(make_bench: Maker) -> None:
    stripes = np.zeros((1200, 1600, 3), np.uint8)
    stripes[:, ::2] = 255
    bench = make_bench(stripes)
    bench.look_at(0.25, 800, 600)
    assert (np.abs(photo_on_screen(bench)[2:-2, 2:-2].astype(int) - 128) <= 2).all()


def test_a_checkerboard_shows_through_alpha(make_bench: Maker) -> None:
    pixels = np.zeros((120, 160, 4), np.uint8)
    pixels[:60] = (200, 0, 0, 255)
    pixels[60:90] = (200, 0, 0, 128)
    bench = make_bench(pixels)
    bench.look_at(1.0, 80, 60)
    shown = photo_on_screen(bench)
    assert (shown[10:50] == (200, 0, 0)).all()
    assert {tuple(c) for c in shown[95:115].reshape(-1, 3)} == {(0x66,) * 3, (0x99,) * 3}
    left, top = bench.canvas.viewport.origin
    around = bench.shown().copy()
    around[top : top + 120, left : left + 160] = BACKGROUND
    assert (around == BACKGROUND).all()
    reds = shown[65:85, :, 0].astype(int)
    assert reds.min() >= 100 + 0x66 // 2 - 2
    assert reds.max() <= 100 + 0x99 // 2 + 2


def test_the_mask_is_a_tint_with_an_edge_and_can_be_put_away(bench: Bench) -> None:
    bench.look_at(1.0, 80, 60)
    plain = photo_on_screen(bench).astype(int)
    mark(bench, Rect(20, 20, 60, 40))
    tinted = photo_on_screen(bench).astype(int)
    inside = np.s_[22:58, 22:78]
    expected = plain + (np.array([0xFF, 0xB0, 0x00]) - plain) * 0.45
    assert np.abs(tinted[inside] - expected[inside]).max() <= 3
    assert np.array_equal(tinted[:20], plain[:20])
    assert np.array_equal(tinted[60:], plain[60:])
    assert {tuple(colour // 16) for colour in tinted[20, 22:40]} & {(15, 13, 8), (15, 13, 7)}
    bench.canvas.show_overlay(False)
    assert np.array_equal(photo_on_screen(bench), plain)


def test_colour_and_opacity_of_the_overlay_are_the_users(bench: Bench) -> None:
    bench.look_at(1.0, 80, 60)
    mark(bench, Rect(20, 20, 60, 40))
    bench.canvas.set_overlay("#0000ff", 1.0)
    assert bench.shown_at(50.5, 40.5) == (0, 0, 255)


def test_the_donor_area_is_green_stripes(bench: Bench) -> None:
    bench.look_at(1.0, 80, 60)
    before = photo_on_screen(bench).astype(int)
    mark(bench, Rect(20, 20, 60, 40), "donor")
    after = photo_on_screen(bench).astype(int)
    towards_green = ((after[..., 1] - before[..., 1]) - (after[..., 0] - before[..., 0]))[22:58, 22:78]
    strong = towards_green > np.median(towards_green)
    assert towards_green.mean() > 20
    assert 0.3 < strong.mean() < 0.7


def test_a_thin_scratch_in_the_mask_shows_when_the_whole_photo_does(make_bench: Maker) -> None:
    bench = make_bench(np.full((2400, 3200, 3), 128, np.uint8))
    bench.canvas.zoom_fit()
    before = bench.shown()
    mark(bench, Rect(0, 1203, 3200, 1))
    changed = (bench.shown() != before).any(axis=2)
    assert changed.any(axis=0).sum() > 380


def test_a_change_repaints_what_changed(bench: Bench) -> None:
    bench.look_at(1.0, 80, 60)
    before = photo_on_screen(bench)
    invert(bench, Rect(30, 30, 20, 20))
    bench.canvas.repaint()
    after = photo_on_screen(bench)
    expected = before.copy()
    expected[30:50, 30:50] = 255 - before[30:50, 30:50]
    assert np.array_equal(after, expected)
    bench.history.undo()
    assert np.array_equal(photo_on_screen(bench), before)


def test_another_size_of_photo_is_fitted_anew(bench: Bench) -> None:
    bench.look_at(4.0, 10, 10)
    bench.history.push(edit_for_new_pixels(photo(240, 320), label="repair:enlarge"))
    assert bench.canvas.viewport.image == Size(320, 240)
    assert bench.canvas.viewport.visible == Rect(0, 0, 320, 240)
    bench.look_at(1.0, 160, 120)
    assert np.array_equal(photo_on_screen(bench), bench.document.pixels)
    bench.history.undo()
    bench.look_at(1.0, 80, 60)
    assert np.array_equal(photo_on_screen(bench), bench.document.pixels)


def test_holding_compare_shows_the_opened_photo_without_its_mask(bench: Bench) -> None:
    bench.look_at(1.0, 80, 60)
    opened = bench.document.pixels.copy()
    invert(bench, Rect(30, 40, 20, 20))
    mark(bench, Rect(30, 40, 20, 20))
    bench.canvas.set_comparison(Comparison(is_held=True))
    assert np.array_equal(photo_on_screen(bench)[36:], opened[36:])  # above lies the word "Before"
    bench.canvas.set_comparison(Comparison())
    assert not np.array_equal(photo_on_screen(bench)[36:], opened[36:])


def test_a_split_shows_opened_left_and_current_right(bench: Bench) -> None:
    bench.look_at(1.0, 80, 60)
    opened = bench.document.pixels.copy()
    invert(bench, bench.document.bounds)
    for split in (0.25, 0.5, 0.8):
        bench.canvas.set_comparison(Comparison("split", split=split))
        shown = photo_on_screen(bench)
        x = round(160 * split)
        assert np.array_equal(shown[90:, : x - 3], opened[90:, : x - 3])
        assert np.array_equal(shown[90:, x + 3 :], (255 - opened)[90:, x + 3 :])


def test_side_by_side_shows_the_same_place_twice(bench: Bench) -> None:
    opened = bench.document.pixels.copy()
    invert(bench, bench.document.bounds)
    bench.canvas.set_comparison(Comparison("side-by-side"))
    bench.look_at(1.0, 80, 60)
    view, shown = bench.canvas.viewport, bench.shown()
    rect = view.device_rect
    shift = 400 - view.device_size.w
    assert view.device_size.w == 199
    left, right = shown[rect.slices], shown[rect.moved(shift, 0).slices]
    assert np.array_equal(left[40:], opened[40:])
    assert np.array_equal(right[40:], (255 - opened)[40:])


def test_side_by_side_zooms_both_halves_about_the_cursor_in_either(bench: Bench) -> None:
    bench.canvas.set_comparison(Comparison("side-by-side"))
    bench.settle()
    shift = (400 - bench.canvas.viewport.device_size.w) / bench.canvas.viewport.ratio
    at = QPointF(150 + shift, 140)
    before = bench.canvas.image_point(at)
    bench.canvas.zoom_by(6.0, at)
    after = bench.canvas.image_point(QPointF(150, 140))
    assert after == pytest.approx(before, abs=1.0)


def test_the_difference_is_black_but_for_what_changed(bench: Bench) -> None:
    bench.look_at(1.0, 80, 60)
    rect = Rect(30, 60, 20, 20)
    patch = bench.document.pixels[rect.slices] // 2 + 30
    edit = edit_from_patch(bench.document, "pixels", rect, patch, label="repair")
    assert edit is not None
    opened = bench.document.pixels.copy()
    bench.history.push(edit)
    bench.canvas.set_comparison(Comparison("difference", gain=2))
    expected = np.minimum(255, 2 * np.abs(opened.astype(int) - bench.document.pixels))
    assert np.array_equal(photo_on_screen(bench)[40:], expected[40:])
    bench.canvas.set_comparison(Comparison("difference", gain=16))
    expected = np.minimum(255, 16 * np.abs(opened.astype(int) - bench.document.pixels))
    assert np.array_equal(photo_on_screen(bench)[40:], expected[40:])


def test_a_preview_lies_over_the_photo_and_leaves_it_alone(bench: Bench) -> None:
    bench.look_at(1.0, 80, 60)
    mark(bench, Rect(30, 30, 20, 20))
    before, revision = bench.document.pixels.copy(), bench.document.revision
    piece = np.full((20, 20, 3), 250, np.uint8)
    bench.canvas.set_preview([(Rect(30, 30, 20, 20), piece)])
    shown = photo_on_screen(bench)
    assert (shown[30:50, 30:50] == 250).all()
    assert np.array_equal(shown[:30], before[:30])
    bench.canvas.set_preview([(Rect(30, 30, 20, 20), piece)], strength=0.0)
    assert np.array_equal(photo_on_screen(bench), before)
    bench.canvas.set_preview(None)
    assert not np.array_equal(photo_on_screen(bench), before)  # the mask is back
    assert np.array_equal(bench.document.pixels, before)
    assert bench.document.revision == revision


def test_a_mask_preview_stands_in_for_the_mask(bench: Bench) -> None:
    bench.look_at(1.0, 80, 60)
    bench.canvas.set_overlay("#0000ff", 1.0)
    mark(bench, Rect(20, 20, 10, 10))
    grown = np.zeros((120, 160), np.uint8)
    grown[60:100, 60:100] = 255
    bench.canvas.set_mask_preview(grown)
    assert bench.shown_at(80, 80) == (0, 0, 255)
    assert bench.shown_at(25, 25) == tuple(bench.document.pixels[25, 25])
    bench.canvas.set_mask_preview(None)
    assert bench.shown_at(25, 25) == (0, 0, 255)
    assert bench.shown_at(80, 80) == tuple(bench.document.pixels[80, 80])


def test_holes_being_worked_on_wear_a_frame_with_their_progress(bench: Bench) -> None:
    bench.look_at(1.0, 80, 60)
    before = bench.shown()
    bench.canvas.set_progress([Rect(40, 40, 50, 30)], 0.5)
    framed = bench.shown()
    changed = (framed != before).any(axis=2)
    left, top = bench.canvas.viewport.origin
    assert changed[top + 36, left + 60]
    assert not changed[top + 55, left + 60]
    bar = framed[top + 80, left + 38 : left + 92].astype(int)
    is_blue = bar[:, 2] > bar[:, 0] + 60
    assert 0.35 < is_blue.mean() < 0.65
    bench.canvas.set_progress([], 1.0)
    assert np.array_equal(bench.shown(), before)


def test_nothing_is_shown_after_the_photo_is_closed(bench: Bench) -> None:
    bench.canvas.set_document(None, None)
    assert {tuple(c) for c in bench.shown().reshape(-1, 3)} == {BACKGROUND}
    bench.document.write("mask", Rect(0, 0, 5, 5), np.full((5, 5), 255, np.uint8))
    bench.canvas.zoom_in()
    bench.canvas.set_preview(None)
    bench.canvas.set_mask_preview(None)


def test_a_large_photo_opens_in_slices_and_ends_sharp(make_bench: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    small = np.random.default_rng(1).integers(0, 256, (400, 600, 3), np.uint8)
    large = np.tile(small, (8, 8, 1))
    bench = make_bench(large)
    # time for a single tile in each repaint
    monkeypatch.setattr(photo_view, "_BUILD_SECONDS", 1e-6)
    bench.canvas.zoom_by(0.125 / bench.canvas.viewport.zoom)
    bench.canvas.repaint()
    assert not bench.canvas.is_sharp
    shown = bench.shown()
    assert bench.canvas.is_sharp
    left, top = bench.canvas.viewport.origin
    means = large.reshape(400, 8, 600, 8, 3).mean(axis=(1, 3))
    expected = means[-top : 300 - top, -left : 400 - left]
    assert np.abs(shown - expected).max() <= 0.51


def test_the_canvas_says_what_it_is_and_takes_the_focus(bench: Bench) -> None:
    assert bench.canvas.accessibleName() == "Photo"
    assert "Arrow keys" in bench.canvas.accessibleDescription()
    assert bench.canvas.focusPolicy() == bench.canvas.focusPolicy().StrongFocus


def test_an_error_while_painting_does_not_take_the_program_down(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(CanvasWidget, "_paint_pane", fail)
    with pytest.raises(ZeroDivisionError):
        bench.canvas.repaint()
    monkeypatch.undo()
    bench.look_at(1.0, 80, 60)
    assert np.array_equal(photo_on_screen(bench), bench.document.pixels)


def test_the_wand_searches_a_large_photo_beside_the_window(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wand, "_AT_ONCE", 0)
    bench.canvas.toolbox.choose("wand")
    bench.canvas.toolbox.set_wand(WandSettings(255.0, is_contiguous=False))
    bench.click(30, 30)
    assert bench.canvas.is_busy
    assert not bench.document.mask.any()
    bench.qtbot.waitUntil(lambda: not bench.canvas.is_busy, timeout=5000)
    assert bench.document.mask.all()
    bench.history.undo()
    assert not bench.document.mask.any()


def test_a_search_of_the_wand_that_fails_is_told_and_leaves_the_tool_free(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*where: object, **how: object) -> None:
        raise MemoryError("no room for the search")

    monkeypatch.setattr(wand, "_AT_ONCE", 0)
    monkeypatch.setattr(wand, "similar_everywhere", fail)
    bench.canvas.toolbox.choose("wand")
    bench.canvas.toolbox.set_wand(WandSettings(is_contiguous=False))
    with bench.qtbot.captureExceptions() as caught:
        bench.click(30, 30)
        bench.qtbot.waitUntil(lambda: not bench.canvas.is_busy, timeout=5000)
    assert [str(error) for _, error, _ in caught] == ["no room for the search"]
    assert not bench.document.mask.any()
