"""The style GAN as a generative model. Its latents are w, not z: w is what mixes, truncates and inverts well."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from genrepair_desktop.generate.latent_base import LatentBase
from genrepair_desktop.generate.model import GenerateError, Latents, Pictures, SampleOptions, check_latents
from genrepair_desktop.generate.tensors import in_batches, parameter_of, to_pictures
from genrepair_desktop.jobs.context import RunContext

if TYPE_CHECKING:
    from torch import Tensor

    from genrepair_desktop.networks.style_gan import StyleGenerator

# draws from which the middle and the spread of w are taken
_DRAWS = 1024


class GanModel(LatentBase):
    """A generator without an encoder; ``generate.project`` finds the w of a picture."""

    has_encoder = False
    is_spherical = False

    def __init__(self, model_id: str, net: "StyleGenerator") -> None:
        super().__init__(model_id, net, side=net.side, channels=net.channels, latent_dim=net.style)
        self._generator = net

    @property
    def noise_dim(self) -> int:
        return self._generator.latent

    @property
    def centre(self) -> Latents:
        return self._usual[0]

    @property
    def spread(self) -> Latents:
        return self._usual[1]

    @cached_property
    def _usual(self) -> tuple[Latents, Latents]:
        noise = np.random.default_rng(0).standard_normal((_DRAWS, self.noise_dim), dtype=np.float32)
        w = self._mapped(noise)
        return w.mean(axis=0), np.maximum(w.std(axis=0), 1e-6)

    def latents_from(self, noise: Latents, options: SampleOptions) -> Latents:
        w = self._mapped(noise)
        return (self.centre + np.float32(options.truncation) * (w - self.centre)).astype(np.float32)

    def decode_tensor(self, latents: "Tensor") -> "Tensor":
        return self._generator.synthesis(latents)

    def mix(self, coarse: Latents, fine: Latents, first_fine_layer: int) -> Pictures:
        """Style mixing: shape from one set of latents, surface from another (Karras 2019, 3.1).

        Raises:
            GenerateError: the sets differ in number, or the layer is none.
        """
        check_latents(coarse, self.latent_dim)
        check_latents(fine, self.latent_dim)
        layers = self._generator.style_layers
        if len(coarse) != len(fine) or not 0 <= first_fine_layer <= layers:
            raise GenerateError(f"Mixing needs as many coarse as fine latents, and a layer from 0 to {layers}.")
        both = np.concatenate([coarse, fine], axis=1)

        def synthesis(pair: "Tensor") -> "Tensor":
            first, second = pair.chunk(2, dim=1)
            styles: Sequence[Tensor] = [first if i < first_fine_layer else second for i in range(layers)]
            return self._generator.synthesis(styles)

        made = in_batches(both, synthesis, parameter_of(self.net), RunContext(), "sample")
        return np.concatenate([to_pictures(part) for part in made])

    def _mapped(self, noise: Latents) -> Latents:
        like = parameter_of(self.net)
        found = in_batches(noise, self._generator.mapping, like, RunContext(), "sample")
        return np.concatenate([part.float().cpu().numpy() for part in found])
