"""A small style-based generator and its critic, for portraits of 64 or 128 pixels.

From StyleGAN2 (Karras 2020): mapping network, modulation with demodulation, noise inputs, skip connections to
colour; written so that a batch needs one ordinary convolution, not one a picture: scaling the input channels
by the style and the output channels by its norm is the same as scaling the weights (their eq. 1 and 3).
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.networks.conv_codec import act

_EPSILON = 1e-8
# keeps the variance of a leaky ReLU's output at that of its input
_GAIN = math.sqrt(2)


class StyledConv(nn.Module):
    """Modulated 3x3 convolution with noise; (n, inputs, h, w) and w (n, style) to (n, outputs, h, w)."""

    noise: Tensor

    def __init__(self, inputs: int, outputs: int, style: int, side: int, *, enlarges: bool) -> None:
        super().__init__()
        self.enlarges = enlarges
        self.affine = nn.Linear(style, inputs)
        nn.init.ones_(self.affine.bias)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3) / math.sqrt(inputs * 9))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        # by numpy: a network may be built on the meta device, which has no random numbers
        fixed = np.random.default_rng(side).standard_normal((1, 1, side, side)).astype(np.float32)
        self.register_buffer("noise", torch.from_numpy(fixed))

    def forward(self, x: Tensor, w: Tensor, *, fresh_noise: bool) -> Tensor:
        style = self.affine(w)
        # demodulation in float32: sums of squares over a thousand weights lose digits in bf16
        power = self.weight.float().pow(2).sum((2, 3))
        norm = torch.rsqrt(F.linear(style.float().pow(2), power) + _EPSILON)
        x = x * style[:, :, None, None].to(x.dtype)
        if self.enlarges:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        x = F.conv2d(x, self.weight, padding=1)
        # to the convolution's number format, or under autocast all that follows would run in float32
        kind = x.dtype
        noise = torch.randn_like(x[:, :1]) if fresh_noise else self.noise.to(kind)
        shift = noise * self.noise_strength.to(kind) + self.bias.to(kind)[:, None, None]
        return act(torch.addcmul(shift, x, norm.to(kind)[:, :, None, None])) * _GAIN


class Mapping(nn.Module):
    """z (n, latent), normalised, to w (n, style); keeps the running mean of w for truncation."""

    mean: Tensor

    def __init__(self, latent: int, style: int, layers: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(latent if i == 0 else style, style) for i in range(layers))
        self.register_buffer("mean", torch.zeros(style))

    def forward(self, z: Tensor) -> Tensor:
        w = z * torch.rsqrt(z.pow(2).mean(1, keepdim=True) + _EPSILON)
        for layer in self.layers:
            w = act(layer(w)) * _GAIN
        return w

    @torch.no_grad()
    def follow(self, w: Tensor, decay: float = 0.998) -> None:
        """Move the running mean towards a batch of w."""
        self.mean.lerp_(w.float().mean(0), 1 - decay)


class StyleGenerator(nn.Module):
    """Latents z (n, latent) ~ N(0, I) to pictures (n, channels, side, side) in [0, 1].

    ``widths``: channels at 4, 8, 16, ... pixels; few at full size, where memory is the limit.
    """

    def __init__(
        self,
        *,
        side: int = 64,
        channels: int = 3,
        latent: int = 128,
        style: int = 128,
        widths: tuple[int, ...] = (192, 192, 128, 64, 16),
        mapping_layers: int = 3,
    ) -> None:
        super().__init__()
        if side != 4 << (len(widths) - 1):
            raise ValueError(f"{len(widths)} widths make a side of {4 << (len(widths) - 1)}, not {side}")
        self.side, self.channels, self.latent, self.style = side, channels, latent, style
        sizes, levels = widths, len(widths) - 1
        self.mapping = Mapping(latent, style, mapping_layers)
        self.start = nn.Parameter(torch.randn(1, sizes[0], 4, 4))
        self.convs = nn.ModuleList([StyledConv(sizes[0], sizes[0], style, 4, enlarges=False)])
        self.to_colour = nn.ModuleList([nn.Conv2d(sizes[0], channels, 1)])
        for i in range(1, levels + 1):
            self.convs.append(StyledConv(sizes[i - 1], sizes[i], style, 4 << i, enlarges=True))
            self.convs.append(StyledConv(sizes[i], sizes[i], style, 4 << i, enlarges=False))
            self.to_colour.append(nn.Conv2d(sizes[i], channels, 1))

    @property
    def style_layers(self) -> int:
        """How many layers take a style of their own: the length of a W+ latent."""
        return len(self.convs)

    def truncated(self, w: Tensor, psi: float) -> Tensor:
        """Styles moved towards their mean: psi 1 leaves them, 0 gives the mean face (Karras 2019, 3.2)."""
        return self.mapping.mean + psi * (w - self.mapping.mean)

    def synthesis(self, styles: Sequence[Tensor] | Tensor, *, fresh_noise: bool = False) -> Tensor:
        """Pictures from w: one (n, style) for all layers, or one for each layer (style mixing).

        Not clipped, so that gradients reach over-exposed pixels; about [0, 1].
        """
        by_layer = [styles] * self.style_layers if isinstance(styles, Tensor) else list(styles)
        x = self.start.expand(len(by_layer[0]), -1, -1, -1).contiguous(memory_format=torch.channels_last)
        x = self.convs[0](x, by_layer[0], fresh_noise=fresh_noise)
        colour = self.to_colour[0](x)
        for i in range(1, len(self.to_colour)):
            x = self.convs[2 * i - 1](x, by_layer[2 * i - 1], fresh_noise=fresh_noise)
            x = self.convs[2 * i](x, by_layer[2 * i], fresh_noise=fresh_noise)
            colour = F.interpolate(colour, scale_factor=2, mode="bilinear") + self.to_colour[i](x)
        return colour * 0.25 + 0.5

    def decode(self, w: Tensor) -> Tensor:
        """Pictures in [0, 1] from w, with the fixed noise: same w, same picture."""
        return self.synthesis(w).float().clamp(0, 1)

    def forward(self, z: Tensor, *, fresh_noise: bool = False) -> Tensor:
        return self.synthesis(self.mapping(z), fresh_noise=fresh_noise)


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
        return self._dense(self._maps(x), spread=None)

    def forward(self, x: Tensor) -> Tensor:
        maps = self._maps(x)
        return self.score(self._dense(maps, spread=group_spread(maps)))[:, 0]

    def _maps(self, x: Tensor) -> Tensor:
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
