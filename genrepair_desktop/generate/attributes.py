"""Attribute directions: what tells one group of pictures from another, as a step between latents."""

import numpy as np

from genrepair_desktop.generate.model import GenerateError, Latents, check_latents


def attribute_direction(with_it: Latents, without_it: Latents) -> Latents:
    """The step (d,) from the mean of the latents ``without_it`` (m, d) to the mean of those ``with_it`` (n, d), as
    in "attribute vectors" (Larsen 2016). A step of 1 is as far as the two groups lie apart.

    Raises:
        GenerateError: a group is empty, of another length or not finite, or both have the same mean.
    """
    if not len(with_it) or not len(without_it):
        raise GenerateError("A direction needs at least one picture with it and one without it.")
    check_latents(with_it, without_it.shape[1])
    check_latents(without_it, without_it.shape[1])
    step = (with_it.mean(axis=0, dtype=np.float64) - without_it.mean(axis=0, dtype=np.float64)).astype(np.float32)
    if not step.any():
        raise GenerateError("Both groups are the same: nothing tells them apart.")
    return step


def steps_along(latent: Latents, direction: Latents, reach: float, steps: int) -> Latents:
    """From a latent (d,) to the one ``reach`` times the direction (d,) away, in even steps: (steps, d).

    Raises:
        GenerateError: fewer than two steps, a reach of 0, or a latent of another length.
    """
    check_latents(latent[None], len(direction))
    if steps < 2 or not np.isfinite(reach) or reach == 0:
        raise GenerateError("A way along a direction needs at least two steps, and a reach other than 0.")
    amounts = np.linspace(0.0, reach, steps, dtype=np.float32)
    return (latent + amounts[:, None] * direction).astype(np.float32)
