"""The contract of a 2-D map, the table of its kinds, and the cache of the stages that lead to one."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.features import Features, MapError

Points = npt.NDArray[np.float32]
Live = Callable[[Points], None]
T = TypeVar("T")


class FittedMap(Protocol):
    """A finished map. It takes new points without being fitted again."""

    @property
    def points(self) -> Points:
        """(n, 2), one for each vector it was fitted on."""
        ...

    @property
    def facts(self) -> dict[str, float]:
        """Figures of the fit to show beside it, such as the KL divergence."""
        ...

    def project(self, features: Features) -> Points:
        """Places for new vectors (m, d) on this map, (m, 2)."""
        ...


class MapParams(Protocol):
    """Settings of one kind of map: a frozen dataclass that can fit itself."""

    @property
    def kind(self) -> str: ...

    def fit(self, features: Features, ctx: RunContext, *, cache: "StageCache", live: Live) -> FittedMap:
        """Fit a map; ``live`` is shown the points from time to time."""
        ...


@dataclass(frozen=True)
class Setting:
    """What a form needs to show one field of a map's settings."""

    help: str
    low: float
    high: float
    step: float = 1.0


class StageCache:
    """Keeps the results of stages (reduction, affinities, start) by what they were made from.

    When only a late setting changes, only the late stages run again. Holds the ``limit`` last used results.
    """

    def __init__(self, limit: int = 12) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def get(self, key: str, make: Callable[[], T]) -> T:
        """The kept result of ``key``, or a new one."""
        if key not in self._kept:
            self._kept[key] = make()
        self._kept.move_to_end(key)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        return self._kept[key]

    def __contains__(self, key: str) -> bool:
        return key in self._kept


def stage_key(stage: str, before: str, *settings: object) -> str:
    """The key of a stage from the key of the stage before it and its own settings."""
    return hashlib.sha256(f"{stage}|{before}|{settings!r}".encode()).hexdigest()


def features_key(features: Features) -> str:
    """The key of the vectors themselves."""
    digest = hashlib.sha256(np.ascontiguousarray(features).tobytes())
    return f"{features.shape}{digest.hexdigest()}"


def ignore_points(points: Points) -> None:
    """For fits that nobody watches."""


def fit_map(
    features: Features,
    params: MapParams,
    ctx: RunContext,
    *,
    cache: StageCache | None = None,
    live: Live = ignore_points,
) -> FittedMap:
    """Fit a map of vectors (n, d), finite.

    Raises:
        MapError: fewer than 4 vectors, missing values, or settings that do not fit their number.
        Cancelled: at a checkpoint.
    """
    return params.fit(check_features(features), ctx, cache=cache or StageCache(), live=live)


def check_features(features: Features) -> Features:
    """The vectors as float32.

    Raises:
        MapError: fewer than 4 vectors, or missing values.
    """
    if features.ndim != 2 or len(features) < 4:
        raise MapError(f"A map needs at least 4 pictures, not {len(features)}.")
    if not np.isfinite(features).all():
        raise MapError("Some vectors have missing values: make a feature set of them first.")
    return features.astype(np.float32)


def map_kinds() -> dict[str, Callable[[], MapParams]]:
    """Every kind of map by id, with its default settings."""
    from genrepair_desktop.latent.pca import PcaParams
    from genrepair_desktop.latent.tsne import TsneParams
    from genrepair_desktop.latent.umap import UmapParams

    return {"tsne": TsneParams, "pca": PcaParams, "umap": UmapParams}
