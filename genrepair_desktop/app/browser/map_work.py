"""What the engine thread does for the latent map: plain functions over copies, no Qt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from genrepair_desktop.app.browser.map_features import FeatureSource, drawing_model, features_of, latents_on_map
from genrepair_desktop.app.browser.shelf import Entry
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.features import Features, MapError
from genrepair_desktop.latent.ground import Ground, ground_of
from genrepair_desktop.latent.inverse import Density, InverseMap, NeighbourAverage, SmoothRegression, density_of
from genrepair_desktop.latent.map import FittedMap, MapParams, Points, StageCache
from genrepair_desktop.latent.quality import round_trip, trustworthiness, two_sample_accuracy
from genrepair_desktop.latent.tsne import TsneParams
from genrepair_desktop.latent.watched import WatchedFit

# how far the ground reaches beyond the points: what one sees after zooming out twice
_MARGIN = 0.35
_LEAST_FOR_WAY_BACK = 4
_LEAST_TO_TELL_APART = 10


@dataclass
class Placing:
    """A map being fitted or finished, and the entries on it.

    entries   in the order of the rows
    features  (n, d)
    note      what had to be changed of the settings
    fit       the optimisation, which can be paused
    fitted    the map once there is one
    """

    kind: str
    source: FeatureSource
    entries: tuple[Entry, ...]
    features: Features
    note: str
    fit: WatchedFit
    fitted: FittedMap | None = None


# told the points of a fit under way, on the thread that fits
Live = Callable[[Placing, Points], None]


@dataclass(frozen=True)
class Wish:
    """What to fit.

    known  features that were computed before, by key
    """

    entries: tuple[Entry, ...]
    source: FeatureSource
    params: MapParams
    known: Mapping[int, Features]


def begin(wish: Wish, models: GenerativeModels, cache: StageCache, live: Live, ctx: RunContext) -> Placing:
    """Features for all entries, then the fit.

    Raises:
        MapError: fewer than 4 pictures.
        Cancelled: at a checkpoint.
    """
    if len(wish.entries) < 4:
        raise MapError(f"A map needs at least 4 pictures; there are {len(wish.entries)}. Make or add more.")
    fresh = [entry for entry in wish.entries if entry.key not in wish.known]
    rows = {**wish.known, **features_of(fresh, wish.source, models, ctx.part(0.0, 0.4))}
    features = np.stack([rows[entry.key] for entry in wish.entries]).astype(np.float32)
    params, note = fitting_params(wish.params, len(wish.entries))
    fit = WatchedFit(features, params, cache)
    placing = Placing(params.kind, wish.source, wish.entries, features, note, fit)
    return go_on(placing, live, ctx.part(0.4, 1.0))


def fitting_params(params: MapParams, n: int) -> tuple[MapParams, str]:
    """Settings that n pictures allow, and a sentence where they had to be changed."""
    if isinstance(params, TsneParams):
        most = max(1.0, float((n - 1) // 3))
        if params.perplexity > most:
            return replace(params, perplexity=most), f"Perplexity {most:g}: {n} pictures allow no more."
    return params, ""


def go_on(placing: Placing, live: Live, ctx: RunContext) -> Placing:
    """Optimise until the end, a stop or a pause: ``placing.fitted`` is None after a pause.

    Raises:
        MapError: the settings do not fit the vectors.
        Cancelled: at a checkpoint.
    """
    placing.fitted = placing.fit.go_on(ctx, lambda points: live(placing, points))
    return placing


@dataclass(frozen=True)
class Newcomers:
    """Entries placed on a finished map, without moving anything on it."""

    entries: tuple[Entry, ...]
    features: Features
    points: Points


def place(
    entries: tuple[Entry, ...], source: FeatureSource, fitted: FittedMap, models: GenerativeModels, ctx: RunContext
) -> Newcomers:
    """Places for entries that came after the fit; at least one.

    Raises:
        Cancelled: at a checkpoint.
    """
    found = features_of(entries, source, models, ctx.part(0.0, 0.8))
    features = np.stack([found[entry.key] for entry in entries]).astype(np.float32)
    ctx.checkpoint(0.8, "map-place")
    return Newcomers(entries, features, fitted.project(features))


@dataclass(frozen=True)
class WayBack:
    """From places of the map to latents of one model.

    entries  those with latents
    places   (n, 2), where they lie
    latents  (n, d)
    average  between the latents of the nearest points
    smooth   a learned regression
    errors   round-trip error of each, relative to the distance between two pictures
    """

    model_id: str
    entries: tuple[Entry, ...]
    places: Points
    latents: Features
    density: Density
    average: NeighbourAverage
    smooth: SmoothRegression
    errors: Mapping[str, float]

    def inverse(self, kind: str) -> InverseMap:
        """``average`` or ``smooth``."""
        return self.smooth if kind == "smooth" else self.average

    @property
    def better(self) -> str:
        """The one with the smaller error."""
        return min(self.errors, key=lambda kind: self.errors[kind])


@dataclass(frozen=True)
class Aids:
    """What helps to judge and use a map.

    figures  by id: ``trust``, ``kl``, ``explained``, ``told-apart``; those that can be measured
    range    95 % interval of ``told-apart``
    """

    ground: Ground
    figures: Mapping[str, float]
    range: tuple[float, float] | None
    way_back: WayBack | None


@dataclass(frozen=True)
class Measured:
    """What is measured: entries with their features (n, d) and points (n, 2), and the facts of the fit."""

    entries: tuple[Entry, ...]
    features: Features
    points: Points
    source: FeatureSource
    facts: Mapping[str, float]


def aids_of(measured: Measured, models: GenerativeModels, ctx: RunContext) -> Aids:
    """Measure a map and find the ways back from it.

    Raises:
        Cancelled: at a checkpoint.
    """
    features, points = measured.features, measured.points
    ctx.checkpoint(0.0, "map-ground")
    ground = ground_of(points, margin=_MARGIN)
    ctx.checkpoint(0.1, "map-measure")
    figures = {name: value for name, value in measured.facts.items() if np.isfinite(value)}
    if len(features) > 24:
        figures["trust"] = trustworthiness(features, points)
    ctx.checkpoint(0.5, "map-measure")
    is_real = np.array([entry.kind in ("real", "mine") for entry in measured.entries])
    is_made = np.array([entry.kind == "generated" for entry in measured.entries])
    interval = None
    if min(is_real.sum(), is_made.sum()) >= _LEAST_TO_TELL_APART:
        figures["told-apart"], interval = two_sample_accuracy(features[is_real], features[is_made])
    way_back = _way_back(measured, models, ctx.part(0.6, 1.0))
    ctx.checkpoint(1.0, "map-measure")
    return Aids(ground, figures, interval, way_back)


def _way_back(measured: Measured, models: GenerativeModels, ctx: RunContext) -> WayBack | None:
    entries = measured.entries
    model_id = drawing_model(entries, measured.source)
    if not model_id:
        return None
    found = latents_on_map(entries, measured.features, measured.source, model_id)
    rows = [i for i, latent in enumerate(found) if latent is not None]
    if len(rows) < _LEAST_FOR_WAY_BACK:
        return None
    ctx.checkpoint(0.0, "loading-model")
    model = models.open_latent(model_id)
    latents = np.stack([latent for latent in found if latent is not None]).astype(np.float32)
    places = measured.points[rows]
    average = NeighbourAverage(places, latents, keeps_length=model.is_spherical)
    smooth = SmoothRegression(places, latents)
    errors = {
        "average": round_trip(places, average, latents, ctx.part(0.2, 0.6)),
        "smooth": round_trip(places, smooth, latents, ctx.part(0.6, 1.0)),
    }
    with_latents = tuple(entries[i] for i in rows)
    return WayBack(model_id, with_latents, places, latents, density_of(places), average, smooth, errors)
