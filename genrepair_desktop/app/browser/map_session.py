"""The latent map's state: which entries lie where, the fit under way, what is known of the map. No widgets."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from genrepair_desktop.app.browser import map_notes, map_work
from genrepair_desktop.app.browser.map_features import FeatureSource, feature_sources, suited_source
from genrepair_desktop.app.browser.map_table import MapTable
from genrepair_desktop.app.browser.shelf import Shelf
from genrepair_desktop.app.engine_thread import JobDesk, Watch
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.jobs.queue import JobId, JobProgress, Task
from genrepair_desktop.latent.features import Features
from genrepair_desktop.latent.map import FittedMap, MapParams, Points, StageCache, map_kinds

# pictures arrive in batches: a map is begun, or newcomers are placed, once they have stopped coming
_SETTLE_MS = 700
_AUTO_FROM = 8
# with fewer, neighbourhoods mean little, and two axes show much of what there is
_TSNE_FROM = 60
_MOST_KNOWN = 4


class MapSession(QObject):
    """Fits a map of the shelf's entries, and places those that come later.

    placed         entries came, went or moved: ``table`` is another one
    aids_changed   ``aids`` are others: ground, figures, the way back
    state_changed  a fit started, moved on, paused or ended; a problem came
    """

    placed = Signal()
    aids_changed = Signal()
    state_changed = Signal()
    _live = Signal(object, object)

    def __init__(self, shelf: Shelf, desk: JobDesk, models: GenerativeModels, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shelf, self.models = shelf, models
        self._desk = desk
        self._cache = StageCache()
        self._known: dict[FeatureSource, dict[int, Features]] = {}
        self._gone: set[int] = set()
        self.kind = "tsne"
        self._has_chosen_kind = False
        # True while the map is one that nobody asked for
        self._is_automatic = False
        self.params: dict[str, MapParams] = {kind: make() for kind, make in map_kinds().items()}
        self.chosen_source: FeatureSource | None = None
        self.seed = 0
        self.table = MapTable()
        self.aids: map_work.Aids | None = None
        self.problem = ""
        self.progress: JobProgress | None = None
        self._shown: map_work.Placing | None = None
        # the map that the engine works on, once its first points have come
        self._current: map_work.Placing | None = None
        self._asked = 0
        self._job: JobId | None = None
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._on_settled)
        self._live.connect(self._on_live)
        shelf.added.connect(self._on_added)
        shelf.removed.connect(self._on_removed)
        if shelf.entries():
            self._settle.start()

    @property
    def is_fitting(self) -> bool:
        """True while the engine works on a fit."""
        return self._job is not None

    @property
    def is_paused(self) -> bool:
        """True when a fit has begun, is not finished, and nobody works on it."""
        return not self.is_fitting and self._shown is not None and self._shown.fitted is None

    @property
    def can_pause(self) -> bool:
        """True for a fit that is optimised step by step and has begun."""
        return self.is_fitting and self._current is not None and self._current.fit.can_pause

    @property
    def fitted(self) -> FittedMap | None:
        """The finished map."""
        return self._shown.fitted if self._shown is not None else None

    @property
    def source(self) -> FeatureSource | None:
        """Where the features of the shown map come from; None without a map."""
        return self._shown.source if self._shown is not None else None

    @property
    def shown_kind(self) -> str:
        """The kind of the shown map, "" without one."""
        return self._shown.kind if self._shown is not None else ""

    @property
    def picture_model(self) -> str:
        """The model that draws between the points, "" while there is none."""
        way_back = self.aids.way_back if self.aids is not None else None
        return way_back.model_id if way_back is not None else ""

    def notes(self) -> tuple[str, ...]:
        """What a reader of the map has to know, in sentences."""
        said = self._shown.note if self._shown is not None else ""
        return map_notes.notes(self.table, self.source, self.shown_kind, said=said, model_id=self.picture_model)

    def sources(self) -> tuple[FeatureSource, ...]:
        """What features can be chosen."""
        return feature_sources(self.models.encoders())

    def suited_source(self) -> FeatureSource:
        """The features used unless others are chosen."""
        return suited_source(self.shelf.entries(), self.models.encoders())

    def choose_kind(self, kind: str) -> None:
        """Fit another kind of map from now on."""
        self.kind, self._has_chosen_kind = kind, True
        self.state_changed.emit()

    def choose_params(self, params: MapParams) -> None:
        """Settings of one kind, used by the next fit."""
        self.params[params.kind] = params

    def choose_source(self, source: FeatureSource | None) -> None:
        """Features of the next fit; None: what suits the entries."""
        self.chosen_source = source

    def _fit_by_itself(self) -> None:
        """Nobody asked: of the kind that suits so many, unless one was chosen."""
        if not self._has_chosen_kind:
            self.kind = "tsne" if len(self.shelf.entries()) >= _TSNE_FROM else "pca"
        self.fit()
        self._is_automatic = True

    def fit(self) -> None:
        """Fit a map of all entries there are now; the old one stays until the new one shows its first points."""
        self._is_automatic = False
        source = self.chosen_source or self.suited_source()
        known = dict(self._known.get(source, {}))
        wish = map_work.Wish(self.shelf.entries(), source, self.params[self.kind], known)
        self.problem = ""
        self._settle.stop()
        self._current = None
        self._ask(partial(map_work.begin, wish, self.models, self._cache, self._tell_live))

    def pause(self) -> None:
        """Let the optimisation rest; the engine is free for other work."""
        if self._current is not None and self.can_pause:
            self._current.fit.pause()

    def resume(self) -> None:
        """Go on with a paused optimisation."""
        if self._shown is None or not self.is_paused:
            return
        self._current = self._shown
        self._shown.fit.resume()
        self._ask(partial(map_work.go_on, self._shown, self._tell_live))

    def stop(self) -> None:
        """End the fit: an optimisation with the map as it is now, anything else without a new one."""
        if self._current is not None and self.can_pause:
            self._current.fit.stop()
        elif self._shown is not None and self.is_paused:
            self._shown.fit.stop()
            self.resume()
        elif self._job is not None:
            self._desk.cancel(self._job)

    def remember(self, source: FeatureSource, keys: Sequence[int], features: Features) -> None:
        """Keep features (n, d) of entries: maps with this source need not compute them again."""
        self._known.setdefault(source, {}).update(zip(keys, features, strict=True))
        while len(self._known) > _MOST_KNOWN:
            del self._known[next(iter(self._known))]

    def _ask(self, task: Task) -> None:
        self._asked += 1
        watch = Watch(
            self._on_fitted,
            partial(self._on_failed, self._asked),
            partial(self._on_cancelled, self._asked),
            self._on_progress,
        )
        self._job = self._desk.ask("map-fit", task, watch, title="Making a map", seed=self.seed)
        self.state_changed.emit()

    def _tell_live(self, placing: map_work.Placing, points: Points) -> None:
        """Called on the engine thread."""
        try:
            self._live.emit(placing, points)
        except RuntimeError:  # the window is gone; nobody is left to watch
            return

    def _on_live(self, placing: map_work.Placing, points: Points) -> None:
        # a frame may still be under way when the map it shows is finished
        if self.is_fitting and placing.fitted is None:
            self._current = placing
            self._show(placing, points)

    def _show(self, placing: map_work.Placing, points: Points) -> None:
        is_new = placing is not self._shown
        if is_new:
            self._shown, self.aids = placing, None
            self.remember(placing.source, [entry.key for entry in placing.entries], placing.features)
        self.table = MapTable.of(placing.entries, points, placing.features).without(self._gone)
        self.placed.emit()
        if is_new:
            self.aids_changed.emit()
            self.state_changed.emit()

    def _on_fitted(self, placing: map_work.Placing) -> None:
        self._job, self._current, self.progress = None, None, None
        if placing.fitted is not None:
            self._show(placing, placing.fitted.points)
            self._measure()
            self._settle.start()
        self.state_changed.emit()

    def _on_failed(self, asked: int, error: Exception) -> None:
        self._on_cancelled(asked)
        self._on_failed_aside(error)

    def _on_cancelled(self, asked: int) -> None:
        # a newer fit may have taken the place of the one that ended
        if asked == self._asked:
            self._job, self._current, self.progress = None, None, None
            self.state_changed.emit()

    def _on_progress(self, progress: JobProgress) -> None:
        if progress.job == self._job:
            self.progress = progress
            self.state_changed.emit()

    def _on_added(self, keys: Sequence[int]) -> None:
        self._settle.start()

    def _on_settled(self) -> None:
        if self.is_fitting or self.is_paused:
            return
        entries, shown = self.shelf.entries(), self._shown
        here = set(self.table.keys)
        waiting = tuple(entry for entry in entries if entry.key not in here)
        if shown is None:
            if len(entries) >= _AUTO_FROM and not self.problem:
                self._fit_by_itself()
        elif self._is_automatic and len(waiting) > len(shown.entries):
            # it was made of the first few of a slow sampling: placed on such a map, the others would crowd it
            self._fit_by_itself()
        elif waiting and shown.fitted is not None:
            task = partial(map_work.place, waiting, shown.source, shown.fitted, self.models)
            watch = Watch(partial(self._on_newcomers, shown), self._on_failed_aside)
            self._desk.ask("map-place", task, watch, title="Placing pictures on the map")

    def _on_newcomers(self, placing: map_work.Placing, came: map_work.Newcomers) -> None:
        if placing is not self._shown:
            return
        self.remember(placing.source, [entry.key for entry in came.entries], came.features)
        self.table = self.table.with_newcomers(came.entries, came.points, came.features).without(self._gone)
        self.placed.emit()
        self._measure()
        self.state_changed.emit()
        self._settle.start()

    def _on_removed(self, keys: Sequence[int]) -> None:
        self._gone.update(keys)
        for known in self._known.values():
            for key in keys:
                known.pop(key, None)
        self.table = self.table.without(self._gone)
        if not len(self.table) and not self.is_fitting:
            # what comes next has nothing to do with this map: it gets one of its own
            self._shown, self.aids, self.problem = None, None, ""
            self.aids_changed.emit()
        self.placed.emit()
        self.state_changed.emit()
        self._measure()

    def _measure(self) -> None:
        shown = self._shown
        if shown is None or shown.fitted is None or len(self.table) < 4:
            return
        entries = tuple(self.shelf.entry(key) for key in self.table.keys)
        measured = map_work.Measured(entries, self.table.features, self.table.points, shown.source, shown.fitted.facts)
        watch = Watch(partial(self._on_measured, shown), self._on_failed_aside)
        self._desk.ask("map-aids", partial(map_work.aids_of, measured, self.models), watch, title="Measuring the map")

    def _on_measured(self, placing: map_work.Placing, aids: map_work.Aids) -> None:
        if placing is self._shown:
            self.aids = aids
            self.aids_changed.emit()

    def _on_failed_aside(self, error: Exception) -> None:
        """The map that was there stays."""
        is_expected = isinstance(error, GenRepairError)
        self.problem = str(error) if is_expected else f"The map failed: {type(error).__name__}: {error}"
        self.state_changed.emit()
