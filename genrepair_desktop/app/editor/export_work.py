"""What the engine thread does to export: encode the photo and, if wanted, the record beside it. No Qt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from genrepair_desktop.document.edits import Edit, GroupEdit, ReplaceEdit, TileEdit
from genrepair_desktop.document.export import Exported, export_pixels
from genrepair_desktop.document.history import History
from genrepair_desktop.document.snapshot import Snapshot
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.codecs import ExportOptions, PhotoMetadata
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.mask_runs import hash_array
from genrepair_desktop.repair.record import Record, Step

_NOT_IN_RECORD = "The record holds the repairs only: strokes back to the original cannot be replayed."


@dataclass(frozen=True)
class PastEdit:
    """One applied edit of the pixels: what was there before it, and its recipe if it was a repair.

    replaced  the whole picture before it, for edits that changed the size
    """

    values: Mapping[str, Any] | None
    blocks: tuple[tuple[Rect, Pixels], ...] = ()
    replaced: Pixels | None = None


@dataclass(frozen=True)
class ExportRequest:
    """Everything the export needs, read through ``snapshot`` while the document is worked on.

    past  the applied edits, newest first, when a record is wanted; else None
    """

    path: Path
    pixels: Pixels
    snapshot: Snapshot
    metadata: PhotoMetadata | None
    options: ExportOptions
    may_overwrite: bool
    past: tuple[PastEdit, ...] | None = None


def export(request: ExportRequest, ctx: RunContext) -> Exported:
    """Write the photo, and its record beside it.

    Raises:
        PhotoError: nothing was written in place of what was there.
    """
    ctx.checkpoint(0.0, "writing")
    past = request.past
    whole = request.snapshot.whole
    # one copy of the photo at a time: the record's goes before the encoder's is made
    record = None if past is None else record_of(whole(request.pixels), past, whole).to_json()
    ctx.checkpoint(0.3, "writing")
    done = export_pixels(
        whole(request.pixels),
        request.metadata,
        request.path,
        request.options,
        overwrite=request.may_overwrite,
        record=record,
    )
    if past is not None and any(edit.values is None for edit in past):
        done = replace(done, notices=(*done.notices, _NOT_IN_RECORD))
    return done


def past_edits(history: History) -> tuple[PastEdit, ...]:
    """The applied edits that changed pixels, newest first."""
    applied = history.entries[: history.index]
    return tuple(past for edit in reversed(applied) if (past := _past_edit(edit)) is not None)


def record_of(state: Pixels, past: tuple[PastEdit, ...], whole: Callable[[Pixels], Pixels]) -> Record:
    """The record of the repairs, by going back through the edits from the pixels as they are now.

    Args:
        state: those pixels, as a copy that is written into.
        whole: makes a copy of a picture that an edit replaced.
    """
    steps: list[Step] = []
    for edit in past:
        if edit.values is not None:
            steps.append(Step.from_values({**edit.values, "result_sha256": hash_array(state)}))
        if edit.replaced is not None:
            state = whole(edit.replaced)
        for rect, block in edit.blocks:
            state[rect.slices] = block
    return Record(hash_array(state), tuple(reversed(steps)))


def _past_edit(edit: Edit) -> PastEdit | None:
    parts = edit.edits if isinstance(edit, GroupEdit) else (edit,)
    for part in parts:
        if isinstance(part, TileEdit) and part.layer == "pixels":
            return PastEdit(edit.recipe, tuple(part.blocks()))
        if isinstance(part, ReplaceEdit):
            return PastEdit(edit.recipe, replaced=part.layers["pixels"])
    return None
