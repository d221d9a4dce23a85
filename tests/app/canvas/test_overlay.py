"""Coverage on the screen: indices lie exactly over the image pixels they stand for."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from genrepair_desktop.app.canvas.overlay import Tint, colour_table, indices
from genrepair_desktop.app.canvas.viewport import Viewport
from genrepair_desktop.imaging.geometry import Rect, Size

EDGE = 254


def coverage_of(h: int, w: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    """Blobs, so that there are insides and edges."""
    small = np.random.default_rng(seed).random((h // 6 + 1, w // 6 + 1)) < 0.4
    return np.repeat(np.repeat(small, 6, axis=0), 6, axis=1)[:h, :w].astype(np.uint8) * 200


def whole_screen(view: Viewport, coverage: npt.NDArray[np.uint8], device: Rect) -> npt.NDArray[np.uint8]:
    screen = np.zeros((device.h, device.w), np.uint8)
    found = indices(coverage, 0, view, device)
    if found is not None:
        place, shown = found
        inside = place.intersect(device)
        screen[inside.relative_to(device).slices] = shown[inside.relative_to(place).slices]
    return screen


@given(st.floats(1.0, 9.0), st.floats(0, 60), st.floats(0, 40), st.integers(0, 3))
def test_every_device_pixel_shows_the_image_pixel_under_its_centre(
    zoom: float, cx: float, cy: float, seed: int
) -> None:
    coverage = coverage_of(40, 60, seed)
    view = Viewport(Size(60, 40), 90, 70, zoom=zoom, cx=cx, cy=cy)
    screen = whole_screen(view, coverage, Rect(0, 0, 90, 70))
    left, top = view.origin
    for x, y in ((0, 0), (13, 50), (45, 35), (70, 20), (89, 69)):
        column, row = int(np.floor((x + 0.5 - left) / zoom)), int(np.floor((y + 0.5 - top) / zoom))
        inside = 0 <= column < 60 and 0 <= row < 40
        expected = bool(inside and coverage[row, column])
        assert bool(screen[y, x]) == expected


@given(st.floats(0.4, 9.0), st.integers(0, 80), st.integers(0, 60), st.integers(1, 40), st.integers(1, 40))
def test_a_repainted_part_fits_the_whole(zoom: float, x: int, y: int, w: int, h: int) -> None:
    coverage = coverage_of(40, 60)
    view = Viewport(Size(60, 40), 90, 70, zoom=zoom, cx=31.3, cy=18.7)
    everything = Rect(0, 0, 90, 70)
    part = Rect(x, y, w, h).intersect(everything)
    if not part.is_empty:
        whole = whole_screen(view, coverage, everything)
        assert np.array_equal(whole_screen(view, coverage, part), whole[part.slices])


def test_the_edge_is_one_device_pixel_wide_at_any_zoom() -> None:
    coverage = np.zeros((20, 20), np.uint8)
    coverage[5:15, 5:15] = 255
    view = Viewport(Size(20, 20), 200, 200, zoom=8.0, cx=10, cy=10)
    screen = whole_screen(view, coverage, Rect(0, 0, 200, 200))
    row = screen[100]
    assert row.nonzero()[0].tolist() == list(range(60, 140))
    assert (row[[60, 139]] >= EDGE).all()
    assert (row[61:139] == 253).all()


def test_the_edge_marches() -> None:
    coverage = np.full((20, 20), 255, np.uint8)
    view = Viewport(Size(20, 20), 40, 40, zoom=1.0, cx=10, cy=10)
    device = Rect(0, 0, 40, 40)
    still, moved, round_again = (indices(coverage, 0, view, device, phase=phase) for phase in (0, 4, 8))
    assert still is not None
    assert moved is not None
    assert round_again is not None
    on_edge = still[1] >= EDGE
    assert (still[1] != moved[1])[on_edge].all()
    assert np.array_equal(still[1], round_again[1])


def test_nothing_covered_is_nothing_to_paint() -> None:
    view = Viewport(Size(20, 20), 40, 40, zoom=1.0, cx=10, cy=10)
    assert indices(np.zeros((20, 20), np.uint8), 0, view, Rect(0, 0, 40, 40)) is None
    assert indices(np.full((20, 20), 9, np.uint8), 0, view, Rect(0, 0, 3, 3)) is None


def test_hatching_tells_layers_apart_without_colour() -> None:
    coverage = np.full((40, 40), 200, np.uint8)
    view = Viewport(Size(40, 40), 40, 40, zoom=1.0, cx=20, cy=20)
    found = indices(coverage, 0, view, Rect(0, 0, 40, 40), is_hatched=True)
    assert found is not None
    assert set(np.unique(found[1][5:35, 5:35])) == {100, 200}


def test_the_tint_grows_with_coverage_up_to_its_opacity() -> None:
    table = colour_table(Tint("#ff8000", 0.5))
    alphas = [colour >> 24 for colour in table[:254]]
    assert alphas[0] == 0
    assert alphas[-1] == round(255 * 0.5)
    assert alphas == sorted(alphas)
    assert all(colour & 0xFFFFFF == 0xFF8000 for colour in table[1:254])
    assert len(table) == 256
