"""From a place on a map back to a latent: t-SNE and UMAP have no inverse of their own, so two are learned."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from genrepair_desktop.latent.features import Features
from genrepair_desktop.latent.map import Points
from genrepair_desktop.latent.neighbours import nearest


class InverseMap(Protocol):
    """Map points (m, 2) to latents (m, d)."""

    def __call__(self, points: Points) -> Features: ...


class NeighbourAverage:
    """The average of the latents of the nearest map points, weighted by a Gaussian of their distance.

    Stays among the data: every answer lies between latents of real pictures. The Gaussian's width is the
    distance to the ``neighbours``-th point, so that dense and thin parts of the map behave alike, and its cut
    makes the answer change continuously as a neighbour enters or leaves. On a map point itself it gives that
    point's latent nearly unmixed if ``sharpness`` is high.

    ``keeps_length``: the average is given back the weighted mean of its neighbours' lengths. For normal latents,
    whose plain mean lies near the middle, where every picture looks alike.
    """

    def __init__(
        self,
        points: Points,
        latents: Features,
        *,
        neighbours: int = 8,
        sharpness: float = 4.0,
        keeps_length: bool = False,
    ) -> None:
        from scipy.spatial import KDTree

        self._tree = KDTree(points)
        self._latents = latents
        self._k = min(neighbours + 1, len(points))
        self._sharpness = sharpness
        self._lengths = np.linalg.norm(latents, axis=1) if keeps_length else None

    def __call__(self, points: Points) -> Features:
        indices, weights = self.weights(points)
        mean = np.einsum("mk,mkd->md", weights, self._latents[indices])
        if self._lengths is not None:
            wanted = np.einsum("mk,mk->m", weights, self._lengths[indices])
            mean = mean * (wanted / np.maximum(np.linalg.norm(mean, axis=1), 1e-9))[:, None]
        return mean.astype(np.float32)

    def weights(self, points: Points) -> "tuple[np.ndarray[Any, np.dtype[np.int64]], Features]":
        """Which rows (m, k) make up each answer, and by what share (m, k); shares add up to 1."""
        distances, indices = self._tree.query(points, k=self._k)
        distances, indices = distances.reshape(-1, self._k), indices.reshape(-1, self._k)
        reach = np.maximum(distances[:, -1:], 1e-12)
        # falls to 0 at the last neighbour: nothing jumps when that one is exchanged for another
        weights = np.exp(-self._sharpness * (distances / reach) ** 2) - np.exp(-self._sharpness)
        weights = np.maximum(weights, 0)
        flat = weights.sum(axis=1, keepdims=True) <= 0
        weights = np.where(flat, 1.0, weights)
        weights /= weights.sum(axis=1, keepdims=True)
        return indices, weights.astype(np.float32)


class SmoothRegression:
    """A learned regressor: thin-plate splines through the nearest map points (scipy's RBFInterpolator).

    Smoother than the average and able to extrapolate a little; ``smoothing`` above 0, as neighbours on the map
    may differ much in latent space.
    """

    def __init__(self, points: Points, latents: Features, *, neighbours: int = 40, smoothing: float = 1.0) -> None:
        from scipy.interpolate import RBFInterpolator

        # equal points would make the system singular
        unique = np.unique(points, axis=0, return_index=True)[1]
        self._spline: Any = RBFInterpolator(
            points[unique].astype(np.float64),
            latents[unique].astype(np.float64),
            neighbors=min(neighbours, len(unique)),
            smoothing=smoothing,
        )

    def __call__(self, points: Points) -> Features:
        return self._spline(points.astype(np.float64)).astype(np.float32)


@dataclass(frozen=True)
class Density:
    """How far a place is from the data, in units of the usual distance between neighbours."""

    tree: Any
    usual: float
    neighbours: int

    def emptiness(self, points: Points) -> Points:
        """(m,): about 1 among the data; above 3 the map should be greyed and its pictures not trusted."""
        distances = self.tree.query(points, k=self.neighbours)[0].reshape(len(points), -1)
        return (distances[:, -1] / self.usual).astype(np.float32)


def density_of(points: Points, neighbours: int = 5) -> Density:
    """The density of a map's points."""
    from scipy.spatial import KDTree

    k = min(neighbours, len(points) - 1)
    tree = KDTree(points)
    distances = tree.query(points, k=k + 1)[0][:, -1]
    return Density(tree, max(float(np.median(distances)), 1e-12), k)


def map_edges(points: Points) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of a map with a margin around its points."""
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.maximum((high - low) * 0.05, 1e-6)
    low, high = low - margin, high + margin
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def within(points: Points, outline: Points) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Which points (n, 2) lie inside a lasso's outline (m, 2): their indices. Even-odd rule."""
    x, y = points[:, 0], points[:, 1]
    inside = np.zeros(len(points), bool)
    for (x0, y0), (x1, y1) in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        crosses = (y0 > y) != (y1 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return np.flatnonzero(inside)


def nearest_in_latent_space(latent: Features, latents: Features, k: int = 8) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """The k nearest pictures of one latent (d,), by latent distance, never by the map's."""
    return nearest(latent[None], latents, k).indices[0]
