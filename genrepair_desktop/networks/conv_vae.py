"""Convolutional variational autoencoder (Kingma and Welling 2014), by class if wanted."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.networks.code_prior import CodePrior
from genrepair_desktop.networks.conv_codec import Decoder, Encoder
from genrepair_desktop.networks.likelihoods import Likelihood, log_likelihood, mean_picture, outputs_for

# a posterior narrower than exp(-10) is a point for float32, a wider one than exp(5) means nothing
_LOG_VARIANCE = (-10.0, 5.0)


class ConvVae(nn.Module):
    """Posterior q(z|x) = N(mu, diag sigma^2), prior N(0, I), decoder p(x|z) of one of three likelihoods.

    Pictures are (n, channels, side, side) in [0, 1], latents (n, latent), classes (n,) from 0 to classes - 1.
    ``classes`` 0 makes it unconditional. ``components`` above 0: samples are drawn from a mixture of that many
    normals, fitted to the codes of the training pictures after training, in place of the prior.
    """

    def __init__(
        self,
        *,
        side: int = 64,
        channels: int = 3,
        latent: int = 128,
        width: int = 64,
        levels: int = 3,
        widest: int = 128,
        blocks: int = 1,
        patch: int = 2,
        likelihood: Likelihood = "gaussian",
        classes: int = 0,
        components: int = 0,
    ) -> None:
        super().__init__()
        self.side, self.channels, self.latent, self.classes = side, channels, latent, classes
        self.likelihood: Likelihood = likelihood
        shape = {"side": side, "width": width, "levels": levels, "widest": widest, "blocks": blocks, "patch": patch}
        self.encoder = Encoder(channels=channels + classes, outputs=latent * 2, **shape)
        self.decoder = Decoder(inputs=latent + classes, outputs=outputs_for(likelihood, channels), **shape)
        self.prior = CodePrior(components, latent) if components else None
        self.log_sigma = nn.Parameter(torch.full((channels, 1, 1), -2.0))

    def posterior(self, x: Tensor, y: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """mu and log sigma^2 of q(z|x), each (n, latent)."""
        if self.classes:
            planes = self._one_hot(y, len(x), x)[:, :, None, None].expand(-1, -1, *x.shape[2:])
            # the encoder maps [0, 1] to [-1, 1] for pictures and classes alike
            x = torch.cat([x, planes], dim=1)
        mean, log_variance = self.encoder(x).float().chunk(2, dim=1)
        return mean, log_variance.clamp(*_LOG_VARIANCE)

    def output(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """The decoder's raw output, the parameters of p(x|z)."""
        if self.classes:
            z = torch.cat([z, self._one_hot(y, len(z), z)], dim=1)
        return self.decoder(z)

    def decode(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """The mean picture of p(x|z), in [0, 1]."""
        return mean_picture(self.likelihood, self.output(z, y).float())

    def encode(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """The posterior mean."""
        return self.posterior(x, y)[0]

    def log_likelihood(self, output: Tensor, x: Tensor) -> Tensor:
        """log p(x|z) in nats for each picture, from ``output(z)``."""
        return log_likelihood(self.likelihood, output, x, self.log_sigma)

    def elbo(self, x: Tensor, y: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Reconstruction term E_q[log p(x|z)] by one draw, and KL(q(z|x) || p(z)); each (n,), in nats.

        The evidence lower bound is the first less the second (Kingma and Welling 2014, eq. 3 and appendix B).
        """
        mean, log_variance = self.posterior(x, y)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        return self.log_likelihood(self.output(z, y), x), gaussian_kl(mean, log_variance).sum(1)

    def importance_bound(self, x: Tensor, y: Tensor | None = None, *, draws: int) -> Tensor:
        """Importance-weighted bound L_k of Burda 2016, eq. 8, (n,) in nats; tighter with more draws."""
        mean, log_variance = self.posterior(x, y)
        log_weights: list[Tensor] = []
        for _ in range(draws):
            noise = torch.randn_like(mean)
            z = mean + (0.5 * log_variance).exp() * noise
            # log p(z) - log q(z|x): the constants of the two normals cancel
            log_ratio = 0.5 * (noise**2 + log_variance - z**2).sum(1)
            log_weights.append(self.log_likelihood(self.output(z, y), x) + log_ratio)
        return torch.logsumexp(torch.stack(log_weights), dim=0) - math.log(draws)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """The reconstruction through the posterior mean."""
        return self.decode(self.encode(x, y), y)

    def _one_hot(self, y: Tensor | None, n: int, like: Tensor) -> Tensor:
        if y is None:
            # not told: all classes alike
            return torch.full((n, self.classes), 1 / self.classes, dtype=like.dtype, device=like.device)
        return F.one_hot(y, self.classes).to(like.dtype)


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, exp(log_variance)) || N(0, 1)) for each dimension, in nats."""
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance)
