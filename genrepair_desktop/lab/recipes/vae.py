"""Recipes of the variational autoencoders: binary digits, where the published figures are, and portraits."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genrepair_desktop.lab.datasets import Bytes, CropSource
from genrepair_desktop.lab.digits import binarise, vary_digit
from genrepair_desktop.lab.pictures import as_input, draw_pictures, grid, picture_batch
from genrepair_desktop.lab.recipe import Arrays, Batch, Loss, Networks, Settings
from genrepair_desktop.networks.conv_vae import ConvVae
from genrepair_desktop.networks.likelihoods import Likelihood, bits_per_dimension


@dataclass(frozen=True)
class VaeShape:
    """The network's size, as ``ConvVae`` takes it."""

    side: int = 64
    channels: int = 3
    latent: int = 128
    width: int = 64
    levels: int = 3
    widest: int = 128
    blocks: int = 1
    patch: int = 2
    likelihood: Likelihood = "gaussian"
    classes: int = 0
    components: int = 0


@dataclass(frozen=True)
class Vae:
    """Whole pictures; the loss is the negative evidence lower bound, in nats a picture.

    ``beta`` weighs the KL term (Higgins 2017); 1 is the bound itself. ``warmup`` steps raise it from 0, so that
    the latents are in use before the prior pulls at them (Bowman 2016, Sønderby 2016).
    """

    id: str = "vae-portraits"
    shape: VaeShape = field(default_factory=lambda: VaeShape(components=8))
    beta: float = 1.0
    warmup: int = 500
    settings: Settings = field(
        default_factory=lambda: Settings(batch_size=32, learning_rate=1e-3, warmup_steps=100, clip_norm=200.0)
    )

    @property
    def config(self) -> dict[str, Any]:
        return {"network": "conv-vae", **asdict(self.shape)}

    def networks(self) -> Networks:
        return {"net": ConvVae(**asdict(self.shape))}

    def batch(self, source: CropSource, rng: np.random.Generator) -> Arrays:
        return {"x": draw_pictures(source, self.settings.batch_size, self.shape.side, rng)}

    def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
        net = nets["net"]
        assert isinstance(net, ConvVae)
        x = as_input(batch["x"], channels=self.shape.channels)
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            reconstruction, kl = net.elbo(x, batch.get("y"))
        weight = self.beta * min(1.0, (step + 1) / self.warmup)
        yield Loss(
            "net",
            (weight * kl - reconstruction).mean(),
            {"nats": (kl - reconstruction).mean(), "kl": kl.mean()},
        )

    def validate(self, net: nn.Module, source: CropSource) -> dict[str, float]:
        assert isinstance(net, ConvVae)
        return self.bounds(net, self.held_out(net, source))

    def bounds(self, net: ConvVae, x: Tensor) -> dict[str, float]:
        """The bound on held-out pictures, one draw each; ``score`` is its negative in bits a dimension."""
        with torch.random.fork_rng():
            torch.manual_seed(0)
            parts = [net.elbo(some) for some in x.split(100)]
        reconstruction = float(torch.cat([p[0] for p in parts]).mean())
        kl = float(torch.cat([p[1] for p in parts]).mean())
        bits = bits_per_dimension(kl - reconstruction, x[0].numel())
        return {"score": -bits, "nats": kl - reconstruction, "kl": kl, "bits_per_dimension": bits}

    def held_out(self, net: nn.Module, source: CropSource) -> Tensor:
        return picture_batch(source, self.shape.side, 200, net, channels=self.shape.channels)

    def sheet(self, net: nn.Module, batch: Batch) -> Bytes:
        """Pictures, their reconstructions, and samples below."""
        assert isinstance(net, ConvVae)
        x = as_input(batch["x"][:8], channels=self.shape.channels)
        generator = torch.Generator().manual_seed(1)
        z = torch.randn(24, self.shape.latent, generator=generator).to(x.device)
        return grid(torch.cat([x, net(x), net.decode(z)]), columns=8)


# A turned digit is smoother than a written one: if all were turned, the model would learn digits that nobody wrote
_VARIED_SHARE = 0.5
_DIGITS = VaeShape(
    side=28, channels=1, latent=40, width=64, levels=1, widest=96, blocks=2, likelihood="bernoulli", components=8
)


@dataclass(frozen=True)
class DigitVae(Vae):
    """Binary digits. Training digits are varied and made binary anew each time; held-out ones once and for all."""

    id: str = "vae-digits"
    shape: VaeShape = _DIGITS
    warmup: int = 300
    settings: Settings = field(
        default_factory=lambda: Settings(batch_size=64, learning_rate=2e-3, warmup_steps=50, clip_norm=50.0)
    )

    def batch(self, source: CropSource, rng: np.random.Generator) -> Arrays:
        return digit_batch(source, self.settings.batch_size, rng)

    def held_out(self, net: nn.Module, source: CropSource) -> Tensor:
        return binary_digits(source, 500).to(next(net.parameters()).device)


def digit_batch(source: CropSource, count: int, rng: np.random.Generator) -> Arrays:
    """Binary digits, half of them varied, as pictures (n, 28, 28, 3) of 0 and 255, and their classes (n,)."""
    chosen = rng.choice(source.indices, count)
    whole = [source.whole(int(i), 28)[..., 0] for i in chosen]
    digits = [binarise(vary_digit(d, rng) if rng.random() < _VARIED_SHARE else d, rng) for d in whole]
    pictures = np.stack(digits)[..., None].repeat(3, axis=3) * np.uint8(255)
    return {"x": pictures, "y": np.array([int(source.group(int(i))) for i in chosen], np.int64)}


def binary_digits(source: CropSource, most: int | None = None) -> Tensor:
    """A split's digits in their fixed binary form, float32 (n, 1, 28, 28) of 0 and 1.

    In the order of their index over all classes, so that the first few are of every class.
    """
    order = sorted(source.indices, key=source.key)[:most]
    digits = np.stack([binarise(source.whole(int(i), 28)[..., 0]) for i in order])
    return torch.from_numpy(digits.astype(np.float32))[:, None]
