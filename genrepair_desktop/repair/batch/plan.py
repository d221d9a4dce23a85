"""What a batch has to do: photos of a folder, the mask of each, and where each result goes."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from genrepair_desktop.imaging.codecs import READABLE_SUFFIXES
from genrepair_desktop.imaging.codecs.options import format_of
from genrepair_desktop.repair.batch.journal import BatchError

_MASK_ENDINGS = ("", "-mask", "_mask", ".mask")
MaskMode: TypeAlias = Literal["file", "folder", "detect", "none"]


@dataclass(frozen=True)
class MaskSource:
    """Where the masks come from: one file for all, a folder with one each, the damage finder, or none."""

    mode: MaskMode
    path: Path | None = None


@dataclass(frozen=True)
class Task:
    """One file of the batch. ``name`` is its path inside the folder, with forward slashes.

    mask         None where there is none, or where the damage finder makes it
    may_replace  the output may be overwritten
    """

    name: str
    photo: Path
    output: Path
    mask: Path | None
    may_replace: bool


def check_folders(in_dir: Path, out_dir: Path) -> None:
    """Refuse folders with which a batch would eat its own results.

    Raises:
        BatchError: there is no input folder, or both folders are the same.
    """
    if not in_dir.is_dir():
        raise BatchError(f"There is no folder {in_dir}: name the folder with the photos.")
    if out_dir.exists() and not out_dir.is_dir():
        raise BatchError(f"{out_dir} is a file: name a folder for the results.")
    if out_dir.resolve() == in_dir.resolve():
        raise BatchError("The results cannot go into the folder of the photos: name another one with -o.")


def photos_in(in_dir: Path, *, leave_out: tuple[Path, ...] = ()) -> Iterator[str]:
    """Names of all photos in a folder and the folders inside it, in order, one folder at a time.

    Hidden files, ``leave_out`` (files or folders), and files whose ending no photo has are passed over.
    """
    unwanted = {path.resolve() for path in leave_out}
    for folder, folders, files in os.walk(in_dir):
        here = Path(folder)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and (here / f).resolve() not in unwanted)
        for file in sorted(files):
            path = here / file
            is_photo = path.suffix.lower() in READABLE_SUFFIXES and not file.startswith(".")
            if is_photo and path.resolve() not in unwanted:
                yield path.relative_to(in_dir).as_posix()


def output_for(out_dir: Path, name: str) -> Path:
    """Where the result of a photo goes: the same name, or with ``.png`` behind it if we do not write its format."""
    target = out_dir / name
    return target if format_of(target) else target.with_name(target.name + ".png")


def mask_for(source: MaskSource, name: str) -> Path | None:
    """The mask file of a photo, or None.

    In a folder of masks the photo ``a/b.jpg`` has ``a/b.png`` or ``a/b-mask.png``, of any readable format.
    """
    if source.mode != "folder" or source.path is None:
        return source.path
    wanted = source.path / name
    for ending in _MASK_ENDINGS:
        for suffix in (".png", wanted.suffix, *READABLE_SUFFIXES):
            candidate = wanted.with_name(wanted.stem + ending + suffix)
            if candidate.is_file():
                return candidate
    return None
