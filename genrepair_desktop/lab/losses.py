"""Losses. Tensors are (n, c, h, w); a mask is (n, 1, h, w) with 1 inside the hole."""

import torch
from torch import Tensor

# About 1.5 grey levels: below it, an error is the photo's own noise and must not be weighted up
_NOISE_FLOOR = 0.006


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
