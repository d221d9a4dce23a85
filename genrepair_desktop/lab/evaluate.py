"""Measures fill methods on held-out pictures with fixed masks: fidelity, structure, texture, time and memory.

A method is a function, so that methods of the catalog, networks in training and other people's libraries are all
measured alike: ``fill(image, mask, seed) -> image``.
"""

import csv
import io
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import psutil

from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.quality import psnr, ssim, texture_distance
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.lab.masks import MaskKind, draw_mask
from genrepair_desktop.lab.metrics import Interval, interval

Fill = Callable[[Image, Mask, int], Image]
KINDS: tuple[MaskKind, ...] = get_args(MaskKind)
_SAMPLE_S = 0.02


@dataclass(frozen=True)
class FillRow:
    """One method on one kind of mask. One value a picture; the picture order is the same in every row.

    psnr in dB and ssim inside the hole, texture as sliced Wasserstein distance (lower is better), seconds a
    picture, peak_mb: the most memory the process used beyond what it held before.
    """

    method: str
    kind: MaskKind
    psnr: tuple[float, ...]
    ssim: tuple[float, ...]
    texture: tuple[float, ...]
    seconds: tuple[float, ...]
    peak_mb: float

    def figures(self) -> dict[str, Interval]:
        """Means with 95 % intervals."""
        return {name: interval(getattr(self, name)) for name in ("psnr", "ssim", "texture", "seconds")}


def evaluate_fills(
    methods: Mapping[str, Fill],
    photos: Sequence[Image],
    kinds: Sequence[MaskKind] = KINDS,
    *,
    seed: int = 0,
    ctx: RunContext | None = None,
) -> list[FillRow]:
    """Every method on every photo with every kind of mask; photo i has the same mask for all methods.

    Raises:
        Cancelled: ``ctx`` was cancelled.
    """
    ctx = ctx or RunContext(seed)
    rows: list[FillRow] = []
    total = len(kinds) * len(methods)
    for kind in kinds:
        masks = [fixed_mask(kind, i, photo.shape[:2], seed) for i, photo in enumerate(photos)]
        for name, method in methods.items():
            part = ctx.part(len(rows) / total, (len(rows) + 1) / total)
            rows.append(_measure(name, method, kind, photos, masks, seed, part))
    return rows


def fixed_mask(kind: MaskKind, index: int, shape: tuple[int, ...], seed: int = 0) -> Mask:
    """Mask number ``index`` of a kind for a picture of this shape: the same at every call."""
    rng = np.random.default_rng([seed, KINDS.index(kind), index])
    return draw_mask(kind, (shape[0], shape[1]), rng)


def gain(row: FillRow, rival: FillRow) -> Interval:
    """How many dB of hole PSNR ``row`` is above ``rival``, paired by picture."""
    return interval([a - b for a, b in zip(row.psnr, rival.psnr, strict=True)])


def best_of(rows: Sequence[FillRow], kind: MaskKind, methods: Sequence[str]) -> FillRow:
    """The row with the highest mean PSNR among some methods."""
    return max((r for r in rows if r.kind == kind and r.method in methods), key=lambda r: float(np.mean(r.psnr)))


def table(rows: Sequence[FillRow], rivals: Sequence[str] = ()) -> str:
    """The rows as a Markdown table: means, and half the width of the 95 % interval.

    ``rivals``: methods of which the best on each mask is what the others' gain in PSNR is over, paired by picture.
    """
    heads = ["mask", "method", "hole PSNR, dB", "over the best classical", "hole SSIM", "texture distance"]
    lines = [f"| {' | '.join([*heads, 'seconds', 'MB'])} |", "|" + "---|" * 8]
    for row in rows:
        f = row.figures()
        cells = [_with_half_width(f[k], d) for k, d in _DIGITS.items()]
        cells.insert(1, _gain_over_best(row, rows, rivals))
        lines.append(
            f"| {row.kind} | {row.method} | {' | '.join(cells)} | {f['seconds'].mean:.3f} | {row.peak_mb:.0f} |"
        )
    return "\n".join(lines) + "\n"


def _gain_over_best(row: FillRow, rows: Sequence[FillRow], rivals: Sequence[str]) -> str:
    if not any(other.kind == row.kind and other.method in rivals for other in rows):
        return ""
    best = best_of(rows, row.kind, rivals)
    return "the best" if row is best else _with_half_width(gain(row, best), 2, sign="+")


def _with_half_width(value: Interval, digits: int, sign: str = "") -> str:
    return f"{value.mean:{sign}.{digits}f} ± {(value.high - value.low) / 2:.{digits}f}"


def as_csv(rows: Sequence[FillRow]) -> str:
    """One line for each figure of each row: mask, method, figure, mean, low, high, pictures."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["mask", "method", "figure", "mean", "low", "high", "pictures"])
    for row in rows:
        for name, f in row.figures().items():
            writer.writerow([row.kind, row.method, name, f"{f.mean:.5g}", f"{f.low:.5g}", f"{f.high:.5g}", f.count])
        writer.writerow([row.kind, row.method, "peak_mb", f"{row.peak_mb:.5g}", "", "", len(row.psnr)])
    return text.getvalue()


_DIGITS = {"psnr": 2, "ssim": 3, "texture": 4}


def _measure(
    name: str,
    method: Fill,
    kind: MaskKind,
    photos: Sequence[Image],
    masks: Sequence[Mask],
    seed: int,
    ctx: RunContext,
) -> FillRow:
    figures: list[tuple[float, float, float, float]] = []
    # The first call compiles kernels and loads weights: that is not the method's time
    method(_without(photos[0], masks[0]), masks[0], seed)
    with _PeakMemory() as memory:
        for i, (photo, mask) in enumerate(zip(photos, masks, strict=True)):
            ctx.checkpoint(i / len(photos), name)
            began = time.perf_counter()
            filled = method(_without(photo, mask), mask, seed)
            seconds = time.perf_counter() - began
            # What lies outside the mask is the pipeline's to keep, not the method's
            filled = np.where(mask[..., None], np.clip(filled, 0, 1), photo).astype(np.float32)
            pair = (filled, photo, mask)
            figures.append((psnr(*pair), ssim(*pair), texture_distance(*pair), seconds))
    columns = [tuple(column) for column in zip(*figures, strict=True)]
    return FillRow(name, kind, columns[0], columns[1], columns[2], columns[3], memory.peak_mb)


def _without(photo: Image, mask: Mask) -> Image:
    """The photo with the hole blacked out, so that no method can look."""
    return np.where(mask[..., None], np.float32(0), photo)


class _PeakMemory:
    """Samples this process's memory while a block runs."""

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "_PeakMemory":
        self._before = psutil.Process().memory_info().rss
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        for used in self._samples():
            self.peak_mb = max(self.peak_mb, (used - self._before) / 2**20)

    def _samples(self) -> Iterator[int]:
        process = psutil.Process()
        yield process.memory_info().rss
        while not self._stop.wait(_SAMPLE_S):
            yield process.memory_info().rss
        yield process.memory_info().rss
