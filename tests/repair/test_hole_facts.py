"""Holes are found, cut into arms and bodies, and measured."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.repair.hole_facts import find_holes


def grey(h: int, w: int) -> np.ndarray:
    return np.full((h, w, 1), 128, np.uint8)


def test_a_scratch_across_a_blot_is_three_holes() -> None:
    mask = np.zeros((200, 300), np.uint8)
    cv2.line(mask, (5, 100), (295, 100), 1, 4)
    cv2.circle(mask, (150, 100), 30, 1, -1)
    labels, holes = find_holes(mask > 0, grey(200, 300), with_facts=True, cut_at=9.0)
    assert len(holes) == 3
    thicknesses = [hole.facts.thickness for hole in holes if hole.facts]
    assert max(thicknesses[:2]) < 9.0
    assert thicknesses[2] == pytest.approx(60, abs=4)
    assert labels[100, 150] == 3
    assert labels[100, 20] in (1, 2)


def test_a_ragged_blot_stays_one_hole() -> None:
    mask = np.zeros((200, 200), np.uint8)
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = np.where(np.arange(40) % 2, 30, 40)
    points = np.stack([100 + radius * np.cos(angles), 100 + radius * np.sin(angles)], axis=1).astype(np.int32)
    cv2.fillPoly(mask, [points], 1)
    assert len(find_holes(mask > 0, grey(200, 200), with_facts=True, cut_at=9.0)[1]) == 1


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.one_of(st.none(), st.floats(2, 30)))
def test_every_masked_pixel_has_one_label_and_the_areas_add_up(seed: int, cut_at: float | None) -> None:
    rng = np.random.default_rng(seed)
    mask = np.zeros((120, 150), np.uint8)
    for _ in range(int(rng.integers(1, 8))):
        ends = [tuple(int(v) for v in rng.integers(0, [150, 120])) for _ in range(2)]
        cv2.line(mask, ends[0], ends[1], 1, int(rng.integers(1, 30)))
    labels, holes = find_holes(mask > 0, grey(120, 150), with_facts=False, cut_at=cut_at)
    assert ((labels > 0) == (mask > 0)).all()
    assert [hole.label for hole in holes] == list(range(1, len(holes) + 1))
    for hole in holes:
        inside = labels == hole.label
        assert int(inside.sum()) == hole.area
        assert int(inside[hole.rect.slices].sum()) == hole.area


def test_texture_of_the_rim_is_measured_not_that_of_the_damage() -> None:
    rng = np.random.default_rng(0)
    pixels = grey(200, 200)
    mask = np.zeros((200, 200), bool)
    mask[80:120, 80:120] = True
    pixels[mask] = rng.integers(0, 256, (1600, 1))
    smooth = find_holes(mask, pixels, with_facts=True)[1][0].facts
    pixels[~mask] = rng.integers(100, 156, (int((~mask).sum()), 1))
    rough = find_holes(mask, pixels, with_facts=True)[1][0].facts
    assert smooth is not None
    assert rough is not None
    assert smooth.texture == pytest.approx(0.0, abs=1e-4)
    assert rough.texture > 0.05


@pytest.mark.parametrize("radius", [5, 20, 45])
def test_thickness_is_the_same_wherever_a_hole_lies(radius: int) -> None:
    found = set()
    for y in range(60, 560, 50):
        mask = np.zeros((620, 130), np.uint8)
        cv2.circle(mask, (64, y), radius, 1, -1)
        (hole,) = find_holes(mask > 0, grey(620, 130), with_facts=False)[1]
        found.add(hole.thickness)
    assert len(found) == 1
    assert found.pop() == pytest.approx(2 * radius, abs=0.12 * radius + 2)


def test_a_tall_mask_is_measured_in_bands_as_it_is_in_one() -> None:
    mask = np.zeros((2400, 40), np.bool_)
    for number, top in enumerate(range(10, 2300, 97)):
        mask[top : top + 6 + number, 5 : 11 + number % 20] = True
    _, holes = find_holes(mask, np.zeros((2400, 40, 3), np.uint8), with_facts=False)
    for hole in holes:
        alone = np.zeros_like(mask)
        alone[hole.rect.slices] = True
        (same,) = find_holes(
            alone[hole.rect.y - 2 : hole.rect.bottom + 2], np.zeros((1, 1, 3), np.uint8), with_facts=False
        )[1]
        assert (hole.area, hole.thickness) == (same.area, same.thickness)
    assert len(holes) == 24


@pytest.mark.parametrize("corner", [(0, 0), (181, 170), (300, 12), (256, 256)])
def test_arms_and_bodies_are_the_same_wherever_the_damage_lies(corner: tuple[int, int]) -> None:
    damage = np.zeros((160, 170), np.uint8)
    cv2.circle(damage, (80, 80), 34, 1, -1)
    cv2.line(damage, (4, 20), (165, 150), 1, 5)
    cv2.rectangle(damage, (120, 60), (165, 66), 1, -1)
    y, x = corner
    mask = np.zeros((620, 640), np.bool_)
    mask[y : y + 160, x : x + 170] = damage > 0
    alone = find_holes(np.pad(damage > 0, 10), grey(180, 190), with_facts=False, cut_at=9.0)[1]
    holes = find_holes(mask, grey(620, 640), with_facts=False, cut_at=9.0)[1]
    assert len(alone) > 2
    places = sorted((hole.rect.moved(10 - x, 10 - y), hole.area, hole.thickness) for hole in holes)
    # known pixels all around count as the border does, which is known too
    assert places == sorted((hole.rect, hole.area, hole.thickness) for hole in alone)
