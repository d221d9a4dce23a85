"""Measures what a fill network knows: its features around holes in the training pictures, kept beside its weights.

``python -m genrepair_desktop.lab.familiar models/fill-cnn --photos DIR...`` does it for an installed model; publishing
does it by itself. See ``registry.familiar`` for what it is good for.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from sklearn.covariance import ledoit_wolf
from torch import nn

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.arrays import to_image
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.lab.datasets import CropSource, PhotoSet, open_photos
from genrepair_desktop.lab.masks import MaskKind, draw_mask
from genrepair_desktop.networks.fill_unet import FillUNet, SeededFillUNet
from genrepair_desktop.registry.card import read_card
from genrepair_desktop.registry.device import Device
from genrepair_desktop.registry.familiar import FEWEST_CELLS, Familiar, Floats, write_familiar
from genrepair_desktop.registry.loader import load_network

# a share of one in a hundred is to be told: of held-out crops, which the mean and the covariance were not made of
_SHARE = 0.99
_CROP, _PER_PICTURE, _MOST, _MOST_HELD_OUT = 128, 8, 2500, 1000
# holes of the sizes that are asked about: thin damage is not
_KINDS: tuple[MaskKind, ...] = ("medium", "thick")


def measure_familiar(net: nn.Module, photos: PhotoSet) -> Familiar | None:
    """The mean and shrunk covariance (Ledoit and Wolf 2004) over training crops, and the limit over held-out ones.

    None for a network that is no fill.
    """
    if not isinstance(net, FillUNet | SeededFillUNet):
        return None
    known = _features(net, CropSource(photos, "train"), _MOST, seed=40)
    mean = known.mean(axis=0, dtype=np.float64)
    covariance, _ = ledoit_wolf(known - mean, assume_centered=True)
    # a tiny network may have features that never vary
    ridge = 1e-6 * max(1e-6, float(np.trace(covariance))) / len(mean)
    values, vectors = np.linalg.eigh(covariance + ridge * np.eye(len(mean)))
    whitener = (vectors / np.sqrt(np.maximum(values, ridge))).astype(np.float32)
    measured = Familiar(mean.astype(np.float32), whitener, np.inf)
    others = known if not len(photos.indices("val")) else _features(net, CropSource(photos, "val"), _MOST_HELD_OUT, 41)
    limit = float(np.quantile([measured.distance(row) for row in others], _SHARE))
    return Familiar(measured.mean, whitener, limit)


def keep_familiar(folder: Path, net: nn.Module, photos: PhotoSet, weights_sha256: str) -> Familiar | None:
    """Measure and write the file beside the weights with this hash; nothing for a network that is no fill.

    Raises:
        SaveError: the disk refuses.
    """
    familiar = measure_familiar(net, photos)
    if familiar is not None:
        write_familiar(folder, familiar, weights_sha256)
    return familiar


def _features(net: FillUNet | SeededFillUNet, source: CropSource, most: int, seed: int) -> Floats:
    """``surroundings`` of random crops with random holes, (n, d); crops with too little known are left out."""
    rng = np.random.default_rng(seed)
    rows: list[Floats] = []
    for number in range(min(most, _PER_PICTURE * len(source.indices))):
        image = to_image(source.crop(_CROP, rng))
        mask = draw_mask(_KINDS[number % len(_KINDS)], _CROP, rng)
        planes = (prefill(image, mask).transpose(2, 0, 1), mask[None].astype(np.float32))
        with torch.inference_mode():
            answer = net.surroundings(*(torch.from_numpy(np.ascontiguousarray(p))[None] for p in planes))
        values = answer.ravel().numpy()
        if values[-1] >= FEWEST_CELLS:
            rows.append(values[:-1])
    return np.stack(rows)


def main(arguments: Sequence[str]) -> int:
    """Measure one model's folder; 2 with a sentence on standard error when the user's input is at fault."""
    parser = argparse.ArgumentParser(prog="genrepair_desktop.lab.familiar", description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--photos", type=Path, nargs="+", required=True)
    parser.add_argument("--cache", type=Path, required=True)
    given = parser.parse_args(arguments)
    try:
        card = read_card(given.model)
        net = load_network(card, given.model, Device("cpu", has_bf16=False))
        made = keep_familiar(given.model, net, open_photos(given.photos, given.cache), card.weights.sha256)
    except GenRepairError as error:
        print(error, file=sys.stderr)
        return 2
    if made is None:
        print(f"{card.id} fills no holes: there is nothing to measure.", file=sys.stderr)
        return 2
    print(f"{card.id}: one held-out crop in a hundred is beyond a distance of {made.limit:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
