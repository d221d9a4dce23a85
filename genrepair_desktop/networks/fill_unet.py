"""The fill networks: they correct a smooth first fill inside the mask, one answer or a different one a noise."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.networks.blocks import Trunk, pad_to_multiple

_MULTIPLE = 8
# Channels of a full-size noise picture that a seeded fill takes
NOISE_CHANNELS = 2
# how far around a hole ``surroundings`` looks, in cells of 8 pixels
_RING = 4


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
        self.trunk = Trunk(4, 3, widths, depths, dilations)

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

    def surroundings(self, start: Tensor, mask: Tensor) -> Tensor:
        """What the network makes of the known pixels around the holes, see ``_surroundings``."""
        return _surroundings(self.trunk, start, mask)


class SeededFillUNet(nn.Module):
    """A ``FillUNet`` that also takes noise: fine noise where texture is made, coarse noise where structure is."""

    def __init__(
        self,
        widths: tuple[int, int, int] = (64, 128, 192),
        depths: tuple[int, int] = (1, 2),
        dilations: tuple[int, ...] = (1, 2, 4, 8, 2, 1),
    ) -> None:
        super().__init__()
        self.trunk = Trunk(4, 3, widths, depths, dilations)
        self.fine = nn.Conv2d(NOISE_CHANNELS * 4, widths[0], 1, bias=False)
        self.coarse = nn.Conv2d(NOISE_CHANNELS * 64, widths[2], 1, bias=False)
        # Small, not zero: the pull towards different answers for different noise has no slope at zero
        nn.init.normal_(self.fine.weight, std=0.02)
        nn.init.normal_(self.coarse.weight, std=0.02)

    def forward(self, start: Tensor, mask: Tensor, noise: Tensor) -> Tensor:
        """As ``FillUNet``; ``noise`` (n, 2, h, w) is standard normal, and the same noise gives the same fill."""
        h, w = start.shape[-2:]
        dtype = self.trunk.enter.weight.dtype
        x = pad_to_multiple(torch.cat([start * 2 - 1, mask], 1), _MULTIPLE).to(dtype)
        noise = pad_to_multiple(noise, _MULTIPLE).to(dtype)
        half, quarter, eighth = self.trunk.encode(x)
        eighth = self.trunk.middle(eighth + self.coarse(F.pixel_unshuffle(noise, 8)))
        half = half + self.fine(F.pixel_unshuffle(noise, 2))
        correction = self.trunk.decode(half, quarter, eighth).to(start.dtype)
        return start + mask * correction[..., :h, :w]

    def surroundings(self, start: Tensor, mask: Tensor) -> Tensor:
        """As ``FillUNet.surroundings``: noise has no part in it."""
        return _surroundings(self.trunk, start, mask)


def _surroundings(trunk: Trunk, start: Tensor, mask: Tensor) -> Tensor:
    """Mean features of the known cells of 8 x 8 pixels within 32 pixels of a hole, before ``trunk.middle``.

    Inputs as for ``FillUNet.forward``. Returns (n, c + 1, 1, 1): the means, and last the number of cells, which may
    be 0.
    """
    x = pad_to_multiple(torch.cat([start * 2 - 1, mask], 1), _MULTIPLE)
    features = trunk.encode(x.to(trunk.enter.weight.dtype))[2].float()
    hidden = (F.avg_pool2d(x[:, 3:], _MULTIPLE) > 0).float()
    cells = F.max_pool2d(hidden, 2 * _RING + 1, 1, _RING) * (1 - hidden)
    count = cells.sum((2, 3), keepdim=True)
    return torch.cat([(features * cells).sum((2, 3), keepdim=True) / count.clamp_min(1), count], 1)
