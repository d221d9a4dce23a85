"""The variational autoencoder as a generative model: latents are normal by its prior."""

from typing import TYPE_CHECKING

from genrepair_desktop.generate.latent_base import LatentBase

if TYPE_CHECKING:
    from torch import Tensor

    from genrepair_desktop.networks.conv_vae import ConvVae


class VaeModel(LatentBase):
    """Samples are the mean pictures of p(x|z), z from the prior; encoding gives the posterior mean."""

    def __init__(self, model_id: str, net: "ConvVae") -> None:
        super().__init__(model_id, net, side=net.side, channels=net.channels, latent_dim=net.latent)
        self._vae = net

    def decode_tensor(self, latents: "Tensor") -> "Tensor":
        return self._vae.decode(latents)

    def encode_tensor(self, pictures: "Tensor") -> "Tensor":
        return self._vae.encode(pictures)
