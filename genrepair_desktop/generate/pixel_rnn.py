"""The row LSTMs as generative models: digits pixel by pixel, portraits code by code. They have no latents."""

from typing import TYPE_CHECKING

import numpy as np

from genrepair_desktop.generate.model import (
    AS_LEARNED,
    BATCH,
    GenerateError,
    Pictures,
    SampleOptions,
    Samples,
    check_count,
    check_label,
    check_pictures,
)
from genrepair_desktop.generate.tensors import to_pictures, to_tensor
from genrepair_desktop.imaging.arrays import Image, Mask, check_mask
from genrepair_desktop.jobs.context import RunContext

if TYPE_CHECKING:
    from torch import Tensor

    from genrepair_desktop.networks.pixel_rnn import PixelRnn
    from genrepair_desktop.networks.vq_autoencoder import PortraitRnn

# a code's picture depends on its neighbours too: so many codes around a hole are drawn anew
_CODE_MARGIN = 1


class DigitRnnModel:
    """Binary pictures, one pixel after another."""

    channels = 1
    learned_faces = True

    def __init__(self, model_id: str, net: "PixelRnn") -> None:
        self.id = model_id
        self.net = net.eval().requires_grad_(False)
        self.side, self.classes = net.height, net.classes

    def sample(self, n: int, ctx: RunContext, options: SampleOptions = AS_LEARNED, *, start: int = 0) -> Samples:
        check_count(n, start)
        check_label(options.label, self.classes)
        pixels = draw_in_batches(self.net, n, ctx, options, start=start)
        return Samples(to_pictures(pixels[:, None].float()), None, ctx.seed, options)

    def complete(self, picture: Image, hole: Mask, n: int, ctx: RunContext) -> Pictures:
        """Known pixels count as white from 0.5 on; holes are drawn from what is above and left of them."""
        import torch

        check_count(n)
        check_pictures(picture[None], self.side, 1)
        check_mask(hole, picture.shape)
        known = torch.from_numpy(picture[..., 0] >= 0.5).long()
        pixels = draw_in_batches(self.net, n, ctx, SampleOptions(), known=known, free=torch.from_numpy(hole))
        return to_pictures(pixels[:, None].float())


class PortraitRnnModel:
    """Portraits by drawing the codes of a vector-quantised autoencoder."""

    classes = 0
    learned_faces = True

    def __init__(self, model_id: str, net: "PortraitRnn") -> None:
        self.id = model_id
        self.net = net.eval().requires_grad_(False)
        self.side, self.channels = net.vq.side, net.vq.channels

    def sample(self, n: int, ctx: RunContext, options: SampleOptions = AS_LEARNED, *, start: int = 0) -> Samples:
        check_count(n, start)
        check_label(options.label, 0)
        codes = draw_in_batches(self.net.rnn, n, ctx.part(0.0, 0.9), options, start=start)
        pictures = to_pictures(self.net.vq.decode(codes))
        ctx.checkpoint(1.0, "sample")
        return Samples(pictures, None, ctx.seed, options)

    def complete(self, picture: Image, hole: Mask, n: int, ctx: RunContext) -> Pictures:
        """Codes that the hole touches are drawn, the others come from the picture. The hole is first filled with
        the mean of what is known, as its codes' neighbours would otherwise see the damage.

        Drawing knows what is above and left of a code, not what is below: of twice as many answers those that the
        model finds likeliest with all known codes in place are kept.
        """
        import torch

        check_count(n)
        check_pictures(picture[None], self.side, self.channels)
        check_mask(hole, picture.shape)
        if hole.all():
            raise GenerateError("Nothing of the picture is known: sample a new one instead.")
        filled = picture.copy()
        filled[hole] = picture[~hole].mean(axis=0)
        with torch.inference_mode():
            known = self.net.vq.encode(to_tensor(filled[None], self.net.rnn.embed.weight))[0]
        free = touched_codes(hole, self.net.vq.grid)
        codes = draw_in_batches(
            self.net.rnn, 2 * n, ctx.part(0.0, 0.8), SampleOptions(), known=known, free=torch.from_numpy(free)
        )
        with torch.inference_mode():
            odds = torch.cat([self.net.rnn.log_likelihood(some) for some in codes.split(BATCH)])
        best = torch.sort(torch.argsort(odds, descending=True, stable=True)[:n]).values
        ctx.checkpoint(0.9, "sample")
        with torch.inference_mode():
            return to_pictures(self.net.vq.decode(codes[best]))


def touched_codes(hole: Mask, grid: int) -> Mask:
    """Which codes (grid, grid) a hole (side, side) touches, with a margin."""
    size = hole.shape[0] // grid
    touched = hole.reshape(grid, size, grid, size).any(axis=(1, 3))
    padded = np.pad(touched, _CODE_MARGIN)
    reach = 2 * _CODE_MARGIN + 1
    windows = [padded[y : y + grid, x : x + grid] for y in range(reach) for x in range(reach)]
    return np.logical_or.reduce(windows)


def draw_in_batches(
    net: "PixelRnn",
    n: int,
    ctx: RunContext,
    options: SampleOptions,
    *,
    start: int = 0,
    known: "Tensor | None" = None,
    free: "Tensor | None" = None,
) -> "Tensor":
    """``n`` pictures of integers (n, h, w), in full batches each with a seed of its own, so that the first ones do
    not depend on how many follow. ``start``: a multiple of ``BATCH``, so many are passed over.

    Raises:
        Cancelled: at a checkpoint.
    """
    import torch

    from genrepair_desktop.networks.pixel_sampling import draw

    batches, skipped = -(-n // BATCH), start // BATCH
    seeds = np.random.default_rng(ctx.seed).integers(2**62, size=skipped + batches)[skipped:]
    drawn = []
    for i, seed in enumerate(seeds):
        part = ctx.part(i / batches, (i + 1) / batches)
        generator = torch.Generator(net.embed.weight.device).manual_seed(int(seed))
        y = None if options.label is None else torch.full((BATCH,), options.label, device=net.embed.weight.device)
        pictures, _ = draw(
            net,
            BATCH,
            generator,
            y=y,
            known=known,
            free=free,
            temperature=options.truncation,
            watch=lambda fraction, part=part: part.checkpoint(fraction, "sample"),
        )
        drawn.append(pictures)
    return torch.cat(drawn)[:n]
