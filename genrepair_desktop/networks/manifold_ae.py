"""An autoencoder held to a manifold: noise must not move its code, and its decoder must not stretch.

Denoising (Vincent 2008) pulls pictures beside the manifold back onto it. The contractive penalty (Rifai 2011)
is the squared Frobenius norm of the encoder's Jacobian, here by Hutchinson's estimate along random directions.
The isometry penalty (Lee 2022, "Regularized autoencoders for isometric representation learning") asks the
decoder to stretch all directions of the latent space alike, so that equal steps change the picture equally.
"""

import torch
from torch import Tensor, nn

from genrepair_desktop.networks.code_prior import CodePrior
from genrepair_desktop.networks.conv_codec import Decoder, Encoder

_STEP = 0.05


class ManifoldAutoencoder(nn.Module):
    """Pictures (n, channels, side, side) in [0, 1] to latents (n, latent) and back.

    ``shift`` and ``scale`` (latent,) hold the mean and deviation of the training codes; ``encode`` gives
    standardised codes, so that a code's length says how far it is from the training pictures. ``components``
    above 0: samples are drawn from a mixture of that many normals, fitted to those codes after training.
    """

    shift: Tensor
    scale: Tensor

    def __init__(
        self,
        *,
        side: int = 64,
        channels: int = 3,
        latent: int = 64,
        width: int = 64,
        levels: int = 3,
        widest: int = 128,
        blocks: int = 1,
        patch: int = 2,
        components: int = 0,
    ) -> None:
        super().__init__()
        self.side, self.channels, self.latent = side, channels, latent
        self.prior = CodePrior(components, latent) if components else None
        shape = {"side": side, "width": width, "levels": levels, "widest": widest, "blocks": blocks, "patch": patch}
        self.encoder = Encoder(channels=channels, outputs=latent, **shape)
        self.decoder = Decoder(inputs=latent, outputs=channels, **shape)
        self.register_buffer("shift", torch.zeros(latent))
        self.register_buffer("scale", torch.ones(latent))

    def code(self, x: Tensor) -> Tensor:
        """The encoder's own code, not standardised."""
        return self.encoder(x)

    def picture(self, code: Tensor) -> Tensor:
        """The decoder's output for an own code; near [0, 1], not clipped."""
        return self.decoder(code) + 0.5

    def encode(self, x: Tensor) -> Tensor:
        """Standardised latents (n, latent)."""
        return (self.code(x).float() - self.shift) / self.scale

    def decode(self, z: Tensor) -> Tensor:
        """Pictures in [0, 1] from standardised latents."""
        return self.picture(z * self.scale + self.shift).float().clamp(0, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def contraction(self, x: Tensor, code: Tensor) -> Tensor:
        """Estimate of the mean squared Jacobian entry of the encoder at ``x`` with ``code = self.code(x)``.

        One forward difference along a random direction with unit variance: E |J v|^2 = |J|_F^2.
        """
        moved = self.code(x + _STEP * torch.randn_like(x))
        return ((moved - code).float() / _STEP).pow(2).mean() / code.detach().float().var().clamp_min(1e-6)

    def stretch(self, code: Tensor, picture: Tensor) -> Tensor:
        """How unevenly the decoder stretches: relative variance of |J v|^2 over random unit directions v.

        0 for a decoder that is an isometry up to one scale.
        """
        direction = torch.randn_like(code)
        direction = direction / direction.norm(dim=1, keepdim=True)
        step = _STEP * code.detach().float().std().clamp_min(1e-3)
        moved = self.picture(code + step * direction)
        squared = ((moved - picture).float() / step).flatten(1).pow(2).sum(1)
        return squared.var() / squared.mean().pow(2).clamp_min(1e-12)

    @torch.no_grad()
    def standardise_by(self, codes: Tensor) -> None:
        """Take ``shift`` and ``scale`` from the codes (n, latent) of the training pictures."""
        self.shift.copy_(codes.float().mean(0))
        self.scale.copy_(codes.float().std(0).clamp_min(1e-4))
