"""Between numpy pictures and torch tensors, in batches that report and can be cancelled."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from genrepair_desktop.generate.model import BATCH, Latents, Pictures
from genrepair_desktop.jobs.context import RunContext

if TYPE_CHECKING:
    from torch import Tensor, nn


def to_tensor(pictures: Pictures, like: "Tensor") -> "Tensor":
    """(n, h, w, c) to (n, c, h, w) on the device of ``like``."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(pictures, np.float32)).permute(0, 3, 1, 2).to(like.device)


def to_pictures(tensor: "Tensor") -> Pictures:
    """(n, c, h, w) to (n, h, w, c), clipped to [0, 1]."""
    values = tensor.detach().float().clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()
    return np.ascontiguousarray(values)


def parameter_of(net: "nn.Module") -> "Tensor":
    """Any weight of a network: tells its device and number format."""
    return next(net.parameters())


def in_batches(
    rows: Latents | Pictures, work: Callable[["Tensor"], "Tensor"], like: "Tensor", ctx: RunContext, stage: str
) -> list["Tensor"]:
    """``work`` on batches of rows, without gradients; the last batch is filled up, and cut again.

    Raises:
        Cancelled: at a checkpoint.
    """
    import torch

    results = []
    for start in range(0, len(rows), BATCH):
        ctx.checkpoint(start / len(rows), stage)
        some = rows[start : start + BATCH]
        missing = BATCH - len(some)
        full = np.concatenate([some, np.repeat(some[-1:], missing, axis=0)]) if missing else some
        with torch.inference_mode():
            answer = work(torch.from_numpy(np.ascontiguousarray(full, np.float32)).to(like.device))
        results.append(answer[: len(some)])
    ctx.checkpoint(1.0, stage)
    return results
