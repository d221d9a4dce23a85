"""The style GAN as a generative model: sharp samples, and styles that mix."""

from typing import TYPE_CHECKING

import numpy as np

from genrepair_desktop.generate.latent_base import LatentBase
from genrepair_desktop.generate.model import GenerateError, Latents, Pictures, check_latents
from genrepair_desktop.generate.tensors import in_batches, parameter_of, to_pictures
from genrepair_desktop.jobs.context import RunContext

if TYPE_CHECKING:
    from torch import Tensor

    from genrepair_desktop.networks.style_gan import StyleGenerator


class GanModel(LatentBase):
    """A generator with its encoder; samples are drawn where the codes of the training pictures lie."""

    def __init__(self, model_id: str, net: "StyleGenerator") -> None:
        super().__init__(model_id, net, side=net.side, channels=net.channels, latent_dim=net.latent, prior=net.prior)
        self._generator = net

    @property
    def style_layers(self) -> int:
        """How many layers may take another latent's style."""
        return self._generator.style_layers

    def decode_tensor(self, latents: "Tensor") -> "Tensor":
        return self._generator.synthesis(latents)

    def encode_tensor(self, pictures: "Tensor") -> "Tensor":
        return self._generator.encode(pictures)

    def mix(self, coarse: Latents, fine: Latents, first_fine_layer: int) -> Pictures:
        """Style mixing by resolution: shape from one set of latents, surface from another.

        Raises:
            GenerateError: the sets differ in number, or the layer is none.
        """
        check_latents(coarse, self.latent_dim)
        check_latents(fine, self.latent_dim)
        layers = self.style_layers
        if len(coarse) != len(fine) or not 0 <= first_fine_layer <= layers:
            raise GenerateError(f"Mixing needs as many coarse as fine latents, and a layer from 0 to {layers}.")
        both = np.concatenate([coarse, fine], axis=1)

        def synthesis(pair: "Tensor") -> "Tensor":
            first, second = pair.chunk(2, dim=1)
            return self._generator.mixed(first, second, first_fine_layer)

        made = in_batches(both, synthesis, parameter_of(self.net), RunContext(), "sample")
        return np.concatenate([to_pictures(part) for part in made])
