"""Coverage on the screen: a translucent tint with a clear edge, one index per device pixel.

The tint is sampled where device pixels lie, never scaled, so that edges are one device pixel wide at every zoom
and a repainted part fits the rest exactly.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.app.canvas.sampling import picked, sampled_at
from genrepair_desktop.app.canvas.viewport import Viewport
from genrepair_desktop.imaging.geometry import Rect

Bytes = npt.NDArray[np.uint8]
# indices 1 to 253 are the tint; these two are the dashes of the edge
_STRONGEST, _LIGHT, _DARK = 253, 254, 255
_DASH = 4
_STRIPE = 5
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))


@dataclass(frozen=True)
class Tint:
    """How a coverage layer looks.

    colour      ``#rrggbb``
    opacity     0 to 1, where fully covered
    is_hatched  diagonal stripes tell it from another layer without colour
    """

    colour: str
    opacity: float = 0.45
    is_hatched: bool = False


@lru_cache(maxsize=16)
def colour_table(tint: Tint) -> tuple[int, ...]:
    """256 ARGB values (not premultiplied) for the indices of ``indices``."""
    red, green, blue = (int(tint.colour[place : place + 2], 16) for place in (1, 3, 5))
    plain = red << 16 | green << 8 | blue
    table = [round(255 * tint.opacity * index / _STRONGEST) << 24 | plain for index in range(_STRONGEST + 1)]
    # the light dash keeps a hint of the tint; the dark one lets it stand out from light and dark photos alike
    light = (red + 255) // 2 << 16 | (green + 255) // 2 << 8 | (blue + 255) // 2
    return (*table, 0xF0 << 24 | light, 0xD0 << 24 | 0x101010)


def indices(
    coverage: Bytes, level: int, viewport: Viewport, device: Rect, *, phase: int = 0, is_hatched: bool = False
) -> tuple[Rect, Bytes] | None:
    """What to paint of a layer within ``device`` pixels: a rectangle and its indices; None where nothing shows.

    Args:
        coverage: the layer at ``level`` (one pixel for 2^level), (h, w).
        phase: how far the dashes of the edge have marched, in device pixels.
        is_hatched: with diagonal stripes.
    """
    # a pixel more each way: the edge depends on neighbours
    area = device.grown(1).intersect(viewport.device_rect)
    if area.is_empty:
        return None
    columns = sampled_at(area.x, area.w, viewport.origin[0], viewport.zoom * 2**level, coverage.shape[1])
    rows = sampled_at(area.y, area.h, viewport.origin[1], viewport.zoom * 2**level, coverage.shape[0])
    seen = coverage[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    x, y, w, h = cv2.boundingRect(np.ascontiguousarray(seen))
    if w == 0:
        return None
    # most of the screen is unmasked: work only where something is
    first, last = np.searchsorted(columns, (columns[0] + x, columns[0] + x + w))
    top, bottom = np.searchsorted(rows, (rows[0] + y, rows[0] + y + h))
    place = Rect.from_edges(area.x + int(first), area.y + int(top), area.x + int(last), area.y + int(bottom))
    if place.is_empty:
        return None
    sampled = picked(coverage, rows[top:bottom], columns[first:last])
    shown = np.minimum(sampled, _STRONGEST)
    if is_hatched:
        _hatch(shown, place, viewport)
    _draw_edge(shown, sampled, place, phase)
    return place, shown


def _hatch(shown: Bytes, place: Rect, viewport: Viewport) -> None:
    """Weaken every other diagonal stripe; the stripes stay with the picture when it is panned."""
    stripe = max(2, round(_STRIPE * viewport.ratio))
    across = np.arange(place.x, place.right) - viewport.origin[0]
    down = np.arange(place.y, place.bottom) - viewport.origin[1]
    is_weak = (across[None, :] + down[:, None]) // stripe % 2 == 0
    np.floor_divide(shown, 2, out=shown, where=is_weak)


def _draw_edge(shown: Bytes, sampled: Bytes, place: Rect, phase: int) -> None:
    """Turn the outermost covered pixels of every area into dashes."""
    inside = (sampled > 0).view(np.uint8)
    # at the sampled area's border lies nothing covered, or more of the same that the caller cuts off
    edge = cv2.subtract(inside, cv2.erode(inside, _CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=0))
    places = cv2.findNonZero(edge)
    if places is None:
        return
    # OpenCV 4 gives (n, 1, 2), OpenCV 5 (n, 2)
    columns, rows = np.asarray(places, np.intp).reshape(-1, 2).T
    is_light = (rows + columns + (place.x + place.y + phase)) // _DASH % 2 == 0
    shown[rows, columns] = np.where(is_light, _LIGHT, _DARK).astype(np.uint8)
