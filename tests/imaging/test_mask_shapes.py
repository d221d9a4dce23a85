"""Shapes and strokes as coverage: a pixel belongs when its centre does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrepair_desktop.imaging import mask_shapes
from genrepair_desktop.imaging.arrays import full_scale
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.mask_brush import EXACT_RADIUS, BrushPoint, dab, sweep
from genrepair_desktop.imaging.mask_shapes import Point, Stencil
from genrepair_desktop.imaging.masks import Coverage

BOUNDS = Rect(0, 0, 48, 40)
COORDINATE = st.floats(-20.0, 70.0, allow_nan=False)
POINT = st.tuples(COORDINATE, COORDINATE)


def laid(stencil: Stencil, bounds: Rect = BOUNDS) -> Coverage:
    return stencil.within(bounds)


def stroke(start: BrushPoint, end: BrushPoint, hardness: float, bounds: Rect = BOUNDS) -> Coverage:
    whole = np.zeros((bounds.h, bounds.w), np.uint8)
    for stencil in sweep(start, end, hardness, bounds):
        part = whole[stencil.rect.slices]
        np.maximum(part, stencil.coverage, out=part)
    return whole


def centres(bounds: Rect = BOUNDS) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[: bounds.h, : bounds.w]
    return x + 0.5, y + 0.5


@given(POINT, POINT)
def test_a_rectangle_holds_the_pixels_whose_centres_lie_in_it(first: Point, second: Point) -> None:
    x, y = centres()
    (x0, x1), (y0, y1) = sorted((first[0], second[0])), sorted((first[1], second[1]))
    expected = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
    assert np.array_equal(laid(mask_shapes.rectangle(first, second, BOUNDS)) > 0, expected)


@given(POINT, POINT)
def test_an_ellipse_holds_the_pixels_whose_centres_lie_in_it(first: Point, second: Point) -> None:
    a, b = abs(second[0] - first[0]) / 2, abs(second[1] - first[1]) / 2
    if min(a, b) < 0.1:
        return
    x, y = centres()
    distance = ((x - (first[0] + second[0]) / 2) / a) ** 2 + ((y - (first[1] + second[1]) / 2) / b) ** 2
    shown = laid(mask_shapes.ellipse(first, second, BOUNDS)) > 0
    assert (shown == (distance <= 1.0))[abs(distance - 1.0) > 1e-3].all()


def winding(points: list[Point], x: float, y: float) -> int:
    """The winding number by the crossings of a ray to the left, edge by edge."""
    turns = 0
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        if min(y0, y1) <= y < max(y0, y1):
            crossing = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
            if crossing <= x:
                turns += 1 if y1 > y0 else -1
    return turns


@given(st.lists(st.tuples(st.integers(-30, 120), st.integers(-30, 120)), min_size=3, max_size=9))
def test_a_polygon_holds_every_pixel_it_winds_around(corners: list[tuple[int, int]]) -> None:
    # eighths off the centres of pixels, so that no centre lies on an edge's end
    points = [(x / 2 + 0.125, y / 2 + 0.125) for x, y in corners]
    shown = laid(mask_shapes.polygon(points, BOUNDS)) > 0
    for x, y in ((3, 4), (10, 33), (24, 20), (40, 8), (47, 39), (0, 0), (17, 17), (30, 29)):
        assert shown[y, x] == (winding(points, x + 0.5, y + 0.5) != 0)


def test_a_lasso_that_crosses_itself_has_no_hole_where_loops_overlap() -> None:
    twice = [(5.0, 5.0), (30.0, 5.0), (30.0, 30.0), (5.0, 30.0)] * 2
    shown = laid(mask_shapes.polygon(twice, BOUNDS))
    assert (shown[5:30, 5:30] == 255).all()
    assert shown.sum() == 25 * 25 * 255


def test_a_line_encloses_nothing() -> None:
    assert mask_shapes.polygon([(1.0, 1.0), (20.0, 20.0)], BOUNDS).is_empty
    assert mask_shapes.polygon([(1.0, 1.0), (20.0, 20.0), (1.0, 1.0)], BOUNDS).is_empty


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_the_wand_takes_the_joined_area_of_similar_colour(dtype: type, channels: int) -> None:
    pixels = np.zeros((40, 48, channels), dtype)
    white = full_scale(pixels)
    pixels[5:15, 5:20] = white
    pixels[5:15, 30:40] = white
    pixels[8, 8] = white * 0.95
    joined = mask_shapes.similar_area(pixels, 7, 7, tolerance=20)
    everywhere = mask_shapes.similar_area(pixels, 7, 7, tolerance=20, is_contiguous=False)
    exact = mask_shapes.similar_area(pixels, 7, 7, tolerance=0)
    assert joined.rect == Rect(5, 5, 15, 10)
    assert (joined.coverage == 255).all()
    assert laid(everywhere).sum() == 250 * 255
    assert laid(exact)[8, 8] == 0


def test_the_wand_does_not_slip_through_a_corner() -> None:
    pixels = np.zeros((10, 10, 1), np.uint8)
    pixels[2, 2] = pixels[3, 3] = 255
    assert mask_shapes.similar_area(pixels, 2, 2).rect == Rect(2, 2, 1, 1)


def test_the_wand_follows_an_area_far_beyond_its_first_window() -> None:
    pixels = np.zeros((64, 3000, 3), np.uint8)
    pixels[20:30] = 200
    assert mask_shapes.similar_area(pixels, 4, 25).rect == Rect(0, 20, 3000, 10)


def test_the_wand_refuses_a_point_off_the_picture() -> None:
    with pytest.raises(IndexError):
        mask_shapes.similar_area(np.zeros((4, 4, 3), np.uint8), 4, 0)


@given(POINT, POINT, st.floats(0.5, 15.0))
def test_a_hard_stroke_holds_the_pixels_within_its_radius(first: Point, second: Point, radius: float) -> None:
    x, y = centres()
    dx, dy = second[0] - first[0], second[1] - first[1]
    length = dx * dx + dy * dy
    along = np.clip(((x - first[0]) * dx + (y - first[1]) * dy) / length, 0, 1) if length > 1e-9 else 0 * x
    distance = np.hypot(x - first[0] - along * dx, y - first[1] - along * dy)
    shown = stroke(BrushPoint(*first, radius), BrushPoint(*second, radius), 1.0)
    sure = abs(distance - radius) > 1e-3
    assert np.array_equal((shown > 0)[sure], (distance <= radius)[sure])
    assert set(np.unique(shown)) <= {0, 255}


@given(st.floats(30.0, 90.0), st.floats(0.0, 1.0), st.floats(0.0, 120.0))
def test_a_large_brush_differs_from_its_exact_stroke_by_less_than_a_pixel(
    radius: float, hardness: float, length: float
) -> None:
    assert radius > EXACT_RADIUS
    bounds = Rect(0, 0, 320, 200)
    shown = stroke(BrushPoint(100, 100, radius), BrushPoint(100 + length, 100, radius), hardness, bounds)
    x, y = centres(bounds)
    distance = np.hypot(x - np.clip(x, 100, 100 + length), y - 100)
    # stamps stand on whole pixels, up to 0.71 off, and their radius is rounded by half a pixel
    # a few levels below full where a very soft brush begins to fall: between two stamps it is up to 4 lower
    assert (shown[distance <= radius * min(hardness, 0.999) - 1.8] >= 250).all()
    assert not shown[distance >= radius + 1.8].any()


def test_slow_and_quick_soft_strokes_look_the_same() -> None:
    quick = stroke(BrushPoint(8, 20, 7), BrushPoint(40, 20, 7), 0.2)
    slow = np.zeros_like(quick)
    for x in range(8, 40):
        slow = np.maximum(slow, stroke(BrushPoint(x, 20, 7), BrushPoint(x + 1, 20, 7), 0.2))
    assert np.abs(quick.astype(int) - slow).max() <= 1


@given(st.floats(1.0, 300.0), st.floats(0.0, 1.0))
def test_a_dab_is_round_and_falls_outwards(radius: float, hardness: float) -> None:
    touch = dab(radius, hardness)
    assert np.array_equal(touch, touch.T)
    assert np.array_equal(touch, touch[::-1, ::-1])
    middle = touch.shape[0] // 2
    assert touch[middle, middle] == 255
    assert (np.diff(touch[middle, middle:].astype(int)) <= 0).all()


def test_pressure_widens_a_stroke_evenly_and_flow_weakens_it() -> None:
    grown = stroke(BrushPoint(5, 20, 1), BrushPoint(45, 20, 12), 1.0)
    widths = (grown > 0).sum(axis=0)
    assert widths[40] > widths[25] > widths[10] > 0
    weak = stroke(BrushPoint(20, 20, 8, 0.5), BrushPoint(20, 20, 8, 0.5), 1.0)
    assert weak.max() == 128


def test_a_stroke_beside_the_picture_leaves_nothing() -> None:
    assert not list(sweep(BrushPoint(-50, -50, 10), BrushPoint(-80, -20, 10), 1.0, BOUNDS))
