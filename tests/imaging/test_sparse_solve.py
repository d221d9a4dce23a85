"""The direct and the multigrid solver give the solution, whatever the hole's shape, and can be stopped."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, diags_array, eye_array, kron

from genrepair_desktop.imaging import sparse_solve
from genrepair_desktop.imaging.sparse_solve import solve_spd


class Stopped(Exception):
    """Raised by a checkpoint of these tests."""


def plate(mask: np.ndarray) -> tuple[csr_array, np.ndarray, np.ndarray]:
    """The squared graph Laplacian on the masked pixels, clamped at all others."""
    h, w = mask.shape
    rows, columns = (_path_laplacian(n) for n in (h, w))
    laplacian = (kron(rows, eye_array(w)) + kron(eye_array(h), columns)).tocsr()
    inside = np.flatnonzero(mask)
    part = laplacian[:, inside]
    return (part.T @ part).tocsr(), *np.divmod(inside, w)


def _path_laplacian(n: int) -> csr_array:
    if n == 1:
        return csr_array((1, 1))
    ends = np.r_[1.0, np.full(n - 2, 2.0), 1.0]
    beside = diags_array(np.ones(n - 1), offsets=1)
    return (diags_array(ends) - beside - beside.T).tocsr()


def residual(matrix: csr_array, solution: np.ndarray, rhs: np.ndarray) -> float:
    return float(np.abs(matrix @ solution - rhs).max() / np.abs(rhs).max())


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 40), st.integers(2, 40), st.floats(0.02, 0.98), st.integers(0, 2**31))
def test_holes_of_any_shape_are_solved_exactly(h: int, w: int, share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((h, w)) < share
    mask[rng.integers(h), rng.integers(w)] = False
    matrix, y, x = plate(mask)
    rhs = rng.normal(size=(y.size, 3))
    solution = solve_spd(matrix, rhs, y, x, checkpoint=lambda fraction: None)
    assert solution.shape == rhs.shape
    if y.size:
        assert residual(matrix, solution, rhs) < 1e-8


@pytest.mark.parametrize("shape", ["disc", "net", "wide-and-thin"])
def test_multigrid_agrees_with_the_direct_solver(monkeypatch: pytest.MonkeyPatch, shape: str) -> None:
    y, x = np.mgrid[:120, :130]
    mask = {
        "disc": np.hypot(y - 60, x - 65) < 50,
        "net": ((y + x) % 29 < 3) | ((y - x) % 31 < 4),
        "wide-and-thin": (np.hypot(y - 40, x - 50) < 30) | (abs(y - 100) < 2) | (x == 120),
    }[shape] & (y > 0)
    matrix, rows, columns = plate(mask)
    rhs = np.random.default_rng(1).normal(size=(rows.size, 2)) * [1.0, 100.0]
    exact = solve_spd(matrix, rhs, rows, columns, checkpoint=lambda fraction: None)
    monkeypatch.setattr(sparse_solve, "_DIRECT_WORK", 0.0)
    found = solve_spd(matrix, rhs, rows, columns, tolerance=1e-9, checkpoint=lambda fraction: None)
    assert np.abs(found / exact - 1.0).max() < 1e-2 or np.abs(found - exact).max() < 1e-6 * np.abs(exact).max()
    assert residual(matrix, exact, rhs) < 1e-8


def test_multigrid_needs_as_few_rounds_for_a_wide_hole_as_for_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparse_solve, "_DIRECT_WORK", 0.0)
    monkeypatch.setattr(sparse_solve, "_MAX_STEPS", 16)  # measured: 10 to 12, with plain hats 30 to 150
    for radius in (20, 60, 110):
        y, x = np.mgrid[: 2 * radius + 9, : 2 * radius + 9] - radius - 4
        matrix, rows, columns = plate(np.hypot(y, x) < radius)
        rhs = np.random.default_rng(2).normal(size=(rows.size, 1))
        solution = solve_spd(matrix, rhs, rows, columns, checkpoint=lambda fraction: None)
        assert np.linalg.norm(matrix @ solution - rhs) < 1e-6 * np.linalg.norm(rhs)


def test_a_good_start_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparse_solve, "_DIRECT_WORK", 0.0)
    y, x = np.mgrid[:90, :90] - 45
    matrix, rows, columns = plate(np.hypot(y, x) < 40)
    rhs = np.random.default_rng(3).normal(size=(rows.size, 1))
    calls = {"cold": 0, "warm": 0}

    def count(name: str) -> None:
        calls[name] += 1

    cold = solve_spd(matrix, rhs, rows, columns, checkpoint=lambda fraction: count("cold"))
    solve_spd(matrix, rhs, rows, columns, start=cold, checkpoint=lambda fraction: count("warm"))
    assert calls["warm"] < calls["cold"] / 4


@pytest.mark.parametrize("work", [0.0, 8e8])
def test_a_checkpoint_stops_the_work_and_progress_never_falls(monkeypatch: pytest.MonkeyPatch, work: float) -> None:
    monkeypatch.setattr(sparse_solve, "_DIRECT_WORK", work)
    y, x = np.mgrid[:80, :80]
    matrix, rows, columns = plate((y % 20 < 12) & (x % 20 < 12))
    rhs = np.ones((rows.size, 1))
    reached: list[float] = []
    solve_spd(matrix, rhs, rows, columns, checkpoint=reached.append)
    assert reached == sorted(reached)
    assert reached[-1] == 1.0

    def stop(fraction: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        solve_spd(matrix, rhs, rows, columns, checkpoint=stop)
