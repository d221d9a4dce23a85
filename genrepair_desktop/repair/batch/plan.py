"""What a batch has to do: photos of a folder, the mask of each, and where each result goes."""

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from genrepair_desktop.files import explain
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
class Planned:
    """A photo of the batch and the names of its results, as paths inside their folders with forward slashes.

    name    the photo
    output  the repaired picture: the photo's own name, with ``.png`` behind it if we do not write its format
    copy    the photo's copy if nothing on it is damaged
    """

    name: str
    output: str
    copy: str


@dataclass(frozen=True)
class Task:
    """One file of the batch, for a worker.

    mask         None where there is none, or where the damage finder makes it
    may_replace  what lies at the result's place may be overwritten
    claims       which of ``planned``'s results were free, or left there by a worker of this batch that was stopped
    """

    planned: Planned
    photo: Path
    out_dir: Path
    mask: Path | None
    may_replace: bool
    claims: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.planned.name


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


def photos_in(in_dir: Path, *, leave_out: tuple[Path, ...] = ()) -> Iterator[Planned]:
    """All photos in a folder and the folders inside it, in order, one folder at a time.

    Hidden files, ``leave_out`` (files or folders), files whose ending no photo has, and what links to other
    folders hold are passed over.

    Raises:
        BatchError: a folder cannot be read; nothing is passed over in silence.
    """
    unwanted = {path.resolve() for path in leave_out}
    names = {path.name for path in unwanted}

    def is_wanted(path: Path) -> bool:
        return not path.name.startswith(".") and not (path.name in names and path.resolve() in unwanted)

    for folder, folders, files in os.walk(in_dir, onerror=_unreadable):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if is_wanted(here / name))
        photos = sorted(
            name for name in files if Path(name).suffix.lower() in READABLE_SUFFIXES and is_wanted(here / name)
        )
        inside = here.relative_to(in_dir)
        for name, output, copy in _told_apart(photos):
            yield Planned(*((inside / part).as_posix() for part in (name, output, copy)))


def _unreadable(error: OSError) -> None:
    reason, remedy = explain(error)
    raise BatchError(f"The folder {error.filename} cannot be read: {reason}; {remedy}.") from error


def _told_apart(photos: list[str]) -> Iterator[tuple[str, str, str]]:
    """Every photo of one folder with names for its repaired picture and its copy that no other photo's results have.

    ``a.gif`` becomes ``a.gif.png``, or ``a.gif-2.png`` beside a photo ``a.gif.png``. Names that differ in case
    alone are one name on many drives, and are told apart too. The same folder always gives the same names.
    """
    copies, taken = {}, set[str]()
    for name in photos:
        copies[name] = _free(Path(name).stem, Path(name).suffix, taken)
    for name in photos:
        copy = copies[name]
        yield name, copy if format_of(Path(name)) else _free(copy, ".png", taken), copy


def _free(stem: str, suffix: str, taken: set[str]) -> str:
    number, name = 1, stem + suffix
    while (key := unicodedata.normalize("NFC", name).casefold()) in taken:
        number += 1
        name = f"{stem}-{number}{suffix}"
    taken.add(key)
    return name


def mask_for(source: MaskSource, name: str) -> Path | None:
    """The mask file of a photo, or None.

    In a folder of masks the photo ``a/b.jpg`` has ``a/b.jpg.png``, which tells it from ``a/b.tif``, or ``a/b.png``
    or ``a/b-mask.png``, of any readable format.
    """
    if source.mode != "folder" or source.path is None:
        return source.path
    wanted = source.path / name
    named = [wanted.name + ending + ".png" for ending in _MASK_ENDINGS]
    for ending in _MASK_ENDINGS:
        named += [wanted.stem + ending + suffix for suffix in (".png", wanted.suffix, *READABLE_SUFFIXES)]
    return next((mask for mask in map(wanted.with_name, named) if mask.is_file()), None)
