"""The variational autoencoder as a generative model."""

from typing import TYPE_CHECKING

from genrepair_desktop.generate.latent_base import LatentBase

if TYPE_CHECKING:
    from torch import Tensor

    from genrepair_desktop.networks.conv_vae import ConvVae


class VaeModel(LatentBase):
    """Samples are the mean pictures of p(x|z), z from the prior or, where the model has one, from the density of
    the training pictures' codes; encoding gives the posterior mean."""

    def __init__(self, model_id: str, net: "ConvVae") -> None:
        super().__init__(model_id, net, side=net.side, channels=net.channels, latent_dim=net.latent, prior=net.prior)
        self._vae = net

    def decode_tensor(self, latents: "Tensor") -> "Tensor":
        return self._vae.decode(latents)

    def encode_tensor(self, pictures: "Tensor") -> "Tensor":
        return self._vae.encode(pictures)
