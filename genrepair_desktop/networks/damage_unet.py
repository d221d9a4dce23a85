"""The detector: how likely each pixel is to be damage."""

import torch
from torch import Tensor, nn

from genrepair_desktop.networks.blocks import Trunk, pad_to_multiple

_MULTIPLE = 8


class DamageUNet(nn.Module):
    """A photograph in, a probability map out; any size."""

    def __init__(
        self,
        widths: tuple[int, int, int] = (32, 64, 96),
        depths: tuple[int, int] = (1, 2),
        dilations: tuple[int, ...] = (1, 2, 4, 1),
    ) -> None:
        super().__init__()
        self.trunk = Trunk(3, 1, widths, depths, dilations)

    def logits(self, picture: Tensor) -> Tensor:
        """(n, 3, h, w) in [0, 1] -> (n, 1, h, w), the logarithm of the odds."""
        h, w = picture.shape[-2:]
        x = pad_to_multiple(picture * 2 - 1, _MULTIPLE).to(self.trunk.enter.weight.dtype)
        return self.trunk(x)[..., :h, :w].to(picture.dtype)

    def forward(self, picture: Tensor) -> Tensor:
        """(n, 3, h, w) in [0, 1] -> (n, 1, h, w), probability of damage in [0, 1]."""
        return torch.sigmoid(self.logits(picture))
