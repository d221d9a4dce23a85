"""The rows of a latent map: which entry lies where, and by which features. No Qt."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from genrepair_desktop.app.browser.shelf import Entry, Kind
from genrepair_desktop.latent.features import KINDS, Features
from genrepair_desktop.latent.map import Points


def _nothing() -> Points:
    return np.zeros((0, 2), np.float32)


@dataclass(frozen=True)
class MapTable:
    """Entries on a map, in the order of its rows.

    points     (n, 2)
    features   (n, d)
    fitted_on  the first so many rows were there when the map was fitted; the others were placed later
    """

    keys: tuple[int, ...] = ()
    kinds: tuple[Kind, ...] = ()
    points: Points = field(default_factory=_nothing)
    features: Features = field(default_factory=_nothing)
    fitted_on: int = 0

    @classmethod
    def of(cls, entries: Sequence[Entry], points: Points, features: Features) -> "MapTable":
        """All of them fitted."""
        keys = tuple(entry.key for entry in entries)
        kinds: tuple[Kind, ...] = tuple(entry.kind for entry in entries)
        return cls(keys, kinds, points, features, len(keys))

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def newcomers(self) -> int:
        """How many rows were placed after the fit."""
        return len(self.keys) - self.fitted_on

    def with_newcomers(self, entries: Sequence[Entry], points: Points, features: Features) -> "MapTable":
        """Rows more; those that are there do not move."""
        return replace(
            self,
            keys=(*self.keys, *(entry.key for entry in entries)),
            kinds=(*self.kinds, *(entry.kind for entry in entries)),
            points=np.concatenate([self.points, points]),
            features=np.concatenate([self.features, features]),
        )

    def without(self, gone: Collection[int]) -> "MapTable":
        """Fewer rows."""
        stays = np.array([key not in gone for key in self.keys], bool)
        if stays.all():
            return self
        return MapTable(
            tuple(key for key in self.keys if key not in gone),
            tuple(kind for kind, is_kept in zip(self.kinds, stays, strict=True) if is_kept),
            self.points[stays],
            self.features[stays],
            int(stays[: self.fitted_on].sum()),
        )

    def rows_of(self, keys: Collection[int]) -> npt.NDArray[np.int64]:
        """Where these entries are, in the order of ``keys``; those that are not on the map are left out."""
        where = self._where
        return np.array([where[key] for key in keys if key in where], np.int64)

    @cached_property
    def _where(self) -> dict[int, int]:
        return {key: row for row, key in enumerate(self.keys)}

    def of_kind(self, kind: Kind) -> npt.NDArray[np.int64]:
        """The rows of one kind."""
        return np.flatnonzero(np.array([k == kind for k in self.kinds], bool))

    def counts(self) -> dict[Kind, int]:
        """How many rows of each kind there are, in the order of the legend."""
        found = Counter(self.kinds)
        return {kind: found[kind] for kind in KINDS if found[kind]}

    def neighbours(self, key: int, count: int) -> tuple[int, ...]:
        """The entries most like one of them, by features and never by places; nearest first."""
        from genrepair_desktop.latent.inverse import nearest_in_latent_space

        rows = self.rows_of((key,))
        if not len(rows):
            return ()
        found = nearest_in_latent_space(self.features[rows[0]], self.features, count + 1)
        return tuple(self.keys[i] for i in found if i != rows[0])[:count]
