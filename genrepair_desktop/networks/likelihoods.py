"""Log-likelihoods of a picture under a decoder's output, in nats for each picture.

``bernoulli``  binary pixels; the output is a logit for each.
``gaussian``   8-bit pixels under a normal density with one learned variance a channel (Rybkin 2021,
               "sigma-VAE"); the density times the width of a level stands for the level's probability.
``logistic``   8-bit pixels under a logistic distribution cut into 256 levels (Salimans 2017, eq. 2, with one
               component), mean and scale learned for each pixel: an exact probability.
"""

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Likelihood = Literal["bernoulli", "gaussian", "logistic"]
_BIN = 1 / 255
# below exp(-6) a single level holds all the mass, and gradients explode
_SMALLEST_LOG_SCALE = -6.0


def outputs_for(likelihood: Likelihood, channels: int) -> int:
    """How many channels a decoder must give: means, and for ``logistic`` log scales too."""
    return channels * 2 if likelihood == "logistic" else channels


def mean_picture(likelihood: Likelihood, output: Tensor) -> Tensor:
    """The mean of the distribution, (n, channels, h, w) in [0, 1]."""
    if likelihood == "bernoulli":
        return output.sigmoid()
    mean = output.chunk(2, dim=1)[0] if likelihood == "logistic" else output
    return (mean + 0.5).clamp(0, 1)


def log_likelihood(likelihood: Likelihood, output: Tensor, x: Tensor, log_sigma: Tensor) -> Tensor:
    """log p(x | z) summed over pixels, shape (n,), in nats.

    ``output``    the decoder's (n, outputs_for(...), h, w)
    ``x``         (n, channels, h, w) in [0, 1]; binary for ``bernoulli``
    ``log_sigma`` (channels, 1, 1), used by ``gaussian`` only
    """
    output = output.float()
    if likelihood == "bernoulli":
        each = -F.binary_cross_entropy_with_logits(output, x, reduction="none")
    elif likelihood == "gaussian":
        each = _gaussian(x - (output + 0.5), log_sigma.clamp_min(_SMALLEST_LOG_SCALE))
    else:
        mean, log_scale = output.chunk(2, dim=1)
        each = _logistic(x, mean + 0.5, (log_scale - 2).clamp_min(_SMALLEST_LOG_SCALE))
    return each.flatten(1).sum(1)


def bits_per_dimension(nats: float, dimensions: int) -> float:
    """A negative log-likelihood in nats as bits for each number of the picture."""
    return nats / (dimensions * math.log(2))


def _gaussian(error: Tensor, log_sigma: Tensor) -> Tensor:
    density = -0.5 * (error * (-log_sigma).exp()) ** 2 - log_sigma - 0.5 * math.log(2 * math.pi)
    return density + math.log(_BIN)


def _logistic(x: Tensor, mean: Tensor, log_scale: Tensor) -> Tensor:
    """The mass between the level's two edges; the outermost levels take their tails."""
    inverse = (-log_scale).exp()
    upper = (x - mean + _BIN / 2) * inverse
    lower = (x - mean - _BIN / 2) * inverse
    between = torch.where(
        # log(sigmoid(u) - sigmoid(l)) without cancellation: both in the same tail
        (upper + lower) > 0,
        F.logsigmoid(-lower) + torch.log1p(-_ratio(upper, lower)),
        F.logsigmoid(upper) + torch.log1p(-_ratio(-lower, -upper)),
    )
    darkest, lightest = x < _BIN / 2, x > 1 - _BIN / 2
    return torch.where(darkest, F.logsigmoid(upper), torch.where(lightest, F.logsigmoid(-lower), between))


def _ratio(far: Tensor, near: Tensor) -> Tensor:
    """sigmoid(-far) / sigmoid(-near) for far > near, held below 1 so that its complement has a logarithm."""
    return (F.logsigmoid(-far) - F.logsigmoid(-near)).exp().clamp_max(1 - 1e-6)
