"""The damage model: what time and handling do to a photograph, in the order in which it happens.

Tone first (fading, sepia), then the print's own grain or halftone, then marks of handling (``marks``), then the
scan: blur, noise, JPEG once or twice (``noise``). ``damage`` draws a mixture; ``DAMAGES`` names every single kind
for ``genrepair damage``. Pictures are float32 (h, w, c) in [0, 1].
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.lab.marks import PAINTERS, Alpha
from genrepair_desktop.lab.noise import blur, film_grain, gaussian_noise, jpeg, poisson_noise

# From this strength on a mark counts as damage: its rims and thinnest veils do not
_STRONG = 0.2
# And it must have changed the picture by this much over 3 x 3 pixels, in units of [0, 1]: a white scratch on a
# white sky is there, but neither a person nor a network can see it, and nothing needs repair
_NOTICED = 0.05
# Below this nothing was marked
_FAINT = 0.05
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_SEPIA = np.array([1.07, 0.93, 0.70], np.float32)
# How often each mark occurs among the one to four that a photograph gets
_MARK_SHARES = {
    "scratch": 0.3,
    "dust": 0.18,
    "hair": 0.08,
    "crease": 0.12,
    "tear": 0.06,
    "stain": 0.08,
    "foxing": 0.06,
    "emulsion-loss": 0.06,
    "hole": 0.06,
}


@dataclass(frozen=True)
class Damaged:
    """A damaged copy and where the marks are.

    strength  (h, w), how much of the photograph each mark hides, 1 = all of it
    change    (h, w), how far the marks moved the picture's values before it was scanned, in [0, 1]
    """

    image: Image
    strength: Alpha
    change: Alpha
    kinds: tuple[str, ...]

    @property
    def mask(self) -> Mask:
        """The pixels with visible marks."""
        return (self.strength >= _STRONG) & (self.change >= _NOTICED)

    @property
    def unsure(self) -> Mask:
        """Rims, veils, and marks of the colour of what they cover: nobody can say from the picture alone."""
        return (self.strength >= _FAINT) & ~self.mask


def damage(image: Image, rng: np.random.Generator, marks: int | None = None, size: float = 1.0) -> Damaged:
    """A randomly aged, marked and scanned copy.

    ``marks``: how many kinds of marks, by default one to four; ``size``: how much larger than usual they are.
    """
    worn, tone = _age(image, rng)
    names = list(_MARK_SHARES)
    count = int(rng.integers(1, 5)) if marks is None else marks
    drawn = rng.choice(names, min(count, len(names)), replace=False, p=list(_MARK_SHARES.values()))
    unmarked, strength = worn, np.zeros(image.shape[:2], np.float32)
    k = _usual_size(image) * size
    for name in drawn:
        worn, alpha = PAINTERS[str(name)](worn, rng, k)
        strength = np.maximum(strength, alpha)
    scanned, scan = _scan(worn, rng)
    return Damaged(scanned, strength, _change(unmarked, worn), (*tone, *(str(n) for n in drawn), *scan))


def fade(image: Image, rng: np.random.Generator) -> Image:
    """Less contrast, lifted blacks, a cast that differs between shadows and lights (dyes fade unequally)."""
    channels = image.shape[2]
    black = rng.uniform(0.03, 0.25) + rng.uniform(0, 0.06, channels)
    white = 1 - rng.uniform(0.0, 0.25) - rng.uniform(0, 0.1, channels)
    gamma = float(np.exp(rng.normal(0, 0.2)))
    return (black + (white - black) * np.clip(image, 0, 1) ** gamma).astype(np.float32)


def sepia(image: Image, rng: np.random.Generator) -> Image:
    """Silver turned to sulphide: grey values in warm brown; a grey picture stays as it is."""
    if image.shape[2] == 1:
        return image.copy()
    grey = (image @ _LUMA)[..., None]
    toned = np.clip(grey * _SEPIA + rng.normal(0, 0.02, 3), 0, 1)
    share = float(rng.uniform(0.5, 1))
    return (grey * (1 - share) + toned * share).astype(np.float32)


def halftone(image: Image, rng: np.random.Generator) -> Image:
    """A printed screen: dots that grow with darkness, on a turned grid of 3 to 6 pixels."""
    h, w, channels = image.shape
    pitch, angle = float(rng.uniform(3, 6)), float(rng.uniform(0, np.pi / 2))
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    u = (x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / pitch)
    v = (y * np.cos(angle) - x * np.sin(angle)) * (2 * np.pi / pitch)
    screen = ((np.cos(u) + np.cos(v)) / 4 + 0.5)[..., None].astype(np.float32)
    # A soft threshold: ink spreads and the scanner blurs
    dots = 1 / (1 + np.exp(-(cv2.GaussianBlur(image, (0, 0), 1.0).reshape(h, w, channels) - screen) * 8))
    share = float(rng.uniform(0.3, 0.8))
    return (image * (1 - share) + dots * share).astype(np.float32)


def _some(painter: str) -> Callable[[Image, np.random.Generator], Damaged]:
    def paint(image: Image, rng: np.random.Generator) -> Damaged:
        marked, alpha = PAINTERS[painter](image, rng, _usual_size(image))
        return Damaged(marked, alpha, _change(image, marked), (painter,))

    return paint


def _whole(name: str, change: Callable[[Image, np.random.Generator], Image]) -> Callable[..., Damaged]:
    def spoil(image: Image, rng: np.random.Generator) -> Damaged:
        unmarked = np.zeros(image.shape[:2], np.float32)
        return Damaged(change(image, rng), unmarked, unmarked, (name,))

    return spoil


def _twice_jpeg(image: Image, rng: np.random.Generator) -> Image:
    """Saved, cropped by a few pixels, saved again: the grids of the two do not meet."""
    h, w = image.shape[:2]
    once = jpeg(image, int(rng.integers(30, 90)))
    shift = int(rng.integers(1, 8))
    moved = np.roll(once, (shift, shift), (0, 1))
    return np.roll(jpeg(moved, int(rng.integers(40, 95))), (-shift, -shift), (0, 1)).reshape(h, w, -1)


_WHOLE: dict[str, Callable[[Image, np.random.Generator], Image]] = {
    "fading": fade,
    "sepia": sepia,
    "halftone": halftone,
    "grain": lambda image, rng: film_grain(image, float(rng.uniform(5, 30)), float(rng.uniform(0.4, 1.5)), rng),
    "noise": lambda image, rng: gaussian_noise(image, float(rng.uniform(5, 40)), rng),
    "photon-noise": lambda image, rng: poisson_noise(image, float(rng.uniform(15, 200)), rng),
    "blur": lambda image, rng: blur(image, float(rng.uniform(0.6, 2.5))),
    "jpeg": lambda image, rng: jpeg(image, int(rng.integers(10, 60))),
    "jpeg-twice": _twice_jpeg,
}

# Every single kind, for showing and for tests
DAMAGES: dict[str, Callable[[Image, np.random.Generator], Damaged]] = {
    **{name: _some(name) for name in PAINTERS},
    **{name: _whole(name, change) for name, change in _WHOLE.items()},
}


def _age(image: Image, rng: np.random.Generator) -> tuple[Image, tuple[str, ...]]:
    """Tone and the print's own structure, each in a part of the photographs."""
    return _in_turn(image, rng, {"sepia": 0.2, "fading": 0.35, "halftone": 0.08, "grain": 0.35})


def _scan(image: Image, rng: np.random.Generator) -> tuple[Image, tuple[str, ...]]:
    worse, kinds = _in_turn(image, rng, {"blur": 0.15, "noise": 0.12, "photon-noise": 0.08})
    draw = float(rng.random())
    if draw < 0.45:
        return jpeg(worse, int(rng.integers(35, 96))), (*kinds, "jpeg")
    if draw < 0.55:
        return _twice_jpeg(worse, rng), (*kinds, "jpeg-twice")
    return np.clip(worse, 0, 1), kinds


def _usual_size(image: Image) -> float:
    """Marks keep their size in pixels on large scans to a degree: scratches do not grow with the sensor."""
    return min(1.5, max(0.4, min(image.shape[:2]) / 512))


def _change(before: Image, after: Image) -> Alpha:
    """The largest difference of any channel, as a mean over 3 x 3 pixels."""
    return np.asarray(cv2.blur(np.abs(after - before).max(axis=2), (3, 3)), np.float32)


def _in_turn(image: Image, rng: np.random.Generator, shares: dict[str, float]) -> tuple[Image, tuple[str, ...]]:
    done: list[str] = []
    for name, share in shares.items():
        if rng.random() < share:
            image = np.clip(_WHOLE[name](image, rng), 0, 1)
            done.append(name)
    return image.copy(), tuple(done)
