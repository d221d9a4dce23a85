"""What the surroundings of holes looked like to a fill network in training: whether it may be trusted with others.

A network fills a checkerboard or a page of print with what it knows from photographs. The file
``familiar.safetensors`` beside its weights holds the mean and the covariance of its own features around holes in the
training pictures (``FillUNet.surroundings``), and the Mahalanobis distance that one in a hundred held-out ones passes.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from genrepair_desktop.atomic import write_atomic
from genrepair_desktop.files import read_regular, strict_json
from genrepair_desktop.registry.card import CardError
from genrepair_desktop.registry.weights import header_tensors

FAMILIAR_FILE = "familiar.safetensors"
_MOST_BYTES = 8 * 2**20
_WEIGHTS = "weights_sha256"
# Fewer cells of 8 x 8 known pixels than this tell nothing: none such was measured, and of none such is asked
FEWEST_CELLS = 8
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Familiar:
    """mean (d,) and whitener (d, d) make a distance of features (d,); beyond ``limit`` they are unfamiliar."""

    mean: Floats
    whitener: Floats
    limit: float

    def distance(self, features: Floats) -> float:
        """Mahalanobis distance by the root of the number of features: about 1 for training pictures."""
        white = (features.astype(np.float64) - self.mean) @ self.whitener
        return float(np.sqrt(np.mean(white**2)))

    def knows(self, features: Floats) -> bool:
        """True unless the features are farther away than 99 of 100 held-out ones."""
        return self.distance(features) <= self.limit


def read_familiar(folder: Path, weights_sha256: str) -> Familiar | None:
    """The file of a model whose weights have this hash; None if there is none or it was made for other weights.

    Raises:
        OpenError, CardError: there is one for these weights, and it is damaged.
    """
    path = folder / FAMILIAR_FILE
    if not path.is_file():
        return None
    content = read_regular(path, _MOST_BYTES)
    facts = header_tensors(content, path)
    if _made_for(content) != weights_sha256:
        return None
    from safetensors import SafetensorError
    from safetensors.numpy import load

    side = facts["mean"].shape[0] if "mean" in facts and len(facts["mean"].shape) == 1 else 0
    shapes = {"mean": (side,), "whitener": (side, side), "limit": (1,)}
    if not side or {name: (fact.dtype, fact.shape) for name, fact in facts.items()} != {
        name: ("F32", shape) for name, shape in shapes.items()
    }:
        raise _damaged(path)
    try:
        values = load(content)
    except SafetensorError as error:
        raise _damaged(path) from error
    if not all(np.isfinite(v).all() for v in values.values()):
        raise _damaged(path)
    return Familiar(values["mean"], values["whitener"], float(values["limit"][0]))


def write_familiar(folder: Path, familiar: Familiar, weights_sha256: str) -> None:
    """Write the file beside the weights it belongs to; one that is there is replaced.

    Raises:
        SaveError: the disk refuses.
    """
    from safetensors.numpy import save

    values = {
        "mean": familiar.mean,
        "whitener": familiar.whitener,
        "limit": np.array([familiar.limit], np.float32),
    }
    write_atomic(folder / FAMILIAR_FILE, save(values, {_WEIGHTS: weights_sha256}))


def _made_for(content: bytes) -> str:
    """The hash of the weights that a file names; its header was checked before."""
    header = strict_json(content[8 : 8 + int.from_bytes(content[:8], "little")])
    about = header.get("__metadata__")
    return str(about.get(_WEIGHTS, "")) if isinstance(about, dict) else ""


def _damaged(path: Path) -> CardError:
    return CardError(path, "it does not hold what it should", "install the model again")
