"""What a recipe is: everything about one training except the loop."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from genrepair_desktop.lab.datasets import Bytes, CropSource

Arrays = dict[str, npt.NDArray[Any]]
Batch = dict[str, Tensor]
Networks = dict[str, nn.Module]


@dataclass(frozen=True)
class Settings:
    """Numbers of the loop that a recipe chooses."""

    batch_size: int = 16
    learning_rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.99)
    muon: bool = True
    warmup_steps: int = 200
    clip_norm: float = 1.0
    # Weight of the past in the running mean of the weights; reached gradually, so that short runs mean something
    ema: float = 0.998


@dataclass(frozen=True)
class Loss:
    """One optimiser step: the network it is for, what to minimise, and figures to show."""

    network: str
    value: Tensor
    figures: dict[str, Tensor]


class Recipe(Protocol):
    """A model kind's training. The network called ``net`` is the one that is published."""

    @property
    def id(self) -> str:
        """The id of the model it makes."""
        ...

    @property
    def settings(self) -> Settings: ...

    @property
    def config(self) -> dict[str, Any]:
        """What ``networks.build`` rebuilds the published network from."""
        ...

    def networks(self) -> Networks:
        """New networks, with weights from the global torch generator, which the loop has seeded."""
        ...

    def batch(self, source: CropSource, rng: np.random.Generator) -> Arrays:
        """One batch; runs in a worker process, must depend on nothing but its arguments."""
        ...

    def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
        """The steps of one batch, in turn: the loop goes back and updates after each."""
        ...

    def validate(self, net: nn.Module, source: CropSource) -> dict[str, float]:
        """Figures on held-out crops; ``score`` among them, higher is better."""
        ...

    def sheet(self, net: nn.Module, batch: Batch) -> Bytes:
        """A picture to look at while it trains, uint8 (h, w, 3)."""
        ...


def to_planes(pictures: Tensor) -> Tensor:
    """A batch of pictures (n, h, w, c), uint8 or float, as float32 (n, c, h, w), channels last in memory."""
    planes = pictures.permute(0, 3, 1, 2)
    return planes.float() / 255 if pictures.dtype == torch.uint8 else planes.float()
