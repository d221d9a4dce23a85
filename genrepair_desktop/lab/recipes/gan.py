"""Recipe of the portrait GAN: a VAE's decoder under a non-saturating critic, R1, differentiable augmentation."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.lab.datasets import Bytes, CropSource
from genrepair_desktop.lab.generative_metrics import frechet_distance, statistics
from genrepair_desktop.lab.pictures import as_input, draw_pictures, grid, picture_batch
from genrepair_desktop.lab.recipe import Arrays, Batch, Loss, Networks, Settings
from genrepair_desktop.lab.recipes.vae import VaeShape
from genrepair_desktop.networks.style_gan import Critic, StyleGenerator

_R1_EVERY = 16
_MIXING_SHARE = 0.25


@dataclass(frozen=True)
class PortraitGan:
    """The decoder of the portrait VAE, taught further by a critic of its copies and samples (Larsen 2016).

    The encoder and the density of the codes stay as they are, so that samples are drawn where faces are.
    ``critic_weight``, ``feature_weight``, ``copy_weight``  of the decoder's three losses
    ``gamma``  weight of R1 (Mescheder 2018), computed every 16th step (Karras 2020, "lazy")
    """

    id: str = "gan-portraits"
    foundation: str = "vae-portraits"
    shape: VaeShape = field(default_factory=lambda: VaeShape(components=8))
    critic_widths: tuple[int, ...] = (48, 96, 160, 192)
    copy_weight: float = 1.0
    feature_weight: float = 0.5
    critic_weight: float = 0.1
    gamma: float = 0.15
    settings: Settings = field(
        default_factory=lambda: Settings(
            batch_size=32,
            learning_rate=3e-4,
            betas=(0.0, 0.99),
            muon=False,
            warmup_steps=100,
            clip_norm=10.0,
            ema=0.997,
        )
    )

    @property
    def config(self) -> dict[str, Any]:
        return {"network": "style-generator", **asdict(self.shape)}

    def networks(self) -> Networks:
        critic = Critic(channels=self.shape.channels, widths=self.critic_widths)
        return {"net": StyleGenerator(**asdict(self.shape)), "critic": critic}

    def batch(self, source: CropSource, rng: np.random.Generator) -> Arrays:
        return {"x": draw_pictures(source, self.settings.batch_size, self.shape.side, rng)}

    def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
        net, critic = nets["net"], nets["critic"]
        assert isinstance(net, StyleGenerator)
        assert isinstance(critic, Critic)
        real = as_input(batch["x"], channels=self.shape.channels)
        half = real[: len(real) // 2]
        with torch.autocast(real.device.type, dtype=torch.bfloat16):
            with torch.no_grad():
                fake = torch.cat(self.generate(net, half))
            for_real = critic(augment(real)).float()
            for_fake = critic(augment(fake.float())).float()
        value = (F.softplus(-for_real) + F.softplus(for_fake)).mean()
        yield Loss("critic", value, {"critic": value, "margin": (for_real - for_fake).mean()})
        if step % _R1_EVERY == 0:
            # in float32: the square of a gradient of a gradient leaves bfloat16's digits
            yield Loss("critic", self._r1(critic, real) * _R1_EVERY, {})
        yield self._generator_loss(net, critic, half)

    def generate(self, net: StyleGenerator, real: Tensor) -> tuple[Tensor, Tensor]:
        """Copies of pictures, and as many samples; now and then half of these with the styles of another code."""
        with torch.no_grad():
            codes = net.encode(real)
            first, second = (net.draw(torch.randn_like(codes), torch.rand(len(codes))) for _ in range(2))
        plain = len(codes) // 2 if float(torch.rand(())) < _MIXING_SHARE else len(codes)
        made = net.synthesis(torch.cat([codes, first[:plain]]))
        if plain == len(codes):
            return made[:plain], made[plain:]
        layer = int(torch.randint(1, net.style_layers, ()))
        mixed = net.mixed(first[plain:], second[plain:], layer)
        return made[: len(codes)], torch.cat([made[len(codes) :], mixed])

    def _generator_loss(self, net: StyleGenerator, critic: Critic, real: Tensor) -> Loss:
        with torch.autocast(real.device.type, dtype=torch.bfloat16):
            copies, samples = self.generate(net, real)
            value = F.softplus(-critic(augment(torch.cat([copies, samples]).float())).float()).mean()
            with torch.no_grad():
                wanted = critic.maps(real)
            seen = critic.maps(copies.float())
        gap = (seen - wanted).float().abs().mean() / wanted.float().abs().mean().clamp_min(1e-6)
        squared = (copies.float() - real).square().mean()
        error = (copies.float() - real).abs().mean() + 4 * squared
        total = self.copy_weight * error + self.feature_weight * gap + self.critic_weight * value
        return Loss("net", total, {"generator": value, "features": gap, "psnr": -10 * torch.log10(squared)})

    def _r1(self, critic: nn.Module, real: Tensor) -> Tensor:
        some = real[: max(4, len(real) // 2)].detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(critic(some).sum(), some, create_graph=True)
        return self.gamma / 2 * gradient.square().sum((1, 2, 3)).mean()

    def validate(self, net: nn.Module, source: CropSource) -> dict[str, float]:
        """Fréchet distance of 8x8 thumbnails: a quick sign of life, no measure of quality. Spread: no collapse."""
        assert isinstance(net, StyleGenerator)
        real = picture_batch(source, self.shape.side, 256, net, channels=self.shape.channels)
        made = _samples(net, 256, 2)
        thumbnails = [F.adaptive_avg_pool2d(x, 8).flatten(1).cpu().numpy() for x in (real, made)]
        distance = frechet_distance(*(statistics(t) for t in thumbnails))
        psnr = float((-10 * torch.log10((net(real[:64]) - real[:64]).square().mean((1, 2, 3)))).mean())
        spread = float(made.std(0).mean() / real.std(0).mean())
        return {"score": -distance, "thumbnail_distance": distance, "spread": spread, "psnr": psnr}

    def sheet(self, net: nn.Module, batch: Batch) -> Bytes:
        """Ten pictures, their copies, and 80 samples of a fixed seed, not picked."""
        assert isinstance(net, StyleGenerator)
        x = as_input(batch["x"][:10], channels=self.shape.channels)
        return grid(torch.cat([x, net(x), _samples(net, 80, 1)]), columns=10)


def _samples(net: StyleGenerator, count: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    noise, place = torch.randn(count, net.latent, generator=generator), torch.rand(count, generator=generator)
    device = net.log_sigma.device
    codes = net.draw(noise.to(device), place.to(device))
    return torch.cat([net.synthesis(some).float().clamp(0, 1) for some in codes.split(32)])


def augment(x: Tensor) -> Tensor:
    """Differentiable augmentation (Zhao 2020): tone, shift and cut-out, the same kinds for real and generated."""
    n, _, h, w = x.shape
    light = torch.rand(n, 1, 1, 1, device=x.device) - 0.5
    contrast = torch.rand(n, 1, 1, 1, device=x.device) + 0.5
    saturation = torch.rand(n, 1, 1, 1, device=x.device) * 2
    grey = x.mean(1, keepdim=True)
    x = (x - grey) * saturation + grey
    middle = x.mean((1, 2, 3), keepdim=True)
    x = (x - middle) * contrast + middle + light * 0.5
    return _cut_out(_shift(x, h // 8), h // 2, w // 2)


def _shift(x: Tensor, most: int) -> Tensor:
    """Each picture moved by up to ``most`` pixels; what comes in is black."""
    n, _, h, w = x.shape
    padded = F.pad(x, (most, most, most, most))
    down = torch.randint(0, 2 * most + 1, (n,), device=x.device)
    across = torch.randint(0, 2 * most + 1, (n,), device=x.device)
    rows = down[:, None] + torch.arange(h, device=x.device)
    columns = across[:, None] + torch.arange(w, device=x.device)
    picture = torch.arange(n, device=x.device)
    # (n, h, w, c) by advanced indexing, back to (n, c, h, w)
    moved = padded.permute(0, 2, 3, 1)[picture[:, None, None], rows[:, :, None], columns[:, None, :]]
    return moved.permute(0, 3, 1, 2)


def _cut_out(x: Tensor, tall: int, wide: int) -> Tensor:
    n, _, h, w = x.shape
    y = torch.randint(0, h + 1, (n, 1, 1), device=x.device)
    left = torch.randint(0, w + 1, (n, 1, 1), device=x.device)
    rows, columns = torch.arange(h, device=x.device)[:, None], torch.arange(w, device=x.device)
    inside = ((rows - y).abs() < tall // 2) & ((columns - left).abs() < wide // 2)
    return x * (~inside)[:, None]
