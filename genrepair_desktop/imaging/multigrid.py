"""Conjugate gradients with a multigrid preconditioner, for smooth unknowns that lie on pixels.

Coarse unknowns are quadratic B-splines on a grid of half the resolution: their subdivision rule (1, 3, 3, 1) / 4
stays continuously differentiable over any number of levels, so the coarse equations keep the right energy
for second- and fourth-order problems alike (with bilinear hats the fourth-order energy doubles at each level).
Measured on a disc of 385 thousand unknowns: 12 iterations for a biharmonic fill, as many as on 8 thousand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.integer[Any]]
Checkpoint = Callable[[float], None]

_COARSEST = 800
_SMOOTHINGS = 2
# the smoother has to damp the upper three quarters of the spectrum; the coarser levels see the rest
_SMOOTHED_SHARE = 4.0


@dataclass(frozen=True)
class _Level:
    """One grid: its equations, its smoother's diagonal, and the way to the next coarser grid."""

    matrix: "csr_array"
    inverse_diagonal: Floats
    refine: "csr_array | None"
    coarsen: "csr_array | None"
    factor: Any


class Multigrid:
    """An approximate inverse of a symmetric positive definite matrix over pixels, itself symmetric.

    Args:
        matrix: (n, n), rows and columns in the order of ``y`` and ``x``.
        y, x: pixel of each unknown, not negative.
        checkpoint: called often while building and while applying; may raise to stop the work.
    """

    def __init__(self, matrix: "csr_array", y: Indices, x: Indices, checkpoint: Callable[[], None]) -> None:
        self._checkpoint = checkpoint
        self._levels: list[_Level] = []
        while y.size > _COARSEST:
            checkpoint()
            refine, coarse_y, coarse_x = _spline_refinement(y, x)
            if coarse_y.size > 0.7 * y.size:
                break  # a net of lines one pixel wide: coarser grids have nothing to add
            coarsen = refine.T.tocsr()
            self._levels.append(_Level(matrix, _smoother_diagonal(matrix), refine, coarsen, None))
            checkpoint()
            matrix = (coarsen @ (matrix @ refine)).tocsr()
            y, x = coarse_y, coarse_x
        self._levels.append(_Level(matrix, _smoother_diagonal(matrix), None, None, _factor(matrix, y.size)))

    def apply(self, rhs: Floats) -> Floats:
        """About ``matrix ** -1 @ rhs`` for (n, columns): one V-cycle."""
        return self._cycle(0, rhs)

    def _cycle(self, depth: int, rhs: Floats) -> Floats:
        level = self._levels[depth]
        if level.refine is None or level.coarsen is None:
            return level.factor.solve(rhs) if level.factor else self._smooth(level, rhs, None, 12 * _SMOOTHINGS)
        solution = self._smooth(level, rhs, None, _SMOOTHINGS)
        residual = level.coarsen @ (rhs - level.matrix @ solution)
        solution += level.refine @ self._cycle(depth + 1, residual)
        return self._smooth(level, rhs, solution, _SMOOTHINGS)

    def _smooth(self, level: _Level, rhs: Floats, start: Floats | None, steps: int) -> Floats:
        """Chebyshev iteration (Saad 2003, algorithm 12.1) on [1 / share, 1], the spectrum's upper part."""
        low = 1.0 / (_SMOOTHED_SHARE * (steps / _SMOOTHINGS) ** 2)
        centre, half_width = (1.0 + low) / 2, (1.0 - low) / 2
        scale = level.inverse_diagonal[:, None]
        self._checkpoint()
        residual = rhs if start is None else rhs - level.matrix @ start
        step = residual * scale / centre
        solution = step.copy() if start is None else start + step
        ratio = half_width / centre
        for _ in range(steps - 1):
            self._checkpoint()
            residual = rhs - level.matrix @ solution
            following = 1.0 / (2.0 * centre / half_width - ratio)
            step = following * ratio * step + (2.0 * following / half_width) * (residual * scale)
            solution += step
            ratio = following
        return solution


def conjugate_gradients(
    matrix: "csr_array",
    rhs: Floats,
    preconditioner: Callable[[Floats], Floats],
    *,
    tolerance: float,
    max_steps: int,
    start: Floats | None = None,
    checkpoint: Checkpoint,
) -> Floats:
    """Solve ``matrix @ u = rhs`` for all columns of ``rhs`` (n, columns) at once.

    Stops when every column's residual is below ``tolerance`` times its right-hand side, or after ``max_steps``.
    ``checkpoint`` gets the share of the way to the tolerance, on a logarithmic scale.
    """
    solution = np.zeros_like(rhs) if start is None else start.copy()
    residual = rhs.copy() if start is None else rhs - matrix @ solution
    scale = np.maximum(np.linalg.norm(rhs, axis=0), np.finfo(float).tiny)
    direction, energy = np.zeros_like(rhs), np.ones(rhs.shape[1])
    for step in range(max_steps):
        error = float((np.linalg.norm(residual, axis=0) / scale).max())
        checkpoint(min(1.0, max(step / max_steps, np.log(max(error, 1e-300)) / np.log(tolerance))))
        if error <= tolerance:
            break
        corrected = preconditioner(residual)
        new_energy = np.einsum("ij,ij->j", residual, corrected)
        direction = corrected + _quotient(new_energy, energy) * direction
        energy = new_energy
        image = matrix @ direction
        length = _quotient(energy, np.einsum("ij,ij->j", direction, image))
        solution += length * direction
        residual -= length * image
    return solution


def _quotient(above: Floats, below: Floats) -> Floats:
    """Zero for columns that are solved exactly: there both are zero."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def _smoother_diagonal(matrix: "csr_array") -> Floats:
    # the l1 diagonal bounds the scaled spectrum by 1, however small a spline cut off by the hole's rim is
    # (Baker et al. 2011, "Multigrid smoothers for ultraparallel computing")
    return 1.0 / abs(matrix).sum(axis=1)


def _factor(matrix: "csr_array", size: int) -> Any:
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import splu

    if size > _COARSEST:
        return None
    # over a thin hole there can be more splines than pixels, which makes the coarse equations singular
    return splu((matrix + diags_array(1e-9 * abs(matrix).sum(axis=1))).tocsc())


def _spline_refinement(y: Indices, x: Indices) -> "tuple[csr_array, Indices, Indices]":
    """The matrix from coarse splines to these pixels, and the pixel of each spline that touches any."""
    from scipy.sparse import csr_array

    # cells are numbered from 1, so that a pixel in the first row or column has a cell before it
    width = int(x.max()) // 2 + 3
    near_y, near_x = y // 2 + 1, x // 2 + 1
    far_y, far_x = near_y + np.where(y % 2, 1, -1), near_x + np.where(x % 2, 1, -1)
    cells = np.concatenate([a * width + b for a in (near_y, far_y) for b in (near_x, far_x)])
    used = np.zeros((int(y.max()) // 2 + 3) * width, dtype=bool)
    used[cells] = True
    splines = np.flatnonzero(used)
    numbers = np.zeros(used.size, dtype=np.int32)
    numbers[splines] = np.arange(splines.size, dtype=np.int32)
    weights = np.repeat(np.array([9.0, 3.0, 3.0, 1.0]) / 16, y.size)
    rows = np.tile(np.arange(y.size, dtype=np.int32), 4)
    refine = csr_array((weights, (rows, numbers[cells])), shape=(y.size, splines.size))
    coarse_y, coarse_x = np.divmod(splines, width)
    return refine, coarse_y, coarse_x
