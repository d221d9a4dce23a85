"""``genrepair detect``: a mask of what looks damaged."""

from pathlib import Path
from typing import Annotated

import typer

from genrepair_desktop.cli.options import OutOption, OverwriteOption
from genrepair_desktop.cli.output import check_pictures
from genrepair_desktop.cli.progress import say_notes
from genrepair_desktop.errors import InvalidParameterError


def detect(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="The photo to look through.")],
    output: OutOption,
    threshold: Annotated[
        float, typer.Option("--threshold", metavar="0..1", help="Lower finds more, and more that is no damage.")
    ] = 0.5,
    overwrite: OverwriteOption = False,
) -> None:
    """Find scratches, cracks and dust, and write them as a mask, white on black. Look at it before you use it."""
    from genrepair_desktop.cli.loader import model_loader
    from genrepair_desktop.imaging.codecs import read_photo, write_photo
    from genrepair_desktop.jobs.context import RunContext
    from genrepair_desktop.repair.detect import find_damage

    if not 0.0 < threshold < 1.0:
        raise InvalidParameterError(f"--threshold is between 0 and 1, not {threshold:g}.")
    check_pictures([output], overwrite=overwrite)
    opened = read_photo(photo)
    say_notes(opened.notices)
    found = find_damage(opened.pixels, model_loader(), RunContext(), threshold)
    say_notes(write_photo(output, found[..., None], overwrite=overwrite))
    print(f"{output}: {(found > 0).mean():.2%} of the photo looks damaged")
