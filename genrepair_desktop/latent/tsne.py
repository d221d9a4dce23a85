"""t-SNE (van der Maaten and Hinton 2008) by openTSNE, in stages that can be watched, paused and resumed.

In the words of the article: the similarities of the vectors are a joint distribution **P** (``affinities``:
Gaussian neighbours whose width gives each point the wished *perplexity*); the similarities of the map points
are **Q**, Student's t with one degree of freedom; the **gradient** of KL(P || Q) pulls neighbours together by P
and pushes all apart by Q; the **update** follows it with momentum and a gain for each coordinate. *Early
exaggeration* multiplies P for the first iterations, so that groups form before they spread.

Chosen by measurement (10,000 x 50, ``lab.bench_maps``): start from the first two principal components, learning
rate n / exaggeration (Belkina 2019), exact neighbours, and far fewer iterations than the customary 250 + 500, as
such a start needs no time to untangle. On digits 4.2 processor seconds and trustworthiness 0.988, where
scikit-learn's takes 51 for 0.989.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.features import Features, MapError
from genrepair_desktop.latent.map import FittedMap, Live, Points, Setting, StageCache, stage_key
from genrepair_desktop.latent.neighbours import nearest
from genrepair_desktop.latent.pca import Reduction, cached_reduction

if TYPE_CHECKING:
    from openTSNE import TSNEEmbedding

_START_DEVIATION = 1e-4
# iterations from one picture of the running optimisation to the next: at 10,000 points some five a second
_SHOWN_EVERY = 5
# Width of a cell of the grid on which the repulsion is computed. 2 instead of 1: from the hundredth iteration on
# half the time, trustworthiness the same to three digits (10,000 x 50)
_CELL = 2
# The threads meet after every step. On a machine that does other work they wait for each other: 2,000 points took
# five times as long with two threads as with one, and that many save little on an idle one
_ALL_THREADS_FROM = 5000
# openTSNE's own choice: few neighbours, for new points must find their place among fixed ones
_PROJECT_PERPLEXITY, _PROJECT_NEIGHBOURS = 5, 25


@dataclass(frozen=True)
class TsneParams:
    """Settings of a t-SNE map."""

    perplexity: float = field(
        default=30.0, metadata={"setting": Setting("Neighbours that count: few show detail, many the whole.", 2, 200)}
    )
    exaggeration: float = field(
        default=12.0, metadata={"setting": Setting("How strongly groups gather at the start.", 1, 50)}
    )
    learning_rate: float = field(
        default=0.0, metadata={"setting": Setting("Size of a step; 0 chooses points / exaggeration.", 0, 100000)}
    )
    early: int = field(default=50, metadata={"setting": Setting("Iterations with exaggeration.", 0, 1000, 10)})
    iterations: int = field(default=100, metadata={"setting": Setting("Iterations after that.", 0, 5000, 10)})
    components: int = field(default=50, metadata={"setting": Setting("Principal components kept first.", 2, 200)})
    watch_every: int = field(
        default=25, metadata={"setting": Setting("Iterations between looks at pause and stop.", 1, 200)}
    )
    # 0: one for few points, else all; -1: all
    threads: int = 0
    kind: str = "tsne"

    def fit(self, features: Features, ctx: RunContext, *, cache: StageCache, live: Live) -> FittedMap:
        run = TsneRun.prepare(features, self, ctx.part(0.0, 0.2), cache=cache)
        live(run.points)
        rest = ctx.part(0.2, 1.0)
        while not run.is_done:
            rest.checkpoint(run.fraction, "map-optimise")
            run.advance(self.watch_every, live)
            live(run.points)
        rest.checkpoint(1.0, "map-optimise")
        return run.result()


class TsneRun:
    """An optimisation under way. To pause, stop calling ``advance``; to resume, call it again; to stop early,
    take ``result`` as it is."""

    def __init__(self, reduction: Reduction, embedding: "TSNEEmbedding", params: TsneParams) -> None:
        self._reduction, self._embedding, self._params = reduction, embedding, params
        self._step = 0

    @classmethod
    def prepare(cls, features: Features, params: TsneParams, ctx: RunContext, *, cache: StageCache) -> "TsneRun":
        """The stages before the optimisation: reduction, affinities P, start.

        Raises:
            MapError: the perplexity is too large for so few vectors.
            Cancelled: at a checkpoint.
        """
        from openTSNE import TSNEEmbedding

        if params.perplexity * 3 > len(features) - 1:
            most = (len(features) - 1) / 3
            raise MapError(f"{len(features)} pictures allow a perplexity of at most {most:.0f}: lower it.")
        ctx.checkpoint(0.0, "map-reduce")
        key, reduction = cached_reduction(features, params.components, cache)
        ctx.checkpoint(0.2, "map-affinities")
        affinity_key = stage_key("affinities", key, params.perplexity)
        affinities = cache.get(affinity_key, lambda: _affinities(reduction.values, params))
        ctx.checkpoint(0.9, "map-start")
        embedding = TSNEEmbedding(
            _start(reduction.values),
            affinities,
            negative_gradient_method="fft" if len(features) > 2000 else "bh",
            n_jobs=params.threads or _threads(len(features)),
            random_state=ctx.seed,
        )
        return cls(reduction, embedding, params)

    @property
    def points(self) -> Points:
        """The map as it is now, a copy."""
        return np.array(self._embedding, np.float32)

    @property
    def fraction(self) -> float:
        """The share of the iterations done."""
        return self._step / max(1, self._params.early + self._params.iterations)

    @property
    def is_done(self) -> bool:
        return self._step >= self._params.early + self._params.iterations

    def advance(self, iterations: int, live: Live | None = None) -> None:
        """So many iterations more, at most to the end of the present phase; ``live`` is shown some of them.

        Where the calls divide the iterations the last digits differ, so the same map comes only of equal steps;
        watching costs nothing of that.
        """
        params = self._params
        is_early = self._step < params.early
        left = params.early - self._step if is_early else params.early + params.iterations - self._step
        count = min(iterations, left)
        if count <= 0:
            return
        exaggeration = params.exaggeration if is_early else 1.0
        self._embedding = self._embedding.optimize(
            count,
            exaggeration=exaggeration,
            learning_rate=params.learning_rate or len(self._embedding) / exaggeration,
            momentum=0.5 if is_early else 0.8,
            inplace=True,
            ints_in_interval=_CELL,
            callbacks=None if live is None else [_Showing(live)],
            callbacks_every_iters=_SHOWN_EVERY,
            use_callbacks=live is not None,
        )
        self._step += count

    def result(self) -> "TsneMap":
        """The map as it is now."""
        return TsneMap(self._reduction, self._embedding)


class _Showing:
    """What openTSNE calls between iterations."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def __call__(self, iteration: int, error: float, embedding: Any) -> bool:
        """Show a copy; never ask for a stop."""
        self._live(np.array(embedding, np.float32))
        return False


class TsneMap:
    """A finished t-SNE map; new points are placed by openTSNE's ``transform`` among the fixed ones."""

    def __init__(self, reduction: Reduction, embedding: "TSNEEmbedding") -> None:
        self._reduction, self._embedding = reduction, embedding
        self._points = np.array(embedding, np.float32)

    @property
    def points(self) -> Points:
        return self._points

    @property
    def facts(self) -> dict[str, float]:
        """``kl``: KL(P || Q) in nats."""
        return {"kl": float(getattr(self._embedding, "kl_divergence", None) or np.nan)}

    def project(self, features: Features) -> Points:
        placed = self._embedding.transform(
            self._reduction.apply(features), perplexity=_PROJECT_PERPLEXITY, k=_PROJECT_NEIGHBOURS
        )
        return np.array(placed, np.float32)


class ExactNeighbours:
    """What openTSNE asks of a neighbour index (``build``, ``query``), by plain matrix products.

    At 10,000 x 50 this takes a third of the time of the approximate index that openTSNE would choose, and gives
    the same neighbours on every machine.
    """

    def __init__(self, data: Features, k: int) -> None:
        self._data, self.k = data, k
        self.n_samples = len(data)

    def build(self) -> tuple[Any, Any]:
        """Indices and distances of the k nearest others of each row."""
        found = nearest(self._data, self._data, self.k + 1)
        rows = np.arange(self.n_samples)[:, None]
        # itself is nearly always first, but not among equal rows: push it to the end, then cut it off
        order = np.argsort(found.indices == rows, axis=1, kind="stable")[:, : self.k]
        return (
            np.take_along_axis(found.indices, order, 1),
            np.take_along_axis(found.distances, order, 1).astype(np.float64),
        )

    def query(self, data: Any, k: int) -> tuple[Any, Any]:
        """The k nearest rows of new vectors."""
        found = nearest(np.asarray(data, np.float32), self._data, k)
        return found.indices, found.distances.astype(np.float64)


def _affinities(values: Features, params: TsneParams) -> Any:
    from openTSNE.affinity import PerplexityBasedNN

    # three times the perplexity: beyond, the Gaussian's weights are nothing (van der Maaten 2014)
    neighbours = ExactNeighbours(values, min(len(values) - 1, int(3 * params.perplexity)))
    perplexity: Any = params.perplexity  # any float will do, though its signature says int
    return PerplexityBasedNN(
        perplexity=perplexity, knn_index=neighbours, n_jobs=params.threads or _threads(len(values))
    )


def _threads(n: int) -> int:
    return 1 if n < _ALL_THREADS_FROM else -1


def _start(values: Features) -> Any:
    """The first two principal components, scaled down so that the first steps are not jumps."""
    start = values[:, :2].astype(np.float64)
    if start.shape[1] < 2:
        start = np.column_stack([start, np.zeros(len(start))])
    # equal vectors would start on one spot and never part
    start += np.random.default_rng(0).normal(scale=max(start.std(), 1e-9) * 1e-3, size=start.shape)
    return start / max(start[:, 0].std(), 1e-12) * _START_DEVIATION
