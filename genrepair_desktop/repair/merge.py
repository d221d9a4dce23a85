"""Merges several damaged copies of one picture into the first: what is aligned and taken, as a recipe to run.

Window and command line plan a merge here and run its recipe through the pipeline like any repair, so that it is one
step with a record.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genrepair_desktop.errors import GenRepairError, MaskError
from genrepair_desktop.generate.copies import merge_copies
from genrepair_desktop.imaging.arrays import Pixels, to_image, to_samples
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.copies_fill import METHOD, copies_params
from genrepair_desktop.repair.mask_runs import hash_array
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.request import Coverage


class MergeError(GenRepairError):
    """Copies that cannot be merged, for a reason that the user can do something about."""


@dataclass(frozen=True)
class Copy:
    """A further copy: pixels (h, w, 1 to 4) of any size and depth, and a mask of its damage (0 is sound)."""

    name: str
    pixels: Pixels
    damage: Coverage


@dataclass(frozen=True)
class Given:
    """What one copy is to the photo.

    likeness  how well its detail agrees with the photo's, up to 1; nan: it does not show the same picture
    pixels    how many of the photo's damaged pixels it gives
    """

    name: str
    likeness: float
    pixels: int

    @property
    def is_used(self) -> bool:
        """False when it could not be laid on the photo."""
        return not np.isnan(self.likeness)


@dataclass(frozen=True)
class MergePlan:
    """A merge ready to run.

    recipe  lays the pixels in where ``taken`` is above 0. Of more than about five million pixels, a record tells what
            was taken without holding it: see ``Recipe.can_be_kept``
    taken   the part of the photo's mask that some copy shows; coverage
    left    the part that none shows: still to be repaired; coverage
    source  (h, w): 0, or the number of the copy (from 1) that gives the pixel
    copies  what each copy gives, in the order in which they were given
    """

    recipe: Recipe
    taken: Coverage
    left: Coverage
    source: npt.NDArray[np.uint8]
    copies: tuple[Given, ...]


def plan_merge(pixels: Pixels, coverage: Coverage, copies: Sequence[Copy], ctx: RunContext) -> MergePlan:
    """Align the copies with a photo and take what is sound in them where ``coverage`` marks damage in it.

    Raises:
        MaskError: nothing is marked in the photo.
        GenerateError: there are too few or too many copies, or none shows the photo's picture.
        MergeError: no copy shows anything of what is marked.
        Cancelled: at a checkpoint.
    """
    if not coverage.any():
        raise MaskError("Nothing is marked in the photo: mark its damage first, the copies fill only that.")
    photo = to_image(pixels)
    damages = [coverage > 0, *(copy.damage > 0 for copy in copies)]
    merged = merge_copies([photo, *(to_image(copy.pixels) for copy in copies)], damages, ctx)
    took = merged.source > 0
    if not took.any():
        raise MergeError("The copies are damaged in the same places as the photo: there is nothing to take from them.")
    counts = np.bincount(merged.source.reshape(-1), minlength=len(copies) + 1)
    given = tuple(
        Given(copy.name, likeness, int(count))
        for copy, likeness, count in zip(copies, merged.likeness, counts[1:], strict=True)
    )
    params = copies_params(took, to_samples(merged.image, pixels), _sources(copies, given))
    taken = np.where(took, coverage, np.uint8(0)).astype(np.uint8)
    left = np.where(merged.missing, coverage, np.uint8(0)).astype(np.uint8)
    return MergePlan(Recipe(METHOD, params), taken, left, merged.source, given)


def _sources(copies: Sequence[Copy], given: Sequence[Given]) -> str:
    """The copies that give anything, for people who read the record."""
    return json.dumps(
        [
            {
                "name": one.name,
                "sha256": hash_array(copy.pixels),
                "likeness": round(one.likeness, 4),
                "pixels": one.pixels,
            }
            for copy, one in zip(copies, given, strict=True)
            if one.pixels
        ]
    )
