"""Recipes of the networks whose features measure generated pictures: see ``networks.feature_net``."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.lab.datasets import Bytes, CropSource
from genrepair_desktop.lab.pictures import as_input, draw_pictures, grid
from genrepair_desktop.lab.recipe import Arrays, Batch, Loss, Networks, Settings
from genrepair_desktop.lab.recipes.vae import digit_batch
from genrepair_desktop.networks.feature_net import FeatureNet

Change = Callable[[Bytes, Bytes, np.random.Generator], Bytes]


@dataclass(frozen=True)
class FeatureShape:
    """The network's size, as ``FeatureNet`` takes it."""

    side: int = 64
    channels: int = 3
    classes: int = 10
    width: int = 32
    levels: int = 4
    widest: int = 128
    features: int = 64


@dataclass(frozen=True)
class PortraitFeatures:
    """Names what was done to a portrait; nobody has to label anything."""

    id: str = "features-portraits"
    shape: FeatureShape = field(default_factory=lambda: FeatureShape(classes=len(CHANGES)))
    settings: Settings = field(default_factory=lambda: Settings(batch_size=32, learning_rate=1e-3))

    @property
    def config(self) -> dict[str, Any]:
        return {"network": "feature-net", **asdict(self.shape)}

    def networks(self) -> Networks:
        return {"net": FeatureNet(**asdict(self.shape))}

    def batch(self, source: CropSource, rng: np.random.Generator) -> Arrays:
        return self.draw(source, self.settings.batch_size, rng)

    def draw(self, source: CropSource, count: int, rng: np.random.Generator) -> Arrays:
        """Pictures "x" and their classes "y"."""
        pictures = draw_pictures(source, count, self.shape.side, rng)
        chosen = rng.integers(len(CHANGES), size=count)
        others = np.roll(pictures, 1, axis=0)
        changed = [CHANGES[c](p, o, rng) for c, p, o in zip(chosen, pictures, others, strict=True)]
        return {"x": np.stack(changed), "y": chosen.astype(np.int64)}

    def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
        x = self.input(batch)
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            logits = nets["net"](x).float()
        value = F.cross_entropy(logits, batch["y"], label_smoothing=0.05)
        yield Loss("net", value, {"loss": value, "right": (logits.argmax(1) == batch["y"]).float().mean()})

    def input(self, batch: Batch) -> Tensor:
        return as_input(batch["x"], channels=self.shape.channels)

    def validate(self, net: nn.Module, source: CropSource) -> dict[str, float]:
        """Share of right answers on 500 held-out pictures."""
        arrays = self.draw(source, 500, np.random.default_rng(5))
        batch = {k: torch.from_numpy(v).to(next(net.parameters()).device) for k, v in arrays.items()}
        answers = torch.cat([net(some) for some in self.input(batch).split(100)]).argmax(1)
        right = float((answers == batch["y"]).float().mean())
        return {"score": right, "right": right}

    def sheet(self, net: nn.Module, batch: Batch) -> Bytes:
        return grid(self.input(batch)[:32], columns=8)


@dataclass(frozen=True)
class DigitFeatures(PortraitFeatures):
    """Names the digit."""

    id: str = "features-digits"
    shape: FeatureShape = field(
        default_factory=lambda: FeatureShape(side=28, channels=1, classes=10, levels=2, widest=96)
    )
    settings: Settings = field(default_factory=lambda: Settings(batch_size=64, learning_rate=1e-3))

    def draw(self, source: CropSource, count: int, rng: np.random.Generator) -> Arrays:
        return digit_batch(source, count, rng)


def _nothing(picture: Bytes, other: Bytes, rng: np.random.Generator) -> Bytes:
    return picture


def _blur(picture: Bytes, other: Bytes, rng: np.random.Generator) -> Bytes:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.8, 2.5))), np.uint8)


def _noise(picture: Bytes, other: Bytes, rng: np.random.Generator) -> Bytes:
    noisy = picture + rng.normal(0, rng.uniform(8, 40), picture.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _warp(picture: Bytes, other: Bytes, rng: np.random.Generator) -> Bytes:
    """A smooth random displacement of some pixels: features in the wrong place."""
    side = picture.shape[0]
    coarse = rng.normal(0, rng.uniform(0.05, 0.1) * side, (2, 5, 5)).astype(np.float32)
    dx, dy = (cv2.resize(c, (side, side), interpolation=cv2.INTER_CUBIC) for c in coarse)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    return np.asarray(cv2.remap(picture, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.uint8)


def _shuffle(picture: Bytes, other: Bytes, rng: np.random.Generator) -> Bytes:
    """The quarters, or the sixteenths, in another order."""
    parts = int(rng.choice([2, 4]))
    size = picture.shape[0] // parts
    cells = [picture[y * size : (y + 1) * size, x * size : (x + 1) * size] for y in range(parts) for x in range(parts)]
    order = rng.permutation(len(cells))
    rows = [np.concatenate([cells[order[y * parts + x]] for x in range(parts)], axis=1) for y in range(parts)]
    return np.concatenate(rows)


def _mix(picture: Bytes, other: Bytes, rng: np.random.Generator) -> Bytes:
    share = float(rng.uniform(0.35, 0.65))
    return np.rint(share * picture + (1 - share) * other).astype(np.uint8)


def _halves(picture: Bytes, other: Bytes, rng: np.random.Generator) -> Bytes:
    """The left or the upper half of one beside the rest of another."""
    cut = int(picture.shape[0] * rng.uniform(0.35, 0.65))
    joined = picture.copy()
    if rng.random() < 0.5:
        joined[:, cut:] = other[:, cut:]
    else:
        joined[cut:] = other[cut:]
    return joined


def _blocks(picture: Bytes, other: Bytes, rng: np.random.Generator) -> Bytes:
    """Coarse pixels."""
    side = picture.shape[0]
    small = cv2.resize(picture, (side // 4, side // 4), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_NEAREST), np.uint8)


def _upside_down(picture: Bytes, other: Bytes, rng: np.random.Generator) -> Bytes:
    return np.ascontiguousarray(picture[::-1])


def _sideways(picture: Bytes, other: Bytes, rng: np.random.Generator) -> Bytes:
    return np.ascontiguousarray(np.rot90(picture, int(rng.choice([1, 3]))))


CHANGES: tuple[Change, ...] = (
    _nothing,
    _blur,
    _noise,
    _warp,
    _shuffle,
    _mix,
    _halves,
    _blocks,
    _upside_down,
    _sideways,
)
