"""``genrepair walk``: a way between pictures, or along what tells two groups of pictures apart."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrepair_desktop.cli import generate
from genrepair_desktop.cli.edge import DONE
from genrepair_desktop.cli.generate import GenerateUsageError, ModelArgument, one_latent, read_latents
from genrepair_desktop.cli.options import OutOption, OverwriteOption
from genrepair_desktop.cli.output import check_target
from genrepair_desktop.cli.progress import watched

if TYPE_CHECKING:
    from genrepair_desktop.generate.model import LatentModel, Latents

# more columns than this make a sheet too wide to look at
_WIDEST = 16


def walk(
    model: ModelArgument,
    out: OutOption,
    start: Annotated[str, typer.Option("--from", metavar="SEED|PHOTO|FILE.npy", help="Where the path begins.")],
    end: Annotated[
        list[str] | None, typer.Option("--to", metavar="SEED|PHOTO|FILE.npy", help="Where it goes; repeatable.")
    ] = None,
    along: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            "--along",
            metavar="A.npy B.npy",
            help="Instead of --to: push the first picture from what group B has to what group A has, such as a "
            "smile. Each file holds the latents of a group, by `genrepair encode` or Export latents.",
        ),
    ] = None,
    reach: Annotated[
        float,
        typer.Option(
            "--reach", metavar="DISTANCE", help="With --along: how far; 1 is from group to group, below 0 towards B."
        ),
    ] = 1.0,
    steps: Annotated[int, typer.Option("--steps", metavar="N", help="Pictures on the way, ends included.")] = 16,
    loop: Annotated[bool, typer.Option("--loop", help="Come back to the start.")] = False,
    overwrite: OverwriteOption = False,
) -> int:
    """A transition between pictures, or along an attribute, as a strip (.png) or a film (.gif, .apng)."""
    from genrepair_desktop.generate.animation import check_writable, write_pictures
    from genrepair_desktop.generate.walks import path

    if bool(end) == (along is not None) or (along is not None and loop):
        raise GenerateUsageError("A walk takes either --to, or --along with two files of latents and without --loop.")
    check_writable(out)
    check_target(out, overwrite=overwrite)
    generator = generate.open_models().open_latent(model)
    with watched("walk", 0) as ctx:
        if along is not None:
            latents = _pushed(generator, one_latent(generator, start), along, reach, steps)
        else:
            stops = [one_latent(generator, word) for word in (start, *(end or ()))]
            latents = path(stops, steps, is_spherical=generator.is_spherical, closed=loop)
        ctx.checkpoint(0.5, "sample")
        pictures = generator.decode(latents)
    write_pictures(pictures, out, columns=min(_WIDEST, steps), overwrite=overwrite)
    print(f"{out}: {steps} pictures by {model}")
    return DONE


def _pushed(model: "LatentModel", first: "Latents", groups: tuple[Path, Path], reach: float, steps: int) -> "Latents":
    """Latents (steps, d) from the first on, along what tells the groups apart."""
    from genrepair_desktop.generate.attributes import attribute_direction, steps_along

    with_it, without_it = (read_latents(file, model.latent_dim) for file in groups)
    return steps_along(first, attribute_direction(with_it, without_it), reach, steps)
