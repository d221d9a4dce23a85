"""``genrepair damage``: damages a sound photo the way training does, to look at or to test methods on."""

from pathlib import Path
from typing import Annotated

import typer

from genrepair_desktop.cli.options import OutOption, OverwriteOption, SeedOption
from genrepair_desktop.cli.output import check_pictures
from genrepair_desktop.cli.progress import say_notes
from genrepair_desktop.errors import InvalidParameterError


def damage(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="A sound photo.")],
    output: OutOption,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help="Only this, such as scratch. Default: a mixture.")
    ] = None,
    mask: Annotated[Path | None, typer.Option("--mask", metavar="MASK", help="Write where the marks are.")] = None,
    seed: SeedOption = 0,
    overwrite: OverwriteOption = False,
) -> None:
    """Damage a photo: scratches, creases, stains, fading, grain, as the damage model draws them."""
    import numpy as np

    from genrepair_desktop.imaging.arrays import has_alpha, to_image, to_samples
    from genrepair_desktop.imaging.codecs import read_photo, write_photo
    from genrepair_desktop.lab.degrade import DAMAGES
    from genrepair_desktop.lab.degrade import damage as draw_damage

    if kind is not None and kind not in DAMAGES:
        raise InvalidParameterError(f"--kind is one of {', '.join(DAMAGES)}, not {kind!r}.")
    check_pictures([output] if mask is None else [output, mask], overwrite=overwrite)
    opened = read_photo(photo)
    draw = draw_damage if kind is None else DAMAGES[kind]
    done = draw(to_image(opened.pixels), np.random.default_rng(seed))
    spoiled = to_samples(done.image, opened.pixels)
    if has_alpha(opened.pixels):
        spoiled = np.concatenate([spoiled, opened.pixels[..., -1:]], axis=2)
    say_notes(write_photo(output, spoiled, opened.metadata, opened.source, overwrite=overwrite))
    if mask is not None:
        marks = done.mask[..., None].astype(np.uint8) * np.uint8(255)
        say_notes(write_photo(mask, marks, overwrite=overwrite))
    print(f"{output}: {', '.join(done.kinds) or 'nothing'}; {done.mask.mean():.2%} under marks")
