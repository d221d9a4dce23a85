"""Rectangles keep their algebra."""

from hypothesis import given
from hypothesis import strategies as st

from genrepair_desktop.imaging.geometry import TILE, Rect, tiles_touching

coordinates = st.integers(-600, 600)
sides = st.integers(0, 700)
rects = st.builds(Rect, coordinates, coordinates, sides, sides)
solid = st.builds(Rect, coordinates, coordinates, st.integers(1, 700), st.integers(1, 700))


@given(rects, rects)
def test_an_intersection_lies_in_both(a: Rect, b: Rect) -> None:
    shared = a.intersect(b)
    assert shared == b.intersect(a) or shared.is_empty
    if not shared.is_empty:
        assert a.contains(shared)
        assert b.contains(shared)


@given(solid, solid)
def test_a_union_holds_both(a: Rect, b: Rect) -> None:
    assert a.union(b).contains(a)
    assert a.union(b).contains(b)


@given(solid, st.integers(0, 50))
def test_growing_and_shrinking_is_no_change(a: Rect, margin: int) -> None:
    assert a.grown(margin).grown(-margin) == a


@given(solid, solid)
def test_tiles_cover_what_is_inside_once(rect: Rect, bounds: Rect) -> None:
    tiles = list(tiles_touching(rect, bounds))
    shared = rect.intersect(bounds)
    assert sum(tile.intersect(shared).area for tile in tiles) == shared.area * (not shared.is_empty)
    assert all(bounds.contains(tile) and tile.w <= TILE and tile.h <= TILE for tile in tiles)
