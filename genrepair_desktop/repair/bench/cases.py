"""The photos and masks that methods are measured on: scikit-image's own pictures and masks from fixed seeds."""

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Pixels

Coverage = npt.NDArray[np.uint8]
# photographs that travel inside scikit-image's wheel; the last three are all texture
PHOTOS = ("astronaut", "camera", "chelsea", "coffee", "rocket", "brick", "grass", "gravel")
TEXTURED = ("brick", "grass", "gravel")
MASKS = ("scratch", "brush")
SIDE = 512
LARGE = (4000, 6000)  # 24 megapixels
_LARGE_SCRATCHES = 40
_BRUSH_SHARE = 0.15


@cache
def photo(name: str) -> Pixels:
    """One of ``PHOTOS``, uint8 (512, 512, 1 or 3): the middle square, brought to size. Not to be written to."""
    from skimage import data

    picture = np.asarray(getattr(data, name)())
    side = min(picture.shape[:2])
    top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
    square = picture[top : top + side, left : left + side]
    how = cv2.INTER_AREA if side >= SIDE else cv2.INTER_CUBIC
    sized = cv2.resize(square, (SIDE, SIDE), interpolation=how)
    return np.ascontiguousarray(sized.reshape(SIDE, SIDE, -1)[..., :3])


def large_photo() -> Pixels:
    """24 megapixels at native sharpness: a photo laid out in mirror images, uint8 (4000, 6000, 3)."""
    tile = photo("astronaut")
    down, across = LARGE[0] - SIDE, LARGE[1] - SIDE
    return np.pad(tile, ((0, down), (0, across), (0, 0)), mode="symmetric")


def mask(kind: str, seed: int) -> Coverage:
    """A mask for a 512-pixel photo: ``scratch``, about 4 % in thin lines, or ``brush``, 15 % in broad strokes."""
    rng = np.random.default_rng(seed)
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    if kind == "scratch":
        for _ in range(12):
            _draw_curve(canvas, rng, width=int(rng.integers(1, 4)), length=SIDE)
        return canvas
    while np.count_nonzero(canvas) < _BRUSH_SHARE * canvas.size:
        _draw_curve(canvas, rng, width=int(rng.integers(16, 41)), length=SIDE // 3)
    return canvas


def large_mask() -> Coverage:
    """Forty long scratches, 2 to 6 pixels wide, across the large photo."""
    rng = np.random.default_rng(24)
    canvas = np.zeros(LARGE, np.uint8)
    for _ in range(_LARGE_SCRATCHES):
        _draw_curve(canvas, rng, width=int(rng.integers(2, 7)), length=3000)
    return canvas


def _draw_curve(canvas: Coverage, rng: np.random.Generator, *, width: int, length: int) -> None:
    """A line that wanders a little, as hairs and scratches do."""
    height, breadth = canvas.shape
    steps = 24
    angle = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0, 0.12, steps))
    start = rng.uniform(0, (breadth, height))
    stride = length * rng.uniform(0.5, 1.0) / steps
    points = start + np.cumsum(np.stack([np.cos(angle), np.sin(angle)], axis=1) * stride, axis=0)
    cv2.polylines(canvas, [np.rint(points).astype(np.int32)], isClosed=False, color=255, thickness=width)
