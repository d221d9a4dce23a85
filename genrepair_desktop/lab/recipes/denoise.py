"""Recipe of ``denoise``: one blind network for noise 0 to 55, film grain, and JPEG 10 to 95, colour and grey."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.imaging.arrays import Image, to_image
from genrepair_desktop.lab.augment import vary_tone
from genrepair_desktop.lab.datasets import Bytes, CropSource
from genrepair_desktop.lab.noise import film_grain, gaussian_noise, jpeg, poisson_noise
from genrepair_desktop.lab.recipe import Arrays, Batch, Loss, Networks, Settings, to_planes
from genrepair_desktop.lab.sheets import contact_sheet
from genrepair_desktop.networks.restore_unet import RestoreUNet

# JPEG is taken once more after the noise by a part of real pictures
_KINDS = {"gaussian": 0.5, "jpeg": 0.25, "grain": 0.1, "poisson": 0.05, "noise-jpeg": 0.1}
_STRONGEST = 55.0
_CLEAN_SHARE = 0.03
# The smallest error that is weighted fully; see ``_relative``
_FLOOR = 0.01
_MAP_BLUR = 9


@dataclass(frozen=True)
class RestoreShape:
    """The network's size, as ``RestoreUNet`` takes it."""

    widths: tuple[int, int, int] = (64, 96, 128)
    depths: tuple[int, int] = (1, 2)
    dilations: tuple[int, ...] = (1, 2, 1)


@dataclass(frozen=True)
class Denoise:
    """Crops and their degraded copies; the loss is the part of the damage that is left."""

    crop: int = 96
    shape: RestoreShape = field(default_factory=RestoreShape)
    settings: Settings = field(default_factory=lambda: Settings(batch_size=12, warmup_steps=100))
    id: str = "denoise"

    @property
    def config(self) -> dict[str, Any]:
        return {"network": "restore-unet", **asdict(self.shape)}

    def networks(self) -> Networks:
        return {"net": RestoreUNet(**asdict(self.shape))}

    def batch(self, source: CropSource, rng: np.random.Generator) -> Arrays:
        truths = [vary_tone(source.crop(self.crop, rng), rng) for _ in range(self.settings.batch_size)]
        return {"truth": np.stack(truths), "worse": np.stack([spoil(t, rng) for t in truths])}

    def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
        truth, worse = to_planes(batch["truth"]), to_planes(batch["worse"])
        net = nets["net"]
        assert isinstance(net, RestoreUNet)
        with torch.autocast(truth.device.type, dtype=torch.bfloat16):
            clean, noise_map = net.analyse(worse)
        picture = _relative(clean.float() - truth, worse - truth)
        strength = F.l1_loss(noise_map.float(), local_strength(worse - truth))
        yield Loss("net", picture + strength, {"loss": picture, "map": strength})

    def validate(self, net: nn.Module, source: CropSource) -> dict[str, float]:
        """PSNR on 16 crops for noise of 15, 25, 50 and gain over the input for JPEG 10 and 20."""
        figures = {f"psnr_{s}": restored_psnr(net, source, f"noise {s}", self.crop)[0] for s in (15, 25, 50)}
        for q in (10, 20):
            after, before = restored_psnr(net, source, f"jpeg {q}", self.crop)
            figures[f"gain_jpeg_{q}"] = after - before
        return {"score": float(np.mean(list(figures.values()))), **figures}

    def sheet(self, net: nn.Module, batch: Batch) -> Bytes:
        truth, worse = to_planes(batch["truth"]), to_planes(batch["worse"])
        assert isinstance(net, RestoreUNet)
        with torch.autocast(truth.device.type, dtype=torch.bfloat16):
            clean, noise_map = net.analyse(worse)
        return contact_sheet([worse, clean, truth, noise_map * 4], rows=8)


def spoil(crop: Bytes, rng: np.random.Generator) -> Image:
    """The crop with one random kind and strength of noise or compression; a few crops stay clean."""
    image = to_image(crop)
    is_grey = bool((crop == crop[..., :1]).all())
    if is_grey:
        # Grey photos have grey noise; the network gets them repeated to three channels
        image = image[..., :1]
    if rng.random() >= _CLEAN_SHARE:
        kind = str(rng.choice(list(_KINDS), p=list(_KINDS.values())))
        image = _spoil_as(kind, image, rng)
    return np.repeat(image, 3, axis=2) if is_grey else np.ascontiguousarray(image)


def _spoil_as(kind: str, image: Image, rng: np.random.Generator) -> Image:
    sigma = float(rng.uniform(0, _STRONGEST))
    if kind == "gaussian":
        return gaussian_noise(image, sigma, rng)
    if kind == "grain":
        return film_grain(image, sigma * 0.6, float(rng.uniform(0.4, 1.5)), rng)
    if kind == "poisson":
        return poisson_noise(image, float(np.exp(rng.uniform(np.log(10), np.log(1000)))), rng)
    if kind == "noise-jpeg":
        image = gaussian_noise(image, sigma * 0.5, rng)
    # Half of the mass at low quality, where there is something to undo
    quality = int(10 + 85 * float(rng.random()) ** 1.5)
    return jpeg(image, quality, halved_colour=rng.random() < 0.7)


def local_strength(residual: Tensor) -> Tensor:
    """Root mean square of a residual (n, c, h, w) in a 9 x 9 window, (n, 1, h, w): what the noise map learns."""
    power = residual.square().mean(1, keepdim=True)
    padded = F.pad(power, (_MAP_BLUR // 2,) * 4, mode="reflect")
    return torch.sqrt(F.avg_pool2d(padded, _MAP_BLUR, 1) + 1e-8)


def restored_psnr(net: nn.Module, source: CropSource, damage: str, size: int) -> tuple[float, float]:
    """Mean PSNR after and before, in dB, on 16 crops that are the same at every call."""
    rng = np.random.default_rng([21, *damage.encode()])
    truths = np.stack([to_image(crop) for crop in source.crops(16, size, rng)])
    kind, strength = damage.split()
    worse = np.stack(
        [jpeg(t, int(strength)) if kind == "jpeg" else gaussian_noise(t, float(strength), rng) for t in truths]
    )
    device = next(net.parameters()).device
    truth, given = (to_planes(torch.from_numpy(v).to(device)) for v in (truths, worse))
    with torch.no_grad(), torch.autocast(device.type, dtype=torch.bfloat16):
        clean = net(given).float().clamp(0, 1)
    after, before = (
        float((-10 * torch.log10((x - truth).square().mean((1, 2, 3)) + 1e-10)).mean()) for x in (clean, given)
    )
    return after, before


def _relative(error: Tensor, before: Tensor) -> Tensor:
    """The error left, root mean square and absolute, by the picture's own damage: PSNR averages logarithms."""
    damage = before.square().mean((1, 2, 3)).sqrt().clamp_min(_FLOOR)
    squared = torch.sqrt(error.square().mean((1, 2, 3)) + 1e-8)
    return ((squared + error.abs().mean((1, 2, 3))) / damage).mean()
