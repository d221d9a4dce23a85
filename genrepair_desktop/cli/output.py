"""Where results go, and the line that says so."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from genrepair_desktop.errors import GenRepairError

if TYPE_CHECKING:
    from genrepair_desktop.imaging.arrays import Pixels


class OutputError(GenRepairError):
    """A result cannot go where it was asked to."""


def check_targets(targets: Iterable[Path], *, overwrite: bool) -> None:
    """Refuse before any work is done what would be refused after it.

    Raises:
        OutputError: a target exists already, or its folder does not.
    """
    for target in targets:
        if not target.parent.is_dir():
            raise OutputError(f"There is no folder {target.parent}: make it first, or name another.")
        if target.is_dir():
            raise OutputError(f"{target} is a folder: name a file for the result.")
        if target.exists() and not overwrite:
            raise OutputError(f"{target} exists already: name another file, or add --overwrite.")


def say_result(target: Path, changed: int, pixels: "Pixels") -> None:
    """One line on standard output for a finished picture."""
    total = pixels.shape[0] * pixels.shape[1]
    print(f"{target}: {changed} of {total} pixels changed")
