"""The chosen model and sampling it: started, filled picture by picture, cancelled. State without widgets."""

from dataclasses import replace
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.browser.sample_work import Choice, sample_part
from genrepair_desktop.app.browser.shelf import Entry
from genrepair_desktop.app.browser.studio import ModelFacts, Studio
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.generate.model import BATCH
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.jobs.queue import JobId, JobProgress

# above, a gallery of 64 pixels takes more memory than a photo editor should
MOST_AT_ONCE = 10_000
_MOST_SEED = 2**31 - 1
# kinds of networks by how sharp their pictures are
_RANKS = ("style-generator", "conv-vae", "portrait-rnn", "manifold-ae", "pixel-rnn")


class SamplesSession(QObject):
    """Samples one model at a time, in batches: other work of the engine gets its turn between two of them.

    models_changed   other models are installed
    choice_changed   another model, count, seed, truncation or class
    running_changed  a sampling started, moved on or ended
    """

    models_changed = Signal()
    choice_changed = Signal()
    running_changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.models: tuple[ModelFacts, ...] = ()
        self.choice = Choice("", seed=0)
        self._run: Choice | None = None
        self._made = 0
        self._job: JobId | None = None
        self.fraction = 0.0
        self.refresh()

    @property
    def model(self) -> ModelFacts | None:
        """The chosen model, or None when none is installed."""
        return self.facts(self.choice.model_id)

    @property
    def is_running(self) -> bool:
        return self._run is not None

    @property
    def made(self) -> int:
        """Pictures made by the sampling that runs."""
        return self._made

    @property
    def wanted(self) -> int:
        """Pictures that the sampling that runs will make in all."""
        return self._run.count if self._run is not None else 0

    def facts(self, model_id: str) -> ModelFacts | None:
        """An installed model."""
        return next((one for one in self.models if one.id == model_id), None)

    def refresh(self) -> None:
        """Look at what is installed now; the chosen model stays chosen while it is there."""
        found = self._studio.facts()
        if found == self.models:
            return
        self.models = found
        if self.model is None:
            self.choice = replace(self.choice, model_id=_first(found), label=None)
        self.models_changed.emit()
        self.choice_changed.emit()

    def warm_up(self) -> None:
        """Load the chosen model while the user looks around, so that the first sample comes at once."""
        if self.model is not None and not self.is_running:
            task = partial(_open, self._studio.models, self.choice.model_id)
            watch = Watch(failed=self._studio.tell_error)
            self._studio.desk.ask("model", task, watch, title="Getting the model ready")

    def choose_model(self, model_id: str) -> None:
        """Sample another model from now on."""
        if model_id != self.choice.model_id and self.facts(model_id) is not None:
            self._choose(replace(self.choice, model_id=model_id, label=None))
            self.warm_up()

    def choose(self, *, count: int | None = None, seed: int | None = None, truncation: float | None = None) -> None:
        """Change some of the choice; the model stays."""
        now = self.choice
        self._choose(
            replace(
                now,
                count=now.count if count is None else max(1, min(count, MOST_AT_ONCE)),
                seed=now.seed if seed is None else max(0, min(seed, _MOST_SEED)),
                truncation=now.truncation if truncation is None else truncation,
            )
        )

    def choose_label(self, label: int | None) -> None:
        """Sample one class only; None for any."""
        self._choose(replace(self.choice, label=label))

    def roll(self) -> None:
        """Another seed, drawn by chance."""
        self.choose(seed=int(np.random.default_rng().integers(1, 100_000)))

    def sample(self) -> None:
        """Start filling the gallery; a second start while one runs is ignored."""
        if self.is_running or self.model is None:
            return
        self._run, self._made, self.fraction = self.choice, 0, 0.0
        self._submit_next()

    def cancel(self) -> None:
        """Stop; what is made stays."""
        if self._job is not None:
            self._studio.desk.cancel(self._job)

    def _choose(self, choice: Choice) -> None:
        if choice != self.choice:
            self.choice = choice
            self.choice_changed.emit()

    def _submit_next(self) -> None:
        run = self._run
        if run is None:
            return
        n = min(BATCH, run.count - self._made)
        task = partial(sample_part, self._studio.models, run, self._made, n)
        watch = Watch(self._on_done, self._on_failed, self._on_ended, self._on_progress)
        title = f"Sampling {self._made + 1:,} to {self._made + n:,} of {run.count:,}"
        self._job = self._studio.desk.submit(task, watch, title=title, seed=run.seed)
        self.running_changed.emit()

    def _on_done(self, entries: list[Entry]) -> None:
        run = self._run
        if run is None:
            return
        self._studio.shelf.add(entries)
        self._made += len(entries)
        self.fraction = self._made / run.count
        if self._made < run.count:
            self._submit_next()
            return
        self._on_ended()
        if self.choice.seed == run.seed:
            # the next press gives new pictures, not the same again
            self.choose(seed=run.seed + 1)

    def _on_progress(self, progress: JobProgress) -> None:
        run = self._run
        if run is not None:
            n = min(BATCH, run.count - self._made)
            self.fraction = (self._made + progress.fraction * n) / run.count
            self.running_changed.emit()

    def _on_failed(self, error: Exception) -> None:
        self._on_ended()
        self._studio.tell_error(error)

    def _on_ended(self) -> None:
        self._run, self._job = None, None
        self.running_changed.emit()


def _first(models: tuple[ModelFacts, ...]) -> str:
    """The model to begin with: the one whose pictures are sharpest."""
    ranked = sorted(models, key=lambda one: _RANKS.index(one.kind) if one.kind in _RANKS else len(_RANKS))
    return ranked[0].id if ranked else ""


def _open(models: GenerativeModels, model_id: str, ctx: RunContext) -> None:
    ctx.checkpoint(0.0, "reading")
    models.open(model_id)
