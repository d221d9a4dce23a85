"""Entries as files: a PNG each, one contact sheet, or their latents. No Qt but the types."""

import re
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from genrepair_desktop.app.browser.shelf import Entry
from genrepair_desktop.atomic import replacing
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.generate.animation import check_writable, write_pictures
from genrepair_desktop.generate.model import Pictures
from genrepair_desktop.jobs.context import RunContext

# more columns than these make a sheet too wide to look at
_WIDEST = 16
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")


class GalleryFileError(GenRepairError):
    """Pictures of the gallery cannot be written as asked."""


def file_name(entry: Entry) -> str:
    """``gan-portraits-seed7-0012.png``, or the title for what no seed made."""
    if entry.seed is None or entry.number is None:
        title = _NOT_IN_NAMES.sub("-", entry.title).strip("-").lower() or "picture"
        return f"{entry.model_id or 'picture'}-{title}.png"
    return f"{entry.model_id}-seed{entry.seed}-{entry.number + 1:04d}.png"


def write_each(entries: Sequence[Entry], folder: Path, ctx: RunContext) -> list[Path]:
    """A PNG for each in ``folder``; nothing that is there is overwritten, a number is added to the name.

    Raises:
        GalleryFileError: the folder cannot be made.
        SaveError: the disk refuses.
        Cancelled: at a checkpoint; what is written stays.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GalleryFileError(f"The folder {folder} cannot be made ({error.strerror}): choose another.") from None
    written: list[Path] = []
    for i, entry in enumerate(entries):
        ctx.checkpoint(i / len(entries), "writing")
        path = _free(folder / file_name(entry))
        write_pictures(entry.picture[None], path)
        written.append(path)
    return written


def write_sheet(entries: Sequence[Entry], path: Path, ctx: RunContext) -> list[Path]:
    """All of them on one sheet; the file dialog has asked about overwriting.

    Raises:
        GenerateError: a file type that is none for a sheet.
        SaveError: the disk refuses.
    """
    check_writable(path)
    ctx.checkpoint(0.0, "writing")
    columns = max(1, min(_WIDEST, round(len(entries) ** 0.5 + 0.499)))
    write_pictures(alike([entry.picture for entry in entries]), path, columns=columns, overwrite=True)
    return [path]


def write_latents(entries: Sequence[Entry], path: Path, ctx: RunContext) -> list[Path]:
    """Their latents, a row each in the gallery's order, as ``genrepair walk`` and ``map`` read them.

    Raises:
        GalleryFileError: they have none, or are of several models.
        SaveError: the disk refuses.
    """
    ctx.checkpoint(0.0, "writing")
    latents = [entry.latent for entry in entries if entry.latent is not None]
    if len(latents) < len(entries) or len({entry.model_id for entry in entries}) != 1:
        raise GalleryFileError("Latents are written for pictures of one model that has them: select such pictures.")
    with replacing(path, overwrite=True) as file:
        np.save(file, np.stack(latents), allow_pickle=False)
    return [path]


def alike(pictures: Sequence[np.ndarray]) -> Pictures:
    """Pictures of different models in one size, (n, side, side, c): the largest side, in colour if one of them is."""
    side, channels = max(p.shape[0] for p in pictures), max(p.shape[2] for p in pictures)
    return np.stack([_as(p, side, channels) for p in pictures])


def _as(picture: np.ndarray, side: int, channels: int) -> np.ndarray:
    if picture.shape[0] != side:
        large = cv2.resize(picture, (side, side), interpolation=cv2.INTER_CUBIC)
        picture = np.clip(np.asarray(large, np.float32).reshape(side, side, -1), 0, 1)
    return np.repeat(picture, 3, axis=2) if picture.shape[2] < channels else picture


def _free(path: Path) -> Path:
    """The path, or the same with the first number that is not taken."""
    free, number = path, 2
    while free.exists():
        free, number = path.with_stem(f"{path.stem}-{number}"), number + 1
    return free
