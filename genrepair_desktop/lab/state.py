"""What a training is made of while it runs, and its checkpoint, from which it can go on."""

import copy
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.lab.optim import optimisers
from genrepair_desktop.lab.recipe import Networks, Recipe


class CheckpointError(GenRepairError):
    """A checkpoint or weights file does not fit the recipe."""


@dataclass
class TrainState:
    """Networks, the running mean of the published one's weights, optimisers, and how far they are."""

    nets: Networks
    ema: nn.Module
    optimisers: dict[str, list[torch.optim.Optimizer]]
    step: int = 0
    spent_s: float = 0.0

    @classmethod
    def new(cls, recipe: Recipe, seed: int, device: str, start_from: Path | None = None) -> "TrainState":
        """Fresh networks from a seed, or with the weights in ``start_from``.

        Raises:
            CheckpointError: ``start_from`` does not fit.
        """
        torch.manual_seed(seed)
        nets = {name: net.to(device) for name, net in recipe.networks().items()}
        for net in nets.values():
            _channels_last(net)
        if start_from:
            load_weights(nets["net"], start_from)
        settings = recipe.settings
        made = {
            name: optimisers(net, settings.learning_rate, settings.betas, muon=settings.muon and name == "net")
            for name, net in nets.items()
        }
        return cls(nets, copy.deepcopy(nets["net"]).requires_grad_(False), made)

    def save(self, path: Path, **facts: Any) -> None:
        """Write everything beside ``path``, then move it there: a crash keeps the old one."""
        part = path.with_suffix(".part")
        values = {
            "nets": {name: net.state_dict() for name, net in self.nets.items()},
            "ema": self.ema.state_dict(),
            "optimisers": {n: [o.state_dict() for o in made] for n, made in self.optimisers.items()},
            "step": self.step,
            "spent_s": self.spent_s,
            **facts,
        }
        torch.save(values, part)
        os.replace(part, path)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            CheckpointError: it is of another recipe, or of another size of its networks.
        """
        saved: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        try:
            for name, net in self.nets.items():
                net.load_state_dict(saved["nets"][name])
                for optimiser, values in zip(self.optimisers[name], saved["optimisers"][name], strict=True):
                    optimiser.load_state_dict(values)
            self.ema.load_state_dict(saved["ema"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise CheckpointError(
                f"The checkpoint in {path.parent.name} is of another training: choose another folder."
            ) from error
        self.step, self.spent_s = saved["step"], saved["spent_s"]

    @torch.no_grad()
    def follow(self, decay: float) -> None:
        """Move the running mean towards the present weights; early on faster, so that short runs count."""
        keep = min(decay, (1 + self.step) / (10 + self.step))
        for average, value in zip(self.ema.parameters(), self.nets["net"].parameters(), strict=True):
            average.lerp_(value, 1 - keep)
        for average, value in zip(self.ema.buffers(), self.nets["net"].buffers(), strict=True):
            average.copy_(value)


def load_weights(net: nn.Module, path: Path) -> None:
    """Copy the weights of a checkpoint (its EMA) or a safetensors file; parameters new in ``net`` keep theirs.

    Raises:
        CheckpointError: a weight in the file is unknown to ``net``, or has another shape there.
    """
    values: Mapping[str, Tensor]
    if path.suffix == ".safetensors":
        values = load_file(path)
    else:
        values = torch.load(path, map_location="cpu", weights_only=True)["ema"]
    try:
        found = net.load_state_dict(values, strict=False)
    except RuntimeError as error:
        raise CheckpointError(f"The weights in {path.name} have another size than this recipe's.") from error
    if found.unexpected_keys:
        raise CheckpointError(f"The weights in {path.name} are of another network than this recipe's.")


def _channels_last(net: nn.Module) -> None:
    """Kernels in the order the processor's convolutions read fastest."""
    for p in net.parameters():
        if p.ndim == 4:
            p.data = p.data.contiguous(memory_format=torch.channels_last)
