"""What crosses between the window and the engine thread: a request that owns its pixels, and its result."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.registry.inference import LEFT_CARD, SLOW_FORMAT
from genrepair_desktop.repair.recipe import Recipe

Coverage = npt.NDArray[np.uint8]
# the figure of a run's context that becomes ``HoleRecord.misses``
MISSES = "misses"


@dataclass(frozen=True)
class Box:
    """A part of the photo that holds damage and its context: copies, free of the document.

    coverage  as painted; ``Recipe.grow`` is applied when the work runs
    donor     uint8 like coverage, or None when texture may come from anywhere
    """

    rect: Rect
    pixels: Pixels
    coverage: Coverage
    donor: Coverage | None = None


@dataclass(frozen=True)
class RepairRequest:
    """A repair ready to run. ``size`` is the shape (h, w) of the whole photo."""

    recipe: Recipe
    size: tuple[int, int]
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class HoleRecord:
    """What was done to one hole.

    note    an id of the words for anything unusual, or empty
    misses  root-mean-square error of what a model shows over the known pixels around the hole, in [0, 1]: above
            about 0.12 the photo is unlike what it learned from. None for methods that do not look for it.
    """

    rect: Rect
    area: int
    method: str
    note: str = ""
    misses: float | None = None

    def to_values(self) -> dict[str, Any]:
        """As a record holds it."""
        values = {"rect": [*self.rect], "method": self.method, "note": self.note}
        return values if self.misses is None else {**values, "misses": round(self.misses, 4)}

    @property
    def is_doubtful(self) -> bool:
        """A person should look at it: what is unusual is more than the way it was worked out."""
        return self.note not in ("", SLOW_FORMAT, LEFT_CARD)


@dataclass(frozen=True)
class RepairResult:
    """New pixels for parts of the photo, or (``replacement``) a whole picture of another size.

    changed  how many pixels differ from before
    """

    recipe: Recipe
    pieces: tuple[tuple[Rect, Pixels], ...] = ()
    replacement: Pixels | None = None
    changed: int = 0
    holes: tuple[HoleRecord, ...] = ()
