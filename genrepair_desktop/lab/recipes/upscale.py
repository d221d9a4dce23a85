"""Recipe of ``upscale``: a faithful enlarger, twice and four times."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image as PillowImage
from torch import Tensor, nn

from genrepair_desktop.lab.augment import vary_tone
from genrepair_desktop.lab.datasets import Bytes, CropSource
from genrepair_desktop.lab.recipe import Arrays, Batch, Loss, Networks, Settings, to_planes
from genrepair_desktop.lab.sheets import contact_sheet
from genrepair_desktop.networks.upscale_net import SCALES, UpscaleNet

# How small pictures come about: most programs reduce so, the rest by averaging or more sharply
_FILTERS = {
    PillowImage.Resampling.BICUBIC: 0.6,
    PillowImage.Resampling.BOX: 0.2,
    PillowImage.Resampling.LANCZOS: 0.2,
}
_LUMA = (0.299, 0.587, 0.114)
_FLOOR = 0.004


@dataclass(frozen=True)
class UpscaleShape:
    """The network's size, as ``UpscaleNet`` takes it."""

    width: int = 64
    depth: int = 12


@dataclass(frozen=True)
class Upscale:
    """Crops and their reduced copies; batches of the two scales take turns."""

    crop: int = 96
    shape: UpscaleShape = field(default_factory=UpscaleShape)
    settings: Settings = field(default_factory=lambda: Settings(batch_size=12, warmup_steps=100))
    id: str = "upscale"

    @property
    def config(self) -> dict[str, Any]:
        return {"network": "upscale-net", **asdict(self.shape)}

    def networks(self) -> Networks:
        return {"net": UpscaleNet(**asdict(self.shape))}

    def batch(self, source: CropSource, rng: np.random.Generator) -> Arrays:
        scale = SCALES[int(rng.integers(len(SCALES)))]
        # The same work a batch: four times the truth for twice the enlargement
        size = self.crop * scale // 2
        count = self.settings.batch_size
        truths = [vary_tone(source.crop(min(size, 160), rng), rng) for _ in range(count)]
        filters = rng.choice(len(_FILTERS), count, p=list(_FILTERS.values()))
        small = [reduce(t, scale, list(_FILTERS)[f]) for t, f in zip(truths, filters, strict=True)]
        return {"truth": np.stack(truths), "small": np.stack(small)}

    def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
        truth, small = to_planes(batch["truth"]), to_planes(batch["small"])
        scale = truth.shape[2] // small.shape[2]
        with torch.autocast(truth.device.type, dtype=torch.bfloat16):
            output = nets["net"](small, scale)
        smooth = F.interpolate(small, scale_factor=float(scale), mode="bicubic", align_corners=False)
        loss = _relative(output.float() - truth, smooth - truth)
        yield Loss("net", loss, {f"loss_x{scale}": loss})

    def validate(self, net: nn.Module, source: CropSource) -> dict[str, float]:
        """Gain over bicubic in dB of luma PSNR, on 16 crops for each scale."""
        gains = {f"gain_x{s}": float(np.mean(luma_gains(net, source, s, 128, 16))) for s in SCALES}
        return {"score": float(np.mean(list(gains.values()))), **gains}

    def sheet(self, net: nn.Module, batch: Batch) -> Bytes:
        truth, small = to_planes(batch["truth"]), to_planes(batch["small"])
        scale = truth.shape[2] // small.shape[2]
        with torch.autocast(truth.device.type, dtype=torch.bfloat16):
            output = net(small, scale)
        smooth = F.interpolate(small, scale_factor=float(scale), mode="bicubic", align_corners=False)
        return contact_sheet([smooth, output, truth], rows=6)


def reduce(picture: Bytes, scale: int, resampling: PillowImage.Resampling = PillowImage.Resampling.BICUBIC) -> Bytes:
    """``picture`` (h, w, 3) at 1 / ``scale`` of its size, filtered before sampling as image programs do."""
    h, w = picture.shape[:2]
    return np.asarray(PillowImage.fromarray(picture).resize((w // scale, h // scale), resampling))


def luma_gains(net: nn.Module, source: CropSource, scale: int, size: int, count: int) -> list[float]:
    """For each of ``count`` fixed crops the gain over bicubic, in dB of luma PSNR, 4 pixels of border left out."""
    truths = source.crops(count, size, np.random.default_rng([22, scale]))
    device = next(net.parameters()).device
    truth = to_planes(torch.from_numpy(truths).to(device))
    small = to_planes(torch.from_numpy(np.stack([reduce(t, scale) for t in truths])).to(device))
    with torch.no_grad(), torch.autocast(device.type, dtype=torch.bfloat16):
        output = net(small, scale).float().clamp(0, 1)
    smooth = F.interpolate(small, scale_factor=float(scale), mode="bicubic", align_corners=False).clamp(0, 1)
    return (_luma_psnr(output, truth) - _luma_psnr(smooth, truth)).tolist()


def _luma_psnr(picture: Tensor, truth: Tensor) -> Tensor:
    weights = torch.tensor(_LUMA, device=truth.device).view(1, 3, 1, 1)
    error = ((picture - truth) * weights).sum(1)[:, 4:-4, 4:-4]
    return -10 * torch.log10(error.square().mean((1, 2)) + 1e-10)


def _relative(error: Tensor, before: Tensor) -> Tensor:
    """What is left of the bicubic enlargement's error, so that flat and busy pictures count alike."""
    scale = before.square().mean((1, 2, 3)).sqrt().clamp_min(_FLOOR)
    squared = torch.sqrt(error.square().mean((1, 2, 3)) + 1e-8)
    return ((squared + error.abs().mean((1, 2, 3))) / scale).mean()
