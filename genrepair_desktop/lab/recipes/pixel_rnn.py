"""Recipes of the row LSTM: over binary digits, and over the codes of portraits."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genrepair_desktop.lab.datasets import Bytes, CropSource
from genrepair_desktop.lab.pictures import as_input, draw_pictures, grid, picture_batch
from genrepair_desktop.lab.recipe import Arrays, Batch, Loss, Networks, Settings
from genrepair_desktop.lab.recipes.vae import binary_digits, digit_batch
from genrepair_desktop.networks.likelihoods import bits_per_dimension
from genrepair_desktop.networks.pixel_rnn import PixelRnn
from genrepair_desktop.networks.pixel_sampling import draw
from genrepair_desktop.networks.vq_autoencoder import PortraitRnn


@dataclass(frozen=True)
class RnnShape:
    """The network's size, as ``PixelRnn`` takes it."""

    hidden: int = 64
    layers: int = 2
    embedding: int = 16
    dropout: float = 0.0


@dataclass(frozen=True)
class DigitRnn:
    """Binary digits; the loss is the exact negative log-likelihood, in nats a digit."""

    id: str = "pixel-rnn-digits"
    shape: RnnShape = field(default_factory=lambda: RnnShape(hidden=48, layers=2, embedding=8, dropout=0.1))
    settings: Settings = field(
        default_factory=lambda: Settings(
            batch_size=32, learning_rate=2e-3, muon=False, warmup_steps=50, clip_norm=50.0, ema=0.995
        )
    )

    @property
    def config(self) -> dict[str, Any]:
        return {"network": "pixel-rnn", "height": 28, "columns": 28, "levels": 2, **asdict(self.shape)}

    def networks(self) -> Networks:
        return {"net": PixelRnn(height=28, columns=28, levels=2, **asdict(self.shape))}

    def batch(self, source: CropSource, rng: np.random.Generator) -> Arrays:
        return digit_batch(source, self.settings.batch_size, rng)

    def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
        net = nets["net"]
        assert isinstance(net, PixelRnn)
        pixels = (batch["x"][..., 0] > 127).long()
        with torch.autocast(pixels.device.type, dtype=torch.bfloat16):
            nats = -net.log_likelihood(pixels).mean()
        yield Loss("net", nats, {"nats": nats})

    def validate(self, net: nn.Module, source: CropSource) -> dict[str, float]:
        assert isinstance(net, PixelRnn)
        digits = binary_digits(source, 300)[:, 0].long().to(net.embed.weight.device)
        nats = exact_nats(net, digits)
        return {"score": -nats, "nats": nats, "bits_per_dimension": bits_per_dimension(nats, 784)}

    def sheet(self, net: nn.Module, batch: Batch) -> Bytes:
        """Samples, and below them lower halves completed from the upper."""
        assert isinstance(net, PixelRnn)
        generator = torch.Generator().manual_seed(1)
        samples, _ = draw(net, 16, generator)
        known = (batch["x"][:8, ..., 0] > 127).long()
        free = torch.zeros(28, 28, dtype=torch.bool)
        free[14:] = True
        completed, _ = draw(net, len(known), generator, known=known, free=free)
        return grid(torch.cat([samples, known, completed])[:, None].float(), columns=8)


def exact_nats(net: PixelRnn, pixels: Tensor, batch: int = 100) -> float:
    """Mean negative log-likelihood of integer pictures (n, h, w), in float32."""
    with torch.no_grad():
        return -float(torch.cat([net.log_likelihood(some) for some in pixels.split(batch)]).mean())


@dataclass(frozen=True)
class PortraitRnnRecipe:
    """Two phases in one run: the vector-quantised autoencoder for ``vq_steps``, then the row LSTM over its codes.

    The autoencoder stands still in the second phase, or the codes would change their meaning under the LSTM.
    """

    id: str = "pixel-rnn-portraits"
    side: int = 64
    width: int = 64
    codes: int = 256
    vq_steps: int = 700
    shape: RnnShape = field(default_factory=lambda: RnnShape(hidden=96, layers=2, embedding=48, dropout=0.1))
    settings: Settings = field(
        default_factory=lambda: Settings(
            batch_size=32, learning_rate=1.5e-3, muon=False, warmup_steps=100, clip_norm=20.0, ema=0.997
        )
    )

    @property
    def config(self) -> dict[str, Any]:
        return {"network": "portrait-rnn", "vq": self._vq, "rnn": asdict(self.shape)}

    @property
    def _vq(self) -> dict[str, Any]:
        return {"side": self.side, "width": self.width, "codes": self.codes}

    def networks(self) -> Networks:
        return {"net": PortraitRnn(vq=self._vq, rnn=asdict(self.shape))}

    def batch(self, source: CropSource, rng: np.random.Generator) -> Arrays:
        return {"x": draw_pictures(source, self.settings.batch_size, self.side, rng)}

    def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
        net = nets["net"]
        assert isinstance(net, PortraitRnn)
        x = as_input(batch["x"])
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            if step < self.vq_steps:
                picture, commitment = net.vq.train_pass(x)
                error = picture.float() - x
                squared = error.square().mean()
                value = error.abs().mean() + 4 * squared + 0.25 * commitment
                figures = {"psnr": -10 * torch.log10(squared), "commitment": commitment}
            else:
                with torch.no_grad():
                    codes = net.vq.encode(x)
                nats = -net.rnn.log_likelihood(codes).mean()
                value, figures = nats / codes[0].numel(), {"code_nats": nats}
        yield Loss("net", value, figures)

    def validate(self, net: nn.Module, source: CropSource) -> dict[str, float]:
        """Mean error of the copies in dB, nats of the codes, and how many of the codes are in use."""
        assert isinstance(net, PortraitRnn)
        x = picture_batch(source, self.side, 200, net)
        codes = net.vq.encode(x)
        psnr = float((-10 * torch.log10((net.vq.decode(codes) - x).square().mean((1, 2, 3)))).mean())
        nats = exact_nats(net.rnn, codes, 50)
        return {"score": -nats, "code_nats": nats, "psnr": psnr, "codes_used": float(codes.unique().numel())}

    def sheet(self, net: nn.Module, batch: Batch) -> Bytes:
        """Pictures, their copies through the codes, and samples."""
        assert isinstance(net, PortraitRnn)
        x = as_input(batch["x"][:8])
        samples, _ = draw(net.rnn, 16, torch.Generator().manual_seed(1))
        return grid(torch.cat([x, net.vq(x), net.vq.decode(samples)]), columns=8)
