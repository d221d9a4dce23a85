"""The fill network: corrects a smooth first fill inside the mask."""

import torch
from torch import Tensor, nn

from genrepair_desktop.networks.blocks import Trunk, pad_to_multiple

_MULTIPLE = 8


class FillUNet(nn.Module):
    """Predicts what ``imaging.prefill`` got wrong, and adds it inside the mask.

    A correction keeps thin damage at least as good as the smooth fill: with zero weights the network returns it.
    """

    def __init__(
        self,
        widths: tuple[int, int, int] = (64, 128, 192),
        depths: tuple[int, int] = (1, 2),
        dilations: tuple[int, ...] = (1, 2, 4, 8, 2, 1),
    ) -> None:
        super().__init__()
        self.trunk = Trunk(4, 3, tuple(widths), tuple(depths), tuple(dilations))

    def forward(self, start: Tensor, mask: Tensor) -> Tensor:
        """Fill a batch.

        ``start`` (n, 3, h, w): sRGB in [0, 1], already filled smoothly; ``mask`` (n, 1, h, w): 1 where to fill.
        Any h and w. Returns (n, 3, h, w), equal to ``start`` outside the mask; may leave [0, 1] a little.
        """
        h, w = start.shape[-2:]
        x = pad_to_multiple(torch.cat([start * 2 - 1, mask], 1), _MULTIPLE)
        # The trunk may be kept in bfloat16; the picture itself would lose a bit in it
        correction = self.trunk(x.to(self.trunk.enter.weight.dtype)).to(start.dtype)
        return start + mask * correction[..., :h, :w]
