"""Digits in IDX files as a folder of pictures that the lab's loop can read, and their fixed binary form.

``python -m genrepair_desktop.lab.digits IMAGES LABELS -o DIR`` writes one PNG a digit, a folder a class, and
``keys.csv`` with the split by index: the first eight tenths to train on, then one to validate, one to test.
"""

import argparse
import csv
import gzip
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as PillowImage

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.lab.datasets import Bytes

_BINARY_SEED = 20260101


class DigitsError(GenRepairError):
    """A file is not the IDX file it should be."""


def read_idx(path: Path) -> Bytes:
    """An IDX file of unsigned bytes, packed or not, with as many dimensions as it says.

    Raises:
        DigitsError: it is none.
    """
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise DigitsError(f"{path.name} is no IDX file of bytes: choose the file as it was published.")
    dimensions = content[3]
    shape = np.frombuffer(content, ">u4", dimensions, 4).astype(int)
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions)
    if values.size != shape.prod():
        raise DigitsError(f"{path.name} is cut off: copy it again.")
    return values.reshape(shape)


def split_by_place(index: int, count: int) -> str:
    """Which part a digit belongs to."""
    if index < count * 8 // 10:
        return "train"
    return "val" if index < count * 9 // 10 else "test"


def write_folder(digits: Bytes, labels: Bytes, out: Path) -> None:
    """PNG files ``out/<label>/<index>.png`` and ``out/keys.csv``."""
    rows: list[tuple[str, str]] = []
    for index, (digit, label) in enumerate(zip(digits, labels, strict=True)):
        name = f"{label}/{index:05d}.png"
        (out / str(label)).mkdir(parents=True, exist_ok=True)
        PillowImage.fromarray(digit).save(out / name)
        rows.append((name, f"{split_by_place(index, len(digits))}:{index:05d}"))
    with (out / "keys.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "key"))
        writer.writerows(rows)


def binarise(digit: Bytes, rng: np.random.Generator | None = None) -> Bytes:
    """Each pixel white with the probability of its brightness (Salakhutdinov and Murray 2008): 0 or 1.

    Without ``rng`` drawn once and for all: the seed comes from the digit (h, w) itself, so that every model is
    measured on the same binary digits, whatever order they are read in.
    """
    if rng is None:
        content = hashlib.sha256(np.ascontiguousarray(digit).tobytes()).digest()
        rng = np.random.default_rng([_BINARY_SEED, int.from_bytes(content[:8], "big")])
    return (rng.random(digit.shape) * 255 < digit).astype(np.uint8)


def vary_digit(digit: Bytes, rng: np.random.Generator) -> Bytes:
    """A little turned, scaled, slanted and moved: as another hand would have written it. (h, w) to (h, w)."""
    h, w = digit.shape
    angle, scale, slant = rng.normal(0, 0.07), np.exp(rng.normal(0, 0.05)), rng.normal(0, 0.08)
    turn = np.array([[np.cos(angle), -np.sin(angle) + slant], [np.sin(angle), np.cos(angle)]]) * scale
    centre = np.array([(w - 1) / 2, (h - 1) / 2])
    move = centre - turn @ centre + rng.normal(0, 0.7, 2)
    turned = cv2.warpAffine(digit, np.column_stack([turn, move]), (w, h), flags=cv2.INTER_LINEAR)
    return np.asarray(turned, np.uint8)


def main(arguments: Sequence[str]) -> int:
    """Write the folder; 2 with a sentence on standard error when a file is at fault."""
    parser = argparse.ArgumentParser(prog="genrepair_desktop.lab.digits", description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        write_folder(read_idx(options.images), read_idx(options.labels), options.out)
    except (GenRepairError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
