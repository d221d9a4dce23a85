"""Other people's networks behind the call that our own have: pictures of three channels in and out.

They run in float32: what each of them bears is known to its makers alone, and a network that gives whole pictures
instead of corrections loses a sixteen-bit photo's last bits in bfloat16.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_MULTIPLE = 8
_LEAST_SIDE = 64


class SpandrelNetwork(nn.Module):
    """A network that spandrel recognised.

    forward(image)        float32 (1, 3, h, w) in [0, 1] -> (1, 3, h * scale, w * scale)
    forward(image, mask)  mask (1, 1, h, w), 1 where to fill -> (1, 3, h, w)
    """

    def __init__(self, descriptor: Any) -> None:
        """``descriptor``: spandrel's ``ModelDescriptor``, of 1 or 3 channels."""
        super().__init__()
        self.net: nn.Module = descriptor.model
        self.descriptor = descriptor

    def forward(self, image: Tensor, *masks: Tensor) -> Tensor:
        if self.descriptor.input_channels == 1:
            # a grey network sees the colours one after the other
            planes = [self.descriptor(plane, *masks) for plane in image.split(1, dim=1)]
            return torch.cat([plane[:, :1] for plane in planes], dim=1)
        answer = self.descriptor(image, *masks)
        return answer if answer.shape[1] == 3 else answer[:, :1].expand(-1, 3, -1, -1)


class ProgramNetwork(nn.Module):
    """A TorchScript program that fills: ``program(image, mask)``, as LaMa's is published."""

    def __init__(self, program: nn.Module) -> None:
        super().__init__()
        self.net = program

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        """Shapes as ``SpandrelNetwork``; the picture is padded to sides that such networks can halve three times."""
        h, w = image.shape[-2:]
        down, right = (max(_LEAST_SIDE, -(-side // _MULTIPLE) * _MULTIPLE) - side for side in (h, w))
        padded = [F.pad(plane, (0, right, 0, down), "replicate") for plane in (image, mask)]
        answer: Tensor = self.net(*padded)
        return answer[..., :h, :w]
