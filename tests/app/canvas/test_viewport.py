"""The viewport's maths: round trips, anchors, exact pixels."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genrepair_desktop.app.canvas.viewport import MAX_ZOOM, STEPS, Viewport
from genrepair_desktop.imaging.geometry import Rect, Size

RATIOS = st.sampled_from([1.0, 1.25, 1.5, 2.0, 3.0])


@st.composite
def viewports(draw: st.DrawFn) -> Viewport:
    """Any viewport that zooming and panning can lead to."""
    image = Size(draw(st.integers(1, 9000)), draw(st.integers(1, 6000)))
    view = Viewport(image, draw(st.integers(64, 2600)), draw(st.integers(64, 1600)), draw(RATIOS))
    zoom = draw(st.floats(view.min_zoom, MAX_ZOOM))
    x, y = draw(st.floats(0, image.w)), draw(st.floats(0, image.h))
    return replace(view, zoom=zoom, cx=x, cy=y).clamped()


@given(viewports(), st.floats(-3000, 3000), st.floats(-3000, 3000))
def test_a_widget_point_comes_back_from_the_image(view: Viewport, x: float, y: float) -> None:
    assert view.to_widget(*view.to_image(x, y)) == pytest.approx((x, y), abs=1e-6)


@given(viewports(), st.floats(0, 1), st.floats(0, 1))
def test_an_image_point_comes_back_from_the_widget(view: Viewport, x: float, y: float) -> None:
    point = x * view.image.w, y * view.image.h
    assert view.to_image(*view.to_widget(*point)) == pytest.approx(point, abs=1e-6)


@given(viewports(), st.floats(0.05, 20), st.floats(0, 1), st.floats(0, 1))
def test_zooming_keeps_the_point_under_the_cursor(view: Viewport, factor: float, x: float, y: float) -> None:
    at = x * view.width, y * view.height
    under = view.to_image(*at)
    zoomed = view.zoomed(view.zoom * factor, at)
    if not _stands_at_an_edge(zoomed):
        # half a device pixel, before and after: the image's corner lies on a whole one
        slack = 0.51 / zoomed.zoom + 0.51 / view.zoom
        assert zoomed.to_image(*at) == pytest.approx(under, abs=slack)


def _stands_at_an_edge(view: Viewport) -> bool:
    """True if a little further out in some direction would be stopped."""
    moves = ((1e-3, 0.0), (-1e-3, 0.0), (0.0, 1e-3), (0.0, -1e-3))
    for dx, dy in moves:
        moved = replace(view, cx=view.cx + dx, cy=view.cy + dy)
        if moved.clamped() != moved:
            return True
    return False


@given(viewports())
def test_the_image_can_never_be_lost(view: Viewport) -> None:
    lost = view.panned(1e7, -1e7)
    assert not lost.visible.is_empty
    assert lost.clamped() == lost


@given(viewports())
def test_fitting_shows_every_pixel_and_fills_a_side(view: Viewport) -> None:
    fitted = view.fitted()
    assert fitted.visible == Rect(0, 0, *view.image)
    if fitted.zoom < MAX_ZOOM:
        device, size = fitted.device_rect, fitted.device_size
        assert max(device.w / size.w, device.h / size.h) > 0.95


@given(viewports(), st.integers(0, 8000), st.integers(0, 5000), st.integers(1, 600), st.integers(1, 600))
def test_a_device_rectangle_holds_the_image_rectangle_it_came_from(
    view: Viewport, x: int, y: int, w: int, h: int
) -> None:
    rect = Rect(x, y, w, h).intersect(Rect(0, 0, *view.image))
    if not rect.is_empty:
        assert view.to_image_rect(view.to_device_rect(rect).grown(1)).contains(rect)


@given(viewports())
def test_at_one_to_one_image_pixels_are_whole_device_pixels(view: Viewport) -> None:
    exact = view.zoomed(1.0)
    left, top = exact.origin
    assert exact.to_device_rect(Rect(0, 0, 1, 1)) == Rect(left, top, 1, 1)
    assert exact.device_rect == Rect(left, top, *view.image)


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_one_to_one_is_one_image_pixel_per_screen_pixel_at_any_ratio(ratio: float) -> None:
    view = Viewport(Size(800, 600), 300, 200, ratio, cx=400, cy=300)
    across, down = round(300 * ratio), round(200 * ratio)
    assert view.visible == Rect(400 - across // 2, 300 - down // 2, across, down)
    (x0, _), (x1, _) = view.to_widget(10, 0), view.to_widget(11, 0)
    assert x1 - x0 == pytest.approx(1 / ratio)


@given(viewports())
def test_steps_lead_in_to_the_closest_and_out_to_the_farthest_zoom(view: Viewport) -> None:
    seen = {view.zoom}
    inward = view
    for _ in range(len(STEPS) + 1):
        inward = inward.stepped(1)
        seen.add(inward.zoom)
    outward = inward
    for _ in range(len(STEPS) + 1):
        outward = outward.stepped(-1)
    assert inward.zoom == MAX_ZOOM
    assert outward.zoom == view.min_zoom
    assert {round(zoom, 9) for zoom in seen} - {round(view.zoom, 9)} <= {round(step, 9) for step in STEPS}


@given(viewports(), st.floats(-500, 500), st.floats(-500, 500))
def test_panning_there_and_back_is_no_move_unless_an_edge_stops_it(view: Viewport, dx: float, dy: float) -> None:
    there = view.panned(dx, dy)
    scale = view.ratio / view.zoom
    if there.cx == view.cx - dx * scale and there.cy == view.cy - dy * scale:
        back = there.panned(-dx, -dy)
        assert (back.cx, back.cy) == pytest.approx((view.cx, view.cy), abs=1e-6 * max(1.0, 1 / view.zoom))


def test_a_finer_screen_shows_the_same_part_at_the_same_size() -> None:
    view = Viewport(Size(4000, 3000), 800, 600, 1.0, zoom=0.5, cx=1000, cy=900)
    finer = view.resized(800, 600, 2.0)
    assert finer.zoom == 1.0
    assert finer.visible == view.visible
