"""The parts of a mask and their depths, from the masked pixels alone, against OpenCV's over the whole picture."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.imaging.mask_parts import depths_of, find_parts, spans_of


def masks(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    h, w = (int(side) for side in rng.integers(1, 50, 2))
    mask = rng.random((h, w)) < rng.choice([0.02, 0.1, 0.3, 0.5, 0.7, 0.95])
    thick = int(rng.integers(1, 5))
    return cv2.dilate(mask.astype(np.uint8), np.ones((thick, thick))) > 0


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9))
def test_parts_are_those_of_opencv_in_its_order(seed: int) -> None:
    mask = masks(seed)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    places = np.flatnonzero(mask)
    parts = find_parts(places, mask.shape)
    assert (parts.owner + 1).tolist() == labels.ravel()[places].tolist()
    assert parts.edges.tolist() == [[x, y, x + w, y + h] for x, y, w, h, _ in stats[1:count].tolist()]
    assert parts.area.tolist() == stats[1:count, cv2.CC_STAT_AREA].tolist()


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**9))
def test_depths_are_opencvs_distances_with_the_border_known(seed: int) -> None:
    mask = masks(seed)
    padded = cv2.copyMakeBorder(mask.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1]
    places = np.flatnonzero(mask)
    depth = depths_of(places, mask.shape)
    # OpenCV adds the same steps in another order
    assert depth == pytest.approx(distance.ravel()[places], rel=1e-5)
    parts = find_parts(places, mask.shape, depth)
    assert [depth[parts.owner == part].max() for part in range(parts.area.size)] == parts.depth.tolist()


def test_work_cut_into_spans_gives_what_it_gives_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = masks(7) | masks(7)[::-1]
    places = np.flatnonzero(mask)
    depth = depths_of(places, mask.shape)
    whole = find_parts(places, mask.shape, depth)
    monkeypatch.setattr("genrepair_desktop.imaging.mask_parts._AT_ONCE", 5)
    pauses: list[None] = []
    assert depths_of(places, mask.shape, lambda: pauses.append(None)).tolist() == depth.tolist()
    cut = find_parts(places, mask.shape, depth, lambda: pauses.append(None))
    assert [array.tolist() for array in cut] == [array.tolist() for array in whole]
    assert len(pauses) == 6 * len(spans_of(places.size))


def test_an_empty_mask_has_no_parts() -> None:
    parts = find_parts(np.array([], np.intp), (5, 7), depths_of(np.array([], np.intp), (5, 7)))
    assert (parts.owner.size, parts.edges.shape, parts.depth.size) == (0, (0, 4), 0)
