"""``genrepair sample`` and ``encode``, and what the other commands of generative models share."""

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


def one_latent(model: "LatentModel", word: str) -> "Latents":
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
