"""Losses. Tensors are (n, c, h, w); a mask is (n, 1, h, w) with 1 inside the hole."""

import torch
import torch.nn.functional as F
from torch import Tensor

# About 1.5 grey levels: below it, an error is the photo's own noise and must not be weighted up
_NOISE_FLOOR = 0.006
# of fewer patches nothing can be said but how many they are
_FEWEST_PATCHES = 40


def relative_hole_loss(output: Tensor, truth: Tensor, start: Tensor, mask: Tensor) -> Tensor:
    """How much of the first fill's error is left, averaged over the pictures; 1 for the first fill itself.

    PSNR averages logarithms, so each picture counts by its ratio: otherwise large holes, with their large errors,
    would drown the scratches, and the network would spoil what the first fill already does well. Sum of an L1
    ratio, half a root-mean-square ratio and half an L1 ratio of the gradients.
    """
    error, before = (output - truth) * mask, (start - truth) * mask
    absolute = _ratio(_mean(error.abs(), mask), _mean(before.abs(), mask))
    squared = _ratio(_root(_mean(error.square(), mask)), _root(_mean(before.square(), mask)))
    gradient = _ratio(_gradient(error, mask), _gradient(before, mask))
    return (absolute + 0.5 * squared + 0.5 * gradient).mean()


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    """The mean over the hole of each picture, (n,)."""
    return values.sum((1, 2, 3)) / (mask.sum((1, 2, 3)) * values.shape[1]).clamp_min(1)


def _gradient(error: Tensor, mask: Tensor) -> Tensor:
    across, down = error.diff(dim=3).abs().sum((1, 2, 3)), error.diff(dim=2).abs().sum((1, 2, 3))
    return (across + down) / (mask.sum((1, 2, 3)) * 2 * error.shape[1]).clamp_min(1)


def _root(values: Tensor) -> Tensor:
    return torch.sqrt(values + 1e-8)


def _ratio(after: Tensor, before: Tensor) -> Tensor:
    return after / (before.detach() + _NOISE_FLOOR)


def texture_loss(
    output: Tensor, truth: Tensor, start: Tensor, mask: Tensor, *, directions: int = 24, window: int | None = None
) -> Tensor:
    """Sliced Wasserstein distance between the patches of a fill and of the truth inside the hole, over that of the
    first fill; 1 for the first fill itself, 0 for any arrangement of the truth's own patches.

    Patches of 5 x 5 pixels at full and half size are projected on random directions; along each the sorted values
    are compared (Heitz et al. 2021, with patches in place of the features of a classifier). Unlike a difference of
    pixels it does not punish texture that is right but elsewhere.

    ``window``: compare within squares of so many pixels, on a grid that is shifted at random. Where a hole holds a
    wall and the sky, the patches of both together are met best by specks of wall all over.
    """
    ratios: list[Tensor] = []
    for size in (1, 2):
        kernels = _directions(directions, truth)
        # patches of even areas differ by less than bfloat16 tells apart
        with torch.autocast(truth.device.type, enabled=False):
            planes = [F.conv2d(F.avg_pool2d(x, size), kernels) for x in (output, truth, start)]
        # a patch belongs to the hole where its middle does
        inside = (F.avg_pool2d(mask, size) > 0.5)[:, 0, 2:-2, 2:-2]
        for rows, columns in _squares(inside.shape[-2:], window):
            for i in torch.nonzero(inside[:, rows, columns].flatten(1).sum(1) >= _FEWEST_PATCHES)[:, 0].tolist():
                here = inside[i, rows, columns]
                made, wanted, before = (p[i, :, rows, columns][:, here].sort(dim=1).values for p in planes)
                gap, smooth = (made - wanted).abs().mean(), (before - wanted).abs().mean()
                ratios.append(gap / (smooth.detach() + _NOISE_FLOOR))
    return torch.stack(ratios).mean() if ratios else output.sum() * 0


def _squares(shape: tuple[int, ...], window: int | None) -> list[tuple[slice, slice]]:
    """The whole plane, or the squares of a randomly shifted grid over it."""
    if window is None:
        return [(slice(None), slice(None))]
    first = [int(torch.randint(window, ()).item()) - window for _ in shape]
    spans = [
        [slice(max(0, start), start + window) for start in range(begin, length, window) if start + window > 0]
        for begin, length in zip(first, shape, strict=True)
    ]
    return [(rows, columns) for rows in spans[0] for columns in spans[1]]


def _directions(count: int, like: Tensor) -> Tensor:
    """Random unit vectors among patches, as kernels (count, 3, 5, 5); all but a few without the mean colour."""
    kernels = torch.randn(count, like.shape[1], 5, 5, device=like.device)
    kernels[count // 6 :] -= kernels[count // 6 :].mean((2, 3), keepdim=True)
    return kernels / kernels.flatten(1).norm(dim=1)[:, None, None, None]
