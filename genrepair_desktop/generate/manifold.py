"""The manifold autoencoder as a generative model, and its tangent plane: what can change at a picture."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genrepair_desktop.generate.latent_base import LatentBase
from genrepair_desktop.generate.model import LatentModel, Latents, Pictures, check_latents
from genrepair_desktop.generate.tensors import parameter_of

if TYPE_CHECKING:
    from torch import Tensor

    from genrepair_desktop.networks.manifold_ae import ManifoldAutoencoder

_STEP = 1e-2


class ManifoldModel(LatentBase):
    """Latents are standardised codes; samples are drawn where those of the training pictures lie."""

    def __init__(self, model_id: str, net: "ManifoldAutoencoder") -> None:
        super().__init__(model_id, net, side=net.side, channels=net.channels, latent_dim=net.latent, prior=net.prior)
        self._autoencoder = net

    def decode_tensor(self, latents: "Tensor") -> "Tensor":
        net = self._autoencoder
        return net.picture(latents * net.scale + net.shift).float()

    def encode_tensor(self, pictures: "Tensor") -> "Tensor":
        return self._autoencoder.encode(pictures)


@dataclass(frozen=True)
class Tangent:
    """The tangent plane of a model's manifold at one latent.

    directions  (k, d) orthonormal latent steps, the one that changes the picture most first
    changes     (k, side, side, channels) the picture's change for a step of length 1
    strengths   (k,) root-mean-square change for a step of length 1
    """

    directions: Latents
    changes: Pictures
    strengths: Latents


def tangent(model: LatentModel, latent: Latents, *, directions: int = 12) -> Tangent:
    """The directions at ``latent`` (d,) in which the picture changes most: singular vectors of the decoder's
    Jacobian, taken column by column as central differences (Rifai 2011, "Manifold tangent classifier")."""
    import torch

    check_latents(latent[None], model.latent_dim)
    like = parameter_of(model.net) if isinstance(model, LatentBase) else torch.zeros(())
    steps = np.diag(model.spread * _STEP).astype(np.float32)
    around = torch.from_numpy(np.concatenate([latent + steps, latent - steps])).to(like.device)
    with torch.inference_mode():
        made = torch.cat([model.decode_tensor(some) for some in around.split(32)]).float()
    plus, minus = made.chunk(2)
    jacobian = ((plus - minus) / (2 * _STEP)).flatten(1).double()
    # rows are latents: of the small d x d matrix, not of the pixels'
    values, vectors = torch.linalg.eigh(jacobian @ jacobian.T)
    order = torch.argsort(values, descending=True)[:directions]
    chosen = vectors[:, order].T
    changes = (chosen @ jacobian).view(len(order), *made.shape[1:]).permute(0, 2, 3, 1)
    in_latents = chosen.cpu().numpy() * model.spread
    lengths = np.linalg.norm(in_latents, axis=1, keepdims=True)
    return Tangent(
        (in_latents / lengths).astype(np.float32),
        changes.cpu().numpy().astype(np.float32),
        (values[order].clamp_min(0) / jacobian.shape[1]).sqrt().cpu().numpy().astype(np.float32),
    )
