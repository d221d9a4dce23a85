"""The training loop: seed, EMA, bf16, crash-safe checkpoints, progress file, sample sheets, several processes.

A run's folder holds ``checkpoint.pt`` (to go on from), ``progress.jsonl`` (one JSON object a line: what a window
follows), ``sheet.png`` (the newest) and ``sheet-<step>.png``. A file called ``stop`` put there ends the run at the
next step, with a checkpoint.
"""

import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from PIL import Image as PillowImage
from torch import Tensor, nn

from genrepair_desktop.jobs.context import CancelToken
from genrepair_desktop.jobs.training_run import CHECKPOINT_FILE, PROGRESS_FILE, SHEET_FILE, STOP_FILE
from genrepair_desktop.lab.datasets import CropSource, PhotoSet, open_photos
from genrepair_desktop.lab.feed import feed
from genrepair_desktop.lab.processes import (
    average_gradients,
    first_decides,
    join_group,
    leave_group,
    wait_for_all,
)
from genrepair_desktop.lab.progress import Listener, ProgressFile
from genrepair_desktop.lab.recipe import Batch, Loss, Recipe
from genrepair_desktop.lab.state import TrainState
from genrepair_desktop.lab.threads import ThreadGovernor

# A pause longer than this (a stopped process, a sleeping laptop) is not time spent training
_LONGEST_STEP_S = 20.0


@dataclass(frozen=True)
class TrainOptions:
    """What the caller of a training chooses. Ends after ``minutes`` of training, or ``steps`` if given.

    start_from  a checkpoint or weights file to begin with; the optimisers begin anew
    pace        multiplies the recipe's learning rate: below 1 for fine-tuning
    cache       where decoded photographs are kept; by default in ``out``
    """

    photos: tuple[Path, ...]
    out: Path
    minutes: float = 30.0
    steps: int | None = None
    resume: bool = False
    start_from: Path | None = None
    pace: float = 1.0
    device: str = "cpu"
    seed: int = 0
    threads: int | None = None
    workers: int = 1
    checkpoint_s: float = 120.0
    report_s: float = 10.0
    cache: Path | None = None
    group_weights: dict[str, float] = field(default_factory=dict)


def train(
    recipe: Recipe, options: TrainOptions, token: CancelToken | None = None, listener: Listener | None = None
) -> Path:
    """Train until the time or the steps are used up, or ``token`` is cancelled; return the checkpoint's path.

    ``listener`` is told every event of the progress file.

    Raises:
        NoPhotosError: the folders hold no photographs, or too few to hold some back.
        CheckpointError: the checkpoint to go on from, or the weights to start from, do not fit the recipe.
    """
    rank, world = join_group()
    options.out.mkdir(parents=True, exist_ok=True)
    photos = _open_for_all(options, rank)
    state = TrainState.new(recipe, options.seed, options.device, options.start_from)
    checkpoint = options.out / CHECKPOINT_FILE
    if options.resume and checkpoint.exists():
        state.restore(checkpoint)
    trainer = _Trainer(recipe, options, state, held_out(photos), world, token or CancelToken())
    batches = feed(
        recipe,
        CropSource(photos, "train", options.group_weights or None),
        seed=options.seed,
        first=state.step * world + rank,
        stride=world,
        workers=options.workers,
    )
    with ProgressFile(
        options.out / PROGRESS_FILE, append=state.step > 0, silent=rank > 0, listener=listener
    ) as progress:
        trainer.run(batches, progress)
    leave_group()
    return checkpoint


def held_out(photos: PhotoSet) -> CropSource:
    """The validation part; of a small folder that has none, the test part.

    Raises:
        NoPhotosError: neither has a picture.
    """
    return CropSource(photos, "val" if len(photos.indices("val")) else "test")


class _Trainer:
    """Runs the steps of one training and writes down how it goes."""

    def __init__(
        self,
        recipe: Recipe,
        options: TrainOptions,
        state: TrainState,
        source: CropSource,
        world: int,
        token: CancelToken,
    ) -> None:
        self._recipe, self._options, self._state = recipe, options, state
        self._held_out, self._world, self._token = source, world, token
        self._governor = ThreadGovernor(options.threads or os.cpu_count() or 1)
        self._means = _Means()

    def run(self, batches: Iterator[Batch], progress: ProgressFile) -> None:
        state, options = self._state, self._options
        device = torch.device(options.device)
        progress.write("start", model=self._recipe.id, minutes=options.minutes, step=state.step, world=self._world)
        last_step = last_save = time.monotonic()
        batch: Batch | None = None
        while (fraction := first_decides(self._fraction(), self._world)) < 1:
            began = time.monotonic()
            batch = {k: v.to(device, non_blocking=True) for k, v in next(batches).items()}
            waited = time.monotonic() - began
            self._step(batch, fraction)
            now = time.monotonic()
            state.spent_s += min(now - last_step, _LONGEST_STEP_S)
            self._means.count(self._recipe.settings.batch_size * self._world, now - last_step, waited)
            last_step = now
            if self._means.seconds >= options.report_s:
                self._report(fraction, progress)
            if now - last_save >= options.checkpoint_s:
                self._save(batch, progress)
                last_save = last_step = time.monotonic()
        if batch is not None:
            self._save(batch, progress)
        is_stopped = self._fraction() >= _STOPPED
        # it was heard: the next run in this folder is not meant
        (options.out / STOP_FILE).unlink(missing_ok=True)
        progress.write("stopped" if is_stopped else "done", step=state.step, spent_s=round(state.spent_s, 1))

    def _fraction(self) -> float:
        """How much of the training is done; ``_STOPPED`` when someone asks to stop."""
        if self._token.is_cancelled or (self._options.out / STOP_FILE).exists():
            return _STOPPED
        if self._options.steps is not None:
            return self._state.step / self._options.steps
        return self._state.spent_s / (self._options.minutes * 60)

    def _step(self, batch: Batch, fraction: float) -> None:
        rate = self._learning_rate(fraction)
        for loss in self._recipe.losses(self._state.nets, batch, self._state.step):
            self._update(loss, rate)
            self._means.add(loss.figures)
        self._state.follow(self._recipe.settings.ema)
        self._state.step += 1

    def _learning_rate(self, fraction: float) -> float:
        """A linear start, then half a cosine down to zero at the end of the time given."""
        settings = self._recipe.settings
        start = min(1.0, (self._state.step + 1) / settings.warmup_steps)
        end = 0.5 + 0.5 * math.cos(math.pi * min(1.0, fraction))
        return settings.learning_rate * self._options.pace * start * end

    def _update(self, loss: Loss, rate: float) -> None:
        params = [p for p in self._state.nets[loss.network].parameters() if p.requires_grad]
        for p, g in zip(params, torch.autograd.grad(loss.value, params, allow_unused=True), strict=True):
            p.grad = g
        average_gradients(params, self._world)
        norm = nn.utils.clip_grad_norm_(params, self._recipe.settings.clip_norm)
        # A single overflowing batch must not end a night's training
        if not torch.isfinite(norm):
            return
        for optimiser in self._state.optimisers[loss.network]:
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()

    def _report(self, fraction: float, progress: ProgressFile) -> None:
        spent = self._state.spent_s
        progress.write(
            "step",
            step=self._state.step,
            fraction=round(fraction, 5),
            spent_s=round(spent, 1),
            eta_s=round(spent * (1 - fraction) / fraction) if fraction > 0 else None,
            threads=self._governor.adjust(),
            lr=self._learning_rate(fraction),
            **self._means.take(),
        )

    def _save(self, batch: Batch, progress: ProgressFile) -> None:
        """Checkpoint, validation figures and sample sheet."""
        if progress.silent:
            return
        state, recipe, out = self._state, self._recipe, self._options.out
        state.save(out / CHECKPOINT_FILE, seed=self._options.seed, model=recipe.id, config=recipe.config)
        net = state.ema.eval()
        with torch.no_grad():
            scores = recipe.validate(net, self._held_out)
            sheet = PillowImage.fromarray(recipe.sheet(net, batch))
        progress.write("validation", step=state.step, **{k: round(v, 4) for k, v in scores.items()})
        name = f"sheet-{state.step:07d}.png"
        for target in (name, SHEET_FILE):
            part = out / f".{target}.part"
            sheet.save(part, format="PNG")
            os.replace(part, out / target)
        progress.write("sheet", step=state.step, file=name)


# beyond what any overlong last step makes of the fraction
_STOPPED = math.inf


def _open_for_all(options: TrainOptions, rank: int) -> PhotoSet:
    """The first process decodes; the others wait and then find it done."""
    cache = options.cache or options.out / "cache"
    if rank > 0:
        wait_for_all()
    photos = open_photos(options.photos, cache)
    if rank == 0:
        wait_for_all()
    return photos


class _Means:
    """Running means between two reports: figures of the losses, and how fast it goes."""

    def __init__(self) -> None:
        self._values: dict[str, list[Tensor]] = {}
        self.seconds, self._images, self._waited = 0.0, 0, 0.0

    def add(self, figures: dict[str, Tensor]) -> None:
        for name, value in figures.items():
            self._values.setdefault(name, []).append(value.detach())

    def count(self, images: int, seconds: float, waited: float) -> None:
        self._images += images
        self.seconds += seconds
        self._waited += waited

    def take(self) -> dict[str, float]:
        """The means since the last call; ``wait_share`` is the part of the time spent waiting for data."""
        figures = {k: round(float(torch.stack(v).float().mean()), 5) for k, v in self._values.items()}
        figures["images_per_s"] = round(self._images / max(self.seconds, 1e-9), 1)
        figures["wait_share"] = round(self._waited / max(self.seconds, 1e-9), 3)
        self._values.clear()
        self.seconds, self._images, self._waited = 0.0, 0, 0.0
        return figures
