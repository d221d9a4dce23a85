"""Recipe of the manifold autoencoder of portraits; ``patch_manifold`` does the same for patches of any photo."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genrepair_desktop.lab.datasets import Bytes, CropSource
from genrepair_desktop.lab.pictures import as_input, draw_pictures, grid
from genrepair_desktop.lab.recipe import Arrays, Batch, Loss, Networks, Settings
from genrepair_desktop.networks.manifold_ae import ManifoldAutoencoder

# the two penalties need a second pass each: now and then is enough for a mean
_PENALTY_EVERY = 4
_CODE_DECAY = 0.99


@dataclass(frozen=True)
class ManifoldShape:
    """The network's size, as ``ManifoldAutoencoder`` takes it."""

    side: int = 64
    channels: int = 3
    latent: int = 96
    width: int = 64
    levels: int = 3
    widest: int = 128
    blocks: int = 1
    patch: int = 2
    components: int = 8


@dataclass(frozen=True)
class Manifold:
    """Damaged pictures to sound ones: noise, and holes filled with the mean colour of what is left.

    Holes are in it because that is what repair starts from: the encoder then gives a good first latent for a
    picture with a part missing.
    """

    id: str = "manifold-portraits"
    shape: ManifoldShape = field(default_factory=ManifoldShape)
    contraction: float = 1e-3
    stretch: float = 1e-3
    settings: Settings = field(
        default_factory=lambda: Settings(batch_size=32, learning_rate=1e-3, warmup_steps=100, clip_norm=1.0)
    )

    @property
    def config(self) -> dict[str, Any]:
        return {"network": "manifold-ae", **asdict(self.shape)}

    def networks(self) -> Networks:
        return {"net": ManifoldAutoencoder(**asdict(self.shape))}

    def pictures(self, source: CropSource, count: int, rng: np.random.Generator) -> Bytes:
        """The pictures to learn, uint8 (count, side, side, 3)."""
        return draw_pictures(source, count, self.shape.side, rng)

    def batch(self, source: CropSource, rng: np.random.Generator) -> Arrays:
        x = self.pictures(source, self.settings.batch_size, rng)
        return {"x": x, "damaged": np.stack([damage(picture, rng) for picture in x])}

    def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
        net = nets["net"]
        assert isinstance(net, ManifoldAutoencoder)
        x, damaged = as_input(batch["x"]), as_input(batch["damaged"])
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            code = net.code(damaged)
            picture = net.picture(code)
            squared = (picture.float() - x).square().mean()
            value = (picture.float() - x).abs().mean() + 4 * squared
            figures = {"psnr": -10 * torch.log10(squared)}
            if step % _PENALTY_EVERY == 0:
                contraction, stretch = net.contraction(damaged, code), net.stretch(code, picture)
                value = value + self.contraction * contraction + self.stretch * stretch
                figures |= {"contraction": contraction, "stretch": stretch}
        _follow_codes(net, code.detach().float())
        yield Loss("net", value, figures)

    def validate(self, net: nn.Module, source: CropSource) -> dict[str, float]:
        """Mean PSNR of the copies of sound pictures, and of damaged ones, in dB."""
        assert isinstance(net, ManifoldAutoencoder)
        rng = np.random.default_rng(7)
        pictures = self.pictures(source, 200, rng)
        damaged = np.stack([damage(picture, rng) for picture in pictures])
        device = next(net.parameters()).device
        x, y = (as_input(torch.from_numpy(p)).to(device) for p in (pictures, damaged))
        psnr, repaired = _psnr(net(x), x), _psnr(net(y), x)
        return {"score": psnr, "psnr": psnr, "psnr_from_damaged": repaired}

    def sheet(self, net: nn.Module, batch: Batch) -> Bytes:
        """Pictures, their damaged form, what comes back, and random places of the manifold."""
        assert isinstance(net, ManifoldAutoencoder)
        x, damaged = as_input(batch["x"][:8]), as_input(batch["damaged"][:8])
        z = torch.randn(16, net.latent, generator=torch.Generator().manual_seed(1)).to(x.device)
        return grid(torch.cat([x, damaged, net(damaged), net.decode(z)]), columns=8)


def damage(picture: Bytes, rng: np.random.Generator) -> Bytes:
    """Noise on half of the pictures, and on two thirds one or two oval holes in the mean colour of the rest."""
    side = picture.shape[0]
    damaged = picture.astype(np.float32)
    if rng.random() < 2 / 3:
        hole = np.zeros((side, side), bool)
        rows, columns = np.ogrid[:side, :side]
        for _ in range(int(rng.integers(1, 3))):
            y, x = rng.uniform(0.1, 0.9, 2) * side
            tall, wide = rng.uniform(0.08, 0.35, 2) * side
            hole |= ((rows - y) / tall) ** 2 + ((columns - x) / wide) ** 2 < 1
        if not hole.all():
            damaged[hole] = damaged[~hole].mean(axis=0)
    if rng.random() < 0.5:
        damaged += rng.normal(0, rng.uniform(0, 30), damaged.shape)
    return np.clip(np.rint(damaged), 0, 255).astype(np.uint8)


@torch.no_grad()
def _follow_codes(net: ManifoldAutoencoder, code: Tensor) -> None:
    net.shift.lerp_(code.mean(0), 1 - _CODE_DECAY)
    net.scale.lerp_(code.std(0).clamp_min(1e-4), 1 - _CODE_DECAY)


def _psnr(picture: Tensor, truth: Tensor) -> float:
    return float((-10 * torch.log10((picture - truth).square().mean((1, 2, 3)) + 1e-8)).mean())
