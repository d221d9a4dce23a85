"""Whether a hole lies in something that repeats: brickwork, tiles, cloth. There the photo itself knows best."""

import cv2
import numpy as np

from genrepair_desktop.imaging.arrays import Image, Mask, Pixels, to_image
from genrepair_desktop.imaging.geometry import Rect

# squares of this side, so many of them around the hole, are looked for elsewhere, up to so far away
_SIDE, _PLACES, _FAR = 41, 8, 128
# Every one must be found with this correlation. On 21 photos the worst of eight was 0.14 to 0.58; on brick 0.89
_ALIKE = 0.75
# slower changes than this (a standard deviation in pixels) are light and shade
_LIGHT = 12.0


def is_pattern(pixels: Pixels, mask: Mask, hole: Mask, rect: Rect) -> bool:
    """True where every sound square beside a hole is found again some way off.

    Args:
        pixels: uint8 or uint16 (h, w, 1 to 4).
        mask: bool (h, w): all that is not known.
        hole: bool (rect.h, rect.w): this hole's own pixels.
        rect: where those lie.
    """
    places = _places(mask, hole, rect)
    # one that is found nowhere settles it, so most holes cost one search
    return len(places) == _PLACES and all(_repeats(pixels, mask, x, y) for x, y in places)


def _places(mask: Mask, hole: Mask, rect: Rect) -> list[tuple[int, int]]:
    """Centres (x, y) of wholly known squares beside the hole, spread evenly; fewer than asked for if there are few."""
    half = _SIDE // 2
    bounds = Rect.of_shape(mask.shape)
    inside = bounds.grown(-half)
    area = rect.grown(_SIDE).intersect(inside) if min(bounds.w, bounds.h) > _SIDE else Rect(0, 0, 0, 0)
    if area.area == 0:
        return []
    own = np.zeros((area.h, area.w), np.uint8)
    shared = area.intersect(rect)
    own[shared.relative_to(area).slices] = hole[shared.relative_to(rect).slices]
    near = cv2.dilate(own, np.ones((2 * _SIDE + 1, 2 * _SIDE + 1), np.uint8)) > 0
    around = area.grown(half)
    damaged = cv2.dilate(mask[around.slices].view(np.uint8), np.ones((_SIDE, _SIDE), np.uint8)) > 0
    found = np.argwhere(near & ~damaged[area.relative_to(around).slices])
    if len(found) < _PLACES:
        return []
    chosen = found[np.linspace(0, len(found) - 1, _PLACES).astype(int)]
    return [(area.x + int(x), area.y + int(y)) for y, x in chosen]


def _repeats(pixels: Pixels, mask: Mask, x: int, y: int) -> bool:
    half = _SIDE // 2
    window = Rect(x - _FAR, y - _FAR, 2 * _FAR, 2 * _FAR).intersect(Rect.of_shape(mask.shape))
    detail = _detail(to_image(pixels[window.slices]), mask[window.slices])
    own = Rect(x - half, y - half, _SIDE, _SIDE).relative_to(window)
    template = np.ascontiguousarray(detail[own.slices])
    if float(template.std()) < 1.0 / 255:
        # an even area is found everywhere, and needs no pattern to be filled
        return False
    score = cv2.matchTemplate(detail, template, cv2.TM_CCOEFF_NORMED)
    known = cv2.erode((~mask[window.slices]).view(np.uint8), np.ones((_SIDE, _SIDE), np.uint8)) > 0
    known = known[half : half + score.shape[0], half : half + score.shape[1]]
    rows, columns = np.ogrid[: score.shape[0], : score.shape[1]]
    is_other = np.hypot(rows - own.y, columns - own.x) > 0.6 * _SIDE
    return bool((score[known & is_other] >= _ALIKE).any())


def _detail(image: Image, mask: Mask) -> Image:
    """The picture in grey without light and shade, (h, w); what is not known is even."""
    grey = image.mean(axis=2)
    grey[mask] = float(grey[~mask].mean())
    return (grey - cv2.GaussianBlur(grey, (0, 0), _LIGHT)).astype(np.float32)
