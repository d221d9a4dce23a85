"""Where results go, and the line that says so."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from genrepair_desktop.errors import GenRepairError

if TYPE_CHECKING:
    from genrepair_desktop.imaging.arrays import Pixels


class OutputError(GenRepairError):
    """A result cannot go where it was asked to."""


def check_pictures(targets: Iterable[Path], *, overwrite: bool) -> None:
    """Refuse before any work is done what would be refused after it.

    Raises:
        OutputError: a target's ending names no format, it exists already, or its folder does not.
    """
    from genrepair_desktop.imaging.codecs.options import format_of

    for target in targets:
        if target.is_dir():
            raise OutputError(f"{target} is a folder: name a file for the result.")
        if format_of(target) is None:
            raise OutputError(f'The ending of "{target.name}" names no format: use .png, .jpg, .tif, .webp or .avif.')
        check_target(target, overwrite=overwrite)


def check_target(target: Path, *, overwrite: bool) -> None:
    """The same for a file of any kind."""
    if not target.parent.is_dir():
        raise OutputError(f"There is no folder {target.parent}: make it first, or name another.")
    if target.exists() and not overwrite:
        raise OutputError(f"{target} exists already: name another file, or add --overwrite.")


def say_result(target: Path, changed: int, pixels: "Pixels") -> None:
    """One line on standard output for a finished picture."""
    total = pixels.shape[0] * pixels.shape[1]
    print(f"{target}: {changed} of {total} pixels changed")
