"""The ground under a map's points: where they are dense, and where there are none."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genrepair_desktop.latent.inverse import density_of, map_edges
from genrepair_desktop.latent.map import Points

# beyond three times the usual distance to neighbours a place is empty: see ``Density.emptiness``
EMPTY_FROM = 3.0
Field = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Ground:
    """Fields over a map, row 0 at the top.

    edges     left, right, bottom, top in the map's own units
    density   (cells, cells), 0 to 1: share of the densest place
    presence  (cells, cells), 1 among the points, 0 where the map is empty and its pictures are guesses
    """

    edges: tuple[float, float, float, float]
    density: Field
    presence: Field


def ground_of(points: Points, *, cells: int = 150, margin: float = 0.0) -> Ground:
    """Both fields for points (n, 2), n at least 2; ``margin``: how much more than the points' own frame they
    cover, as a share of its longer side."""
    left, right, bottom, top = map_edges(points)
    more = margin * max(right - left, top - bottom)
    left, right, bottom, top = left - more, right + more, bottom - more, top + more
    across, down = np.meshgrid(np.linspace(left, right, cells), np.linspace(top, bottom, cells))
    places = np.column_stack([across.ravel(), down.ravel()]).astype(np.float32)
    emptiness = density_of(points).emptiness(places).reshape(cells, cells)
    presence = np.clip((EMPTY_FROM - emptiness) / (EMPTY_FROM / 2), 0, 1)
    return Ground((left, right, bottom, top), _density(points, (left, right, bottom, top), cells), presence)


def _density(points: Points, edges: tuple[float, float, float, float], cells: int) -> Field:
    """Points a cell, smoothed by a Gaussian of Scott's width (n^(-1/6) deviations), as a share of the most."""
    from scipy.ndimage import gaussian_filter

    left, right, bottom, top = edges
    counts, _, _ = np.histogram2d(points[:, 1], points[:, 0], bins=cells, range=((bottom, top), (left, right)))
    # half of Scott's width: a map is made of groups, and each has its own deviation
    width = 0.5 * len(points) ** (-1 / 6) * points.std(axis=0)
    cell = np.array([(right - left) / cells, (top - bottom) / cells])
    sigma = np.maximum(width / np.maximum(cell, 1e-12), 1.0)
    smooth = gaussian_filter(counts[::-1].astype(np.float32), (float(sigma[1]), float(sigma[0])))
    return (smooth / max(float(smooth.max()), 1e-12)).astype(np.float32)
