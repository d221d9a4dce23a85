"""The training loop: seed, EMA, bf16, crash-safe checkpoints, progress file, sample sheets, several processes.

A folder of a run holds ``checkpoint.pt`` (to resume), ``progress.jsonl`` (one JSON object a line: what a window
follows), ``sheet.png`` and ``sheet-<step>.png``. Gradients are averaged by plain all-reduce, not by a wrapper:
penalties on gradients (R1) then need no care.
"""

import copy
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from PIL import Image as PillowImage
from torch import Tensor, nn

from genrepair_desktop.lab.datasets import CropSource, PhotoSet, open_photos
from genrepair_desktop.lab.feed import feed
from genrepair_desktop.lab.optim import optimisers
from genrepair_desktop.lab.progress import ProgressFile
from genrepair_desktop.lab.recipe import Batch, Loss, Networks, Recipe
from genrepair_desktop.lab.threads import ThreadGovernor

# A pause longer than this (a stopped process, a sleeping laptop) is not time spent training
_LONGEST_STEP_S = 20.0


@dataclass(frozen=True)
class TrainOptions:
    """What the caller of a training chooses. Ends after ``minutes`` of training, or ``steps`` if given."""

    photos: tuple[Path, ...]
    out: Path
    minutes: float = 30.0
    steps: int | None = None
    resume: bool = False
    # Start from this checkpoint's or weights file's EMA weights, with fresh optimisers
    start_from: Path | None = None
    device: str = "cpu"
    seed: int = 0
    threads: int | None = None
    workers: int = 1
    checkpoint_s: float = 120.0
    report_s: float = 10.0
    cache: Path | None = None
    group_weights: dict[str, float] = field(default_factory=dict)


@dataclass
class _State:
    """Everything a checkpoint holds, live."""

    nets: Networks
    ema: nn.Module
    optimisers: dict[str, list[torch.optim.Optimizer]]
    step: int = 0
    spent_s: float = 0.0


def train(recipe: Recipe, options: TrainOptions) -> Path:
    """Train until the time or the steps are used up; return the checkpoint's path.

    Raises:
        NoPhotosError: the folders hold no photographs for training.
    """
    rank, world = _join_group()
    if options.threads:
        torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    photos = _open_for_all(options, rank)
    state = _new_state(recipe, options)
    checkpoint = options.out / "checkpoint.pt"
    if options.resume and checkpoint.exists():
        _restore(state, checkpoint)
    batches = feed(
        recipe,
        CropSource(photos, "train", options.group_weights or None),
        seed=options.seed,
        first=state.step * world + rank,
        stride=world,
        workers=options.workers,
    )
    with ProgressFile(options.out / "progress.jsonl", append=state.step > 0, silent=rank > 0) as progress:
        _run(recipe, options, state, batches, progress, CropSource(photos, "val"), world)
    if world > 1:
        dist.barrier()
    return checkpoint


def _run(
    recipe: Recipe,
    options: TrainOptions,
    state: _State,
    batches: Iterator[Batch],
    progress: ProgressFile,
    held_out: CropSource,
    world: int,
) -> None:
    device = torch.device(options.device)
    last_step = last_save = last_report = time.monotonic()
    images, waited, figures = 0, 0.0, _Means()
    governor = ThreadGovernor(options.threads or os.cpu_count() or 1)
    progress.write("start", model=recipe.id, minutes=options.minutes, step=state.step, world=world)
    while True:
        fraction = _agree(_fraction(options, state), world)
        if fraction >= 1:
            break
        began = time.monotonic()
        batch = {k: v.to(device, non_blocking=True) for k, v in next(batches).items()}
        waited += time.monotonic() - began
        rate = _learning_rate(recipe, state.step, fraction)
        for loss in recipe.losses(state.nets, batch, state.step):
            _update(loss, state, rate, recipe.settings.clip_norm, world)
            figures.add(loss.figures)
        _follow(state.ema, state.nets["net"], recipe.settings.ema, state.step)
        state.step += 1
        images += recipe.settings.batch_size * world
        now = time.monotonic()
        state.spent_s += min(now - last_step, _LONGEST_STEP_S)
        last_step = now
        if now - last_report >= options.report_s:
            progress.write(
                "step",
                step=state.step,
                fraction=round(fraction, 5),
                spent_s=round(state.spent_s, 1),
                eta_s=round(state.spent_s * (1 - fraction) / max(fraction, 1e-6)) if fraction else None,
                images_per_s=round(images / (now - last_report), 1),
                wait_share=round(waited / (now - last_report), 3),
                threads=governor.adjust(),
                lr=rate,
                **figures.take(),
            )
            images, waited, last_report = 0, 0.0, now
        if now - last_save >= options.checkpoint_s:
            _save(recipe, options, state, batch, progress, held_out)
            last_save = last_step = last_report = time.monotonic()
            images, waited = 0, 0.0
    _save(recipe, options, state, next(batches), progress, held_out)
    progress.write("done", step=state.step, spent_s=round(state.spent_s, 1))


def _fraction(options: TrainOptions, state: _State) -> float:
    if options.steps is not None:
        return state.step / options.steps
    return state.spent_s / (options.minutes * 60)


def _learning_rate(recipe: Recipe, step: int, fraction: float) -> float:
    """A linear start, then half a cosine down to zero at the end of the time given."""
    settings = recipe.settings
    start = min(1.0, (step + 1) / settings.warmup_steps)
    return settings.learning_rate * start * (0.5 + 0.5 * math.cos(math.pi * min(1.0, fraction)))


def _update(loss: Loss, state: _State, rate: float, clip_norm: float, world: int) -> None:
    params = [p for p in state.nets[loss.network].parameters() if p.requires_grad]
    for p in params:
        p.grad = None
    grads = torch.autograd.grad(loss.value, params, allow_unused=True)
    for p, g in zip(params, grads, strict=True):
        p.grad = g
    if world > 1:
        _average(params, world)
    norm = nn.utils.clip_grad_norm_(params, clip_norm)
    # A single overflowing batch must not end a night's training
    if torch.isfinite(norm):
        for optimiser in state.optimisers[loss.network]:
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()


def _average(params: list[nn.Parameter], world: int) -> None:
    """One all-reduce over all gradients, laid end to end."""
    grads = [p.grad if p.grad is not None else torch.zeros_like(p) for p in params]
    flat = torch.cat([g.reshape(-1) for g in grads])
    dist.all_reduce(flat)
    flat /= world
    start = 0
    for p, g in zip(params, grads, strict=True):
        p.grad = flat[start : start + g.numel()].view(g.shape)
        start += g.numel()


@torch.no_grad()
def _follow(ema: nn.Module, net: nn.Module, decay: float, step: int) -> None:
    keep = min(decay, (1 + step) / (10 + step))
    for average, value in zip(ema.parameters(), net.parameters(), strict=True):
        average.lerp_(value, 1 - keep)
    for average, value in zip(ema.buffers(), net.buffers(), strict=True):
        average.copy_(value)


def _new_state(recipe: Recipe, options: TrainOptions) -> _State:
    torch.manual_seed(options.seed)
    device = torch.device(options.device)
    nets = {name: net.to(device) for name, net in recipe.networks().items()}
    for net in nets.values():
        _channels_last(net)
    if options.start_from:
        load_weights(nets["net"], options.start_from)
    ema = copy.deepcopy(nets["net"]).requires_grad_(False)
    settings = recipe.settings
    made = {
        name: optimisers(net, settings.learning_rate, settings.betas, muon=settings.muon and name == "net")
        for name, net in nets.items()
    }
    return _State(nets, ema, made)


def _channels_last(net: nn.Module) -> None:
    """Kernels in the order the processor's convolutions read fastest."""
    for p in net.parameters():
        if p.ndim == 4:
            p.data = p.data.contiguous(memory_format=torch.channels_last)


def load_weights(net: nn.Module, path: Path) -> None:
    """Copy the weights of a checkpoint (its EMA) or a safetensors file; parameters new in ``net`` keep theirs.

    Raises:
        RuntimeError: the file has a tensor that ``net`` has not, or of another shape.
    """
    from safetensors.torch import load_file

    if path.suffix == ".safetensors":
        values = load_file(path)
    else:
        values = torch.load(path, map_location="cpu", weights_only=True)["ema"]
    found = net.load_state_dict(values, strict=False)
    if found.unexpected_keys:
        raise RuntimeError(f"{path.name} has weights this network has not: {found.unexpected_keys[:3]}")


def _save(
    recipe: Recipe,
    options: TrainOptions,
    state: _State,
    batch: Batch,
    progress: ProgressFile,
    held_out: CropSource,
) -> None:
    """Checkpoint, validation figures and sample sheet. Written beside, then moved: a crash keeps the old one."""
    if progress.silent:
        return
    path = options.out / "checkpoint.pt"
    part = path.with_suffix(".part")
    torch.save(
        {
            "nets": {name: net.state_dict() for name, net in state.nets.items()},
            "ema": state.ema.state_dict(),
            "optimisers": {n: [o.state_dict() for o in made] for n, made in state.optimisers.items()},
            "step": state.step,
            "spent_s": state.spent_s,
            "seed": options.seed,
            "model": recipe.id,
            "config": recipe.config,
        },
        part,
    )
    os.replace(part, path)
    net = state.ema.eval()
    with torch.no_grad():
        scores = recipe.validate(net, held_out)
        sheet = recipe.sheet(net, batch)
    progress.write("validation", step=state.step, **{k: round(v, 4) for k, v in scores.items()})
    name = f"sheet-{state.step:07d}.png"
    for target in (name, "sheet.png"):
        sheet_part = options.out / f".{target}.part"
        PillowImage.fromarray(sheet).save(sheet_part, format="PNG")
        os.replace(sheet_part, options.out / target)
    progress.write("sheet", step=state.step, file=name)


def _restore(state: _State, path: Path) -> None:
    saved: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    for name, net in state.nets.items():
        net.load_state_dict(saved["nets"][name])
        for optimiser, values in zip(state.optimisers[name], saved["optimisers"][name], strict=True):
            optimiser.load_state_dict(values)
    state.ema.load_state_dict(saved["ema"])
    state.step, state.spent_s = saved["step"], saved["spent_s"]


def _join_group() -> tuple[int, int]:
    """Rank and number of processes: of ``torchrun``'s group if it started us, else 0 and 1."""
    if "RANK" not in os.environ or int(os.environ.get("WORLD_SIZE", "1")) < 2:
        return 0, 1
    if not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return dist.get_rank(), dist.get_world_size()


def _open_for_all(options: TrainOptions, rank: int) -> PhotoSet:
    """The first process decodes; the others wait and then find it done."""
    cache = options.cache or options.out / "cache"
    if rank > 0:
        dist.barrier()
    photos = open_photos(options.photos, cache)
    if rank == 0 and dist.is_initialized():
        dist.barrier()
    return photos


def _agree(fraction: float, world: int) -> float:
    """The first process's clock decides for all, or one would wait for a step the others never take."""
    if world == 1:
        return fraction
    shared = torch.tensor([fraction], dtype=torch.float64)
    dist.broadcast(shared, 0)
    return float(shared)


class _Means:
    """Running means of the figures between two reports."""

    def __init__(self) -> None:
        self._values: dict[str, list[Tensor]] = {}

    def add(self, figures: dict[str, Tensor]) -> None:
        for name, value in figures.items():
            self._values.setdefault(name, []).append(value.detach())

    def take(self) -> dict[str, float]:
        means = {k: float(np.mean([float(x) for x in v])) for k, v in self._values.items()}
        self._values.clear()
        return {k: round(v, 5) for k, v in means.items()}
