"""A generator of portraits that began as the decoder of a VAE, and the critic that made it sharp.

Larsen et al. 2016 ("Autoencoding beyond pixels using a learned similarity metric"): a trained VAE already draws
faces, softly; a critic of its copies and samples teaches the decoder what pixel errors cannot. From few pictures
on a processor, a generator without that start had not drawn a face after 20,000 pictures.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.networks.conv_codec import act
from genrepair_desktop.networks.conv_vae import ConvVae

_EPSILON = 1e-8
_LEAST_DEVIATION = 1e-4
# keeps the variance of a leaky ReLU's output at that of its input
_GAIN = math.sqrt(2)


class StyleGenerator(ConvVae):
    """A ``ConvVae`` whose decoder a critic has taught. Its pictures are drawn, not the mean of a likelihood.

    Styles are mixed by resolution: what one code says from some layer on is laid over another's shapes as mean
    and deviation of each feature (Huang and Belongie 2017, "AdaIN").
    """

    @property
    def style_layers(self) -> int:
        """How many layers may take another code's style: the first, and one for each doubling."""
        return 1 + len(self.decoder.stages)

    def draw(self, noise: Tensor, place: Tensor) -> Tensor:
        """Codes (n, latent) of standard normal noise (n, latent) and ``place`` (n,) in [0, 1), distributed as those
        of the training pictures."""
        return self.prior(noise, place) if self.prior is not None else noise

    def synthesis(self, z: Tensor) -> Tensor:
        """Pictures (n, channels, side, side) of codes; near [0, 1], not clipped, so that gradients pass."""
        return self.output(z) + 0.5

    def mixed(self, coarse: Tensor, fine: Tensor, first_fine_layer: int) -> Tensor:
        """Pictures with the shapes of ``coarse`` (n, latent) and, from a layer on, the styles of ``fine``.

        ``first_fine_layer`` from 0, which gives the pictures of ``fine``, to ``style_layers``, those of ``coarse``.
        """
        if first_fine_layer == 0:
            return self.synthesis(fine)
        both = self.decoder.begin(torch.cat([coarse, fine]))
        for layer, stage in enumerate(self.decoder.stages, start=1):
            both = self.decoder.enlarge(stage, both)
            if layer >= first_fine_layer:
                shapes, styles = both.chunk(2)
                both = torch.cat([in_style(shapes, styles), styles])
        return self.decoder.end(both.chunk(2)[0]) + 0.5


def in_style(x: Tensor, other: Tensor) -> Tensor:
    """Feature maps (n, c, h, w) with the mean and deviation that each channel has in ``other``."""
    mean, deviation = x.mean((2, 3), keepdim=True), x.std((2, 3), keepdim=True).clamp_min(_LEAST_DEVIATION)
    return (x - mean) / deviation * other.std((2, 3), keepdim=True) + other.mean((2, 3), keepdim=True)


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
