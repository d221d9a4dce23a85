"""Relaxation kernel of the smooth first fill. Imports numba: import this inside the function that runs it."""

import numpy as np

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.imaging.jit import reordering_kernel


@reordering_kernel
def relax_thin_plate(image: Image, ys: np.ndarray, xs: np.ndarray, sweeps: int, omega: np.float32) -> None:
    """Relax the pixels (ys, xs) of float32 ``image`` (h, w, c) in place towards the thin-plate equation.

    Gauss-Seidel with over-relaxation ``omega``, forwards and backwards in turn; at the picture's edges the last
    pixel is repeated.
    """
    h, w, channels = image.shape
    n = len(ys)
    for turn in range(sweeps):
        for k in range(n):
            i = k if turn % 2 == 0 else n - 1 - k
            y, x = ys[i], xs[i]
            u1, u2 = max(y - 1, 0), max(y - 2, 0)
            d1, d2 = min(y + 1, h - 1), min(y + 2, h - 1)
            l1, l2 = max(x - 1, 0), max(x - 2, 0)
            r1, r2 = min(x + 1, w - 1), min(x + 2, w - 1)
            for c in range(channels):
                near = image[u1, x, c] + image[d1, x, c] + image[y, l1, c] + image[y, r1, c]
                corner = image[u1, l1, c] + image[u1, r1, c] + image[d1, l1, c] + image[d1, r1, c]
                far = image[u2, x, c] + image[d2, x, c] + image[y, l2, c] + image[y, r2, c]
                target = (np.float32(8) * near - np.float32(2) * corner - far) * np.float32(0.05)
                image[y, x, c] += omega * (target - image[y, x, c])
