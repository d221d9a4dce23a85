"""UMAP (McInnes 2018) by umap-learn, an extra that may be missing, in steps that can be watched, paused and resumed.

umap-learn optimises in one call that nobody can interrupt. Here it makes the fuzzy graph and the spectral start, and
its compiled epoch is called once for each epoch, as its own loop does.
"""

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.features import Features, MapError
from genrepair_desktop.latent.map import FittedMap, Live, Points, Setting, StageCache
from genrepair_desktop.latent.pca import Reduction, cached_reduction

# umap-learn's own numbers of epochs, below and above 10,000 points
_MANY_POINTS = 10_000
_EPOCHS, _EPOCHS_OF_MANY = 500, 200
# looks at pause and stop, and pictures of the optimisation: at 10,000 points some five a second
_AT_ONCE = 10


@dataclass(frozen=True)
class UmapParams:
    """Settings of a UMAP map."""

    neighbours: int = field(default=15, metadata={"setting": Setting("Neighbours that count.", 2, 200)})
    min_distance: float = field(
        default=0.1, metadata={"setting": Setting("How close points may lie: 0 packs groups tightly.", 0, 1, 0.05)}
    )
    components: int = field(default=50, metadata={"setting": Setting("Principal components kept first.", 2, 200)})
    kind: str = "umap"

    @property
    def watch_every(self) -> int:
        """Epochs between looks at pause and stop."""
        return _AT_ONCE

    def fit(self, features: Features, ctx: RunContext, *, cache: StageCache, live: Live) -> FittedMap:
        """Raises ``MapError`` when umap-learn is not installed."""
        run = UmapRun.prepare(features, self, ctx.part(0.0, 0.4), cache=cache)
        live(run.points)
        rest = ctx.part(0.4, 1.0)
        while not run.is_done:
            rest.checkpoint(run.fraction, "map-optimise")
            run.advance(self.watch_every, live)
        rest.checkpoint(1.0, "map-optimise")
        return run.result()


class UmapRun:
    """An optimisation under way. To pause, stop calling ``advance``; to resume, call it again; to stop early, take
    ``result`` as it is."""

    def __init__(self, reduction: Reduction, model: Any, seed: int) -> None:
        self._reduction, self._model = reduction, model
        # the model keeps its own: new points are placed by the start of nobody who is still moving
        self._embedding = np.array(model.embedding_, np.float32, order="C")
        self.epochs = _EPOCHS if len(self._embedding) <= _MANY_POINTS else _EPOCHS_OF_MANY
        self._step = 0
        self._edges = _Edges.of(model, self.epochs)
        state = np.random.default_rng(seed).integers(-(2**31), 2**31 - 1, 3, np.int64)
        # a state for each point, as umap-learn does it: the point's own place is part of it
        places = self._embedding[:, 0].astype(np.float64).view(np.int64)
        self._random = state[None] + places[:, None]

    @classmethod
    def prepare(cls, features: Features, params: UmapParams, ctx: RunContext, *, cache: StageCache) -> "UmapRun":
        """Reduction, fuzzy graph and spectral start.

        Raises:
            MapError: umap-learn is not installed.
            Cancelled: at a checkpoint.
        """
        ctx.checkpoint(0.0, "map-reduce")
        _, reduction = cached_reduction(features, params.components, cache)
        ctx.checkpoint(0.2, "map-affinities")
        run = cls(reduction, _start(reduction.values, params, ctx.seed), ctx.seed)
        ctx.checkpoint(1.0, "map-start")
        return run

    @property
    def points(self) -> Points:
        """The map as it is now, a copy."""
        return self._embedding.copy()

    @property
    def fraction(self) -> float:
        """The share of the epochs done."""
        return self._step / self.epochs

    @property
    def is_done(self) -> bool:
        return self._step >= self.epochs

    def advance(self, epochs: int, live: Live | None = None) -> None:
        """So many epochs more, at most to the end; ``live`` is shown the points after them."""
        model, edges = self._model, self._edges
        for step in range(self._step, min(self._step + epochs, self.epochs)):
            # the step falls to 0 along a line over all epochs, paused or not
            rate = model._initial_alpha * (1.0 - step / self.epochs)
            edges.move(self._embedding, model, self._random, rate, step)
            self._step = step + 1
        if live is not None:
            live(self.points)

    def result(self) -> "UmapMap":
        """The map as it is now."""
        self._model.embedding_ = self.points
        return UmapMap(self._reduction, self._model)


@dataclass
class _Edges:
    """The graph's edges, and when each is drawn next (McInnes 2018, algorithm 5: an edge of weight w is drawn in
    about w of the epochs)."""

    heads: Any
    tails: Any
    every: Any
    next_draw: Any
    every_negative: Any
    next_negative: Any

    @classmethod
    def of(cls, model: Any, epochs: int) -> "_Edges":
        from umap.umap_ import make_epochs_per_sample

        graph = model.graph_.tocoo()
        is_drawn = graph.data >= graph.data.max() / epochs
        every = make_epochs_per_sample(graph.data[is_drawn], epochs)
        negative = every / model.negative_sample_rate
        return cls(graph.row[is_drawn], graph.col[is_drawn], every, every.copy(), negative, negative.copy())

    def move(self, points: Points, model: Any, random: Any, rate: float, step: int) -> None:
        """One epoch, in place."""
        from umap import layouts

        none = np.zeros(1, np.float32)
        layouts._get_optimize_layout_euclidean_single_epoch_fn(False)(
            points, points, self.heads, self.tails, len(points), self.every, model._a, model._b, random,
            model.repulsion_strength, 2, True, rate, self.every_negative, self.next_negative, self.next_draw, step,
            False, none, none, 0, 0, 0, 0, none, none, 0,
        )  # fmt: skip


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


def _start(values: Features, params: UmapParams, seed: int) -> Any:
    """umap-learn's model with the graph made and the points at their spectral start."""
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
            n_epochs=0,
        ).fit(values)
    # for placing new points, which counts its own epochs by this
    model.n_epochs = None
    return model
