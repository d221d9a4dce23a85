"""The linear equations of fills that are smooth: which sum of squares of the picture shall be least.

Every fill here minimises ``sum w_i (D u)_i ** 2`` over the masked pixels ``u``, where the rows of ``D`` take
differences of the picture and the known pixels enter as constants. That makes the equations symmetric and
positive definite, and gives the photo's own border the natural condition: no row reaches outside.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Image, Mask

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Differences:
    """Differences of the picture that touch at least one masked pixel: ``D u + known``.

    matrix  (rows, unknowns)
    known   (rows, channels): what the known pixels add
    y, x    where each unknown lies, in the order of ``image[mask]``
    """

    matrix: "csr_array"
    known: Floats
    y: Indices
    x: Indices

    def normal_equations(self, weights: Floats | None = None) -> "tuple[csr_array, Floats]":
        """Matrix and right-hand side whose solution minimises the weighted sum of squares."""
        if weights is None:
            return (self.matrix.T @ self.matrix).tocsr(), -(self.matrix.T @ self.known)
        weighted = self.matrix.multiply(weights[:, None]).tocsr()
        return (self.matrix.T @ weighted).tocsr(), -(weighted.T @ self.known)


def neighbour_differences(image: Image, mask: Mask) -> tuple[Differences, Indices]:
    """Rows ``u(q) - u(p)`` for q right of and below p; and for each row which p it is, counted from 0."""
    h, w = mask.shape
    y, x = np.nonzero(mask[:, :-1] | mask[:, 1:])
    below = np.flatnonzero(mask[:-1] | mask[1:])
    start = np.concatenate([y * w + x, below])
    stop = np.concatenate([y * w + x + 1, below + w])
    signs = np.broadcast_to(np.array([-1.0, 1.0]), (start.size, 2))
    _, tails = _numbered(start, h * w)
    return _differences(np.stack([start, stop], axis=1), signs, image, mask), tails


def laplacians(image: Image, mask: Mask) -> Differences:
    """Rows with the graph Laplacian at every masked pixel and at every known pixel beside one.

    At the photo's border a pixel has fewer neighbours. Squared, this is the 13-point biharmonic stencil, at
    borders and corners too the one that scikit-image builds by filtering an impulse twice.
    """
    h, w = mask.shape
    centres = np.flatnonzero(_grown_cross(mask)).astype(np.int32)
    y, x = np.divmod(centres, np.int32(w))
    inside = np.stack([x > 0, x < w - 1, y > 0, y < h - 1], axis=1)
    neighbours = centres[:, None] + inside * np.array([-1, 1, -w, w], np.int32)
    pixels = np.concatenate([centres[:, None], neighbours], axis=1)
    degree = inside.sum(axis=1, keepdims=True)
    values = np.concatenate([degree, -inside.astype(np.int8)], axis=1).astype(np.float64)
    return _differences(pixels, values, image, mask)


def _grown_cross(mask: Mask) -> Mask:
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown


def _numbered(pixels: Indices, size: int) -> tuple[Indices, npt.NDArray[np.int32]]:
    """The different pixels in order, and for each given one its number among them."""
    numbers = np.zeros(size, dtype=np.int32)
    numbers[pixels] = 1
    different = np.flatnonzero(numbers)
    numbers[different] = np.arange(different.size, dtype=np.int32)
    return different, numbers[pixels]


def _differences(pixels: Indices, values: Floats, image: Image, mask: Mask) -> Differences:
    """The rows ``sum_k values[:, k] * u(pixels[:, k])``; a value of 0 stands for no entry."""
    from scipy.sparse import csr_array

    unknowns = np.flatnonzero(mask)
    numbers = np.full(mask.size, -1, dtype=np.int32)
    numbers[unknowns] = np.arange(unknowns.size, dtype=np.int32)
    column = numbers[pixels]
    is_entry = values != 0
    is_unknown = is_entry & (column >= 0)
    ends = np.cumsum(is_unknown.sum(axis=1, dtype=np.int32), dtype=np.int32)
    matrix = csr_array(
        (values[is_unknown], column[is_unknown], np.concatenate([np.zeros(1, np.int32), ends])),
        shape=(len(pixels), unknowns.size),
    )
    known = np.zeros((len(pixels), image.shape[2]))
    is_known = is_entry & ~is_unknown
    rim = np.flatnonzero(is_known.any(axis=1))
    samples = image.reshape(mask.size, -1)[pixels[rim]].astype(np.float64)
    samples[~is_known[rim]] = 0.0  # damaged pixels may be anything, even NaN, which no factor of 0 removes
    known[rim] = np.einsum("rk,rkc->rc", values[rim], samples)
    y, x = np.divmod(unknowns, mask.shape[1])
    return Differences(matrix, known, y, x)
