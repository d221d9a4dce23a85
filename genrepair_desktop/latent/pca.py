"""Principal components: the first stage of every map, and a map of its own."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.features import Features
from genrepair_desktop.latent.map import FittedMap, Live, Points, Setting, StageCache, features_key, stage_key

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reduction:
    """Vectors seen along their principal axes (Pearson 1901).

    mean (d,), axes (k, d) orthonormal, by falling variance; explained (k,) share of the variance of each;
    values (n, k) the vectors it was made from.
    """

    mean: Matrix
    axes: Matrix
    explained: Matrix
    values: Features

    def apply(self, features: Features) -> Features:
        """(m, d) to (m, k)."""
        return ((features.astype(np.float64) - self.mean) @ self.axes.T).astype(np.float32)

    def undo(self, values: Features) -> Features:
        """(m, k) back to (m, d): the nearest point on the plane of the axes."""
        return (values.astype(np.float64) @ self.axes + self.mean).astype(np.float32)


def reduce(features: Features, components: int) -> Reduction:
    """The first ``components`` principal axes, or fewer if there are not so many dimensions.

    By the eigenvectors of the d x d covariance, in float64: exact, and quicker than a singular value
    decomposition of thousands of rows. Signs are fixed so that equal data gives equal axes.
    """
    data = features.astype(np.float64)
    mean = data.mean(axis=0)
    centred = data - mean
    n, d = data.shape
    if n >= d:
        variances, vectors = np.linalg.eigh(centred.T @ centred / n)
        order = np.argsort(variances)[::-1]
        variances, axes = variances[order], vectors[:, order].T
    else:
        _, singular, axes = np.linalg.svd(centred, full_matrices=False)
        variances = singular**2 / n
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])
    axes = axes * np.where(signs == 0, 1, signs)[:, None]
    kept = min(components, d, n)
    total = max(float(np.clip(variances, 0, None).sum()), 1e-30)
    values = (centred @ axes[:kept].T).astype(np.float32)
    return Reduction(mean, axes[:kept], np.clip(variances[:kept], 0, None) / total, values)


def cached_reduction(features: Features, components: int, cache: StageCache) -> tuple[str, Reduction]:
    """The reduction and its stage key."""
    key = stage_key("reduce", features_key(features), components)
    return key, cache.get(key, lambda: reduce(features, components))


def two_axes(reduction: Reduction) -> Points:
    """The vectors along the first two axes (n, 2); 0 along the second where there is only one."""
    flat = np.zeros((len(reduction.values), 2), np.float32)
    flat[:, : min(2, reduction.values.shape[1])] = reduction.values[:, :2]
    return flat


@dataclass(frozen=True)
class PcaMap:
    """The plane of two principal axes."""

    reduction: Reduction
    first: int
    second: int

    @property
    def points(self) -> Points:
        return self._plane(self.reduction.values)

    @property
    def facts(self) -> dict[str, float]:
        shares = self.reduction.explained
        return {"explained": float(shares[self.first] + shares[self.second])}

    def project(self, features: Features) -> Points:
        return self._plane(self.reduction.apply(features))

    def _plane(self, values: Features) -> Points:
        return np.ascontiguousarray(values[:, [self.first, self.second]])


@dataclass(frozen=True)
class PcaParams:
    """Which two principal axes span the map; 0 is the strongest."""

    first: int = field(default=0, metadata={"setting": Setting("Axis across.", 0, 49)})
    second: int = field(default=1, metadata={"setting": Setting("Axis upwards.", 0, 49)})
    kind: str = "pca"

    def fit(self, features: Features, ctx: RunContext, *, cache: StageCache, live: Live) -> FittedMap:
        ctx.checkpoint(0.0, "map-reduce")
        _, reduction = cached_reduction(features, 50, cache)
        last = len(reduction.axes) - 1
        fitted = PcaMap(reduction, min(self.first, last), min(self.second, last))
        live(fitted.points)
        ctx.checkpoint(1.0, "map-reduce")
        return fitted
