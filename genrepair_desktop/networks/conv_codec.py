"""The convolutional encoder and decoder that the latent models share: picture to vector, vector to picture.

No normalisation: the last convolution of a residual block starts at zero (De and Smith 2020, "SkipInit"), so a
deep stack begins as a shallow one, and a batch never leaks from one picture into another.
"""

import itertools

import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.networks.blocks import ResidualBlock

_SLOPE = 0.2


def act(x: Tensor) -> Tensor:
    """Leaky ReLU. SiLU costs several times as much on the processors that this project aims at."""
    return F.leaky_relu(x, _SLOPE)


def widths(width: int, levels: int, widest: int) -> list[int]:
    """Channels from the full-size level down: doubled at each, at most ``widest``."""
    return [min(widest, width << level) for level in range(levels + 1)]


class Encoder(nn.Module):
    """Picture (n, channels, side, side) in [0, 1] to a vector (n, outputs).

    ``side`` is divided by ``patch`` (pixels become channels), then halved ``levels`` times; what remains is
    flattened, so that places are kept.
    """

    def __init__(
        self,
        *,
        side: int,
        channels: int,
        width: int,
        levels: int,
        outputs: int,
        widest: int = 256,
        blocks: int = 1,
        patch: int = 2,
    ) -> None:
        super().__init__()
        sizes = widths(width, levels, widest)
        # a full-size layer of 32 channels would take longer than all the rest: memory is the limit, not arithmetic
        self.patch = patch
        layers: list[nn.Module] = [nn.Conv2d(channels * patch**2, sizes[0], 3, padding=1)]
        for wide, wider in itertools.pairwise(sizes):
            layers.append(nn.Conv2d(wide, wider, 4, stride=2, padding=1))
            layers.extend(ResidualBlock(wider) for _ in range(blocks))
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(sizes[-1] * (side // patch >> levels) ** 2, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(act(self.body(F.pixel_unshuffle(x * 2 - 1, self.patch))).flatten(1))


class Decoder(nn.Module):
    """Vector (n, inputs) to feature maps (n, outputs, side, side)."""

    def __init__(
        self,
        *,
        side: int,
        outputs: int,
        width: int,
        levels: int,
        inputs: int,
        widest: int = 256,
        blocks: int = 1,
        patch: int = 2,
    ) -> None:
        super().__init__()
        sizes = widths(width, levels, widest)[::-1]
        self.base, self.patch = side // patch >> levels, patch
        self.stem = nn.Linear(inputs, sizes[0] * self.base**2)
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Conv2d(wide, narrow, 3, padding=1), *(ResidualBlock(narrow) for _ in range(blocks)))
            for wide, narrow in itertools.pairwise(sizes)
        )
        self.head = nn.Conv2d(sizes[-1], outputs * patch**2, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        x = self.begin(z)
        for stage in self.stages:
            x = self.enlarge(stage, x)
        return self.end(x)

    def begin(self, z: Tensor) -> Tensor:
        """The smallest feature maps."""
        return self.stem(z).view(len(z), -1, self.base, self.base)

    def enlarge(self, stage: nn.Module, x: Tensor) -> Tensor:
        """The feature maps of the next stage, twice as large."""
        return stage(F.interpolate(act(x), scale_factor=2, mode="nearest"))

    def end(self, x: Tensor) -> Tensor:
        """What the largest feature maps show."""
        return F.pixel_shuffle(self.head(act(x)), self.patch)
