"""Recipe of ``fill-cnn``: the deterministic fill, from a smooth first fill to the truth."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genrepair_desktop.imaging.arrays import Mask, to_image
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.lab.augment import vary_tone
from genrepair_desktop.lab.datasets import Bytes, CropSource
from genrepair_desktop.lab.losses import relative_hole_loss
from genrepair_desktop.lab.masks import MaskKind, draw_mask
from genrepair_desktop.lab.recipe import Arrays, Batch, Loss, Networks, Settings
from genrepair_desktop.lab.sheets import contact_sheet
from genrepair_desktop.networks.fill_unet import FillUNet

# Half thin damage, which is what most people have; half holes
_MIX: dict[MaskKind, float] = {"scratch": 0.3, "thin": 0.2, "medium": 0.25, "thick": 0.25}
_KINDS: tuple[MaskKind, ...] = ("thin", "medium", "thick", "scratch")


@dataclass(frozen=True)
class FillShape:
    """The network's size, as ``FillUNet`` takes it."""

    widths: tuple[int, int, int] = (64, 128, 192)
    depths: tuple[int, int] = (1, 2)
    dilations: tuple[int, ...] = (1, 2, 4, 8, 2, 1)


@dataclass(frozen=True)
class FillCnn:
    """Crops with a hole and its smooth fill; the loss is how much of the smooth fill's error is left.

    ``mix``: how often each kind of mask is drawn; the shares add up to 1.
    """

    crop: int = 128
    shape: FillShape = field(default_factory=FillShape)
    settings: Settings = field(default_factory=lambda: Settings(batch_size=8, warmup_steps=100))
    mix: Mapping[MaskKind, float] = field(default_factory=lambda: _MIX)
    id: str = "fill-cnn"

    @property
    def config(self) -> dict[str, Any]:
        return {"network": "fill-unet", **asdict(self.shape)}

    def networks(self) -> Networks:
        return {"net": FillUNet(**asdict(self.shape))}

    def batch(self, source: CropSource, rng: np.random.Generator) -> Arrays:
        kinds = rng.choice(list(self.mix), self.settings.batch_size, p=list(self.mix.values()))
        truths = [vary_tone(source.crop(self.crop, rng), rng) for _ in kinds]
        masks = [_training_mask(kind, self.crop, rng) for kind in kinds]
        return fill_batch(truths, masks)

    def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
        truth, start, mask = unpack(batch)
        with torch.autocast(truth.device.type, dtype=torch.bfloat16):
            output = nets["net"](start, mask)
        loss = relative_hole_loss(output.float(), truth, start, mask)
        yield Loss("net", loss, {"loss": loss})

    def validate(self, net: nn.Module, source: CropSource) -> dict[str, float]:
        """Gain over the smooth fill in decibels of hole PSNR, for each kind of mask, on 24 crops each."""
        gains = {f"gain_{kind}": gain_over_start(net, source, kind, self.crop) for kind in _KINDS}
        return {"score": float(np.mean(list(gains.values()))), **gains}

    def sheet(self, net: nn.Module, batch: Batch) -> Bytes:
        truth, start, mask = unpack(batch)
        with torch.autocast(truth.device.type, dtype=torch.bfloat16):
            output = net(start, mask).float()
        return contact_sheet([start * (1 - mask), start, output, truth], rows=8)


def fill_batch(truths: list[Bytes], masks: list[Mask]) -> Arrays:
    """Truth and smooth fill as uint8 and float16 (n, h, w, 3), and the mask as bool (n, h, w)."""
    starts = [prefill(to_image(t), m) for t, m in zip(truths, masks, strict=True)]
    return {"truth": np.stack(truths), "start": np.stack(starts).astype(np.float16), "mask": np.stack(masks)}


def unpack(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Truth, start and mask as float32 (n, c, h, w), channels last in memory."""
    truth = batch["truth"].permute(0, 3, 1, 2).float() / 255
    start = batch["start"].permute(0, 3, 1, 2).float()
    mask = batch["mask"][:, None].float()
    # The smooth fill's known pixels were rounded to half precision on the way
    return truth, torch.where(mask > 0, start, truth), mask


def gain_over_start(net: nn.Module, source: CropSource, kind: MaskKind, size: int, count: int = 24) -> float:
    """Mean gain in dB of hole PSNR over the smooth fill, on the same crops and masks at every call."""
    device = next(net.parameters()).device
    truth, start, mask = held_out_fills(source, kind, size, count, device)
    with torch.no_grad(), torch.autocast(device.type, dtype=torch.bfloat16):
        output = net(start, mask).float().clamp(0, 1)
    before, after = (((x - truth).square() * mask).sum((1, 2, 3)) + 1e-6 for x in (start, output))
    return float((10 * torch.log10(before / after)).mean())


def held_out_fills(
    source: CropSource, kind: MaskKind, size: int, count: int, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Truth, smooth fill and mask of ``count`` crops: the same at every call with the same source."""
    rng = np.random.default_rng([20, _KINDS.index(kind)])
    truths = [source.crop(size, rng) for _ in range(count)]
    masks = [draw_mask(kind, size, rng) for _ in range(count)]
    arrays = fill_batch(truths, masks)
    return unpack({name: torch.from_numpy(values).to(device) for name, values in arrays.items()})


def _training_mask(kind: MaskKind, size: int, rng: np.random.Generator) -> Mask:
    """Widths vary more than in the measuring presets: a user's photo may be of any size."""
    if kind == "scratch":
        return draw_mask(kind, size, rng)
    return draw_mask(kind, size, rng, scale=float(np.exp(rng.uniform(np.log(0.3), np.log(1.1)))) * size / 128)
