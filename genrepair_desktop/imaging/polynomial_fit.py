"""Robust least-squares fits of 2-D polynomials, solved in closed form or by gradient descent.

Positions are scaled to [-1, 1] and the basis is products of Chebyshev polynomials, ordered by total degree, so
the fit of a lower degree uses the first columns of a higher one's basis.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Solver: TypeAlias = Literal["closed-form", "gradient-descent"]
Loss: TypeAlias = Literal["least-squares", "huber", "tukey"]

HIGHEST_DEGREE = 6
# below this the directions that the points say nothing about would be left to rounding
SMALLEST_RIDGE = 1e-5
# tuning constants for 95 % efficiency on normal errors (Huber 1964; Beaton and Tukey 1974)
_HUBER, _TUKEY = 1.345, 4.685
# residuals below a quarter of an 8-bit level are as good as none
_SMALLEST_SCALE = 0.25 / 255
_REWEIGHTINGS = 20
_MOST_STEPS = 20_000


@dataclass(frozen=True)
class Surface:
    """A polynomial over the rectangle [low, high] of positions.

    coefficients  (terms, columns)
    """

    coefficients: Floats
    degree: int
    low: tuple[float, float]
    high: tuple[float, float]

    def at(self, y: npt.NDArray[np.generic], x: npt.NDArray[np.generic]) -> Floats:
        """Values at positions, (n, columns)."""
        scaled_y, scaled_x = _scaled(y, self.low[0], self.high[0]), _scaled(x, self.low[1], self.high[1])
        return _basis(scaled_y, scaled_x, self.degree) @ self.coefficients

    def on_grid(self, y: npt.NDArray[np.generic], x: npt.NDArray[np.generic]) -> Floats:
        """Values at every pair of a row position and a column position, (rows, columns of the grid, columns)."""
        vertical = np.polynomial.chebyshev.chebvander(_scaled(y, self.low[0], self.high[0]), self.degree)
        horizontal = np.polynomial.chebyshev.chebvander(_scaled(x, self.low[1], self.high[1]), self.degree)
        table = np.zeros((self.degree + 1, self.degree + 1, self.coefficients.shape[1]))
        for (i, j), coefficient in zip(_terms(self.degree), self.coefficients, strict=True):
            table[i, j] = coefficient
        return np.einsum("ai,ijc,bj->abc", vertical, table, horizontal, optimize=True)


def fit_surface(
    y: npt.NDArray[np.generic],
    x: npt.NDArray[np.generic],
    values: npt.NDArray[np.generic],
    *,
    degree: int,
    ridge: float = 1e-4,
    loss: Loss = "huber",
    solver: Solver = "closed-form",
    weights: Floats | None = None,
) -> Surface:
    """Fit ``values`` (n, columns) at n positions.

    Args:
        degree: highest total degree, 0 to 6.
        ridge: weight of the squared coefficients (all but the constant) against the mean squared error.
        loss: ``huber`` bounds the pull of an outlier, ``tukey`` takes it away. All columns of a point share one
            weight, so an outlier in one channel counts as one in all.
        solver: both minimise the same sum; they agree to 1e-4.
        weights: (n,) how much each point counts; all the same if None.

    Raises:
        ValueError: no points, or a degree or ridge out of range.
    """
    if not (0 <= degree <= HIGHEST_DEGREE and ridge >= SMALLEST_RIDGE and len(values)):
        raise ValueError(f"degree {degree}, ridge {ridge} or {len(values)} points out of range")
    low, high = (float(y.min()), float(x.min())), (float(y.max()), float(x.max()))
    basis = _basis(_scaled(y, low[0], high[0]), _scaled(x, low[1], high[1]), degree)
    targets = np.asarray(values, np.float64)
    given = np.ones(len(targets)) if weights is None else weights
    robust = np.ones(len(targets))
    coefficients = _solve(basis, targets, given, ridge, solver)
    # Tukey's weights have many fixed points; Huber's unique one is the start that finds the right one
    stages = {"least-squares": (), "huber": ("huber",), "tukey": ("huber", "tukey")}[loss]
    for stage in stages:
        for _ in range(_REWEIGHTINGS):
            before = robust
            robust = _robust_weights(targets - basis @ coefficients, stage)
            if np.abs(robust - before).max() < 1e-6:
                break
            coefficients = _solve(basis, targets, given * robust, ridge, solver)
    return Surface(coefficients, degree, low, high)


def choose_degree(
    y: npt.NDArray[np.generic],
    x: npt.NDArray[np.generic],
    values: npt.NDArray[np.generic],
    groups: npt.NDArray[np.integer],
    *,
    highest: int,
    ridge: float = 1e-4,
) -> int:
    """The degree that predicts best a group of points left out, the lowest within one standard error of it.

    Args:
        groups: (n,) numbers from 0; points of one group are left out together. Make each a connected part of the
            rim: a hole is bridged, so bridging is what should be tested.
    """
    low, high = (float(y.min()), float(x.min())), (float(y.max()), float(x.max()))
    basis = _basis(_scaled(y, low[0], high[0]), _scaled(x, low[1], high[1]), highest)
    targets = np.asarray(values, np.float64)
    names = [group for group in np.unique(groups) if 0 < np.count_nonzero(groups == group) < len(groups)]
    if not names:
        return min(1, highest)
    moments = [_moments(basis[groups == group], targets[groups == group]) for group in names]
    total = tuple(sum(part) for part in zip(*moments, strict=True))
    errors = np.empty((highest + 1, len(names)))
    for degree in range(highest + 1):
        terms = _term_count(degree)
        for index, (gram, product, square, count) in enumerate(moments):
            rest = total[3] - count
            normal = (total[0] - gram)[:terms, :terms] / rest + ridge * _penalty(terms)
            found = np.linalg.solve(normal, (total[1] - product)[:terms] / rest)
            left = np.einsum("tc,tc->", found, gram[:terms, :terms] @ found - 2.0 * product[:terms])
            errors[degree, index] = (left + square) / count
    means = errors.mean(axis=1)
    best = int(means.argmin())
    allowed = means[best] + errors[best].std() / np.sqrt(len(names))
    return int(np.flatnonzero(means <= allowed)[0])


def _moments(basis: Floats, targets: Floats) -> tuple[Floats, Floats, float, int]:
    return basis.T @ basis, basis.T @ targets, float((targets**2).sum()), len(basis)


def _solve(basis: Floats, targets: Floats, weights: Floats, ridge: float, solver: Solver) -> Floats:
    """Minimise ``mean w (basis c - targets) ** 2 + ridge |c without its constant| ** 2``."""
    if solver == "closed-form":
        return _solve_by_qr(basis, targets, weights, ridge)
    scaled = basis * weights[:, None]
    normal = scaled.T @ basis / len(basis) + ridge * _penalty(basis.shape[1])
    return _descend(normal, scaled.T @ targets / len(basis))


def _solve_by_qr(basis: Floats, targets: Floats, weights: Floats, ridge: float) -> Floats:
    # the penalty as further rows: QR of these never squares the condition number as normal equations do
    root = np.sqrt(weights / len(basis))[:, None]
    rows = np.concatenate([basis * root, np.sqrt(ridge * _penalty(basis.shape[1]))])
    right = np.concatenate([targets * root, np.zeros((basis.shape[1], targets.shape[1]))])
    q, r = np.linalg.qr(rows)
    return np.asarray(np.linalg.solve(r, q.T @ right), np.float64)


def _descend(normal: Floats, right: Floats) -> Floats:
    """Full-batch gradient descent on ``c' normal c / 2 - right' c``: the gradient of the sum over all points.

    Scaled by the diagonal, with Nesterov's momentum, restarted when it points uphill (O'Donoghue and Candes
    2015, "Adaptive restart for accelerated gradient schemes", gradient scheme).
    """
    scale = 1.0 / np.sqrt(np.diag(normal))
    matrix, goal = normal * np.outer(scale, scale), right * scale[:, None]
    spectrum = np.linalg.eigvalsh(matrix)
    step, enough = 1.0 / spectrum[-1], 1e-6 * spectrum[0]
    point = look = np.zeros_like(goal)
    momentum = 1.0
    for _ in range(_MOST_STEPS):
        gradient = matrix @ look - goal
        if np.abs(gradient).max() <= enough:
            break
        following = look - step * gradient
        if np.vdot(gradient, following - point) > 0.0:
            momentum = 1.0
        stronger = (1.0 + np.sqrt(1.0 + 4.0 * momentum**2)) / 2.0
        look = following + (momentum - 1.0) / stronger * (following - point)
        point, momentum = following, stronger
    return look * scale[:, None]


def _robust_weights(residuals: Floats, loss: str) -> Floats:
    size = np.sqrt((residuals**2).mean(axis=1))
    scale = max(1.4826 * float(np.median(size)), _SMALLEST_SCALE)
    if loss == "huber":
        return np.minimum(1.0, _HUBER * scale / np.maximum(size, 1e-300))
    return np.clip(1.0 - (size / (_TUKEY * scale)) ** 2, 0.0, None) ** 2


def _term_count(degree: int) -> int:
    return (degree + 1) * (degree + 2) // 2


def _penalty(terms: int) -> Floats:
    penalty = np.eye(terms)
    penalty[0, 0] = 0.0
    return penalty


def _scaled(positions: npt.NDArray[np.generic], low: float, high: float) -> Floats:
    middle, half = (low + high) / 2, max((high - low) / 2, 0.5)
    return (np.asarray(positions, np.float64) - middle) / half


def _basis(y: Floats, x: Floats, degree: int) -> Floats:
    """Columns T_i(y) T_j(x) with i + j up to ``degree``, by rising i + j."""
    vertical = np.polynomial.chebyshev.chebvander(y, degree)
    horizontal = np.polynomial.chebyshev.chebvander(x, degree)
    return np.stack([vertical[:, i] * horizontal[:, j] for i, j in _terms(degree)], axis=1)


def _terms(degree: int) -> list[tuple[int, int]]:
    return [(i, total - i) for total in range(degree + 1) for i in range(total + 1)]
