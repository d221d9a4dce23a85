"""Vector-quantised autoencoder (van den Oord 2017): a picture as a small grid of codes.

The codebook follows the encoder by exponential moving averages (their appendix A.1); a code that nothing has
used for a while is moved onto a vector of the batch, so that the book stays in use.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.networks.blocks import ResidualBlock
from genrepair_desktop.networks.conv_codec import act
from genrepair_desktop.networks.pixel_rnn import PixelRnn

_DECAY = 0.99
_LEAST_USE = 0.03


class Codebook(nn.Module):
    """``codes`` vectors of ``depth`` numbers."""

    vectors: Tensor
    uses: Tensor
    sums: Tensor

    def __init__(self, codes: int, depth: int) -> None:
        super().__init__()
        start = torch.randn(codes, depth)
        self.register_buffer("vectors", start)
        self.register_buffer("uses", torch.ones(codes))
        self.register_buffer("sums", start.clone())

    def nearest(self, features: Tensor) -> Tensor:
        """(n, depth, h, w) to the index of the nearest vector at each place, (n, h, w)."""
        flat = features.permute(0, 2, 3, 1).reshape(-1, self.vectors.shape[1]).float()
        # |f - v|^2 without |f|^2, which is the same for all v
        distance = self.vectors.pow(2).sum(1) - 2 * flat @ self.vectors.T
        return distance.argmin(1).view(len(features), *features.shape[2:])

    def look_up(self, codes: Tensor) -> Tensor:
        """(n, h, w) to (n, depth, h, w)."""
        return F.embedding(codes, self.vectors).permute(0, 3, 1, 2)

    @torch.no_grad()
    def follow(self, features: Tensor, codes: Tensor) -> None:
        """One step of the moving averages, and new places for unused vectors."""
        flat = features.permute(0, 2, 3, 1).reshape(-1, self.vectors.shape[1]).float()
        chosen = codes.flatten()
        count = torch.zeros_like(self.uses).index_add_(0, chosen, torch.ones_like(chosen, dtype=torch.float32))
        self.uses.lerp_(count, 1 - _DECAY)
        self.sums.lerp_(torch.zeros_like(self.sums).index_add_(0, chosen, flat), 1 - _DECAY)
        unused = (self.uses < _LEAST_USE).nonzero()[:, 0]
        if len(unused):
            taken = flat[torch.randint(len(flat), (len(unused),))]
            self.sums[unused], self.uses[unused] = taken, torch.ones(len(unused))
        self.vectors.copy_(self.sums / self.uses[:, None].clamp_min(1e-5))


class VqAutoencoder(nn.Module):
    """Pictures (n, channels, side, side) in [0, 1] to codes (n, side / 4, side / 4), and back."""

    def __init__(
        self, *, side: int = 64, channels: int = 3, width: int = 64, codes: int = 256, depth: int = 32, blocks: int = 2
    ) -> None:
        super().__init__()
        self.side, self.channels, self.grid, self.codes = side, channels, side // 4, codes
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, width, 4, stride=2, padding=1),
            *(ResidualBlock(width) for _ in range(blocks)),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, depth, 1),
        )
        self.book = Codebook(codes, depth)
        self.stem = nn.Conv2d(depth, width, 3, padding=1)
        self.body = nn.Sequential(*(ResidualBlock(width) for _ in range(blocks)))
        self.finer = nn.Conv2d(width, width, 3, padding=1)
        self.head = nn.Conv2d(width, channels * 4, 3, padding=1)

    def features(self, x: Tensor) -> Tensor:
        return self.encoder(x * 2 - 1).float()

    def encode(self, x: Tensor) -> Tensor:
        """Codes (n, grid, grid)."""
        return self.book.nearest(self.features(x))

    def picture(self, quantised: Tensor) -> Tensor:
        """From code vectors (n, depth, grid, grid); near [0, 1], not clipped."""
        x = act(self.body(self.stem(quantised)))
        x = act(self.finer(F.interpolate(x, scale_factor=2, mode="nearest")))
        return F.pixel_shuffle(self.head(x), 2) + 0.5

    def decode(self, codes: Tensor) -> Tensor:
        """Pictures in [0, 1] from codes (n, grid, grid)."""
        return self.picture(self.book.look_up(codes)).float().clamp(0, 1)

    def train_pass(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The reconstruction, and the commitment loss that holds features to their codes; moves the codebook."""
        features = self.features(x)
        codes = self.book.nearest(features)
        quantised = self.book.look_up(codes)
        if self.training:
            self.book.follow(features.detach(), codes)
        commitment = F.mse_loss(features, quantised)
        # straight-through: the decoder's gradient goes to the features as if nothing had been rounded
        return self.picture(features + (quantised - features).detach()), commitment

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


class PortraitRnn(nn.Module):
    """A ``VqAutoencoder`` with the ``PixelRnn`` over its codes: pictures by drawing codes."""

    def __init__(self, *, vq: dict[str, Any], rnn: dict[str, Any]) -> None:
        super().__init__()
        self.vq = VqAutoencoder(**vq)
        self.rnn = PixelRnn(height=self.vq.grid, columns=self.vq.grid, levels=self.vq.codes, **rnn)
