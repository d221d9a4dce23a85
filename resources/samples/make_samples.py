"""Makes the bundled damaged photos and their masks from scikit-image's pictures. Same seed, same files.

Run from the checkout: ``python resources/samples/make_samples.py``. The pictures and their licences, as
scikit-image's documentation states them:
  astronaut  data.astronaut: NASA, public domain
  coffee     data.coffee: Rachel Michetti, courtesy of Pikolo Espresso Bar, CC0
  camera     data.camera: Lav Varshney, CC0
"""

import itertools
from pathlib import Path

import cv2
import numpy as np

HERE = Path(__file__).resolve().parent
# coordinates of lines and circles are in 1/16 pixel
_SHIFT = 4
Place = tuple[float, float]


def undamaged(name: str) -> np.ndarray:
    """One of scikit-image's own pictures."""
    from skimage import data

    return getattr(data, name)()


def curve(mask: np.ndarray, points: np.ndarray, width: float, rng: np.random.Generator) -> None:
    """Draw a slightly trembling line of changing width through ``points`` (x, y) into ``mask``."""
    steps = np.linspace(0, len(points) - 1, 160)
    path = np.stack([np.interp(steps, range(len(points)), points[:, axis]) for axis in (0, 1)], axis=1)
    path += np.cumsum(rng.normal(0, 0.35, path.shape), axis=0)
    for start, end in itertools.pairwise(path):
        thickness = max(1, round(width * rng.uniform(0.7, 1.3)))
        first, last = (tuple(int(v) for v in np.rint(point * 2**_SHIFT)) for point in (start, end))
        cv2.line(mask, first, last, 255, thickness, cv2.LINE_AA, _SHIFT)


def scratches(shape: tuple[int, int], count: int, width: float, rng: np.random.Generator) -> np.ndarray:
    """Long thin scratches, mostly upright, as a roller leaves them."""
    mask = np.zeros(shape, np.uint8)
    height, across = shape
    for _ in range(count):
        x, lean = rng.uniform(0.05, 0.95) * across, rng.uniform(-0.15, 0.15) * across
        top, bottom = rng.uniform(-0.1, 0.5) * height, rng.uniform(0.6, 1.1) * height
        curve(mask, np.array([[x, top], [x + lean / 2, (top + bottom) / 2], [x + lean, bottom]]), width, rng)
    return mask


def dust(shape: tuple[int, int], count: int, rng: np.random.Generator) -> np.ndarray:
    """Specks of one to five pixels and a few hairs."""
    mask = np.zeros(shape, np.uint8)
    for _ in range(count):
        centre = (int(rng.integers(0, shape[1])), int(rng.integers(0, shape[0])))
        cv2.circle(mask, centre, int(rng.integers(1, 4)), 255, -1, cv2.LINE_AA)
    for _ in range(max(2, count // 12)):
        start = rng.uniform(0, 1, 2) * (shape[1], shape[0])
        points = start + np.cumsum(rng.normal(0, 14, (5, 2)), axis=0)
        curve(mask, points, 1.4, rng)
    return mask


def flake(shape: tuple[int, int], centre: tuple[int, int], radius: float, rng: np.random.Generator) -> np.ndarray:
    """A patch of lost emulsion with a ragged edge."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    reach = radius * rng.uniform(0.6, 1.25, angles.size)
    points = np.stack([centre[0] + reach * np.cos(angles), centre[1] + reach * np.sin(angles)], axis=1)
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], 255, cv2.LINE_AA)
    return mask


def crease(shape: tuple[int, int], start: Place, end: Place, rng: np.random.Generator) -> np.ndarray:
    """A fold across the picture; ``start`` and ``end`` in shares of width and height."""
    mask = np.zeros(shape, np.uint8)
    ends = np.array([start, end]) * (shape[1], shape[0])
    middle = ends.mean(axis=0) + rng.normal(0, 5, 2)
    curve(mask, np.stack([ends[0], middle, ends[1]]), 5.0, rng)
    return mask


def damaged(picture: np.ndarray, mask: np.ndarray, paper: float, rng: np.random.Generator) -> np.ndarray:
    """``picture`` with the base showing where the mask is, a little uneven as paper is."""
    shade = paper + cv2.GaussianBlur(rng.normal(0, 40, mask.shape), (0, 0), 3) + rng.normal(0, 4, mask.shape)
    weight = mask.astype(np.float64)[..., None] / 255
    base = shade[..., None] * (np.array([1.0, 0.97, 0.9]) if picture.shape[2] == 3 else 1.0)
    return np.clip(np.rint(picture * (1 - weight) + base * weight), 0, 255).astype(np.uint8)


def marked(mask: np.ndarray) -> np.ndarray:
    """The mask to repair with: all that is damaged, and two pixels more for the halo that JPEG leaves around it."""
    halo = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    return cv2.dilate((mask > 12).astype(np.uint8) * 255, halo)


def astronaut(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    picture = undamaged("astronaut")
    shape = picture.shape[:2]
    parts = [scratches(shape, 7, 1.8, rng), dust(shape, 60, rng), crease(shape, (-0.02, 0.72), (1.02, 0.6), rng)]
    parts += [flake(shape, (455, 70), 26, rng), flake(shape, (60, 330), 20, rng)]
    mask = np.maximum.reduce(parts)
    return damaged(picture, mask, 226, rng), marked(mask)


def coffee(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    picture = undamaged("coffee")
    shape = picture.shape[:2]
    parts = [scratches(shape, 4, 1.6, rng), dust(shape, 30, rng)]
    parts += [flake(shape, (90, 330), 30, rng), flake(shape, (520, 60), 24, rng), flake(shape, (300, 90), 14, rng)]
    mask = np.maximum.reduce(parts)
    return damaged(picture, mask, 235, rng), marked(mask)


def camera(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    picture = undamaged("camera")[..., None]
    shape = picture.shape[:2]
    parts = [scratches(shape, 9, 1.5, rng), dust(shape, 80, rng), crease(shape, (0.35, -0.02), (0.28, 1.02), rng)]
    parts += [flake(shape, (400, 430), 30, rng)]
    mask = np.maximum.reduce(parts)
    return damaged(picture, mask, 240, rng), marked(mask)


def write(name: str, picture: np.ndarray, mask: np.ndarray) -> None:
    """The photo as JPEG (colour) or PNG (grey), and its mask as PNG."""
    if picture.shape[2] == 3:
        bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(HERE / f"{name}.jpg"), bgr, [cv2.IMWRITE_JPEG_QUALITY, 92])
    else:
        cv2.imwrite(str(HERE / f"{name}.png"), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    cv2.imwrite(str(HERE / f"{name}-mask.png"), mask, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    for seed, make in enumerate((astronaut, camera, coffee), start=11):
        write(make.__name__, *make(np.random.default_rng(seed)))
