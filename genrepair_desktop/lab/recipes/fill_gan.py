"""Recipe of ``fill-gan``: seeded fills with texture, taught by a critic. Start it from ``fill-cnn``'s weights."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.lab.datasets import Bytes, CropSource
from genrepair_desktop.lab.losses import relative_hole_loss, texture_loss
from genrepair_desktop.lab.masks import MaskKind
from genrepair_desktop.lab.recipe import Arrays, Batch, Loss, Networks, Settings
from genrepair_desktop.lab.recipes.fill_cnn import FillCnn, FillShape, held_out_fills, unpack
from genrepair_desktop.lab.sheets import contact_sheet
from genrepair_desktop.networks.fill_unet import NOISE_CHANNELS, SeededFillUNet
from genrepair_desktop.networks.patch_critic import PatchCritic

# The truth is one of many plausible fills: it guides, the critic decides
_TRUTH_WEIGHT, _CRITIC_WEIGHT, _FEATURE_WEIGHT, _SPREAD_WEIGHT = 0.5, 0.15, 2.0, 0.05
_TEXTURE_WEIGHT, _TEXTURE_WINDOW, _TEXTURE_DIRECTIONS = 0.5, 40, 12
# Thin damage has one answer, which ``fill-cnn`` gives: here it is only kept from getting worse
_MIX: dict[MaskKind, float] = {"scratch": 0.1, "thin": 0.15, "medium": 0.35, "thick": 0.4}
# Mean difference between two fills, by the first fill's error, from which more spread is not rewarded
_ENOUGH_SPREAD = 0.5
_R1_EVERY, _R1_WEIGHT = 8, 0.5
_PATCH = 16


@dataclass(frozen=True)
class FillGan:
    """Two fills of each crop with different noise; non-saturating critic, feature matching, texture, R1, spread."""

    crop: int = 128
    shape: FillShape = field(default_factory=FillShape)
    settings: Settings = field(
        default_factory=lambda: Settings(
            batch_size=8, learning_rate=3e-4, betas=(0.5, 0.99), muon=False, warmup_steps=50, ema=0.995
        )
    )
    id: str = "fill-gan"

    @property
    def config(self) -> dict[str, Any]:
        return {"network": "seeded-fill-unet", **asdict(self.shape)}

    def networks(self) -> Networks:
        return {"net": SeededFillUNet(**asdict(self.shape)), "critic": PatchCritic()}

    def batch(self, source: CropSource, rng: np.random.Generator) -> Arrays:
        """Half as many crops as the batch is large: each is filled twice."""
        count = self.settings.batch_size
        pairs = FillCnn(crop=self.crop, settings=Settings(batch_size=count // 2), mix=_MIX).batch(source, rng)
        arrays = {name: np.concatenate([values, values]) for name, values in pairs.items()}
        noise = rng.standard_normal((count, NOISE_CHANNELS, self.crop, self.crop), dtype=np.float32)
        return {**arrays, "noise": noise}

    def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
        truth, start, mask = unpack(batch)
        net, critic = nets["net"], nets["critic"]
        with torch.autocast(truth.device.type, dtype=torch.bfloat16):
            fill = net(start, mask, batch["noise"]).float()
            yield self._net_loss(critic, fill, truth, start, mask)
            half = len(truth) // 2
            real, mask = truth[:half], mask[:half]
            yield self._critic_loss(critic, fill[:half].detach(), real, mask, step)

    def validate(self, net: nn.Module, source: CropSource) -> dict[str, float]:
        """Gain over the smooth fill on thick masks, and the spread of fills, both for a fixed noise."""
        truth, start, mask = held_out_fills(source, "thick", self.crop, 24, next(net.parameters()).device)
        fills = [_seeded_fill(net, start, mask, seed) for seed in (1, 2)]
        before, after = (((x - truth).square() * mask).sum((1, 2, 3)) + 1e-6 for x in (start, fills[0]))
        gain = float((10 * torch.log10(before / after)).mean())
        return {"score": gain, "gain_thick": gain, "spread": fill_spread(fills[0], fills[1], mask)}

    def sheet(self, net: nn.Module, batch: Batch) -> Bytes:
        truth, start, mask = unpack(batch)
        fills = [_seeded_fill(net, start, mask, seed) for seed in (1, 2)]
        return contact_sheet([start * (1 - mask), start, *fills, truth], rows=8)

    def _net_loss(self, critic: nn.Module, fill: Tensor, truth: Tensor, start: Tensor, mask: Tensor) -> Loss:
        judged, features = critic(fill, mask)
        with torch.no_grad():
            _, wanted = critic(truth, mask)
        share = _patch_share(mask)
        pull = _weighted(F.softplus(-judged.float()), share)
        matching = torch.stack([_feature_gap(a, b, mask) for a, b in zip(features, wanted, strict=True)]).mean()
        known = relative_hole_loss(fill, truth, start, mask)
        spread = _spread_reward(fill, truth, start, mask)
        texture = texture_loss(fill, truth, start, mask, directions=_TEXTURE_DIRECTIONS, window=_TEXTURE_WINDOW)
        total = _TRUTH_WEIGHT * known + _CRITIC_WEIGHT * pull + _FEATURE_WEIGHT * matching - _SPREAD_WEIGHT * spread
        figures = {"truth": known, "critic": pull, "features": matching, "spread": spread, "texture": texture}
        return Loss("net", total + _TEXTURE_WEIGHT * texture, figures)

    def _critic_loss(self, critic: nn.Module, fill: Tensor, real: Tensor, mask: Tensor, step: int) -> Loss:
        share = _patch_share(mask)
        on_real, on_fill = (critic(x, mask)[0].float() for x in (real, fill))
        loss = _weighted(F.softplus(-on_real), share) + _weighted(F.softplus(on_fill), share)
        figures = {"critic_loss": loss}
        if step % _R1_EVERY == 0:
            penalty = r1_penalty(critic, real, mask)
            loss = loss + _R1_EVERY * _R1_WEIGHT * penalty
            figures["r1"] = penalty
        return Loss("critic", loss, figures)


def r1_penalty(critic: nn.Module, real: Tensor, mask: Tensor) -> Tensor:
    """Half the squared slope of the critic at real pictures (Mescheder et al. 2018), in float32."""
    with torch.autocast(real.device.type, enabled=False):
        picture = real.detach().requires_grad_()
        judged = critic(picture, mask)[0].sum()
        (slope,) = torch.autograd.grad(judged, picture, create_graph=True)
    return 0.5 * slope.square().sum((1, 2, 3)).mean()


def fill_spread(first: Tensor, second: Tensor, mask: Tensor) -> float:
    """Root-mean-square difference of two fills inside the hole, in sample values, mean over the pictures."""
    squares = ((first - second).square() * mask).sum((1, 2, 3)) / (3 * mask.sum((1, 2, 3)))
    return float(squares.sqrt().mean())


def _seeded_fill(net: nn.Module, start: Tensor, mask: Tensor, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(len(start), NOISE_CHANNELS, *start.shape[-2:], generator=generator).to(start.device)
    with torch.no_grad(), torch.autocast(start.device.type, dtype=torch.bfloat16):
        return net(start, mask, noise).float().clamp(0, 1)


def _spread_reward(fill: Tensor, truth: Tensor, start: Tensor, mask: Tensor) -> Tensor:
    """How different the two fills of a crop are, by how wrong the smooth fill is there; capped.

    Mode seeking (Mao et al. 2019), bounded: where the smooth fill is right, there is nothing to vary.
    """
    half = len(fill) // 2
    area = mask[:half].sum((1, 2, 3)).clamp_min(1) * 3
    apart = ((fill[:half] - fill[half:]).abs() * mask[:half]).sum((1, 2, 3)) / area
    wrong = ((start - truth).abs() * mask)[:half].sum((1, 2, 3)) / area
    return (apart / (wrong + 0.01)).clamp_max(_ENOUGH_SPREAD).mean()


def _patch_share(mask: Tensor) -> Tensor:
    """How much of each patch that the critic judges is filled, (n, 1, h / 16, w / 16)."""
    return F.avg_pool2d(mask, _PATCH)


def _weighted(values: Tensor, share: Tensor) -> Tensor:
    return (values * share).sum() / share.sum().clamp_min(1e-6)


def _feature_gap(features: Tensor, wanted: Tensor, mask: Tensor) -> Tensor:
    """Difference of critic features where they see the hole, by their own size."""
    share = F.avg_pool2d(mask, mask.shape[-1] // features.shape[-1])
    gap = (features.float() - wanted.float()).abs().mean(1, keepdim=True)
    size = wanted.float().abs().mean(1, keepdim=True)
    return _weighted(gap, share) / (_weighted(size, share).detach() + 1e-6)
