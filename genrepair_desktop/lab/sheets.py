"""Sample sheets: pictures side by side, one row for each sample."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from genrepair_desktop.imaging.colour import as_colour
from genrepair_desktop.lab.datasets import Bytes


def contact_sheet(columns: Sequence[Tensor], rows: int = 8, gap: int = 2) -> Bytes:
    """Batches (n, 1 or 3, h, w) in [0, 1] as columns of one picture; at most ``rows`` samples of each."""
    height = max(c.shape[-2] for c in columns)
    cells = []
    for row in range(min(rows, columns[0].shape[0])):
        line = [_cell(c[row], height, gap) for c in columns]
        cells.append(np.concatenate(line, axis=1))
    return np.concatenate(cells, axis=0)


def _cell(picture: Tensor, height: int, gap: int) -> Bytes:
    values = (picture.detach().float().clamp(0, 1) * 255).round().to(torch.uint8).cpu().permute(1, 2, 0).numpy()
    values = as_colour(values)
    factor = height // values.shape[0]
    values = values.repeat(factor, axis=0).repeat(factor, axis=1)
    return np.pad(values, ((0, gap), (0, gap), (0, 0)), constant_values=255)
