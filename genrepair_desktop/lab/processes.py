"""Several processes train one model: ``torchrun`` starts them, plain all-reduce keeps them equal.

No wrapper around the network: penalties on gradients (R1) go through it twice and need none then.
"""

import os

import torch
import torch.distributed as dist
from torch import nn


def join_group() -> tuple[int, int]:
    """Rank and number of processes: of ``torchrun``'s group if it started us, else 0 and 1."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        return 0, 1
    if not dist.is_initialized():
        if torch.cuda.is_available():
            # "cuda" then means this process's own card; two on one card could not talk
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return dist.get_rank(), dist.get_world_size()


def leave_group() -> None:
    """Wait for the others and end the group; does nothing alone."""
    if dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()


def wait_for_all() -> None:
    """Return when every process has come here; at once when alone."""
    if dist.is_initialized():
        dist.barrier()


def average_gradients(params: list[nn.Parameter], world: int) -> None:
    """One all-reduce over all gradients, laid end to end; a missing one counts as zero."""
    if world == 1:
        return
    grads = [p.grad if p.grad is not None else torch.zeros_like(p) for p in params]
    flat = torch.cat([g.reshape(-1) for g in grads])
    dist.all_reduce(flat)
    flat /= world
    start = 0
    for p, g in zip(params, grads, strict=True):
        p.grad = flat[start : start + g.numel()].view(g.shape)
        start += g.numel()


def first_decides(value: float, world: int) -> float:
    """The first process's value, in every process: or one would wait for a step the others never take."""
    if world == 1:
        return value
    device = "cuda" if dist.get_backend() == "nccl" else "cpu"
    shared = torch.tensor([value], dtype=torch.float64, device=device)
    dist.broadcast(shared, 0)
    return float(shared)
