"""The map of plausible repairs."""

import numpy as np
import pytest

from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.features import MapError
from genrepair_desktop.latent.fills import map_fills


def fills_of(n: int, channels: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fills that differ in brightness and in one corner, and a hole; outside they differ wildly."""
    rng = np.random.default_rng(0)
    hole = np.zeros((12, 14), bool)
    hole[3:9, 4:11] = True
    light = rng.uniform(-0.2, 0.2, n)
    fills = rng.uniform(0, 1, (n, 12, 14, channels)).astype(np.float32)
    fills[:, hole] = 0.5
    fills[:, 3:9, 4:11] += light[:, None, None, None].astype(np.float32)
    fills[:, 3:5, 4:6] += rng.uniform(-0.05, 0.05, (n, 1, 1, 1)).astype(np.float32)
    return fills, hole, light


@pytest.mark.parametrize(("n", "kind"), [(3, "pca"), (16, "pca"), (40, "tsne")])
def test_each_fill_is_a_point_and_many_fills_are_arranged_by_tsne(n: int, kind: str) -> None:
    fills, hole, _ = fills_of(n)
    made = map_fills(fills, hole, RunContext(1))
    assert made.points.shape == (n, 2)
    assert made.kind == kind
    assert np.isfinite(made.points).all()
    assert np.array_equal(made.points, map_fills(fills, hole, RunContext(1)).points)


def test_only_the_content_of_the_hole_counts_and_its_main_difference_comes_first() -> None:
    fills, hole, light = fills_of(20)
    made = map_fills(fills, hole, RunContext())
    assert abs(np.corrcoef(made.points[:, 0], light)[0, 1]) > 0.99
    assert made.explained > 0.99
    change = made.change(0)
    assert change.shape == (12, 14, 3)
    assert not change[~hole].any()
    np.testing.assert_allclose(np.abs(change[8, 10]), light.std(), rtol=0.2)


def test_equal_fills_lie_on_one_spot() -> None:
    fills = np.full((5, 4, 4, 1), 0.5, np.float32)
    made = map_fills(fills, np.ones((4, 4), bool), RunContext())
    assert np.ptp(made.points, axis=0).max() < 1e-6


def test_too_few_fills_or_no_hole_are_refused() -> None:
    fills, hole, _ = fills_of(4)
    with pytest.raises(MapError, match="at least 3"):
        map_fills(fills[:2], hole, RunContext())
    with pytest.raises(MapError, match="hole"):
        map_fills(fills, ~hole & False, RunContext())
