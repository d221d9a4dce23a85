"""Which pixel of a level lies under which device pixel: exact, the same for photo and overlay.

Qt's own scaling steps in 16-bit fractions from the picture's far edge: at 8660 pixels a fifth of the device pixels
showed their neighbour's colour.
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.intp]
Item = TypeVar("Item", bound=np.generic)


def sampled_at(start: int, count: int, origin: int, scale: float, length: int) -> Indices:
    """The level pixel under the centre of each of ``count`` device pixels of a row or column, from ``start`` on.

    ``origin`` is where the picture begins and ``scale`` how many device pixels a level pixel takes.
    """
    centres = (np.arange(start, start + count) + 0.5 - origin) / scale
    return np.clip(np.floor(centres), 0, length - 1).astype(np.intp)


def picked(level: npt.NDArray[Item], rows: Indices, columns: Indices) -> npt.NDArray[Item]:
    """A level (h, w) at every pair of a row and a column; both ascend."""
    # cut first: picking whole rows of a 50 megapixel mask would copy all of their width
    block = level[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if block.shape == (len(rows), len(columns)):
        return block
    return block[rows - rows[0]].take(columns - columns[0], axis=1)
