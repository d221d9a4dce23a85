"""Optimiser: Muon for convolution kernels, AdamW for the rest."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

# Quintic Newton-Schulz coefficients of Jordan et al. 2024, "Muon: an optimizer for hidden layers"
_A, _B, _C = 3.4445, -4.7750, 2.0315
_MIN_ROWS = 16
_SIZE = 0.6


def orthogonalise(matrix: Tensor, steps: int = 5) -> Tensor:
    """The nearest (semi-)orthogonal matrix, roughly, by Newton-Schulz iteration in bfloat16; any 2-D shape."""
    x = matrix.bfloat16()
    wide = x.shape[0] <= x.shape[1]
    x = x if wide else x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=_B, alpha=_C), x, beta=_A)
    return (x if wide else x.T).to(matrix.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised: every direction of a kernel learns at the same speed.

    Steps have three times the size that AdamW's would have (Liu et al. 2025, eq. 4, has 0.2 for ``_SIZE``), so
    both share one learning rate.
    """

    def __init__(
        self, params: Iterable[nn.Parameter], lr: float = 1e-3, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["momentum"] = torch.zeros_like(p)
                state["momentum"].lerp_(p.grad, 1 - group["momentum"])
                update = p.grad.lerp(state["momentum"], group["momentum"])
                # Columns in memory's order (channels last): reordering them changes nothing but the copying
                moved = update.permute(0, 2, 3, 1)
                flat = orthogonalise(moved.reshape(len(moved), -1))
                scale = _SIZE * math.sqrt(max(flat.shape))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(flat.view(moved.shape).permute(0, 3, 1, 2), alpha=-group["lr"] * scale)


def optimisers(net: nn.Module, lr: float, betas: tuple[float, float], *, muon: bool) -> list[torch.optim.Optimizer]:
    """Muon for kernels with enough rows (if asked), AdamW for biases and thin ends."""
    params = [p for p in net.parameters() if p.requires_grad]
    hidden = [p for p in params if muon and p.ndim == 4 and p.shape[0] >= _MIN_ROWS]
    ids = {id(p) for p in hidden}
    rest = [p for p in params if id(p) not in ids]
    made: list[torch.optim.Optimizer] = []
    if rest:
        made.append(torch.optim.AdamW(rest, lr=lr, betas=betas, weight_decay=1e-4, fused=True))
    if hidden:
        made.append(Muon(hidden, lr=lr, weight_decay=1e-4))
    return made
