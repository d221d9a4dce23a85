"""The network whose features measure generated pictures: trained by this project, never anyone's Inception.

For digits it names the digit. For pictures without classes it names what was done to a picture (nothing, blur,
noise, warp, shuffled parts, two pictures mixed, ...): to tell these apart it must know what a sound picture of
the kind looks like, which is what a distance between sets of pictures needs.
"""

import itertools

from torch import Tensor, nn

from genrepair_desktop.networks.blocks import ResidualBlock
from genrepair_desktop.networks.conv_codec import act, widths


class FeatureNet(nn.Module):
    """Pictures (n, channels, side, side) in [0, 1] to features (n, features) and logits (n, classes)."""

    def __init__(
        self,
        *,
        side: int = 64,
        channels: int = 3,
        classes: int = 10,
        width: int = 32,
        levels: int = 4,
        widest: int = 128,
        features: int = 64,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.side, self.channels, self.classes = side, channels, classes
        sizes = widths(width, levels, widest)
        layers: list[nn.Module] = [nn.Conv2d(channels, sizes[0], 3, padding=1)]
        for wide, wider in itertools.pairwise(sizes):
            layers += [nn.Conv2d(wide, wider, 4, stride=2, padding=1), ResidualBlock(wider)]
        self.body = nn.Sequential(*layers)
        self.dense = nn.Linear(sizes[-1] * (side >> levels) ** 2, features)
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(features, classes)

    def features(self, x: Tensor) -> Tensor:
        return act(self.dense(act(self.body(x * 2 - 1)).flatten(1)))

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, classes)."""
        return self.head(self.drop(self.features(x)))
