"""UMAP (McInnes 2018) by umap-learn, an extra that may be missing."""

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.features import Features, MapError
from genrepair_desktop.latent.map import FittedMap, Live, Points, Setting, StageCache
from genrepair_desktop.latent.pca import Reduction, cached_reduction


@dataclass(frozen=True)
class UmapParams:
    """Settings of a UMAP map."""

    neighbours: int = field(default=15, metadata={"setting": Setting("Neighbours that count.", 2, 200)})
    min_distance: float = field(
        default=0.1, metadata={"setting": Setting("How close points may lie: 0 packs groups tightly.", 0, 1, 0.05)}
    )
    components: int = field(default=50, metadata={"setting": Setting("Principal components kept first.", 2, 200)})
    kind: str = "umap"

    def fit(self, features: Features, ctx: RunContext, *, cache: StageCache, live: Live) -> FittedMap:
        """Raises ``MapError`` when umap-learn is not installed."""
        ctx.checkpoint(0.0, "map-reduce")
        _, reduction = cached_reduction(features, self.components, cache)
        ctx.checkpoint(0.1, "map-optimise")
        fitted = UmapMap(reduction, _fit(reduction.values, self, ctx.seed))
        live(fitted.points)
        ctx.checkpoint(1.0, "map-optimise")
        return fitted


class UmapMap:
    """A finished UMAP map."""

    def __init__(self, reduction: Reduction, model: Any) -> None:
        self._reduction, self._model = reduction, model

    @property
    def points(self) -> Points:
        return np.array(self._model.embedding_, np.float32)

    @property
    def facts(self) -> dict[str, float]:
        return {}

    def project(self, features: Features) -> Points:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.array(self._model.transform(self._reduction.apply(features)), np.float32)


def _fit(values: Features, params: UmapParams, seed: int) -> Any:
    try:
        with warnings.catch_warnings():
            # it says that a seed means one thread, and imports TensorFlow if it finds one
            warnings.simplefilter("ignore")
            from umap import UMAP
    except ImportError:
        raise MapError("UMAP is not installed: choose t-SNE, or install the extra 'umap'.") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = UMAP(
            n_neighbors=min(params.neighbours, len(values) - 1),
            min_dist=params.min_distance,
            random_state=seed,
            n_jobs=1,
        )
        return model.fit(values)
