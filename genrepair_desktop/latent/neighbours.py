"""Nearest neighbours: in latent space, where they mean something, and on the map, for drawing."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]
Distances = npt.NDArray[np.float32]
_ROWS_AT_ONCE = 512
# partitioning takes most of the time and does not hold the interpreter's lock
_THREADS = 4


class Neighbours(NamedTuple):
    """Indices (m, k) into the data and Euclidean distances (m, k), nearest first."""

    indices: Indices
    distances: Distances


def nearest(queries: npt.NDArray[np.floating], data: npt.NDArray[np.floating], k: int) -> Neighbours:
    """The k nearest rows of ``data`` (n, d) for each of ``queries`` (m, d); exact. k is cut at n."""
    k = min(k, len(data))
    if data.shape[1] <= 3:
        return _by_tree(queries, data, k)
    data32, rows32 = np.ascontiguousarray(data, np.float32), np.ascontiguousarray(queries, np.float32)
    squares = np.einsum("nd,nd->n", data32, data32)
    blocks = [rows32[i : i + _ROWS_AT_ONCE] for i in range(0, len(rows32), _ROWS_AT_ONCE)]
    with ThreadPoolExecutor(_THREADS) as pool:
        found = list(pool.map(lambda rows: _nearest_block(rows, data32, squares, k), blocks))
    return Neighbours(np.concatenate([f[0] for f in found]), np.concatenate([f[1] for f in found]))


def _nearest_block(rows: Distances, data: Distances, squares: Distances, k: int) -> Neighbours:
    # |q - x|^2 less |q|^2, which does not change the order
    scores = squares - 2 * rows @ data.T
    best = np.argpartition(scores, k - 1, axis=1)[:, :k] if k < len(data) else np.tile(np.arange(k), (len(rows), 1))
    # sorted by index first, so that equal distances come in a fixed order
    best.sort(axis=1)
    # the true distances of the few, for order and value: the difference of squares loses digits
    exact = np.linalg.norm(data[best] - rows[:, None], axis=2)
    order = np.argsort(exact, axis=1, kind="stable")
    return Neighbours(np.take_along_axis(best, order, 1).astype(np.int64), np.take_along_axis(exact, order, 1))


def _by_tree(queries: npt.NDArray[np.floating], data: npt.NDArray[np.floating], k: int) -> Neighbours:
    from scipy.spatial import KDTree

    distances, indices = KDTree(data).query(queries, k=k)
    shape = (len(queries), k)
    return Neighbours(np.asarray(indices, np.int64).reshape(shape), np.asarray(distances, np.float32).reshape(shape))
