"""Polynomial fits: exact on polynomials, alike by both solvers, deaf to outliers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.imaging.polynomial_fit import choose_degree, fit_surface


def _rim(seed: int, count: int = 600) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    """Points on a thick ring, as around a hole: high degrees are ill-determined there."""
    rng = np.random.default_rng(seed)
    angle, radius = rng.uniform(0, 2 * np.pi, count), rng.uniform(40, 46, count)
    return 100 + radius * np.sin(angle), 300 + radius * np.cos(angle), rng


@pytest.mark.parametrize("degree", range(7))
def test_a_polynomial_is_found_again_everywhere_not_only_on_the_points(degree: int) -> None:
    rng = np.random.default_rng(degree)
    y, x = rng.uniform(0, 80, 2000), rng.uniform(0, 50, 2000)

    def truth(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        return (0.5 + 0.3 * (y / 40 - 1) ** degree - 0.2 * (x / 25 - 1) ** degree)[:, None]

    surface = fit_surface(y, x, truth(y, x), degree=degree, ridge=1e-5, loss="least-squares")
    grid_y, grid_x = (a.ravel() for a in np.mgrid[0:80:5, 0:50:5])
    assert np.abs(surface.at(grid_y, grid_x) - truth(grid_y, grid_x)).max() < 1e-3


@settings(deadline=None, max_examples=30)
@given(
    degree=st.integers(0, 6),
    ridge=st.sampled_from([1e-5, 1e-4, 1e-2, 1.0]),
    loss=st.sampled_from(["least-squares", "huber", "tukey"]),
    seed=st.integers(0, 1000),
)
def test_gradient_descent_agrees_with_the_closed_form(degree: int, ridge: float, loss, seed: int) -> None:
    y, x, rng = _rim(seed)
    values = np.clip(0.5 + 0.004 * (y - 100)[:, None] + rng.normal(0, 0.05, (y.size, 3)), 0, 1)
    values[:30] = 1.0
    exact = fit_surface(y, x, values, degree=degree, ridge=ridge, loss=loss, solver="closed-form")
    descended = fit_surface(y, x, values, degree=degree, ridge=ridge, loss=loss, solver="gradient-descent")
    inside_y, inside_x = (a.ravel() for a in np.mgrid[60:141:8, 260:341:8])
    assert np.abs(exact.at(inside_y, inside_x) - descended.at(inside_y, inside_x)).max() < 1e-4


@pytest.mark.parametrize(("loss", "limit"), [("huber", 0.01), ("tukey", 0.002)])
def test_a_fifth_of_outliers_hardly_moves_a_robust_fit(loss, limit: float) -> None:
    y, x, rng = _rim(4)
    truth = 0.4 + 0.002 * (x - 300)[:, None]
    values = truth + rng.normal(0, 0.002, truth.shape)
    values[:120] = 1.0
    robust = fit_surface(y, x, values, degree=1, loss=loss)
    plain = fit_surface(y, x, values, degree=1, loss="least-squares")
    error = np.abs(robust.at(y, x) - truth).max()
    assert error < limit < np.abs(plain.at(y, x) - truth).max()


def test_cross_validation_finds_the_degree_of_the_surface() -> None:
    y, x, rng = _rim(7, 1200)
    groups = (np.arctan2(y - 100, x - 300) // (np.pi / 6)).astype(int) + 6
    u, v = (y - 100) / 46, (x - 300) / 46
    noise = rng.normal(0, 0.01, y.size)
    for degree, values in ((0, noise), (1, u - v + noise), (3, u**3 - 2 * u * v**2 + v + noise)):
        assert choose_degree(y, x, values[:, None], groups, highest=5, ridge=1e-5) == degree


def test_one_point_gives_a_constant() -> None:
    surface = fit_surface(np.array([3]), np.array([4]), np.array([[0.25]]), degree=6)
    assert surface.at(np.array([0, 9]), np.array([0, 9])) == pytest.approx(0.25, abs=1e-6)


def test_values_out_of_range_are_refused() -> None:
    empty = np.zeros(0)
    with pytest.raises(ValueError, match="0 points"):
        fit_surface(empty, empty, np.zeros((0, 1)), degree=1)
    with pytest.raises(ValueError, match="degree 7"):
        fit_surface(np.ones(3), np.ones(3), np.ones((3, 1)), degree=7)
