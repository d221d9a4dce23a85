"""What the engine threads do for the Samples workspace: plain functions over copies, no Qt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from genrepair_desktop.app.browser.shelf import NO_KEY, Entry, Picture, in_8_bits
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.generate.faces import model_picture
from genrepair_desktop.generate.model import GenerateError, GenerativeModel, LatentModel, SampleOptions
from genrepair_desktop.imaging.arrays import Image, Pixels, to_image
from genrepair_desktop.imaging.codecs import read_photo
from genrepair_desktop.jobs.context import RunContext


@dataclass(frozen=True)
class Choice:
    """What the bar over the gallery says.

    count  pictures to make
    label  class to make, or None for any
    """

    model_id: str
    count: int = 64
    seed: int = 0
    truncation: float = 1.0
    label: int | None = None

    @property
    def options(self) -> SampleOptions:
        return SampleOptions(self.truncation, self.label)


def sample_part(models: GenerativeModels, choice: Choice, start: int, n: int, ctx: RunContext) -> list[Entry]:
    """Pictures number ``start`` to ``start + n`` of a choice's seed.

    Raises:
        GenerateError: the model cannot do what is chosen.
        Cancelled: at a checkpoint.
    """
    model = models.open(choice.model_id)
    made = model.sample(
        n, RunContext(choice.seed, token=ctx.token, on_progress=ctx.checkpoint), choice.options, start=start
    )
    return [
        Entry(
            NO_KEY,
            "generated",
            choice.model_id,
            in_8_bits(picture),
            None if made.latents is None else made.latents[i],
            f"Seed {choice.seed}, no. {start + i + 1}",
            choice.seed,
            start + i,
        )
        for i, picture in enumerate(made.pictures)
    ]


@dataclass(frozen=True)
class TakenIn:
    """Photos that became entries, and a sentence for each one that did not."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]


def take_in_files(models: GenerativeModels, model_id: str, photos: Sequence[Path], ctx: RunContext) -> TakenIn:
    """The user's own pictures as points of a model: for portraits the largest face of each.

    A photo that cannot be read or shows no face costs only itself.

    Raises:
        GenerateError, UnknownModelError: the model cannot be had.
        Cancelled: at a checkpoint.
    """
    from genrepair_desktop.errors import GenRepairError

    model = models.open(model_id)
    entries: list[Entry] = []
    problems: list[str] = []
    for i, path in enumerate(photos):
        ctx.checkpoint(i / len(photos), "reading")
        try:
            entries.append(_taken_in(model, to_image(read_photo(path).pixels), path.stem))
        except GenRepairError as error:
            problems.append(f"{path.name}: {error}")
    return TakenIn(tuple(entries), tuple(problems))


def take_in_pixels(models: GenerativeModels, model_id: str, pixels: Pixels, title: str, ctx: RunContext) -> TakenIn:
    """The same for one photo in memory; here the problem is raised.

    Raises:
        GenerateError: no face was found, or the model cannot be had.
        Cancelled: at a checkpoint.
    """
    ctx.checkpoint(0.0, "looking")
    return TakenIn((_taken_in(models.open(model_id), to_image(pixels), title),), ())


def _taken_in(model: GenerativeModel, image: Image, title: str) -> Entry:
    # encoded as it is kept
    entry = Entry(NO_KEY, "mine", model.id, in_8_bits(model_picture(image, model).picture), None, title)
    return replace(entry, latent=model.encode(entry.picture[None])[0]) if isinstance(model, LatentModel) else entry


def decoded(models: GenerativeModels, model_id: str, latent: np.ndarray, ctx: RunContext) -> Picture:
    """The picture of one latent (d,), the same bytes every time."""
    ctx.checkpoint(0.0, "sample")
    return models.open_latent(model_id).decode(latent[None])[0]


def stacked(entries: Sequence[Entry]) -> tuple[str, np.ndarray]:
    """The model that entries share and their latents (n, d).

    Raises:
        GenerateError: they are of several models, or have no latents; the sentence says what to do.
    """
    latents = [entry.latent for entry in entries if entry.latent is not None]
    if not entries or len(latents) < len(entries):
        raise GenerateError(
            "Some of these pictures have no latent, so nothing lies between them: choose pictures of a VAE, a GAN or "
            "a manifold model."
        )
    if len({entry.model_id for entry in entries}) > 1:
        raise GenerateError("These pictures belong to different models: choose pictures of one model.")
    return entries[0].model_id, np.stack(latents)
