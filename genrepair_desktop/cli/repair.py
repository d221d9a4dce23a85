"""``genrepair repair``: one photo, one method, one or more results."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrepair_desktop.cli.options import (
    GrowOption,
    MethodOption,
    OutOption,
    OverwriteOption,
    ParamOption,
    QualityOption,
    SeedOption,
    StrengthOption,
    StripGpsOption,
    export_options,
    read_params,
)
from genrepair_desktop.cli.output import check_pictures, check_target, say_result
from genrepair_desktop.cli.progress import say_notes, watched
from genrepair_desktop.errors import InvalidParameterError, MaskError
from genrepair_desktop.repair.notes import in_words

if TYPE_CHECKING:
    from genrepair_desktop.imaging.arrays import Pixels
    from genrepair_desktop.repair.recipe import Recipe
    from genrepair_desktop.repair.request import Coverage, RepairResult

_MOST_CANDIDATES = 64


def repair(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="The damaged photo.")],
    output: OutOption,
    mask: Annotated[Path | None, typer.Option("--mask", metavar="MASK", help="White is what to repair.")] = None,
    donor: Annotated[
        Path | None, typer.Option("--donor", metavar="MASK", help="White is where texture may be taken from.")
    ] = None,
    method: MethodOption = "auto",
    param: ParamOption = None,
    seed: SeedOption = 0,
    candidates: Annotated[
        int, typer.Option("--candidates", metavar="N", help="So many different fills: OUT-1.png, OUT-2.png, ...")
    ] = 1,
    grow: GrowOption = 0,
    strength: StrengthOption = 1.0,
    record: Annotated[bool, typer.Option("--record", help="Also write OUT.json, for `genrepair replay`.")] = False,
    quality: QualityOption = None,
    strip_gps: StripGpsOption = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Repair a photo. OUT keeps the photo's bit depth, alpha and metadata."""
    from genrepair_desktop.cli.loader import model_loader
    from genrepair_desktop.document.export import record_path
    from genrepair_desktop.imaging.codecs import read_photo, write_photo
    from genrepair_desktop.repair.photo_job import read_mask, repair_pixels
    from genrepair_desktop.repair.recipe import Recipe
    from genrepair_desktop.repair.record import models_used, record_of, write_record

    recipes = [
        Recipe(method, read_params(param), seed + number, grow=grow, strength=strength)
        for number in range(_checked_count(method, candidates))
    ]
    targets = [output] if candidates == 1 else [numbered(output, number + 1) for number in range(candidates)]
    check_pictures(targets, overwrite=overwrite)
    if record:
        for target in targets:
            check_target(record_path(target), overwrite=overwrite)
    opened = read_photo(photo)
    say_notes(opened.notices)
    options = export_options(opened.source, quality, strip_gps=strip_gps)
    coverage = _coverage_for(opened.pixels, mask, recipes[0])
    sampled = read_mask(donor, opened.pixels) if donor is not None else None
    models = model_loader()
    for recipe, target in zip(recipes, targets, strict=True):
        with watched(f"Repairing {photo.name}", recipe.seed) as ctx:
            done = repair_pixels(opened.pixels, coverage, recipe, ctx, models, donor=sampled)
        say_notes(write_photo(target, done.pixels, opened.metadata, options, overwrite=overwrite))
        if record:
            used = models_used(done.result, lambda model_id: models.card(model_id).weights.sha256)
            kept = record_of(opened.pixels, done.pixels, coverage, done.result, donor=sampled, models=used)
            write_record(record_path(target), kept)
        say_notes(_unusual(done.result))
        say_result(target, done.result.changed, done.pixels)


def _unusual(result: "RepairResult") -> list[str]:
    """The notes of the record, counted: where a method failed, or a network had to do with what it never saw."""
    counts = Counter(in_words(hole.note) for hole in result.holes if hole.is_doubtful)
    said = [f"{count} of {len(result.holes)} places: {note}. Look at the result." for note, count in counts.items()]
    missed = [hole.misses for hole in result.holes if hole.misses is not None]
    if missed:
        said.append(f"The model of faces misses the known pixels by {max(missed):.0%}.")
    return said


def numbered(output: Path, number: int) -> Path:
    """``OUT.png`` as ``OUT-2.png``."""
    return output.with_name(f"{output.stem}-{number}{output.suffix}")


def _checked_count(method: str, candidates: int) -> int:
    from genrepair_desktop.repair.catalog import find_method

    if not 1 <= candidates <= _MOST_CANDIDATES:
        raise InvalidParameterError(f"--candidates is from 1 to {_MOST_CANDIDATES}, not {candidates}.")
    if candidates > 1 and not find_method(method).is_seeded:
        raise InvalidParameterError(f"{method} gives the same result for every seed: leave --candidates out.")
    return candidates


def _coverage_for(pixels: "Pixels", mask: Path | None, recipe: "Recipe") -> "Coverage | None":
    from genrepair_desktop.repair.photo_job import needs_mask, read_mask

    if mask is not None:
        return read_mask(mask, pixels)
    if needs_mask(recipe.method):
        raise MaskError(f"{recipe.method} needs to know what to repair: add --mask MASK, white on the damage.")
    return None
