"""A fit that somebody watches: shown while it runs, paused, resumed, or stopped early and taken as it is."""

import threading

from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.features import Features
from genrepair_desktop.latent.map import FittedMap, Live, MapParams, StageCache, check_features, fit_map
from genrepair_desktop.latent.pca import cached_reduction, two_axes
from genrepair_desktop.latent.tsne import TsneParams, TsneRun
from genrepair_desktop.latent.umap import UmapParams, UmapRun


class WatchedFit:
    """One fit of vectors (n, d), worked on by ``go_on`` as often as it takes.

    A pause ends ``go_on``, so that the thread is free for other work meanwhile; the next ``go_on`` continues where
    it was and ends in the very map an unbroken one would have. ``pause`` and ``stop`` may be called from any thread.
    """

    def __init__(self, features: Features, params: MapParams, cache: StageCache) -> None:
        self._features, self._params, self._cache = features, params, cache
        self._run: TsneRun | UmapRun | None = None
        self._is_paused, self._is_stopped = threading.Event(), threading.Event()

    @property
    def can_pause(self) -> bool:
        """True for maps that are optimised step by step."""
        return isinstance(self._params, TsneParams | UmapParams)

    @property
    def fraction(self) -> float:
        """The share of the steps done."""
        return self._run.fraction if self._run is not None else 0.0

    def pause(self) -> None:
        """Let ``go_on`` return at its next step."""
        self._is_paused.set()

    def resume(self) -> None:
        """Take a pause back; ``go_on`` has to be called again if it has returned."""
        self._is_paused.clear()

    def stop(self) -> None:
        """Let ``go_on`` return at its next step with the map as it is then."""
        self._is_stopped.set()

    def go_on(self, ctx: RunContext, live: Live) -> FittedMap | None:
        """Fit until the end, a stop, or a pause; None: paused.

        Raises:
            MapError: the settings do not fit the vectors.
            Cancelled: at a checkpoint; a later ``go_on`` continues all the same.
        """
        params = self._params
        if not isinstance(params, TsneParams | UmapParams):
            return fit_map(self._features, params, ctx, cache=self._cache, live=live)
        if self._run is None:
            features = check_features(self._features)
            # the optimisation starts from these two axes, or near them: they can be looked at seconds before the
            # neighbourhoods are known
            _, reduction = cached_reduction(features, params.components, self._cache)
            live(two_axes(reduction))
            begun = ctx.part(0.0, 0.2)
            if isinstance(params, UmapParams):
                self._run = UmapRun.prepare(features, params, begun, cache=self._cache)
            else:
                self._run = TsneRun.prepare(features, params, begun, cache=self._cache)
            live(self._run.points)
        rest = ctx.part(0.2, 1.0)
        while not self._run.is_done and not self._is_stopped.is_set():
            rest.checkpoint(self._run.fraction, "map-optimise")
            if self._is_paused.is_set():
                return None
            self._run.advance(params.watch_every, live)
            live(self._run.points)
        rest.checkpoint(1.0, "map-optimise")
        return self._run.result()
