"""What the models with latents share: sampling, decoding and encoding in batches around one network."""

from typing import TYPE_CHECKING

import numpy as np

from genrepair_desktop.generate.model import (
    AS_LEARNED,
    Latents,
    Pictures,
    SampleOptions,
    Samples,
    check_count,
    check_label,
    check_latents,
    check_pictures,
)
from genrepair_desktop.generate.tensors import in_batches, parameter_of, to_pictures
from genrepair_desktop.jobs.context import RunContext

if TYPE_CHECKING:
    from torch import Tensor, nn

    from genrepair_desktop.networks.code_prior import CodePrior


class LatentBase:
    """A ``LatentModel`` around a network; a kind says how latents are drawn, decoded and found."""

    is_spherical = True
    classes = 0
    learned_faces = True

    def __init__(
        self,
        model_id: str,
        net: "nn.Module",
        *,
        side: int,
        channels: int,
        latent_dim: int,
        prior: "CodePrior | None" = None,
    ) -> None:
        """``prior``: the density to draw latents from; None for a standard normal."""
        self.id = model_id
        self.net = net.eval().requires_grad_(False)
        self.side, self.channels, self.latent_dim = side, channels, latent_dim
        self._prior = prior

    @property
    def centre(self) -> Latents:
        if self._prior is None:
            return np.zeros(self.latent_dim, np.float32)
        return self._prior.mean.float().cpu().numpy()

    @property
    def spread(self) -> Latents:
        if self._prior is None:
            return np.ones(self.latent_dim, np.float32)
        return self._prior.deviation.float().cpu().numpy()

    def sample(self, n: int, ctx: RunContext, options: SampleOptions = AS_LEARNED, *, start: int = 0) -> Samples:
        check_count(n, start)
        check_label(options.label, self.classes)
        # row by row from one generator: the first pictures do not depend on how many follow
        noise = ctx.rng.standard_normal((start + n, self.noise_dim), dtype=np.float32)[start:]
        latents = self.latents_from(noise, options)
        return Samples(self._decoded(latents, ctx), latents, ctx.seed, options)

    @property
    def noise_dim(self) -> int:
        """Numbers that a latent is drawn from; with a mixture one more, which chooses the component."""
        return self.latent_dim + (self._prior is not None)

    def latents_from(self, noise: Latents, options: SampleOptions) -> Latents:
        """Latents of standard normal noise (n, noise_dim), moved towards the middle by the truncation."""
        if self._prior is None:
            return noise * np.float32(options.truncation)
        import torch

        like = parameter_of(self.net)
        values = torch.from_numpy(noise).to(like.device)
        with torch.inference_mode():
            # the distribution function of a normal number is uniform in [0, 1]
            drawn = self._prior(values[:, :-1], torch.special.ndtr(values[:, -1]))
        codes = drawn.cpu().numpy()
        return (self.centre + np.float32(options.truncation) * (codes - self.centre)).astype(np.float32)

    def decode(self, latents: Latents) -> Pictures:
        check_latents(latents, self.latent_dim)
        return self._decoded(latents, RunContext())

    def encode(self, pictures: Pictures) -> Latents:
        check_pictures(pictures, self.side, self.channels)
        found = in_batches(
            pictures,
            lambda x: self.encode_tensor(x.permute(0, 3, 1, 2)),
            parameter_of(self.net),
            RunContext(),
            "encode",
        )
        return np.concatenate([part.float().cpu().numpy() for part in found])

    def decode_tensor(self, latents: "Tensor") -> "Tensor":
        raise NotImplementedError

    def encode_tensor(self, pictures: "Tensor") -> "Tensor":
        """(n, channels, side, side) to latents (n, d)."""
        raise NotImplementedError

    def _decoded(self, latents: Latents, ctx: RunContext) -> Pictures:
        made = in_batches(latents, self.decode_tensor, parameter_of(self.net), ctx, "sample")
        return np.concatenate([to_pictures(part) for part in made])
