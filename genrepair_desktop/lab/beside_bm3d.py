"""``python -m genrepair_desktop.lab.beside_bm3d models/denoise --photos DIR... --cache DIR``: the denoiser and BM3D.

BM3D (Dabov et al. 2007), which is told the noise, and the network, which is not, on the same held-out crops, grey
and colour. The package ``bm3d`` may be used for research alone, so it is no dependency of this project: install it
beside it for the measurement.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.arrays import Image, to_image
from genrepair_desktop.imaging.colour import as_colour, from_colour
from genrepair_desktop.imaging.quality import psnr
from genrepair_desktop.lab.datasets import CropSource, open_photos
from genrepair_desktop.lab.metrics import Interval, interval
from genrepair_desktop.lab.noise import gaussian_noise
from genrepair_desktop.registry.card import read_card
from genrepair_desktop.registry.device import Device
from genrepair_desktop.registry.inference import run_network
from genrepair_desktop.registry.loader import load_network

Denoiser = Callable[[Image, float], Image]
_CROP = 128
_NOISES = (15, 25, 50)


def lead(own: Denoiser, rival: Denoiser, truths: Sequence[Image], sigma: float, seed: int = 31) -> Interval:
    """By how many decibels of PSNR ``own`` is over ``rival`` on the same noisy pictures, with a 95 % interval.

    Both take a float32 picture (h, w, 1 or 3) in [0, 1] and the noise's deviation on the same scale. ``sigma`` is
    that deviation in steps of 255.
    """
    gains: list[float] = []
    for number, truth in enumerate(truths):
        noisy = gaussian_noise(truth, sigma, np.random.default_rng([seed, int(sigma), number]))
        ours, theirs = (psnr(np.clip(f(noisy, sigma / 255), 0, 1), truth) for f in (own, rival))
        gains.append(ours - theirs)
    return interval(gains)


def main(arguments: Sequence[str]) -> int:
    """Print a row for each noise; 2 with a sentence on standard error when the user's input is at fault."""
    parser = argparse.ArgumentParser(prog="genrepair_desktop.lab.beside_bm3d", description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--photos", type=Path, nargs="+", required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--split", choices=("val", "test"), default="test")
    parser.add_argument("--count", type=int, default=30)
    given = parser.parse_args(arguments)
    try:
        import bm3d  # pyright: ignore[reportMissingImports]
    except ImportError:
        print("The package bm3d is not installed; it is no part of the project: install it beside.", file=sys.stderr)
        return 2
    try:
        net = load_network(read_card(given.model), given.model, Device("cpu", has_bf16=False))
        source = CropSource(open_photos(given.photos, given.cache), given.split)
    except GenRepairError as error:
        print(error, file=sys.stderr)
        return 2

    def own(noisy: Image, sigma: float) -> Image:
        return from_colour(run_network(net, [as_colour(noisy)])[..., :3], noisy)

    def rival(noisy: Image, sigma: float) -> Image:
        if noisy.shape[2] == 3:
            return np.asarray(bm3d.bm3d_rgb(noisy, sigma), np.float32)
        return np.asarray(bm3d.bm3d(noisy[..., 0], sigma), np.float32)[..., None]

    colours = [to_image(crop) for crop in source.crops(given.count, _CROP, np.random.default_rng(31))]
    for what, truths in (("colour", colours), ("grey", [c.mean(axis=2, keepdims=True) for c in colours])):
        for sigma in _NOISES:
            over = lead(own, rival, truths, sigma)
            print(f"{what}, noise {sigma}: {over.mean:+.2f} dB ({over.low:+.2f} to {over.high:+.2f})", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
