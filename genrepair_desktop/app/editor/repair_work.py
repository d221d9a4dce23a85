"""What the engine thread does for the Photo workspace: plain functions over copies, no Qt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from genrepair_desktop.document.document import Coverage, Document
from genrepair_desktop.document.edits import Edit, GroupEdit, edit_for_new_pixels, edit_from_pieces
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.finish import fade
from genrepair_desktop.repair.mask_runs import encode_mask, hash_array
from genrepair_desktop.repair.method import ModelLoader
from genrepair_desktop.repair.pipeline import RepairRequest, RepairResult, run
from genrepair_desktop.repair.record import models_used

Piece = tuple[Rect, Pixels]


@dataclass(frozen=True)
class HashedModels:
    """Where networks come from, and the SHA-256 of a model's weights by its id."""

    loader: ModelLoader
    hash_of: Callable[[str], str]


@dataclass(frozen=True)
class Painted:
    """The whole mask and donor area a repair was asked with; copies. None: the whole picture, or anywhere."""

    coverage: Coverage | None
    donor: Coverage | None


@dataclass(frozen=True)
class Outcome:
    """A finished repair.

    values  what the edit's recipe keeps: all of a record's step but the hash of the pixels that came out
    """

    result: RepairResult
    values: Mapping[str, Any]


def repair(request: RepairRequest, painted: Painted, models: HashedModels, ctx: RunContext) -> Outcome:
    """Run a request and gather what its record needs."""
    result = run(request, ctx, models.loader)
    return Outcome(result, _step_values(result, painted, models_used(result, models.hash_of)))


def _step_values(result: RepairResult, painted: Painted, used: Mapping[str, str]) -> dict[str, Any]:
    coverage, donor = painted.coverage, painted.donor
    return {
        "recipe": result.recipe.to_values(),
        "mask": None if coverage is None else encode_mask(coverage),
        "mask_sha256": None if coverage is None else hash_array(coverage),
        "donor": None if donor is None else encode_mask(donor),
        "methods": [{"rect": list(hole.rect), "method": hole.method, "note": hole.note} for hole in result.holes],
        "models": dict(used),
    }


def faded_pieces(request: RepairRequest, result: RepairResult, strength: float) -> tuple[Piece, ...]:
    """The result's pieces with only ``strength`` of the repair in them."""
    before = {box.rect: box.pixels for box in request.boxes}
    return tuple((rect, fade(before[rect], piece, strength)) for rect, piece in result.pieces)


def laid_in(document: Document, request: RepairRequest, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The pieces over what the document shows now, taking from them only the pixels the repair changed.

    The document may have moved on since the request was cut out: its newer pixels around the holes stay.
    """
    before = {box.rect: box.pixels for box in request.boxes}
    laid = []
    for rect, piece in pieces:
        now = document.pixels[rect.slices].copy()
        changed = (piece != before[rect]).any(axis=2)
        now[changed] = piece[changed]
        laid.append((rect, now))
    return tuple(laid)


def repair_edit(
    document: Document, request: RepairRequest, outcome: Outcome, *, strength: float, clears_mask: bool
) -> Edit | None:
    """The repair as one undo step: the pixels and, so that one sees them, the emptied mask.

    None when the repair changes nothing. ``strength`` enters the recipe: replayed, it gives the same bits.
    """
    result, label = outcome.result, f"repair:{outcome.result.recipe.method}"
    values = {**outcome.values, "recipe": {**outcome.values["recipe"], "strength": strength}}
    if result.replacement is not None:
        return edit_for_new_pixels(result.replacement, label=label, recipe=values)
    pieces = laid_in(document, request, faded_pieces(request, result, strength))
    pixels = edit_from_pieces(document, "pixels", pieces, label=label, recipe=values)
    if pixels is None or not clears_mask:
        return pixels
    mask = emptied(document, request)
    return pixels if mask is None else GroupEdit(label, (pixels, mask), values)


def emptied(document: Document, request: RepairRequest) -> Edit | None:
    """An edit that unmarks what the request was asked to repair; newer strokes elsewhere stay."""
    blocks = []
    for box in request.boxes:
        now = document.mask[box.rect.slices].copy()
        now[box.coverage > 0] = 0
        blocks.append((box.rect, now))
    return edit_from_pieces(document, "mask", blocks, label="mask-none")


def changed_pixels(edit_pieces: tuple[Piece, ...], request: RepairRequest) -> int:
    """How many pixels of the photo the pieces change."""
    before = {box.rect: box.pixels for box in request.boxes}
    return sum(int(np.count_nonzero((piece != before[rect]).any(axis=2))) for rect, piece in edit_pieces)
