"""Inversion: the latents whose pictures agree with what is known of a picture."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genrepair_desktop.generate.model import (
    GenerateError,
    LatentModel,
    Latents,
    Pictures,
    check_latents,
    check_pictures,
)
from genrepair_desktop.generate.tensors import to_pictures, to_tensor
from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext

if TYPE_CHECKING:
    from torch import Tensor

# float32 (h, w): 0 missing, about 0.3 faded, 1 sound
Confidence = npt.NDArray[np.float32]
# Errors well above this count by their size, not its square: a scratch that nobody marked must not bend the face
_ROBUST = 0.03
_BETAS = (0.9, 0.99)


@dataclass(frozen=True)
class SearchOptions:
    """How to search.

    restarts  answers to find; the first starts from the encoder (or the middle), the others beside it
    steps     of Adam; 0 takes the starts as they are
    rate      step size, in deviations of the latents
    prior     weight of staying where the model has learned: higher is safer, lower is closer to the picture
    jitter    how far beside the first start the other ones lie, in deviations
    is_drawn  each answer is a draw, not the best: its prior is centred on a random latent, so that what nobody
              knows comes out differently while what is known holds (randomise-then-optimise, Bardsley 2014)
    """

    restarts: int = 4
    steps: int = 120
    rate: float = 0.05
    prior: float = 0.002
    jitter: float = 0.6
    is_drawn: bool = False


@dataclass(frozen=True)
class Projection:
    """Answers of a search, the best first.

    latents    (restarts, d)
    pictures   (restarts, side, side, channels)
    residuals  (restarts,) root-mean-square error over the sound pixels, in [0, 1]: how much of what is known the
               model cannot show. Above about 0.12, the picture is unlike what it was trained on.
    """

    latents: Latents
    pictures: Pictures
    residuals: npt.NDArray[np.float32]
    options: SearchOptions = field(default_factory=SearchOptions)


def project(
    model: LatentModel,
    picture: Image,
    ctx: RunContext,
    *,
    confidence: Confidence | None = None,
    start: Latents | None = None,
    options: SearchOptions | None = None,
) -> Projection:
    """Find latents of ``picture`` (side, side, channels), trusting each pixel as far as ``confidence`` says.

    Minimises, for all restarts at once, the confidence-weighted robust error (Charbonnier) plus the prior
    |(z - centre) / spread|^2 (as "CSGM", Bora 2017, with a prior for every model). ``start`` (k, d) replaces the
    encoder's start.

    Raises:
        GenerateError: wrong shapes, or nothing of the picture is known.
        Cancelled: at a checkpoint.
    """
    chosen = options or SearchOptions()
    check_pictures(picture[None], model.side, model.channels)
    weights = np.ones(picture.shape[:2], np.float32) if confidence is None else confidence.astype(np.float32)
    if weights.shape != picture.shape[:2] or not (weights >= 0).all() or weights.max() <= 0:
        raise GenerateError("The confidence needs a value from 0 to 1 for each pixel, and some above 0.")
    starts = _starts(model, picture, weights, start, chosen, ctx)
    latents = _search(model, picture, weights, starts, chosen, ctx) if chosen.steps else starts
    return _ranked(model, picture, weights, latents, chosen)


def fill_unknown(picture: Image, weights: Confidence) -> Image:
    """The picture with what is not known replaced by the mean of what is: what an encoder gets to see."""
    mean = (picture * weights[..., None]).sum((0, 1)) / weights.sum()
    return (weights[..., None] * picture + (1 - weights[..., None]) * mean).astype(np.float32)


def _starts(
    model: LatentModel,
    picture: Image,
    weights: Confidence,
    given: Latents | None,
    options: SearchOptions,
    ctx: RunContext,
) -> Latents:
    """(restarts, d): the first is the best guess, the others lie around it."""
    if given is not None:
        check_latents(given, model.latent_dim)
        first = given
    else:
        first = model.encode(fill_unknown(picture, weights)[None])
    missing = options.restarts - len(first)
    if missing <= 0:
        return first[: options.restarts]
    noise = ctx.rng.standard_normal((missing, model.latent_dim), dtype=np.float32)
    return np.concatenate([first, first[:1] + options.jitter * model.spread * noise]).astype(np.float32)


def _search(
    model: LatentModel,
    picture: Image,
    weights: Confidence,
    starts: Latents,
    options: SearchOptions,
    ctx: RunContext,
) -> Latents:
    import torch

    centre, spread = torch.from_numpy(model.centre), torch.from_numpy(model.spread)
    steps_from_middle = ((torch.from_numpy(starts) - centre) / spread).requires_grad_(True)
    target = to_tensor(picture[None], centre)
    trust = torch.from_numpy(weights)[None, None]
    share = trust.sum() * picture.shape[2]
    wished = torch.zeros_like(steps_from_middle)
    if options.is_drawn:
        # another stream than the starts': seed and 1
        drawn = np.random.default_rng([ctx.seed, 1]).standard_normal(starts.shape, dtype=np.float32)
        wished = torch.from_numpy(drawn)
    optimiser = torch.optim.Adam([steps_from_middle], lr=options.rate, betas=_BETAS)
    for step in range(options.steps):
        ctx.checkpoint(step / options.steps, "search")
        # falls to nothing at the end: the answers settle
        optimiser.param_groups[0]["lr"] = options.rate * (1 - step / options.steps)
        error = model.decode_tensor(centre + spread * steps_from_middle) - target
        robust = (torch.sqrt(error.square() + _ROBUST**2) - _ROBUST) * trust
        # summed over restarts: each has its own optimum
        data = robust.sum() / share
        prior = options.prior * (steps_from_middle - wished).square().mean(1).sum()
        (gradient,) = torch.autograd.grad(data + prior, steps_from_middle)
        steps_from_middle.grad = gradient
        optimiser.step()
    ctx.checkpoint(1.0, "search")
    return (centre + spread * steps_from_middle).detach().numpy().astype(np.float32)


def _ranked(
    model: LatentModel, picture: Image, weights: Confidence, latents: Latents, options: SearchOptions
) -> Projection:
    import torch

    with torch.inference_mode():
        made: Tensor = model.decode_tensor(torch.from_numpy(latents))
    pictures = to_pictures(made)
    squared = ((pictures - picture) ** 2 * weights[..., None]).sum((1, 2, 3)) / (weights.sum() * picture.shape[2])
    order = np.argsort(squared, kind="stable")
    return Projection(latents[order], pictures[order], np.sqrt(squared[order]).astype(np.float32), options)
