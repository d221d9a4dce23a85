"""The contract of a method: what it is given, what it returns, and what the catalog says about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.registry.familiar import Familiar
from genrepair_desktop.repair.blend import Blend
from genrepair_desktop.repair.params import NoParams

# fill: invent what is under the mask.  restore: change every pixel, same size.  enlarge: a larger picture
Task: TypeAlias = Literal["fill", "restore", "enlarge"]
Family: TypeAlias = Literal["automatic", "deterministic", "exemplar", "learned"]
Subject: TypeAlias = Literal["any", "portraits"]


class ModelLoader(Protocol):
    """Where a method gets its network from. Tests pass their own."""

    def has(self, model_id: str) -> bool:
        """True when the model is installed and intact. Cheap: never imports torch."""
        ...

    def load(self, model_id: str) -> Any:
        """The ready network in eval mode on the chosen device; cached."""
        ...

    def refresh(self) -> None:
        """Look again at what is installed."""
        ...

    def familiar(self, model_id: str) -> Familiar | None:
        """What the model's network knows the surroundings of holes to look like; None if nobody measured it."""
        ...


class NoModels:
    """A loader for the methods that need none."""

    def has(self, model_id: str) -> bool:
        return False

    def load(self, model_id: str) -> Any:
        raise LookupError(f"no models here: {model_id}")

    def refresh(self) -> None:
        """There is nothing to look at."""

    def familiar(self, model_id: str) -> Familiar | None:
        return None


@dataclass(frozen=True)
class Patch:
    """A hole with the surroundings a method may look at.

    image  (h, w, 1 or 3), sRGB-encoded, [0, 1]. Under the mask it still holds the damaged pixels: fill methods
           must not read them.
    mask   (h, w): True where to repair. For ``restore`` and ``enlarge`` where a change is wanted.
    donor  (h, w) or None: where texture may be taken from; None allows every known pixel.
    scale  how many photo pixels one pixel of the patch is wide; 1 unless a large hole was scaled down.
    corner (x, y) of its first pixel in the photo.
    blend  the seeds here of the fills to be blended, and their weights; empty: the context's seed alone counts.
    """

    image: Image
    mask: Mask
    donor: Mask | None = None
    scale: float = 1.0
    corner: tuple[int, int] = (0, 0)
    blend: Blend = ()

    @cached_property
    def places(self) -> npt.NDArray[np.intp]:
        """The flat numbers of the masked pixels: to look those of thin damage up is ten times faster by them."""
        return np.flatnonzero(self.mask)


# A repairer never writes into its patch, returns a finite image of the same shape (larger by the params'
# scale for ``enlarge``), may return anything outside the mask (the pipeline keeps known pixels), and calls
# ctx.checkpoint at least every 50 ms of work.
Repairer: TypeAlias = Callable[[Patch, RunContext], Image]


@dataclass(frozen=True)
class HoleFacts:
    """What ``auto`` knows of one hole.

    area       masked pixels
    thickness  twice the largest distance from a masked pixel to a known one, in pixels
    length     longer side of the hole's bounding box
    texture    standard deviation of the known rim after removing its smooth part, in [0, 1]
    is_pattern what surrounds it repeats, see ``patterns``; looked at only where the hole is thick
    """

    area: int
    thickness: float
    length: int
    texture: float
    is_pattern: bool = False


# repairs several patches in one go, as each of them alone
BatchRepairer: TypeAlias = Callable[[Sequence[Patch], RunContext], list[Image]]


@dataclass(frozen=True)
class ThinDamage:
    """How a method takes long thin damage: in windows along its way (``narrow_windows``).

    context     known pixels that it looks at around damage of a given thickness
    start_cost  what beginning a window costs it, as a number of pixels worked on
    is_local    the fill depends on nothing beyond the context: windows are worked on in any order, several at once,
                and each takes the damage around it for unknown
    batch       (params, models) -> a repairer of several patches, where that is faster than one by one
    """

    context: Callable[[float], int]
    start_cost: int
    is_local: bool = True
    batch: "Callable[[Any, ModelLoader], BatchRepairer] | None" = None


@dataclass(frozen=True)
class MethodSpec:
    """One method of the catalog.

    build      (params, models) -> repairer; gives the method its network and params once
    context    known pixels around a hole that the method wants to see, as a function of the hole's longer side
    max_side   holes longer than this are repaired window by window; None: any length at once
    thin       how long thin damage is cut; None: like any other
    is_seeded  different seeds give different answers
    guesses_first  seed 0 is its best guess, other seeds are draws around it
    blends     makes one fill between those of several seeds, in its latent or its noise
    adds_grain the fill is smoother than film: the pipeline matches the grain of the surroundings
    matches_tone  the fill may be off in tone: the pipeline matches it on a ring around the hole
    tile       restore and enlarge: side of the overlapping tiles it is run on; None: the whole picture at once
    overlap    pixels that neighbouring tiles share
    scale      enlarge: how many times larger the picture becomes, read from the params
    models     ids of the models it cannot work without
    subject    "portraits": it refuses holes that lie in no face, in one sentence
    route      ``auto`` only: chooses the method id for each hole
    cut_at     ``auto`` only: thickness in pixels at which the thin arms of a hole become holes of their own
    """

    id: str
    family: Family
    task: Task
    build: Callable[[Any, ModelLoader], Repairer]
    params: type = NoParams
    context: Callable[[int], int] = lambda side: max(16, side // 2)
    max_side: int | None = None
    thin: ThinDamage | None = None
    is_seeded: bool = False
    guesses_first: bool = False
    blends: bool = False
    adds_grain: bool = False
    matches_tone: bool = False
    tile: int | None = None
    overlap: int = 32
    scale: Callable[[Any], int] = lambda params: 1
    models: tuple[str, ...] = ()
    subject: Subject = "any"
    route: "Callable[[HoleFacts, ModelLoader], str] | None" = None
    cut_at: float | None = None

    def is_ready(self, models: ModelLoader) -> bool:
        """True when every model it needs is installed."""
        return all(models.has(model_id) for model_id in self.models)
