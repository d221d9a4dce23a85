"""``genrepair merge``: several damaged copies of one picture into one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrepair_desktop.cli.options import (
    OutOption,
    OverwriteOption,
    QualityOption,
    SeedOption,
    StripGpsOption,
    export_options,
)
from genrepair_desktop.cli.output import check_pictures, check_target, say_result
from genrepair_desktop.cli.progress import say_note, say_notes, watched
from genrepair_desktop.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genrepair_desktop.imaging.arrays import Pixels
    from genrepair_desktop.jobs.context import RunContext
    from genrepair_desktop.registry.loader import ModelLoader
    from genrepair_desktop.repair.merge import MergePlan
    from genrepair_desktop.repair.record import Record
    from genrepair_desktop.repair.request import Coverage

LEAVE = "none"


def merge(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="The copy to repair; the result has its frame.")],
    copies: Annotated[
        list[Path], typer.Argument(metavar="COPY...", help="Other scans or prints of the same picture.")
    ],
    output: OutOption,
    mask: Annotated[
        list[Path] | None,
        typer.Option(
            "--mask",
            metavar="MASK",
            help="White is damaged: of PHOTO, and repeated of each COPY in turn; `-` for a sound one. Damage of "
            "those without is looked for.",
        ),
    ] = None,
    method: Annotated[
        str, typer.Option("--method", "-m", metavar="ID", help="Repairs what no copy shows; `none` leaves it.")
    ] = "auto",
    left: Annotated[
        Path | None, typer.Option("--left", metavar="MASK.png", help="Also write a mask of what no copy shows.")
    ] = None,
    seed: SeedOption = 0,
    record: Annotated[bool, typer.Option("--record", help="Also write OUT.json, for `genrepair replay`.")] = False,
    quality: QualityOption = None,
    strip_gps: StripGpsOption = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Take sound pixels of other copies where PHOTO is damaged, aligned and in its tones, and repair only the rest."""
    from genrepair_desktop.cli.loader import model_loader
    from genrepair_desktop.document.export import record_path
    from genrepair_desktop.imaging.codecs import read_photo, write_photo
    from genrepair_desktop.repair.record import write_record

    masks = _checked_masks(mask, copies)
    if method != LEAVE:
        _check_method(method)
    check_pictures([output, *([left] if left else [])], overwrite=overwrite)
    if record:
        check_target(record_path(output), overwrite=overwrite)
    opened = read_photo(photo)
    say_notes(opened.notices)
    options = export_options(opened.source, quality, strip_gps=strip_gps)
    models = model_loader()
    with watched(f"Merging {photo.name}", seed) as ctx:
        plan = _planned(photo, opened.pixels, copies, masks, ctx, models)
        _say_copies(plan)
        pixels, done = _merged(opened.pixels, plan, None if method == LEAVE else method, seed, ctx, models)
    say_notes(write_photo(output, pixels, opened.metadata, options, overwrite=overwrite))
    if left is not None:
        write_photo(left, plan.left[..., None], overwrite=overwrite)
    if record:
        if not plan.recipe.can_be_kept:
            say_note("The record tells what was taken, but cannot be replayed: it would be too large. Merge again.")
        write_record(record_path(output), done)
    say_result(output, int((pixels != opened.pixels).any(axis=2).sum()), pixels)


def _checked_masks(masks: list[Path] | None, copies: list[Path]) -> list[Path | None]:
    """A mask for PHOTO and each copy; None: look for its damage."""
    given: list[Path | None] = list(masks or ())
    if len(given) > len(copies) + 1:
        raise InvalidParameterError(
            f"There are {len(given)} masks for {len(copies) + 1} pictures: give one each, PHOTO's first."
        )
    return given + [None] * (len(copies) + 1 - len(given))


def _check_method(method: str) -> None:
    from genrepair_desktop.repair.photo_job import needs_mask

    if not needs_mask(method):
        raise InvalidParameterError(f"{method} fills no holes: name a method that does, or `{LEAVE}`.")


def _planned(
    photo: Path,
    pixels: "Pixels",
    copies: "Sequence[Path]",
    masks: "Sequence[Path | None]",
    ctx: "RunContext",
    models: "ModelLoader",
) -> "MergePlan":
    from genrepair_desktop.imaging.codecs import read_photo
    from genrepair_desktop.repair.merge import Copy, plan_merge

    coverage = _damage(photo.name, pixels, masks[0], ctx.part(0.0, 0.1), models)
    read: list[Copy] = []
    for number, (path, mask) in enumerate(zip(copies, masks[1:], strict=True)):
        part = ctx.part(0.1 + 0.2 * number / len(copies), 0.1 + 0.2 * (number + 1) / len(copies))
        other = read_photo(path).pixels
        read.append(Copy(path.name, other, _damage(path.name, other, mask, part, models)))
    return plan_merge(pixels, coverage, read, ctx.part(0.3, 0.8))


def _damage(name: str, pixels: "Pixels", mask: Path | None, ctx: "RunContext", models: "ModelLoader") -> "Coverage":
    import numpy as np

    from genrepair_desktop.repair.detect import find_damage
    from genrepair_desktop.repair.photo_job import read_mask

    if mask is None:
        found = find_damage(pixels, models, ctx)
        say_note(f"{name}: {np.count_nonzero(found)} of {found.size} pixels look damaged.")
        return found
    if str(mask) == "-":
        return np.zeros(pixels.shape[:2], np.uint8)
    return read_mask(mask, pixels, may_be_empty=True)


def _say_copies(plan: "MergePlan") -> None:
    for copy in plan.copies:
        if copy.is_used:
            say_note(f"{copy.name}: likeness {copy.likeness:.2f}, gives {copy.pixels} pixels.")
        else:
            say_note(f"{copy.name}: left out, it does not show the same picture.")


def _merged(
    pixels: "Pixels", plan: "MergePlan", method: str | None, seed: int, ctx: "RunContext", models: "ModelLoader"
) -> "tuple[Pixels, Record]":
    """The merged photo, what no copy shows repaired, and the record of both steps."""
    from genrepair_desktop.repair.photo_job import repair_pixels
    from genrepair_desktop.repair.recipe import Recipe
    from genrepair_desktop.repair.record import Record, models_used, record_of

    steps = [(plan.recipe, plan.taken)]
    if plan.left.any():
        if method is None:
            say_note("What no copy shows was left as it is.")
        else:
            steps.append((Recipe(method, seed=seed), plan.left))
    records: list[Record] = []
    shown = pixels
    for number, (recipe, coverage) in enumerate(steps):
        part = ctx.part(0.8 + 0.2 * number / len(steps), 0.8 + 0.2 * (number + 1) / len(steps))
        done = repair_pixels(shown, coverage, recipe, part, models)
        used = models_used(done.result, lambda model_id: models.card(model_id).weights.sha256)
        records.append(record_of(shown, done.pixels, coverage, done.result, models=used))
        shown = done.pixels
    return shown, Record(records[0].photo, tuple(step for one in records for step in one.steps))
