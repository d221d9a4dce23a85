"""``genrepair fuse``: several pictures into one, by weights, by masks, or the shape of one in the style of another."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrepair_desktop.cli import generate
from genrepair_desktop.cli.edge import DONE
from genrepair_desktop.cli.generate import GenerateUsageError, one_latent
from genrepair_desktop.cli.options import OutOption, OverwriteOption, SeedOption
from genrepair_desktop.cli.output import check_target
from genrepair_desktop.cli.progress import watched

if TYPE_CHECKING:
    from genrepair_desktop.generate.model import LatentModel
    from genrepair_desktop.imaging.arrays import Image


def fuse(
    photos: Annotated[
        list[str],
        typer.Argument(metavar="PHOTO...", help="Pictures to fuse: photos, seeds of samples, or files of latents."),
    ],
    out: OutOption,
    model: Annotated[str, typer.Option("--model", metavar="MODEL", help="The model they meet in.")] = "vae-portraits",
    weights: Annotated[
        str | None, typer.Option("--weights", metavar="1,2,..", help="How much of each; alike by default.")
    ] = None,
    mask: Annotated[
        list[Path] | None,
        typer.Option(
            "--mask",
            metavar="MASK",
            help="Instead of weights, for each PHOTO after the first: white on the part of it to take (this mouth, "
            "those eyes). All else is the first PHOTO's.",
        ),
    ] = None,
    style_from: Annotated[
        int | None,
        typer.Option(
            "--style-from",
            metavar="LAYER",
            help="Instead of weights, for two pictures of a GAN: layers before this one, which draw the shape, follow "
            "the first; from it on, which draw the surface, the second. From 0, all of the second.",
        ),
    ] = None,
    seed: SeedOption = 0,
    overwrite: OverwriteOption = False,
) -> int:
    """Several pictures into one that lies between them, has parts of each, or the style of one."""
    from genrepair_desktop.generate.animation import check_writable, write_pictures

    check_writable(out)
    check_target(out, overwrite=overwrite)
    if sum((weights is not None, bool(mask), style_from is not None)) > 1:
        raise GenerateUsageError("--weights, --mask and --style-from are different ways to fuse: choose one.")
    if mask and len(mask) != len(photos) - 1:
        raise GenerateUsageError("--mask takes one mask for each photo after the first.")
    shares = _read_weights(weights, len(photos))
    generator = generate.open_models().open_latent(model)
    if mask:
        made = _by_masks(generator, [Path(photo) for photo in photos], mask, seed)
    elif style_from is not None:
        made = _by_styles(generator, photos, style_from)
    else:
        made = _by_weights(generator, photos, shares)
    write_pictures(made[None], out, overwrite=overwrite)
    print(f"{out}: {len(photos)} pictures fused by {model}")
    return DONE


def _by_weights(model: "LatentModel", words: Sequence[str], weights: Sequence[float]) -> "Image":
    import numpy as np

    from genrepair_desktop.generate.fusion import blend_latents

    latents = np.stack([one_latent(model, word) for word in words])
    return model.decode(blend_latents(latents, weights, is_spherical=model.is_spherical)[None])[0]


def _by_styles(model: "LatentModel", words: Sequence[str], layer: int) -> "Image":
    """The shape of the first picture in the style of the second, from a layer of the GAN on."""
    from genrepair_desktop.generate.gan import GanModel

    if len(words) != 2:
        raise GenerateUsageError(f"--style-from mixes two pictures, not {len(words)}.")
    if not isinstance(model, GanModel):
        raise GenerateUsageError(f"{model.id} has no styles to mix: name a GAN, such as --model gan-portraits.")
    coarse, fine = (one_latent(model, word) for word in words)
    return model.mix(coarse[None], fine[None], layer)[0]


def _by_masks(model: "LatentModel", photos: Sequence[Path], masks: Sequence[Path], seed: int) -> "Image":
    """The picture of the model that has the first photo's face with the marked parts of the others, in its tones."""
    import numpy as np

    from genrepair_desktop.generate.faces import cut, model_picture
    from genrepair_desktop.generate.fusion import fuse_parts, in_first_tones
    from genrepair_desktop.generate.model import GenerateError
    from genrepair_desktop.imaging.arrays import to_image
    from genrepair_desktop.imaging.codecs import read_photo
    from genrepair_desktop.repair.photo_job import read_mask

    pictures: list[Image] = []
    parts: list[Image] = []
    for place, photo in enumerate(photos):
        pixels = read_photo(photo).pixels
        try:
            found = model_picture(to_image(pixels), model)
        except GenerateError as error:
            raise GenerateUsageError(f"{photo.name}: {error}") from error
        pictures.append(found.picture)
        if place == 0:
            parts.append(np.zeros((model.side, model.side), np.float32))
        else:
            coverage = read_mask(masks[place - 1], pixels)[..., None].astype(np.float32) / np.float32(255)
            parts.append(cut(coverage, found.square, model.side, 1)[..., 0])
    with watched("fuse", seed) as ctx:
        made, _ = fuse_parts(model, in_first_tones(pictures), parts, ctx)
    return made


def _read_weights(words: str | None, count: int) -> list[float]:
    if words is None:
        return [1.0] * count
    try:
        return [float(word) for word in words.split(",")]
    except ValueError:
        raise GenerateUsageError(f"--weights takes numbers with commas, such as 1,2, not {words!r}.") from None
