"""The critic: judges, patch by patch, whether a fill looks like a photograph."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PatchCritic(nn.Module):
    """Four strided convolutions on the pixel-unshuffled picture and its mask; one judgement for 16 x 16 pixels.

    Isola et al. 2017 (PatchGAN). No normalisation: batch statistics would tell the critic which batch it sees.
    ``forward`` returns the judgement (n, 1, h / 16, w / 16) and the features of each layer, for feature matching.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        widths = (width, width * 2, width * 4)
        self.enter = nn.Conv2d(16, widths[0], 3, padding=1)
        self.layers = nn.ModuleList(
            nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in zip(widths, (*widths[1:], widths[-1]), strict=True)
        )
        self.judge = nn.Conv2d(widths[-1], 1, 3, padding=1)

    def forward(self, picture: Tensor, mask: Tensor) -> tuple[Tensor, list[Tensor]]:
        """``picture`` (n, 3, h, w) in [0, 1], ``mask`` (n, 1, h, w); h and w are multiples of 16."""
        x = F.pixel_unshuffle(torch.cat([picture * 2 - 1, mask], 1), 2)
        x = F.leaky_relu(self.enter(x.contiguous(memory_format=torch.channels_last)), 0.2)
        features = [x]
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            features.append(x)
        return self.judge(x), features
