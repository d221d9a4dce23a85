"""Six repairs by the automatic choice beside the truth, good ones and bad ones, for the README.

``python -m genrepair_desktop.lab.pairs -o docs/pairs.jpg`` makes the picture again from the installed models: bundled
photos, fixed damage, at 100 %. From left to right: damaged, repaired, as it was.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from genrepair_desktop.atomic import write_atomic
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.arrays import Pixels, to_image
from genrepair_desktop.imaging.colour import as_colour
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.quality import psnr
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.lab.pictures import tile_pictures
from genrepair_desktop.registry.loader import ModelLoader
from genrepair_desktop.registry.store import ModelStore
from genrepair_desktop.repair.bench import cases
from genrepair_desktop.repair.method import ModelLoader as AnyLoader
from genrepair_desktop.repair.photo_job import repair_pixels
from genrepair_desktop.repair.recipe import Recipe

_SIDE, _GAP, _PER_ROW = 224, 4, 2
_DAMAGE = (250, 248, 240)
_MOST_BYTES = 400_000


@dataclass(frozen=True)
class Case:
    """A bundled photo, its damage, and the corner of the square that is shown."""

    photo: str
    coverage: cases.Coverage
    x: int
    y: int


@dataclass(frozen=True)
class Shown:
    """What became of a case: the three squares, uint8 (224, 224, 3), which methods worked, and the hole's PSNR."""

    squares: tuple[Pixels, Pixels, Pixels]
    methods: tuple[str, ...]
    decibels: float


def telling_cases() -> tuple[Case, ...]:
    """Scratches, strokes and holes that go well; then an eye and a face that do not."""
    return (
        Case("chelsea", cases.mask("scratch", 2), 150, 150),
        Case("brick", cases.mask("brush", 5), 200, 100),
        Case("gravel", _hole(250, 250, 50, 40), 140, 140),
        Case("camera", cases.mask("brush", 1), 120, 60),
        Case("chelsea", cases.mask("brush", 2), 140, 150),
        Case("astronaut", _hole(235, 110, 30, 20), 120, 30),
    )


def show(case: Case, models: AnyLoader) -> Shown:
    """Repair a case with ``auto``."""
    truth = as_colour(cases.photo(case.photo))
    damaged = truth.copy()
    damaged[case.coverage > 0] = _DAMAGE
    done = repair_pixels(damaged, case.coverage, Recipe("auto"), RunContext(), models)
    square = Rect(case.x, case.y, _SIDE, _SIDE).slices
    methods = tuple(sorted({hole.method for hole in done.result.holes}))
    decibels = psnr(to_image(done.pixels), to_image(truth), case.coverage > 0)
    return Shown((damaged[square], done.pixels[square], truth[square]), methods, decibels)


def sheet(shown: Sequence[Shown]) -> Pixels:
    """Two cases a row, three squares each."""
    return tile_pictures(np.stack([square for one in shown for square in one.squares]), 3 * _PER_ROW, _GAP)


def as_jpeg(picture: Pixels) -> bytes:
    """The best JPEG of at most 400 kB, with colours at full resolution; of what never fits, the smallest."""
    content = b""
    for quality in range(92, 40, -4):
        how = [
            cv2.IMWRITE_JPEG_QUALITY,
            quality,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
            cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
        ]
        content = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), how)[1].tobytes()
        if len(content) <= _MOST_BYTES:
            break
    return content


def _hole(x: int, y: int, wide: int, high: int) -> cases.Coverage:
    canvas = np.zeros((cases.SIDE, cases.SIDE), np.uint8)
    cv2.ellipse(canvas, (x, y), (wide, high), 30, 0, 360, 255, -1)
    return canvas


def main(arguments: Sequence[str]) -> int:
    """Write the picture and tell what worked where; 2 with a sentence when the user's input is at fault."""
    parser = argparse.ArgumentParser(prog="genrepair_desktop.lab.pairs", description=__doc__)
    parser.add_argument("-o", "--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    models = ModelLoader(ModelStore.installed(), "cpu")
    try:
        shown = [show(case, models) for case in telling_cases()]
        write_atomic(given.out, as_jpeg(sheet(shown)))
    except GenRepairError as error:
        print(error, file=sys.stderr)
        return 2
    for case, one in zip(telling_cases(), shown, strict=True):
        print(f"{case.photo}: {', '.join(one.methods)}, hole PSNR {one.decibels:.1f} dB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
