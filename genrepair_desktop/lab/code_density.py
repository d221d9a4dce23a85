"""What is fitted once after a training: the density of the training pictures' codes, to draw samples from."""

import numpy as np
import torch
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from genrepair_desktop.lab.datasets import CropSource
from genrepair_desktop.lab.pictures import all_pictures, as_input
from genrepair_desktop.networks.code_prior import CodePrior
from genrepair_desktop.networks.conv_vae import ConvVae
from genrepair_desktop.networks.manifold_ae import ManifoldAutoencoder

# of the codes' mean variance, added to each component's: few codes span a covariance of many numbers
_RIDGE = 0.02
_MOST = 8000


def fit_code_density(net: nn.Module, source: CropSource) -> None:
    """Fit the mixture of a network that has one to the codes of ``source``'s whole pictures; others stay as they are.

    A variational autoencoder's codes are drawn from their posteriors: the mixture is of the aggregated posterior.
    """
    prior = getattr(net, "prior", None)
    if not isinstance(net, ConvVae | ManifoldAutoencoder) or not isinstance(prior, CodePrior):
        return
    pictures = as_input(torch.from_numpy(all_pictures(source, net.side, _MOST)), channels=net.channels)
    generator = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        codes = torch.cat([_codes(net, some, generator) for some in pictures.split(100)])
    components = min(len(prior.shares), max(1, len(codes) // (2 * codes.shape[1])))
    mixture = GaussianMixture(
        components,
        covariance_type="full",
        reg_covar=_RIDGE * float(codes.var(0).mean()),
        max_iter=100,
        tol=1e-2,
        random_state=0,
        init_params="k-means++",
    )
    # its matrices are small: threads that wait for each other cost more than they save
    with threadpool_limits(1):
        fitted = mixture.fit(codes.double().numpy())
    found = (fitted.weights_, fitted.means_, fitted.covariances_)
    prior.take(*(_padded(np.asarray(v, np.float32), len(prior.shares)) for v in found))


def _codes(net: ConvVae | ManifoldAutoencoder, pictures: Tensor, generator: torch.Generator) -> Tensor:
    if isinstance(net, ManifoldAutoencoder):
        return net.encode(pictures)
    mean, log_variance = net.posterior(pictures)
    return mean + (0.5 * log_variance).exp() * torch.randn(mean.shape, generator=generator)


def _padded(values: np.ndarray, count: int) -> Tensor:
    """A small folder bears fewer components: the rest repeat the first and are never drawn."""
    found = torch.from_numpy(values)
    missing = count - len(found)
    if missing == 0:
        return found
    rest = torch.zeros(missing) if found.ndim == 1 else found[:1].expand(missing, *found.shape[1:])
    return torch.cat([found, rest])
