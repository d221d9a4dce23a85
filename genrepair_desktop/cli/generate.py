"""``genrepair sample``, ``encode``, ``walk`` and ``fuse``: the generative models without a window."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrepair_desktop.cli.edge import DONE
from genrepair_desktop.cli.options import OutOption, OverwriteOption, SeedOption
from genrepair_desktop.cli.output import OutputError, check_target
from genrepair_desktop.cli.progress import watched
from genrepair_desktop.errors import GenRepairError

if TYPE_CHECKING:
    from genrepair_desktop.generate.catalog import GenerativeModels
    from genrepair_desktop.generate.model import GenerativeModel, LatentModel, Latents, Pictures
    from genrepair_desktop.imaging.arrays import Image

ModelArgument = Annotated[
    str, typer.Argument(metavar="MODEL", help="A generative model; `genrepair models` lists all.")
]
PhotosArgument = Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Photos to read.")]
CountOption = Annotated[int, typer.Option("-n", "--count", metavar="N", help="How many pictures.")]
TruncationOption = Annotated[
    float,
    typer.Option("--truncation", metavar="0..2", help="Towards 0: safer and less varied. 1: as the model learned."),
]
LatentsOption = Annotated[
    Path | None, typer.Option("--latents", metavar="FILE.npy", help="Write the latents too, to make the same again.")
]
# more columns than this make a sheet too wide to look at
_WIDEST = 16
_MOST_BYTES = 2 * 2**30


class GenerateUsageError(GenRepairError):
    """Options that do not go together."""


def sample(
    model: ModelArgument,
    out: OutOption,
    count: CountOption = 16,
    seed: SeedOption = 0,
    truncation: TruncationOption = 1.0,
    label: Annotated[int | None, typer.Option("--class", metavar="C", help="Class, if the model knows any.")] = None,
    latents: LatentsOption = None,
    overwrite: OverwriteOption = False,
) -> int:
    """Make new pictures: one sheet if OUT ends in .png, else one file each in the folder OUT."""
    from genrepair_desktop.generate.animation import check_writable
    from genrepair_desktop.generate.model import SampleOptions

    options = SampleOptions(truncation, label)
    if out.suffix:
        check_writable(out)
    for target in (t for t in (out if out.suffix else None, latents) if t is not None):
        check_target(target, overwrite=overwrite)
    generator = open_models().open(model)
    with watched("sample", seed) as ctx:
        made = generator.sample(count, ctx, options)
    write_samples(made.pictures, out, overwrite=overwrite)
    if latents is not None:
        if made.latents is None:
            raise GenerateUsageError(f"{model} has no latents: leave --latents out.")
        write_latents(made.latents, latents, overwrite=overwrite)
    print(f"{out}: {count} pictures by {model}, seed {seed}")
    return DONE


def encode(
    model: ModelArgument,
    photos: PhotosArgument,
    out: OutOption,
    overwrite: OverwriteOption = False,
) -> int:
    """Find the latents of photos: a row each in OUT (.npy). Portrait models take the largest face of a photo."""
    check_target(out, overwrite=overwrite)
    generator = open_models().open_latent(model)
    found = generator.encode(read_for(generator, photos))
    write_latents(found, out, overwrite=overwrite)
    print(f"{out}: {len(found)} latents of {found.shape[1]} numbers by {model}")
    return DONE


def walk(
    model: ModelArgument,
    out: OutOption,
    start: Annotated[str, typer.Option("--from", metavar="SEED|PHOTO|FILE.npy", help="Where the path begins.")],
    end: Annotated[list[str], typer.Option("--to", metavar="SEED|PHOTO|FILE.npy", help="Where it goes; repeatable.")],
    steps: Annotated[int, typer.Option("--steps", metavar="N", help="Pictures on the way, ends included.")] = 16,
    loop: Annotated[bool, typer.Option("--loop", help="Come back to the start.")] = False,
    overwrite: OverwriteOption = False,
) -> int:
    """A transition between pictures as a strip (.png) or a film (.gif, .apng)."""
    from genrepair_desktop.generate.animation import check_writable, write_pictures
    from genrepair_desktop.generate.walks import path

    check_writable(out)
    check_target(out, overwrite=overwrite)
    generator = open_models().open_latent(model)
    with watched("walk", 0) as ctx:
        stops = [_one_latent(generator, word) for word in (start, *end)]
        latents = path(stops, steps, is_spherical=generator.is_spherical, closed=loop)
        ctx.checkpoint(0.5, "sample")
        pictures = generator.decode(latents)
    write_pictures(pictures, out, columns=min(_WIDEST, steps), overwrite=overwrite)
    print(f"{out}: {steps} pictures by {model}")
    return DONE


def fuse(
    photos: PhotosArgument,
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
    seed: SeedOption = 0,
    overwrite: OverwriteOption = False,
) -> int:
    """Several pictures into one that lies between them, or that has parts of each."""
    from genrepair_desktop.generate.animation import check_writable, write_pictures
    from genrepair_desktop.generate.fusion import fuse as fuse_pictures

    check_writable(out)
    check_target(out, overwrite=overwrite)
    if mask and (weights is not None or len(mask) != len(photos) - 1):
        raise GenerateUsageError("--mask takes one mask for each photo after the first, and no --weights.")
    shares = _read_weights(weights, len(photos))
    generator = open_models().open_latent(model)
    if mask:
        made = _fused_by_masks(generator, photos, mask, seed)
    else:
        made, _ = fuse_pictures(generator, read_for(generator, photos), shares)
    write_pictures(made[None], out, overwrite=overwrite)
    print(f"{out}: {len(photos)} pictures fused by {model}")
    return DONE


def _fused_by_masks(model: "LatentModel", photos: Sequence[Path], masks: Sequence[Path], seed: int) -> "Image":
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


def open_models() -> "GenerativeModels":
    """The installed generative models."""
    from genrepair_desktop.generate.catalog import GenerativeModels
    from genrepair_desktop.registry.store import ModelStore

    return GenerativeModels(ModelStore.installed())


def read_image(path: Path) -> "Image":
    """A photo as methods see it, in colour.

    Raises:
        PhotoError: it cannot be read.
    """
    from genrepair_desktop.imaging.arrays import to_image
    from genrepair_desktop.imaging.codecs import read_photo

    return to_image(read_photo(path).pixels)


def read_for(model: "GenerativeModel", photos: Sequence[Path]) -> "Pictures":
    """Photos in a model's form.

    Raises:
        PhotoError: one cannot be read.
        GenerateUsageError: one shows no face where a portrait model needs one; the sentence names it.
    """
    import numpy as np

    from genrepair_desktop.generate.faces import model_picture
    from genrepair_desktop.generate.model import GenerateError

    pictures = []
    for photo in photos:
        try:
            pictures.append(model_picture(read_image(photo), model).picture)
        except GenerateError as error:
            raise GenerateUsageError(f"{photo.name}: {error}") from error
    return np.stack(pictures)


def read_latents(path: Path, dim: int | None = None) -> "Latents":
    """Latents from a ``.npy`` file, as ``encode`` and ``sample --latents`` write them. Never a pickle.

    Raises:
        OpenError: it cannot be read.
        GenerateUsageError: it is no such file, or its latents are of another length than ``dim``.
    """
    import numpy as np

    from genrepair_desktop.files import read_regular

    content = read_regular(path, _MOST_BYTES)
    try:
        values = np.load(io.BytesIO(content), allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError) as error:
        raise GenerateUsageError(f"{path.name} is no file of latents: make one with `genrepair encode`.") from error
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.dtype.kind != "f" or 0 in values.shape:
        raise GenerateUsageError(f"{path.name} holds no table of latents: make one with `genrepair encode`.")
    if dim is not None and values.shape[1] != dim:
        raise GenerateUsageError(f"{path.name} has latents of {values.shape[1]} numbers, the model's have {dim}.")
    return values.astype(np.float32)


def write_latents(latents: "Latents", path: Path, *, overwrite: bool) -> None:
    """Latents as a ``.npy`` file.

    Raises:
        SaveError: the file exists, or the disk refuses.
    """
    import numpy as np

    from genrepair_desktop.atomic import replacing

    with replacing(path, overwrite=overwrite) as file:
        np.save(file, latents, allow_pickle=False)


def write_samples(pictures: "Pictures", out: Path, *, overwrite: bool) -> None:
    """One sheet, or a folder with a file each.

    Raises:
        OutputError, SaveError: it cannot be written.
    """
    from genrepair_desktop.generate.animation import write_pictures

    if out.suffix:
        columns = min(_WIDEST, round(len(pictures) ** 0.5 + 0.499))
        write_pictures(pictures, out, columns=max(1, columns), overwrite=overwrite)
        return
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file: name a folder for the pictures, or a file that ends in .png.")
    out.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(pictures):
        write_pictures(picture[None], out / f"{number:05d}.png", overwrite=overwrite)


def _one_latent(model: "LatentModel", word: str) -> "Latents":
    """The latent (d,) that a word names: a seed, the first row of a file, or a photo."""
    from genrepair_desktop.jobs.context import RunContext

    if word.isdecimal():
        made = model.sample(1, RunContext(int(word))).latents
        if made is None:
            raise GenerateUsageError("This model's samples have no latents.")
        return made[0]
    path = Path(word)
    if path.suffix == ".npy":
        return read_latents(path, model.latent_dim)[0]
    return model.encode(read_for(model, [path]))[0]


def _read_weights(words: str | None, count: int) -> list[float]:
    if words is None:
        return [1.0] * count
    try:
        return [float(word) for word in words.split(",")]
    except ValueError:
        raise GenerateUsageError(f"--weights takes numbers with commas, such as 1,2, not {words!r}.") from None
