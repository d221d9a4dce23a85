"""``genrepair carry``: the tone and the grain of one photo for another."""

from pathlib import Path
from typing import Annotated

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
from genrepair_desktop.cli.progress import say_notes, watched
from genrepair_desktop.errors import InvalidParameterError


def carry(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="The photo to change.")],
    reference: Annotated[Path, typer.Argument(metavar="REFERENCE", help="The photo that it is to look like.")],
    output: OutOption,
    tone: Annotated[
        float, typer.Option("--tone", metavar="0..1", help="How much of its brightness, contrast and colour.")
    ] = 1.0,
    grain: Annotated[
        float, typer.Option("--grain", metavar="0..1", help="How much of the grain that it has and PHOTO lacks.")
    ] = 1.0,
    seed: SeedOption = 0,
    record: Annotated[bool, typer.Option("--record", help="Also write OUT.json, for `genrepair replay`.")] = False,
    quality: QualityOption = None,
    strip_gps: StripGpsOption = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Give PHOTO the tone and the film grain of REFERENCE, as for a series that should look alike."""
    from genrepair_desktop.cli.loader import model_loader
    from genrepair_desktop.document.export import record_path
    from genrepair_desktop.imaging.arrays import to_image
    from genrepair_desktop.imaging.codecs import read_photo, write_photo
    from genrepair_desktop.imaging.look import measure
    from genrepair_desktop.repair.carry import carry_recipe
    from genrepair_desktop.repair.photo_job import repair_pixels
    from genrepair_desktop.repair.record import record_of, write_record

    for name, amount in (("--tone", tone), ("--grain", grain)):
        if not 0 <= amount <= 1:
            raise InvalidParameterError(f"{name} is from 0 to 1, not {amount:g}.")
    check_pictures([output], overwrite=overwrite)
    if record:
        check_target(record_path(output), overwrite=overwrite)
    opened = read_photo(photo)
    say_notes(opened.notices)
    options = export_options(opened.source, quality, strip_gps=strip_gps)
    with watched(f"Changing {photo.name}", seed) as ctx:
        look = measure(to_image(read_photo(reference).pixels)).look
        recipe = carry_recipe(look, tone=tone, grain=grain, seed=seed)
        done = repair_pixels(opened.pixels, None, recipe, ctx.part(0.2, 1.0), model_loader())
    say_notes(write_photo(output, done.pixels, opened.metadata, options, overwrite=overwrite))
    if record:
        write_record(record_path(output), record_of(opened.pixels, done.pixels, None, done.result))
    say_result(output, done.result.changed, done.pixels)
