"""The enlarger: detail over a bicubic enlargement, computed at the small picture's size."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.networks.blocks import bias_of, residual_chain

SCALES = (2, 4)


class UpscaleNet(nn.Module):
    """EDSR's plan (Lim et al. 2017): residual blocks without normalisation, sub-pixel output, one head a scale."""

    def __init__(self, width: int = 64, depth: int = 12) -> None:
        super().__init__()
        self.enter = nn.Conv2d(3, width, 3, padding=1)
        self.body = residual_chain(width, (1,) * depth)
        self.gather = nn.Conv2d(width, width, 3, padding=1)
        self.twice = nn.Conv2d(width, 3 * 4, 3, padding=1)
        self.fourfold = nn.Conv2d(width, 3 * 16, 3, padding=1)
        for head in (self.twice, self.fourfold):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(bias_of(head))

    def forward(self, picture: Tensor, scale: int | Tensor = 2) -> Tensor:
        """(n, 3, h, w) in [0, 1] -> (n, 3, h * scale, w * scale); may leave [0, 1] a little.

        ``scale`` is 2 or 4; a tensor of one number is taken for callers that have only tensors.

        Raises:
            ValueError: another scale.
        """
        factor = int(scale)
        if factor not in SCALES:
            raise ValueError(f"pictures are enlarged 2 or 4 times, not {factor}")
        x = (picture * 2 - 1).to(self.enter.weight.dtype).contiguous(memory_format=torch.channels_last)
        first = self.enter(x)
        features = first + self.gather(self.body(first))
        head = self.twice if factor == 2 else self.fourfold
        detail = F.pixel_shuffle(head(features), factor).to(picture.dtype)
        smooth = F.interpolate(picture, scale_factor=float(factor), mode="bicubic", align_corners=False)
        return smooth + detail
