"""What a map is drawn from: vectors with a kind and a label each, checked, and none silently dropped."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from genrepair_desktop.errors import GenRepairError

Features = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Kind = Literal["real", "generated", "mine", "damaged", "repaired"]
KINDS: tuple[Kind, ...] = ("real", "generated", "mine", "damaged", "repaired")


class MapError(GenRepairError):
    """A map cannot be made from these vectors, or with these settings."""


@dataclass(frozen=True)
class FeatureSet:
    """Vectors to be mapped.

    values   (n, d) float32, finite
    kinds    one for each row
    labels   what is known of each row (a class, a file name); "" where nothing is
    patched  True where a row had missing values: they were filled with the column's median, and a map
             should show the point as uncertain
    source   which encoder the vectors come from, to be shown beside the map
    """

    values: Features
    kinds: tuple[Kind, ...]
    labels: tuple[str, ...]
    patched: Flags
    source: str = ""

    def __len__(self) -> int:
        return len(self.values)

    def counts(self) -> dict[Kind, int]:
        """How many rows of each kind there are, in the order of ``KINDS``; for the legend."""
        found = Counter(self.kinds)
        return {kind: found[kind] for kind in KINDS if found[kind]}

    def of_kind(self, kind: Kind) -> Flags:
        """True for the rows of one kind."""
        return np.array([k == kind for k in self.kinds], bool)


def feature_set(
    values: npt.NDArray[np.floating],
    *,
    kinds: Sequence[Kind] | Kind = "real",
    labels: Sequence[str] | None = None,
    source: str = "",
) -> FeatureSet:
    """Check vectors (n, d) and fill missing values (NaN, infinite) with the median of their column.

    Raises:
        MapError: no rows, the wrong shape, a column without any value, or as many kinds or labels as rows fail.
    """
    if values.ndim != 2 or 0 in values.shape:
        raise MapError(f"A map needs a table of vectors, one a row, not an array of shape {values.shape}.")
    every_kind = (kinds,) * len(values) if isinstance(kinds, str) else tuple(kinds)
    every_label = ("",) * len(values) if labels is None else tuple(labels)
    if len(every_kind) != len(values) or len(every_label) != len(values):
        raise MapError(f"{len(values)} vectors need as many kinds and labels.")
    missing = ~np.isfinite(values)
    filled = np.array(values, np.float32)
    if missing.any():
        if missing.all(axis=0).any():
            raise MapError("A column of the vectors has no value at all: leave it out.")
        medians = np.nanmedian(np.where(missing, np.nan, values), axis=0)
        filled = np.where(missing, medians, values).astype(np.float32)
    return FeatureSet(filled, every_kind, every_label, np.asarray(missing.any(axis=1)), source)


def joined(sets: Sequence[FeatureSet]) -> FeatureSet:
    """Several sets one after another; ``source`` is the first one's.

    Raises:
        MapError: the vectors differ in length, or there are none.
    """
    if len({s.values.shape[1] for s in sets}) != 1:
        raise MapError("Vectors of different length cannot lie on one map: use one encoder for all.")
    return FeatureSet(
        np.concatenate([s.values for s in sets]),
        tuple(k for s in sets for k in s.kinds),
        tuple(t for s in sets for t in s.labels),
        np.concatenate([s.patched for s in sets]),
        sets[0].source,
    )
