"""Solves large symmetric positive definite systems over pixels: thin holes directly, wide ones by multigrid.

A scratch of any length has a narrow band once its pixels are ordered along it, and a banded Cholesky factor of
50 thousand unknowns takes 20 ms (sparse LU: 100 ms). A wide hole has no narrow band; there multigrid wins.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genrepair_desktop.imaging.multigrid import Checkpoint, Floats, Indices, Multigrid, conjugate_gradients
from genrepair_desktop.imaging.threads import one_blas_thread

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# one banded call can not be interrupted and holds the interpreter lock; n * (band ** 2 + 3000) = 8e8 takes 60 ms
_DIRECT_WORK = 8e8
_ROW_WORK = 3000
_MAX_STEPS = 200


@dataclass(frozen=True)
class _Ordering:
    """Unknowns in an order that keeps entries near the diagonal, components one after another, narrow ones first.

    order   unknown numbers
    starts  where each component begins in ``order``, and its end
    bands   of each component: how far off the diagonal its entries lie
    """

    order: Indices
    starts: Indices
    bands: Indices


def solve_spd(
    matrix: "csr_array",
    rhs: Floats,
    y: Indices,
    x: Indices,
    *,
    start: Floats | None = None,
    tolerance: float = 1e-6,
    checkpoint: Checkpoint,
) -> Floats:
    """The solution of ``matrix @ u = rhs``, shape (n, columns).

    Args:
        matrix: (n, n), symmetric positive definite, coupling near pixels only.
        rhs: (n, columns); all columns are solved with one factorisation.
        y, x: pixel of each unknown.
        start: a first guess; saves iterations in wide holes.
        tolerance: residual of the iterative solver, relative to ``rhs``; the direct one is exact.
        checkpoint: called with the share done about every 50 ms of work; may raise to stop.
    """
    solution = np.empty_like(rhs)
    if not rhs.size:
        return solution
    checkpoint(0.0)
    ordering = _order(matrix)
    checkpoint(0.0)
    done = 0
    n = rhs.shape[0]
    wide: list[Indices] = []
    place = np.empty(n, dtype=np.int32)
    place[ordering.order] = np.arange(n, dtype=np.int32)
    for members in _direct_batches(ordering, wide):
        checkpoint(done / n)
        solution[members] = _solve_banded(matrix, rhs, members, place)
        done += members.size
    for members in wide:
        members = np.sort(members)
        share = members.size / n
        checkpoint(done / n)
        solution[members] = _solve_iteratively(
            matrix if members.size == n else matrix[members][:, members].tocsr(),
            rhs[members],
            y[members],
            x[members],
            None if start is None else start[members],
            tolerance,
            lambda fraction, done=done, share=share: checkpoint(done / n + share * fraction),
        )
        done += members.size
    checkpoint(1.0)
    return solution


def _order(matrix: "csr_array") -> _Ordering:
    from scipy.sparse.csgraph import connected_components, reverse_cuthill_mckee

    order = reverse_cuthill_mckee(matrix, symmetric_mode=True)
    count, labels = connected_components(matrix, directed=False)
    place = np.empty(order.size, dtype=np.int32)
    place[order] = np.arange(order.size, dtype=np.int32)
    distances = np.abs(np.repeat(place, np.diff(matrix.indptr)) - place[matrix.indices])
    reach = np.maximum.reduceat(distances, matrix.indptr[:-1])
    bands = np.zeros(count, dtype=np.int64)
    np.maximum.at(bands, labels, reach)
    by_band = np.argsort(bands, kind="stable")
    rank = np.empty(count, dtype=np.int64)
    rank[by_band] = np.arange(count)
    sizes = np.bincount(labels, minlength=count)[by_band]
    return _Ordering(
        order[np.argsort(rank[labels[order]], kind="stable")],
        np.concatenate([[0], np.cumsum(sizes)]),
        bands[by_band],
    )


def _direct_batches(ordering: _Ordering, wide: list[Indices]) -> Iterator[Indices]:
    """Runs of components cheap enough to be solved in one call; components that are not go to ``wide``."""
    first = 0
    for index, band in enumerate(ordering.bands):
        stop = int(ordering.starts[index + 1])
        begin = int(ordering.starts[index])
        if not _is_cheap(stop - begin, int(band)):
            if begin > first:
                yield ordering.order[first:begin]
            wide.append(ordering.order[begin:stop])
            first = stop
        elif not _is_cheap(stop - first, int(band)):
            yield ordering.order[first:begin]
            first = begin
    if ordering.order.size > first:
        yield ordering.order[first:]


def _is_cheap(size: int, band: int) -> bool:
    return size * (band**2 + _ROW_WORK) <= _DIRECT_WORK


def _solve_banded(matrix: "csr_array", rhs: Floats, members: Indices, place: Indices) -> Floats:
    from scipy.linalg import solveh_banded

    rows = matrix[members]
    row = np.repeat(members, np.diff(rows.indptr))
    is_upper = row <= rows.indices  # the other half says the same
    first, second = place[row[is_upper]] - place[members[0]], place[rows.indices[is_upper]] - place[members[0]]
    below = np.abs(first - second)
    depth = int(below.max()) + 1
    band = np.zeros(depth * members.size)
    band[np.minimum(first, second) * depth + below] = rows.data[is_upper]
    band = band.reshape(members.size, depth).T
    with one_blas_thread():
        return solveh_banded(band, rhs[members], overwrite_ab=True, overwrite_b=True, lower=True, check_finite=False)


def _solve_iteratively(
    matrix: "csr_array",
    rhs: Floats,
    y: Indices,
    x: Indices,
    start: Floats | None,
    tolerance: float,
    checkpoint: Checkpoint,
) -> Floats:
    fraction = 0.0

    def report(reached: float) -> None:
        nonlocal fraction
        fraction = max(fraction, reached)
        checkpoint(fraction)

    multigrid = Multigrid(matrix, y - y.min(), x - x.min(), lambda: checkpoint(fraction))
    return conjugate_gradients(
        matrix, rhs, multigrid.apply, tolerance=tolerance, max_steps=_MAX_STEPS, start=start, checkpoint=report
    )
