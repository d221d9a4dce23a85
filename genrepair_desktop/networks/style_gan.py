"""A small style-based generator and its critic, for portraits of 64 or 128 pixels.

From StyleGAN2 (Karras 2020): modulation with demodulation, skip connections to colour; written so that a batch
needs one ordinary convolution, not one a picture: scaling the input channels by the style and the output channels
by its norm is the same as scaling the weights (their eq. 1 and 3). An encoder stands in place of the mapping
network: few pictures and little time teach a copy long before they teach a critic alone.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.networks.code_prior import CodePrior
from genrepair_desktop.networks.conv_codec import Encoder, act

_EPSILON = 1e-8
_PATCH = 2
# keeps the variance of a leaky ReLU's output at that of its input
_GAIN = math.sqrt(2)


class StyledConv(nn.Module):
    """Modulated 3x3 convolution: (n, inputs, h, w) and w (n, style) to (n, outputs, h, w), or twice as large.

    Without the noise inputs of the original: at 64 pixels there is no stubble to place, and they cost a fifth.
    """

    def __init__(self, inputs: int, outputs: int, style: int, *, enlarges: bool) -> None:
        super().__init__()
        self.enlarges = enlarges
        self.affine = nn.Linear(style, inputs)
        nn.init.ones_(self.affine.bias)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3) / math.sqrt(inputs * 9))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.affine(w)
        # demodulation in float32: sums of squares over a thousand weights lose digits in bf16
        power = self.weight.float().pow(2).sum((2, 3))
        norm = torch.rsqrt(F.linear(style.float().pow(2), power) + _EPSILON) * _GAIN
        x = F.conv2d(x * style[:, :, None, None].to(x.dtype), self.weight, padding=1)
        # to the convolution's number format, or under autocast all that follows would run in float32
        shift, factor = self.bias.to(x.dtype)[:, None, None], norm.to(x.dtype)[:, :, None, None]
        x = act(torch.addcmul(shift, x, factor))
        # after the convolution, which then costs a quarter; the next one smooths the blocks
        return F.interpolate(x, scale_factor=2, mode="nearest") if self.enlarges else x


class StyleGenerator(nn.Module):
    """Codes w (n, latent) to pictures (n, channels, side, side), and pictures back to codes.

    The encoder and the generator are taught together (Larsen et al. 2016, "Autoencoding beyond pixels", with a
    style-based decoder): copies make it draw faces early, the critic makes them sharp. ``prior`` follows the codes
    of the training pictures, and samples are drawn from it.
    ``widths``: channels at 4, 8, 16, ... places, the last at half of the side: a place draws 2 x 2 pixels, since
    a layer at full size takes longer than all the rest.
    """

    def __init__(
        self,
        *,
        side: int = 64,
        channels: int = 3,
        latent: int = 128,
        widths: tuple[int, ...] = (192, 192, 128, 64),
        encoder_width: int = 48,
        encoder_widest: int = 128,
    ) -> None:
        super().__init__()
        if side != 4 * _PATCH << (len(widths) - 1):
            raise ValueError(f"{len(widths)} widths make a side of {4 * _PATCH << (len(widths) - 1)}, not {side}")
        self.side, self.channels, self.latent = side, channels, latent
        sizes, levels = widths, len(widths) - 1
        self.encoder = Encoder(
            side=side, channels=channels, width=encoder_width, levels=levels, outputs=latent, widest=encoder_widest
        )
        self.prior = CodePrior(1, latent)
        self.start = nn.Parameter(torch.randn(1, sizes[0], 4, 4))
        self.convs = nn.ModuleList([StyledConv(sizes[0], sizes[0], latent, enlarges=False)])
        self.to_colour = nn.ModuleList([nn.Conv2d(sizes[0], channels * _PATCH**2, 1)])
        for i in range(1, levels + 1):
            self.convs.append(StyledConv(sizes[i - 1], sizes[i], latent, enlarges=True))
            self.convs.append(StyledConv(sizes[i], sizes[i], latent, enlarges=False))
            self.to_colour.append(nn.Conv2d(sizes[i], channels * _PATCH**2, 1))

    @property
    def style_layers(self) -> int:
        """How many layers take a style of their own: the length of a W+ latent."""
        return len(self.convs)

    def encode(self, x: Tensor) -> Tensor:
        """Codes (n, latent) of pictures in [0, 1]."""
        return self.encoder(x).float()

    def draw(self, noise: Tensor) -> Tensor:
        """Codes (n, latent) of standard normal noise (n, latent), distributed as those of the training pictures."""
        return self.prior(noise, noise.new_zeros(len(noise)))

    def synthesis(self, styles: Sequence[Tensor] | Tensor) -> Tensor:
        """Pictures from w: one (n, latent) for all layers, or one for each layer (style mixing).

        Not clipped, so that gradients reach over-exposed pixels; about [0, 1].
        """
        by_layer = [styles] * self.style_layers if isinstance(styles, Tensor) else list(styles)
        x = self.start.expand(len(by_layer[0]), -1, -1, -1).contiguous(memory_format=torch.channels_last)
        x = self.convs[0](x, by_layer[0])
        colour = self.to_colour[0](x)
        for i in range(1, len(self.to_colour)):
            x = self.convs[2 * i - 1](x, by_layer[2 * i - 1])
            x = self.convs[2 * i](x, by_layer[2 * i])
            colour = F.interpolate(colour, scale_factor=2, mode="bilinear") + self.to_colour[i](x)
        return F.pixel_shuffle(colour, _PATCH) * 0.25 + 0.5

    def decode(self, w: Tensor) -> Tensor:
        """Pictures in [0, 1] from w."""
        return self.synthesis(w).float().clamp(0, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The copy of a picture through its code."""
        return self.decode(self.encode(x))


class CriticBlock(nn.Module):
    """Halves the picture: two convolutions beside a pooled shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, inputs, 3, padding=1)
        self.last = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        # pooled before the last convolution: a quarter of the work, and the same receptive field
        main = self.last(act(F.avg_pool2d(act(self.first(x)), 2)))
        return (act(main) * _GAIN + self.shortcut(F.avg_pool2d(x, 2))) / _GAIN


class Critic(nn.Module):
    """Pictures (n, channels, side, side) in [0, 1] to one score each; high means real."""

    def __init__(self, *, channels: int = 3, widths: tuple[int, ...] = (64, 128, 192, 192)) -> None:
        """``widths``: channels at half, a quarter, ... of the side, down to 4 pixels."""
        super().__init__()
        sizes = widths
        self.stem = nn.Conv2d(channels * 4, sizes[0], 3, padding=1)
        self.blocks = nn.Sequential(*(CriticBlock(sizes[i], sizes[i + 1]) for i in range(len(sizes) - 1)))
        self.mix = nn.Conv2d(sizes[-1] + 1, sizes[-1], 3, padding=1)
        self.dense = nn.Linear(sizes[-1] * 16, sizes[-1])
        self.score = nn.Linear(sizes[-1], 1)

    def features(self, x: Tensor) -> Tensor:
        """What the critic sees in a picture, (n, widest); each picture by itself."""
        return self._dense(self.maps(x), spread=None)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.maps(x)
        return self.score(self._dense(maps, spread=group_spread(maps)))[:, 0]

    def maps(self, x: Tensor) -> Tensor:
        """Feature maps (n, widest, 4, 4), where places are still told apart."""
        # pixels become channels at once: full-size layers would take longer than all the rest
        return self.blocks(act(self.stem(F.pixel_unshuffle(x * 2 - 1, 2))))

    def _dense(self, maps: Tensor, spread: Tensor | None) -> Tensor:
        if spread is None:
            spread = torch.zeros_like(maps[:, :1])
        maps = act(self.mix(torch.cat([maps, spread], dim=1)))
        return act(self.dense(maps.flatten(1)))


def group_spread(maps: Tensor, group: int = 4) -> Tensor:
    """Standard deviation over groups of pictures as one more channel (Karras 2018): lets it see a collapse."""
    n = len(maps)
    size = group if n % group == 0 else n
    parts = maps.float().view(size, n // size, *maps.shape[1:])
    spread = (parts.var(0, correction=0) + _EPSILON).sqrt().mean((1, 2, 3))
    return spread.to(maps.dtype).repeat(size)[:, None, None, None].expand(-1, 1, *maps.shape[2:])
