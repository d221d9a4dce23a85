"""Parts that several networks share.

Plain 3 x 3 convolutions with ReLU, no normalisation: on a processor, every pointwise layer costs as much time as
a convolution (memory, not arithmetic, is the limit), and at one picture a time batch statistics mean nothing.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """``x + conv(relu(conv(x)))``. The last convolution starts at zero, so that a new block changes nothing."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.second = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation)
        nn.init.kaiming_normal_(self.first.weight, nonlinearity="relu")
        nn.init.zeros_(self.second.weight)
        for conv in (self.first, self.second):
            nn.init.zeros_(bias_of(conv))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(x)))


def residual_chain(channels: int, dilations: tuple[int, ...]) -> nn.Sequential:
    """One residual block for each dilation."""
    return nn.Sequential(*(ResidualBlock(channels, d) for d in dilations))


class Trunk(nn.Module):
    """A U-Net at one half, one quarter and one eighth of the picture's size: features in, features out.

    Shapes: (n, in_channels, h, w) -> (n, out_channels, h, w) where h and w are multiples of 8. The input is
    pixel-unshuffled first: a full-size layer of 32 channels would take longer than all the rest.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        widths: tuple[int, int, int],
        depths: tuple[int, int],
        dilations: tuple[int, ...],
    ) -> None:
        super().__init__()
        half, quarter, eighth = widths
        self.enter = nn.Conv2d(in_channels * 4, half, 3, padding=1)
        self.down_half = residual_chain(half, (1,) * depths[0])
        self.to_quarter = nn.Conv2d(half, quarter, 2, stride=2)
        self.down_quarter = residual_chain(quarter, (1,) * depths[1])
        self.to_eighth = nn.Conv2d(quarter, eighth, 2, stride=2)
        self.middle = residual_chain(eighth, dilations)
        self.from_eighth = nn.Conv2d(eighth, quarter * 4, 1)
        self.up_quarter = residual_chain(quarter, (1,) * depths[1])
        self.from_quarter = nn.Conv2d(quarter, half * 4, 1)
        self.up_half = residual_chain(half, (1,) * depths[0])
        self.leave = nn.Conv2d(half, out_channels * 4, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(bias_of(self.leave))

    def forward(self, x: Tensor) -> Tensor:
        half, quarter, eighth = self.encode(x)
        return self.decode(half, quarter, self.middle(eighth))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The way down: features at one half, one quarter and one eighth, the last before ``middle``."""
        half = self.down_half(self.enter(F.pixel_unshuffle(x, 2).contiguous(memory_format=torch.channels_last)))
        quarter = self.down_quarter(self.to_quarter(half))
        return half, quarter, self.to_eighth(quarter)

    def decode(self, half: Tensor, quarter: Tensor, eighth: Tensor) -> Tensor:
        """The way up, from the features of the three levels."""
        quarter = self.up_quarter(quarter + F.pixel_shuffle(self.from_eighth(eighth), 2))
        half = self.up_half(half + F.pixel_shuffle(self.from_quarter(quarter), 2))
        return F.pixel_shuffle(self.leave(half), 2)


def pad_to_multiple(x: Tensor, multiple: int) -> Tensor:
    """``x`` (n, c, h, w) with its last rows and columns repeated up to the next multiple."""
    h, w = x.shape[-2:]
    bottom, right = -h % multiple, -w % multiple
    return F.pad(x, (0, right, 0, bottom), mode="replicate") if bottom or right else x


def bias_of(conv: nn.Conv2d) -> Tensor:
    """The bias of a convolution that has one."""
    assert conv.bias is not None
    return conv.bias
