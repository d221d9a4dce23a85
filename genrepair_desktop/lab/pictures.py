"""Whole pictures for the generative models: batches of aligned portraits, digits or patches, and their sheets."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from genrepair_desktop.imaging.colour import as_colour
from genrepair_desktop.lab.datasets import Bytes, CropSource
from genrepair_desktop.lab.recipe import to_planes

Labels = npt.NDArray[np.int64]


def draw_pictures(
    source: CropSource, count: int, side: int, rng: np.random.Generator, *, mirrors: bool = True
) -> Bytes:
    """``count`` whole pictures, each alike, half of them mirrored: uint8 (count, side, side, 3)."""
    pictures = np.stack([source.whole(int(i), side) for i in rng.choice(source.indices, count)])
    if mirrors:
        flipped = rng.random(count) < 0.5
        pictures[flipped] = pictures[flipped, :, ::-1]
    return pictures


def all_pictures(source: CropSource, side: int, most: int | None = None) -> Bytes:
    """The first ``most`` whole pictures of a split in its order, or all: uint8 (n, side, side, 3)."""
    return np.stack([source.whole(int(i), side) for i in source.indices[:most]])


def as_input(pictures: Tensor, *, channels: int = 3) -> Tensor:
    """uint8 (n, h, w, 3) to float32 (n, channels, h, w) in [0, 1]."""
    planes = to_planes(pictures)
    return planes if channels == 3 else planes.mean(1, keepdim=True)


def picture_batch(source: CropSource, side: int, most: int, net: nn.Module, *, channels: int = 3) -> Tensor:
    """Held-out pictures as a tensor on the network's device, the same at every call."""
    device = next(net.parameters()).device
    return as_input(torch.from_numpy(all_pictures(source, side, most)), channels=channels).to(device)


def grid(pictures: Tensor, columns: int, gap: int = 2) -> Bytes:
    """Pictures (n, 1 or 3, h, w) in [0, 1], row by row, as one uint8 picture on white."""
    values = (pictures.detach().float().clamp(0, 1) * 255).round().byte().cpu().permute(0, 2, 3, 1).numpy()
    return tile_pictures(values, columns, gap)


def tile_pictures(pictures: Bytes | Sequence[Bytes], columns: int, gap: int = 2) -> Bytes:
    """Pictures uint8 (n, h, w, 1 or 3) of one size, row by row, as one picture (H, W, 3) on white."""
    values = as_colour(np.stack(list(pictures)))
    n, h, w, _ = values.shape
    rows = -(-n // columns)
    sheet = np.full((rows * (h + gap) + gap, columns * (w + gap) + gap, 3), 255, np.uint8)
    for i, picture in enumerate(values):
        y, x = gap + i // columns * (h + gap), gap + i % columns * (w + gap)
        sheet[y : y + h, x : x + w] = picture
    return sheet
