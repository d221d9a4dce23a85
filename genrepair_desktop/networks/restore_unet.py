"""The denoiser: predicts what noise and compression added, and how strong it is where."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.networks.blocks import Trunk, pad_to_multiple

_MULTIPLE = 8
# The noise map is learned in units of this: 55/255, the strongest noise, becomes about 1
_NOISE_UNIT = 0.2


class RestoreUNet(nn.Module):
    """Blind: the picture alone goes in. ``forward`` gives the clean picture, ``analyse`` the noise map too."""

    def __init__(
        self,
        widths: tuple[int, int, int] = (64, 96, 128),
        depths: tuple[int, int] = (1, 2),
        dilations: tuple[int, ...] = (1, 2, 1),
    ) -> None:
        super().__init__()
        self.trunk = Trunk(3, 4, widths, depths, dilations)

    def forward(self, picture: Tensor) -> Tensor:
        """(n, 3, h, w) in [0, 1] -> the same size, cleaned; may leave [0, 1] a little."""
        return self.analyse(picture)[0]

    def with_map(self, picture: Tensor) -> Tensor:
        """The clean picture and, as a fourth channel, the noise map: (n, 4, h, w)."""
        return torch.cat(self.analyse(picture), 1)

    def analyse(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """The clean picture and the noise map (n, 1, h, w): local strength as a standard deviation, 0 = clean."""
        h, w = picture.shape[-2:]
        x = pad_to_multiple(picture * 2 - 1, _MULTIPLE).to(self.trunk.enter.weight.dtype)
        answer = self.trunk(x)[..., :h, :w].to(picture.dtype)
        # Not a ReLU: the last layer starts at zero, where its slope is none, and the map never learned
        return picture - answer[:, :3], F.softplus(answer[:, 3:]) * _NOISE_UNIT
