"""Rectangles in image pixels, and the 256-pixel grid that undo and display share."""

from collections.abc import Iterator
from typing import NamedTuple

# 256: an RGB tile copies in 0.07 ms, and a stroke across a 4K photo touches 15 to 40 of them
TILE = 256


class Size(NamedTuple):
    """Width and height in pixels."""

    w: int
    h: int


class Rect(NamedTuple):
    """A rectangle in whole pixels: left, top, width, height. Right and bottom are exclusive."""

    x: int
    y: int
    w: int
    h: int

    @classmethod
    def of_shape(cls, shape: tuple[int, ...]) -> "Rect":
        """The whole of an array with the shape (h, w, ...)."""
        return cls(0, 0, shape[1], shape[0])

    @classmethod
    def from_edges(cls, left: int, top: int, right: int, bottom: int) -> "Rect":
        """From edges; an inside-out rectangle becomes empty."""
        return cls(left, top, max(0, right - left), max(0, bottom - top))

    @property
    def right(self) -> int:
        return self.x + self.w

    @property
    def bottom(self) -> int:
        return self.y + self.h

    @property
    def area(self) -> int:
        return self.w * self.h

    @property
    def is_empty(self) -> bool:
        return self.w <= 0 or self.h <= 0

    @property
    def slices(self) -> tuple[slice, slice]:
        """The index of this rectangle in an array: ``array[rect.slices]``."""
        return slice(self.y, self.y + self.h), slice(self.x, self.x + self.w)

    def grown(self, margin: int) -> "Rect":
        """Moved outwards by ``margin`` on each side (inwards if negative)."""
        return Rect.from_edges(self.x - margin, self.y - margin, self.right + margin, self.bottom + margin)

    def moved(self, dx: int, dy: int) -> "Rect":
        return Rect(self.x + dx, self.y + dy, self.w, self.h)

    def intersect(self, other: "Rect") -> "Rect":
        """What both share; an empty rectangle if nothing."""
        return Rect.from_edges(
            max(self.x, other.x),
            max(self.y, other.y),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def union(self, other: "Rect") -> "Rect":
        """The smallest rectangle that holds both; an empty one counts for nothing."""
        if self.is_empty:
            return other
        if other.is_empty:
            return self
        return Rect.from_edges(
            min(self.x, other.x),
            min(self.y, other.y),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def touches(self, other: "Rect") -> bool:
        return not self.intersect(other).is_empty

    def contains(self, other: "Rect") -> bool:
        return self.intersect(other) == other

    def relative_to(self, outer: "Rect") -> "Rect":
        """The same rectangle counted from the corner of ``outer``."""
        return self.moved(-outer.x, -outer.y)


def tiles_touching(rect: Rect, bounds: Rect) -> Iterator[Rect]:
    """The tiles of the 256 grid that ``rect`` touches, cut at ``bounds``, row by row."""
    inside = rect.intersect(bounds)
    if inside.is_empty:
        return
    for y in range(inside.y // TILE * TILE, inside.bottom, TILE):
        for x in range(inside.x // TILE * TILE, inside.right, TILE):
            yield Rect(x, y, TILE, TILE).intersect(bounds)
