"""Recipe of ``detect``: where a photograph is damaged, learned from the damage model on sound photographs."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.imaging.arrays import to_image
from genrepair_desktop.lab.datasets import Bytes, CropSource
from genrepair_desktop.lab.degrade import damage
from genrepair_desktop.lab.metrics import average_precision, best_f1
from genrepair_desktop.lab.recipe import Arrays, Batch, Loss, Networks, Settings, to_planes
from genrepair_desktop.lab.sheets import contact_sheet
from genrepair_desktop.networks.damage_unet import DamageUNet

# Undamaged photographs are shown too: a white whisker is no scratch
_SOUND_SHARE = 0.2
# Damage covers about 5 % of a crop
_POSITIVE_WEIGHT = 3.0
# Scans are of any size, and marks of any size on them
_SPREAD = 2.0
# What a pixel of a damaged crop is. Of the unsure ones nothing is learned and nothing is counted
SOUND, UNSURE, MARKED = 0, 1, 2


@dataclass(frozen=True)
class DetectShape:
    """The network's size, as ``DamageUNet`` takes it."""

    widths: tuple[int, int, int] = (32, 64, 128)
    depths: tuple[int, int] = (1, 2)
    dilations: tuple[int, ...] = (1, 2, 4, 8, 1)


@dataclass(frozen=True)
class Detect:
    """Crops under the damage model and where the marks are."""

    crop: int = 128
    shape: DetectShape = field(default_factory=DetectShape)
    settings: Settings = field(default_factory=lambda: Settings(batch_size=12, warmup_steps=100))
    id: str = "detect"

    @property
    def config(self) -> dict[str, Any]:
        return {"network": "damage-unet", **asdict(self.shape)}

    def networks(self) -> Networks:
        return {"net": DamageUNet(**asdict(self.shape))}

    def batch(self, source: CropSource, rng: np.random.Generator) -> Arrays:
        return damaged_batch(source, self.settings.batch_size, self.crop, rng, spread=_SPREAD)

    def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
        picture, target, weight = _targets(batch)
        net = nets["net"]
        assert isinstance(net, DamageUNet)
        with torch.autocast(picture.device.type, dtype=torch.bfloat16):
            logits = net.logits(picture)
        logits = logits.float()
        entropy = F.binary_cross_entropy_with_logits(logits, target, weight)
        overlap = soft_dice(torch.sigmoid(logits) * (weight > 0), target)
        yield Loss("net", entropy + 0.2 * overlap, {"entropy": entropy, "dice": overlap})

    def validate(self, net: nn.Module, source: CropSource) -> dict[str, float]:
        """Average precision and best F1 over the pixels of 32 damaged crops."""
        truth, probability = probabilities(net, source, 32, self.crop, np.random.default_rng(23))
        precision = average_precision(truth, probability)
        return {"score": precision, "average_precision": precision, "f1": best_f1(truth, probability)[0]}

    def sheet(self, net: nn.Module, batch: Batch) -> Bytes:
        picture, target, _ = _targets(batch)
        with torch.autocast(picture.device.type, dtype=torch.bfloat16):
            probability = net(picture)
        return contact_sheet([picture, probability, target], rows=8)


def damaged_batch(
    source: CropSource, count: int, size: int, rng: np.random.Generator, *, spread: float = 1.0
) -> Arrays:
    """Damaged pictures as uint8 (n, h, w, 3) and what each pixel is: ``SOUND``, ``UNSURE``, ``MARKED``, (n, h, w).

    ``spread``: marks are up to so many times larger or smaller than usual.
    """
    pictures, labels = [], []
    for _ in range(count):
        crop = to_image(source.crop(size, rng))
        if (crop == crop[..., :1]).all():
            crop = crop[..., :1]
        marks = 0 if rng.random() < _SOUND_SHARE else None
        made = damage(crop, rng, marks, size=spread ** float(rng.uniform(-1, 1)))
        pixels = np.rint(np.clip(made.image, 0, 1) * 255).astype(np.uint8)
        pictures.append(np.broadcast_to(pixels, (size, size, 3)))
        labels.append(np.where(made.mask, MARKED, np.where(made.unsure, UNSURE, SOUND)))
    return {"picture": np.stack(pictures), "label": np.stack(labels).astype(np.uint8)}


def probabilities(
    net: nn.Module, source: CropSource, count: int, size: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """True marks (bool) and predicted probabilities of ``count`` damaged crops' pixels that are sure, both flat."""
    device = next(net.parameters()).device
    arrays = damaged_batch(source, count, size, rng)
    picture = to_planes(torch.from_numpy(arrays["picture"]).to(device))
    with torch.no_grad(), torch.autocast(device.type, dtype=torch.bfloat16):
        probability = net(picture).float()[:, 0].cpu().numpy()
    return sure_pixels(arrays["label"], probability)


def sure_pixels(label: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether it is marked, and its value, of every pixel that can be called: two flat arrays."""
    sure = label != UNSURE
    return label[sure] == MARKED, value[sure]


def soft_dice(probability: Tensor, target: Tensor) -> Tensor:
    """1 less twice the overlap over the sum of areas, over the whole batch (Milletari et al. 2016)."""
    return 1 - (2 * (probability * target).sum() + 1) / (probability.sum() + target.sum() + 1)


def _targets(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Picture (n, 3, h, w), what to say (n, 1, h, w), and how much each pixel counts."""
    label = batch["label"][:, None]
    target = (label == MARKED).float()
    weight = (label != UNSURE).float() * torch.where(target > 0, _POSITIVE_WEIGHT, 1.0)
    return to_planes(batch["picture"]), target, weight
