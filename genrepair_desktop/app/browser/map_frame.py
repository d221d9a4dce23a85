"""Which part of the map is seen: between map units and the pixels of a widget. Pure maths."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from genrepair_desktop.latent.map import Points

Edges = tuple[float, float, float, float]
_MARGIN_PX = 28
# so that nobody gets lost: from the whole map as a dot to a hundred-thousandth of it
_LEAST, _MOST = 0.2, 1e5


@dataclass(frozen=True)
class MapFrame:
    """A view of the map; up on the map is up on the screen.

    x, y    map units in the middle of the widget
    scale   pixels for one map unit
    fitted  the scale at which the whole map is seen
    """

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    width: int = 1
    height: int = 1
    fitted: float = 1.0

    @classmethod
    def around(cls, edges: Edges, width: int, height: int) -> "MapFrame":
        """All between left, right, bottom and top."""
        left, right, bottom, top = edges
        room = max(1, width - 2 * _MARGIN_PX), max(1, height - 2 * _MARGIN_PX)
        scale = min(room[0] / max(right - left, 1e-9), room[1] / max(top - bottom, 1e-9))
        return cls((left + right) / 2, (bottom + top) / 2, scale, width, height, scale)

    @property
    def edges(self) -> Edges:
        """Left, right, bottom and top of what is seen."""
        half_width, half_height = self.width / 2 / self.scale, self.height / 2 / self.scale
        return self.x - half_width, self.x + half_width, self.y - half_height, self.y + half_height

    def to_pixels(self, points: Points) -> npt.NDArray[np.float32]:
        """Map points (n, 2) as pixels from the widget's upper left corner."""
        across = (points[:, 0] - self.x) * self.scale + self.width / 2
        down = (self.y - points[:, 1]) * self.scale + self.height / 2
        return np.column_stack([across, down]).astype(np.float32)

    def to_map(self, across: float, down: float) -> tuple[float, float]:
        """A pixel as a place on the map."""
        return self.x + (across - self.width / 2) / self.scale, self.y - (down - self.height / 2) / self.scale

    def panned(self, across: float, down: float) -> "MapFrame":
        """The map moved by so many pixels."""
        return replace(self, x=self.x - across / self.scale, y=self.y + down / self.scale)

    def zoomed(self, factor: float, across: float, down: float) -> "MapFrame":
        """Larger by ``factor``; the place at this pixel stays where it is."""
        scale = float(np.clip(self.scale * factor, self.fitted * _LEAST, self.fitted * _MOST))
        x, y = self.to_map(across, down)
        left, up = (across - self.width / 2) / scale, (down - self.height / 2) / scale
        return replace(self, x=x - left, y=y + up, scale=scale)

    def resized(self, width: int, height: int) -> "MapFrame":
        """The same middle in a widget of another size, as much of the map as before."""
        factor = min(width / max(1, self.width), height / max(1, self.height))
        return replace(self, width=width, height=height, scale=self.scale * factor, fitted=self.fitted * factor)

    def centred(self, x: float, y: float) -> "MapFrame":
        """The same scale around another place."""
        return replace(self, x=x, y=y)

    def seen(self, points: Points, margin: float = 0.0) -> npt.NDArray[np.int64]:
        """Which points lie within the widget and ``margin`` pixels around it."""
        at = self.to_pixels(points)
        inside = (at >= -margin).all(axis=1) & (at[:, 0] <= self.width + margin) & (at[:, 1] <= self.height + margin)
        return np.flatnonzero(inside)

    def nearest(self, points: Points, across: float, down: float, reach: float) -> int | None:
        """The point nearest to a pixel, None if none is within ``reach`` pixels."""
        if not len(points):
            return None
        apart = ((self.to_pixels(points) - (across, down)) ** 2).sum(axis=1)
        best = int(apart.argmin())
        return best if apart[best] <= reach * reach else None
