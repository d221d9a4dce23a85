"""Runs methods that treat the whole picture (or the marked part of it), and those that enlarge it."""

from collections.abc import Iterator

import cv2
import numpy as np

from genrepair_desktop.errors import RepairFailedError
from genrepair_desktop.imaging.arrays import Image, Pixels, colour_channels, to_image, to_samples
from genrepair_desktop.imaging.geometry import Rect, Size
from genrepair_desktop.imaging.tiling import run_tiled
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.finish import blend, grow_coverage
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.params import parse_params
from genrepair_desktop.repair.request import Box, HoleRecord, RepairRequest, RepairResult

LARGEST_RESULT = 178_956_970


def restore(request: RepairRequest, spec: MethodSpec, ctx: RunContext, models: ModelLoader) -> RepairResult:
    """Change every marked pixel, same size. See ``pipeline.run``."""
    repairer = spec.build(parse_params(spec.params, request.recipe.params), models)
    pieces: list[tuple[Rect, Pixels]] = []
    records: list[HoleRecord] = []
    changed = 0
    for index, box in enumerate(request.boxes):
        share = index / len(request.boxes), (index + 1) / len(request.boxes)
        part = ctx.part(*share, seed=request.recipe.seed, is_apart=True)
        coverage = grow_coverage(box.coverage, request.recipe.grow)
        result = blend(box.pixels, _restored(box, spec, repairer, part), coverage, request.recipe.strength)
        changed += int(np.count_nonzero((result != box.pixels).any(axis=2)))
        pieces.append((box.rect, result))
        records.append(HoleRecord(box.rect, int(np.count_nonzero(coverage)), spec.id, part.note))
    ctx.checkpoint(1.0, "done")
    return RepairResult(request.recipe, tuple(pieces), None, changed, tuple(records))


def enlarge(request: RepairRequest, spec: MethodSpec, ctx: RunContext, models: ModelLoader) -> RepairResult:
    """A larger picture; where a mask was given, only the marked part is more than a resize.

    Raises:
        RepairFailedError: the result would be larger than the program opens.
    """
    params = parse_params(spec.params, request.recipe.params)
    scale = spec.scale(params)
    (box,) = request.boxes
    w, h = box.rect.w * scale, box.rect.h * scale
    if w * h > LARGEST_RESULT:
        limit = LARGEST_RESULT // 1_000_000
        raise RepairFailedError(f"The result would have {w} x {h} pixels, more than {limit} million: enlarge less.")
    repairer = spec.build(params, models)
    result = cv2.resize(box.pixels, (w, h), interpolation=cv2.INTER_CUBIC).reshape(h, w, -1)
    colours = colour_channels(box.pixels)
    coverage = cv2.resize(box.coverage, (w, h), interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
    part = ctx.part(0.0, 1.0, seed=request.recipe.seed, is_apart=True)
    for rect, band in _bands(box, spec, repairer, part, scale):
        filled = result[rect.slices].copy()
        filled[..., :colours] = to_samples(band, box.pixels)
        result[rect.slices] = blend(result[rect.slices], filled, coverage[rect.slices], request.recipe.strength)
    ctx.checkpoint(1.0, "done")
    record = HoleRecord(box.rect, int(np.count_nonzero(box.coverage)), spec.id, part.note)
    return RepairResult(request.recipe, (), result, w * h, (record,))


def _restored(box: Box, spec: MethodSpec, repairer: Repairer, ctx: RunContext) -> Pixels:
    result = box.pixels.copy()
    colours = colour_channels(box.pixels)
    for rect, band in _bands(box, spec, repairer, ctx, 1):
        result[rect.slices][..., :colours] = to_samples(band, box.pixels)
    return result


def _bands(
    box: Box, spec: MethodSpec, repairer: Repairer, ctx: RunContext, scale: int
) -> Iterator[tuple[Rect, Image]]:
    """The method's answer band by band; small pictures and untiled methods come as one band."""
    size = Size(box.rect.w, box.rect.h)
    tile = spec.tile or max(size)
    total = _tile_count(size, tile, spec.overlap) if spec.tile else 1
    done = 0

    def work(rect: Rect) -> Image:
        nonlocal done
        share = ctx.part(min(1.0, done / total), min(1.0, (done + 1) / total))
        share.checkpoint(0.0, "repairing")
        done += 1
        patch = Patch(to_image(box.pixels[rect.slices]), box.coverage[rect.slices] > 0)
        output = repairer(patch, share)
        wanted = (rect.h * scale, rect.w * scale, patch.image.shape[2])
        if output.shape != wanted or not np.isfinite(output).all():
            raise RepairFailedError("The method gave no valid picture: nothing was changed, try another one.")
        return output

    return run_tiled(size, tile, min(spec.overlap, tile - 1), work, scale=scale)


def _tile_count(size: Size, tile: int, overlap: int) -> int:
    across, down = (max(1, -(-(side - overlap) // (tile - overlap))) for side in size)
    return across * down
