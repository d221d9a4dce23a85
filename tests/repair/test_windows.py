"""Every damaged pixel falls in exactly one window's core, with context around it."""

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.repair.windows import damage_boxes, plan_windows


def random_mask(seed: int, h: int, w: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mask = np.zeros((h, w), np.uint8)
    for _ in range(int(rng.integers(1, 12))):
        ends = [tuple(int(v) for v in rng.integers(0, [w, h])) for _ in range(2)]
        cv2.line(mask, ends[0], ends[1], 255, int(rng.integers(1, 9)))
    return mask


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 500), st.integers(1, 500))
def test_boxes_hold_all_damage_and_do_not_overlap(seed: int, h: int, w: int) -> None:
    mask = random_mask(seed, h, w)
    covered = np.zeros((h, w), np.int32)
    for box in damage_boxes(mask, lambda side: 20):
        covered[box.slices] += 1
    assert covered.max() <= 1
    assert (covered[mask > 0] == 1).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(40, 400))
def test_every_hole_pixel_is_pasted_once(seed: int, max_side: int) -> None:
    mask = random_mask(seed, 600, 500)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    holes = [(label, Rect(*map(int, stat[:4]))) for label, stat in enumerate(stats[1:], start=1)]
    pasted = np.zeros(mask.shape, np.int32)
    bounds = Rect.of_shape(mask.shape)
    for window in plan_windows(holes, lambda side: 16, max_side, bounds):
        assert window.outer.contains(window.core)
        assert bounds.contains(window.outer)
        pasted[window.core.slices] += np.isin(labels[window.core.slices], window.labels)
    assert (pasted[mask > 0] == 1).all()


def test_a_speck_far_away_gets_a_box_of_its_own() -> None:
    mask = np.zeros((4000, 6000), np.uint8)
    mask[100:103, 100:103] = 255
    mask[3900:3903, 5900:5903] = 255
    boxes = damage_boxes(mask, lambda side: 32)
    assert len(boxes) == 2
    assert sum(box.area for box in boxes) < 100_000
