"""The network that says where the face is in a view of a photo, even if a hole hides half of it."""

import torch
from torch import Tensor, nn

from genrepair_desktop.networks.conv_codec import Encoder, act

# of the known pixels' spread: an even view has none to divide by
_LEAST_SPREAD = 0.02
# the encoder takes values about one half
_MIDDLE, _CONTRAST = 0.5, 0.25


class FaceLocator(nn.Module):
    """Views (n, 2, side, side), grey and hole, both in [0, 1], to answers (n, 4).

    An answer is the logarithm of the odds that a face stands in the middle of the view, the middle of its aligned
    square (x, y, from the view's middle, in sides of the view), and the logarithm of the square's side over the
    view's.
    """

    def __init__(
        self, *, side: int = 64, width: int = 20, levels: int = 3, widest: int = 96, features: int = 64
    ) -> None:
        super().__init__()
        self.side = side
        self.encoder = Encoder(side=side, channels=2, width=width, levels=levels, outputs=features, widest=widest)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(features, 4)

    def features(self, views: Tensor) -> Tensor:
        """What the answers are read from, (n, features)."""
        return act(self.encoder(_evened(views)))

    def answers(self, features: Tensor) -> Tensor:
        return self.head(self.drop(features))

    def forward(self, views: Tensor) -> Tensor:
        return self.answers(self.features(views))


def _evened(views: Tensor) -> Tensor:
    """The views with the same brightness and contrast: a faded photo looks like any other."""
    grey, hole = views[:, :1], views[:, 1:]
    known = 1 - hole
    count = known.sum((2, 3), keepdim=True).clamp(min=1)
    mean = (grey * known).sum((2, 3), keepdim=True) / count
    spread = ((grey - mean).square() * known).sum((2, 3), keepdim=True).div(count).sqrt()
    return torch.cat([_MIDDLE + _CONTRAST * (grey - mean) / (spread + _LEAST_SPREAD), hole], dim=1)
