"""Where the codes of training pictures lie: a mixture of normals with full covariances, to draw new codes from.

An autoencoder's codes never fill the space as a standard normal would; drawn from one, most pictures lie in the
gaps. A density fitted to the codes afterwards closes them (Ghosh et al. 2020, "From variational to deterministic
autoencoders", section 4.1). With one component it can follow the codes while they are learned.
"""

import torch
from torch import Tensor, nn

# of the mean variance: half precision rounds a covariance, which must stay positive definite
_JITTER = 1e-3


class CodePrior(nn.Module):
    """``shares`` (k,), ``means`` (k, d) and ``covariances`` (k, d, d); a standard normal until told otherwise."""

    shares: Tensor
    means: Tensor
    covariances: Tensor

    def __init__(self, components: int, latent: int) -> None:
        super().__init__()
        self.register_buffer("shares", torch.full((components,), 1 / components))
        self.register_buffer("means", torch.zeros(components, latent))
        self.register_buffer("covariances", torch.eye(latent).repeat(components, 1, 1))

    @property
    def mean(self) -> Tensor:
        """The mean of all codes (d,)."""
        return self.shares @ self.means

    @property
    def deviation(self) -> Tensor:
        """The deviation of each number of a code over all codes (d,)."""
        within = self.covariances.diagonal(dim1=1, dim2=2)
        return (self.shares @ (within + (self.means - self.mean).square())).clamp_min(1e-8).sqrt()

    def forward(self, noise: Tensor, place: Tensor) -> Tensor:
        """Codes (n, d) from standard normal noise (n, d) and a component for each by ``place`` (n,) in [0, 1)."""
        bounds = self.shares.float().cumsum(0)
        chosen = torch.searchsorted(bounds, place.float()).clamp_max(len(bounds) - 1)
        return self.means[chosen].float() + torch.einsum("nij,nj->ni", self._factors()[chosen], noise.float())

    def _factors(self) -> Tensor:
        """Lower triangular factors of the covariances, (k, d, d)."""
        covariances = self.covariances.float()
        level = covariances.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
        eye = torch.eye(covariances.shape[-1], device=covariances.device)
        return torch.linalg.cholesky(covariances + _JITTER * level * eye)

    @torch.no_grad()
    def follow(self, codes: Tensor, decay: float = 0.98) -> None:
        """Move the one component's mean and covariance towards those of a batch of codes (n, d)."""
        self.means[0].lerp_(codes.float().mean(0), 1 - decay)
        around = codes.float() - self.means[0]
        self.covariances[0].lerp_(around.T @ around / len(codes), 1 - decay)

    @torch.no_grad()
    def take(self, shares: Tensor, means: Tensor, covariances: Tensor) -> None:
        """Take over a fitted mixture."""
        self.shares.copy_(shares)
        self.means.copy_(means)
        self.covariances.copy_(covariances)
