"""The contract of a model that makes pictures, and of those among them whose pictures have a latent."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.jobs.context import RunContext

if TYPE_CHECKING:
    from torch import Tensor

# float32 (n, side, side, channels), sRGB-encoded, [0, 1]
Pictures = npt.NDArray[np.float32]
# float32 (n, d)
Latents = npt.NDArray[np.float32]
# Networks always see so many at once: their last bits may depend on the size of the batch
BATCH = 16


class GenerateError(GenRepairError):
    """A generative model cannot do what was asked of it."""


@dataclass(frozen=True)
class SampleOptions:
    """How to sample.

    truncation  1: as the model learned; towards 0: nearer to its typical picture, less varied. For a model of
                pixels it is the temperature: how likely each drawn value has to be.
    label       class to sample, for models that know classes
    """

    truncation: float = 1.0
    label: int | None = None

    def __post_init__(self) -> None:
        if not 0 < self.truncation <= 2:
            raise GenerateError(f"Truncation is above 0 and at most 2, not {self.truncation:g}.")


AS_LEARNED = SampleOptions()


@dataclass(frozen=True)
class Samples:
    """Pictures with what is needed to make them again.

    ``latents`` None for models without; sample number i of a seed is the same picture whatever n was.
    """

    pictures: Pictures
    latents: Latents | None
    seed: int
    options: SampleOptions


@runtime_checkable
class GenerativeModel(Protocol):
    """A model that samples pictures."""

    @property
    def id(self) -> str: ...

    @property
    def side(self) -> int: ...

    @property
    def channels(self) -> int:
        """1 or 3."""
        ...

    @property
    def classes(self) -> int:
        """How many classes can be asked for; 0 for none."""
        ...

    # whether its pictures are of faces, if they are photographs: false for one that learned whole pictures
    learned_faces: bool

    def sample(self, n: int, ctx: RunContext, options: SampleOptions = AS_LEARNED, *, start: int = 0) -> Samples:
        """``n`` pictures from the context's seed, from number ``start`` of its endless row on.

        Raises:
            GenerateError: n below 1, a class the model has not, or a start that is no multiple of ``BATCH``.
            Cancelled: at a checkpoint.
        """
        ...


@runtime_checkable
class LatentModel(GenerativeModel, Protocol):
    """A model whose pictures are points of a latent space."""

    @property
    def latent_dim(self) -> int: ...

    @property
    def is_spherical(self) -> bool:
        """True where latents are normal and paths should keep their length: slerp, not lerp."""
        ...

    @property
    def centre(self) -> Latents:
        """The middle of the latents (d,)."""
        ...

    @property
    def spread(self) -> Latents:
        """The usual deviation of each latent from the middle (d,)."""
        ...

    def decode(self, latents: Latents) -> Pictures:
        """Pictures of latents (n, d); same latents, same bytes, whatever else is in the batch."""
        ...

    def encode(self, pictures: Pictures) -> Latents:
        """Latents of pictures (n, side, side, channels), by one pass of a network each.

        Raises:
            GenerateError: pictures of another size.
        """
        ...

    def decode_tensor(self, latents: "Tensor") -> "Tensor":
        """The same for torch: (n, d) to (n, channels, side, side) near [0, 1], with gradients."""
        ...


@runtime_checkable
class CompletingModel(GenerativeModel, Protocol):
    """A model that can draw the missing part of a picture, differently for each seed."""

    def complete(self, picture: Image, hole: Mask, n: int, ctx: RunContext) -> Pictures:
        """``n`` answers for one picture (side, side, channels); known pixels come back nearly as given."""
        ...


def check_count(n: int, start: int = 0) -> None:
    """Raise ``GenerateError`` unless n pictures from number ``start`` on can be made."""
    if not 1 <= n <= 100_000:
        raise GenerateError(f"Between 1 and 100,000 pictures can be sampled, not {n}.")
    if start < 0 or start % BATCH:
        raise GenerateError(f"A part of a sample starts at a multiple of {BATCH}, not at {start}.")


def check_label(label: int | None, classes: int) -> None:
    """Raise ``GenerateError`` unless the class is one of the model's."""
    if label is None:
        return
    if classes == 0:
        raise GenerateError("This model knows no classes: leave the class out.")
    if not 0 <= label < classes:
        raise GenerateError(f"The class is from 0 to {classes - 1}, not {label}.")


def check_latents(latents: Latents, dim: int) -> None:
    """Raise ``GenerateError`` unless latents are (n, dim) and finite."""
    if latents.ndim != 2 or latents.shape[1] != dim:
        raise GenerateError(f"This model's latents have {dim} numbers each; these have the shape {latents.shape}.")
    if not np.isfinite(latents).all():
        raise GenerateError("Some latents are not finite numbers.")


def check_pictures(pictures: Pictures, side: int, channels: int) -> None:
    """Raise ``GenerateError`` unless pictures are (n, side, side, channels)."""
    if pictures.ndim != 4 or pictures.shape[1:] != (side, side, channels):
        raise GenerateError(
            f"This model takes pictures of {side} x {side} with {channels} channels, not {pictures.shape[1:]}."
        )
