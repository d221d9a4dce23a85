"""Marks on a photograph: scratches, creases, tears, dust, hairs, stains, foxing, emulsion loss, holes.

Each painter takes a float32 (h, w, c) picture in [0, 1] and returns the marked copy and how strongly each pixel
was changed, float32 (h, w) in [0, 1]: 1 hides the photograph, less lets it through. Sizes are in pixels of a
picture about 512 wide, times ``k``. The kinds and their looks follow the defects that archives list (Library of
Congress, "Care, Handling and Storage of Photographs"; George Eastman Museum's notebook of photographic defects)
and the synthetic damage of Wan et al. 2020, "Bringing Old Photos Back to Life".
"""

import itertools
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.lab.masks import scratch_line

Alpha = npt.NDArray[np.float32]
Painter = Callable[[Image, np.random.Generator, float], tuple[Image, Alpha]]
# Sub-pixel positions of cv2.line, as bits
_SHIFT = 4


def scratch(image: Image, rng: np.random.Generator, k: float) -> tuple[Image, Alpha]:
    """Thin, long, slightly bent lines: light where a negative lost its layer, dark where a print did."""
    h, w, channels = image.shape
    alpha = np.zeros((h, w), np.float32)
    for _ in range(int(rng.integers(1, 7))):
        line = scratch_line(max(h, w), rng)
        width = float(np.exp(rng.uniform(np.log(0.8), np.log(5.0)))) * max(k, 0.5)
        strength = float(rng.uniform(0.5, 1.0)) if rng.random() < 0.6 else 1.0
        alpha = np.maximum(alpha, strength * _stroke((h, w), line, width, rng))
    return _lay(image, alpha, _light_or_dark(channels, rng), rng), alpha


def hair(image: Image, rng: np.random.Generator, k: float) -> tuple[Image, Alpha]:
    """One to three short, strongly curled, dark or light threads."""
    h, w, channels = image.shape
    alpha = np.zeros((h, w), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        steps = 40
        turn = np.cumsum(np.cumsum(rng.normal(0, 0.02, steps))) + rng.uniform(0, 2 * np.pi)
        length = k * float(rng.uniform(20, 120))
        path = np.cumsum(np.stack([np.cos(turn), np.sin(turn)], 1) * length / steps, 0)
        line = path - path.mean(0) + rng.uniform(0, 1, 2) * (w, h)
        alpha = np.maximum(alpha, _stroke((h, w), line, float(rng.uniform(0.8, 2.0)), rng))
    return _lay(image, alpha * np.float32(rng.uniform(0.7, 1)), _light_or_dark(channels, rng), rng), alpha


def dust(image: Image, rng: np.random.Generator, k: float) -> tuple[Image, Alpha]:
    """Many specks of 1 to 5 pixels, round or ragged."""
    h, w, channels = image.shape
    alpha = np.zeros((h, w), np.float32)
    density = float(np.exp(rng.uniform(np.log(5e-5), np.log(1.5e-3))))
    for _ in range(max(1, round(density * h * w))):
        axes = np.maximum(1, np.rint(np.exp(rng.uniform(0, np.log(5), 2)) * max(k, 0.7) * 8)).astype(int)
        centre = (rng.uniform(0, 1, 2) * (w, h) * 16).astype(int)
        cv2.ellipse(
            alpha,
            (int(centre[0]), int(centre[1])),
            (int(axes[0]), int(axes[1])),
            float(rng.uniform(0, 180)),
            0,
            360,
            float(rng.uniform(0.6, 1)),
            -1,
            cv2.LINE_AA,
            _SHIFT,
        )
    return _lay(image, alpha, _light_or_dark(channels, rng), rng), alpha


def crease(image: Image, rng: np.random.Generator, k: float) -> tuple[Image, Alpha]:
    """A fold right across: a broken light core, a soft shadow along one side."""
    h, w, channels = image.shape
    line = scratch_line(max(h, w), rng)
    core = _stroke((h, w), line, float(rng.uniform(1.5, 5)) * max(k, 0.6), rng)
    core *= (_cloud((h, w), 6 * k + 2, rng) > rng.uniform(-0.8, 0.2)).astype(np.float32)
    shade = cv2.GaussianBlur(_stroke((h, w), line, 6 * k + 2, rng), (0, 0), 3 * k + 1)
    shaded = image - (shade * np.float32(rng.uniform(0.03, 0.15)))[..., None]
    return _lay(np.clip(shaded, 0, 1), core, _light_or_dark(channels, rng, light=0.8), rng), core


def tear(image: Image, rng: np.random.Generator, k: float) -> tuple[Image, Alpha]:
    """A ragged rip from an edge, widening outwards, with the paper's white fibres in it."""
    h, w, channels = image.shape
    start = np.array([rng.uniform(0, w), 0.0])
    end = start + np.array([rng.normal(0, 0.3) * w, rng.uniform(0.2, 0.7) * h])
    t = np.linspace(0, 1, 30)[:, None]
    ragged = np.cumsum(rng.normal(0, 1.2 * k + 0.4, (30, 2)), 0)
    line = start + (end - start) * t + ragged
    alpha = np.zeros((h, w), np.float32)
    widest = float(rng.uniform(3, 14)) * max(k, 0.5)
    for a, b, f in zip(line[:-1], line[1:], 1 - t[:-1, 0], strict=True):
        cv2.line(alpha, _point(a), _point(b), 1.0, max(1, round(widest * f)), cv2.LINE_AA, _SHIFT)
    alpha = np.ascontiguousarray(np.rot90(alpha, int(rng.integers(4)))) if h == w else alpha
    return _lay(image, alpha, _light_or_dark(channels, rng, light=0.85), rng), alpha


def stain(image: Image, rng: np.random.Generator, k: float) -> tuple[Image, Alpha]:
    """A dried drop: a tinted, semi-transparent area with a darker rim. The photograph shows through."""
    h, w, channels = image.shape
    inside = _blob((h, w), k * float(rng.uniform(25, 110)), rng)
    rim = np.abs(cv2.GaussianBlur(inside, (0, 0), 1.5 * k + 0.7) - 0.5) < 0.3
    alpha = inside * np.float32(rng.uniform(0.15, 0.5)) + rim * np.float32(rng.uniform(0.0, 0.35))
    alpha = _soften(np.clip(alpha, 0, 0.8).astype(np.float32), 0.8)
    tint = _tint(channels, (0.45, 0.3, 0.12), rng)
    return (image * (1 - alpha[..., None] * (1 - tint))).astype(np.float32), alpha


def foxing(image: Image, rng: np.random.Generator, k: float) -> tuple[Image, Alpha]:
    """Rust-brown soft spots of 3 to 20 pixels, dense in the middle, semi-transparent."""
    h, w, channels = image.shape
    alpha = np.zeros((h, w), np.float32)
    for _ in range(int(rng.integers(3, 25))):
        radius = float(np.exp(rng.uniform(np.log(2), np.log(12)))) * max(k, 0.5)
        spot = _blob((h, w), radius, rng)
        alpha = np.maximum(alpha, cv2.GaussianBlur(spot, (0, 0), radius * 0.3 + 0.3) * float(rng.uniform(0.3, 0.8)))
    tint = _tint(channels, (0.55, 0.35, 0.15), rng)
    return (image * (1 - alpha[..., None] * (1 - tint))).astype(np.float32), alpha


def emulsion_loss(image: Image, rng: np.random.Generator, k: float) -> tuple[Image, Alpha]:
    """Flaked-off islands with sharp, crinkled outlines that show the white or grey base."""
    h, w, channels = image.shape
    field = _cloud((h, w), k * float(rng.uniform(4, 14)) + 1, rng) + 0.35 * _cloud((h, w), 1.2, rng)
    where = cv2.GaussianBlur(_blob((h, w), k * float(rng.uniform(40, 140)), rng), (0, 0), 8 * k + 1)
    alpha = ((field + 2.2 * where) > float(rng.uniform(2.2, 3.0))).astype(np.float32)
    alpha = _soften(alpha, 0.5)
    return _lay(image, alpha, _light_or_dark(channels, rng, light=0.85), rng), alpha


def hole(image: Image, rng: np.random.Generator, k: float) -> tuple[Image, Alpha]:
    """A missing piece: one flat, opaque area, often at a corner or an edge."""
    h, w, channels = image.shape
    alpha = _blob((h, w), k * float(rng.uniform(10, 60)), rng, at_edge=bool(rng.random() < 0.5))
    return _lay(image, alpha, _light_or_dark(channels, rng, light=0.6), rng, texture=0.01), alpha


PAINTERS: dict[str, Painter] = {
    "scratch": scratch,
    "hair": hair,
    "dust": dust,
    "crease": crease,
    "tear": tear,
    "stain": stain,
    "foxing": foxing,
    "emulsion-loss": emulsion_loss,
    "hole": hole,
}


def _point(p: npt.NDArray[np.float64]) -> tuple[int, int]:
    return round(float(p[0]) * 2**_SHIFT), round(float(p[1]) * 2**_SHIFT)


def _stroke(shape: tuple[int, int], line: npt.NDArray[np.float64], width: float, rng: np.random.Generator) -> Alpha:
    """An anti-aliased polyline of varying width; thinner than a pixel becomes fainter."""
    alpha = np.zeros(shape, np.float32)
    strength = min(1.0, width)
    for a, b in itertools.pairwise(line):
        wide = max(1, round(width * float(rng.uniform(0.7, 1.3))))
        cv2.line(alpha, _point(a), _point(b), strength, wide, cv2.LINE_AA, _SHIFT)
    return alpha


def _cloud(shape: tuple[int, int], size: float, rng: np.random.Generator) -> Alpha:
    """Smooth noise of about ``size`` pixels, mean 0, deviation 1."""
    noise = cv2.GaussianBlur(rng.standard_normal(shape, dtype=np.float32), (0, 0), max(size, 0.5))
    return (noise - noise.mean()) / (noise.std() + 1e-6)


def _soften(alpha: Alpha, sigma: float) -> Alpha:
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), sigma), np.float32)


def _blob(shape: tuple[int, int], radius: float, rng: np.random.Generator, *, at_edge: bool = False) -> Alpha:
    """A filled, wavy closed curve."""
    h, w = shape
    centre = rng.uniform(0, 1, 2) * (w, h)
    if at_edge:
        centre[int(rng.integers(2))] = 0.0
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    wave = np.ones_like(angle)
    for n in range(1, 8):
        wave += rng.normal(0, 0.22 / n) * np.cos(n * angle + rng.uniform(0, 7))
    stretch = rng.uniform(0.6, 1.4, 2)
    points = centre + radius * np.stack([np.cos(angle) * stretch[0], np.sin(angle) * stretch[1]], 1) * wave[:, None]
    alpha = np.zeros(shape, np.float32)
    cv2.fillPoly(alpha, [np.rint(points * 2**_SHIFT).astype(np.int32)], 1.0, cv2.LINE_AA, _SHIFT)
    return alpha


def _light_or_dark(channels: int, rng: np.random.Generator, light: float = 0.65) -> Image:
    """The colour of laid-bare base or of dirt, (channels,)."""
    value = float(rng.uniform(0.75, 1.0)) if rng.random() < light else float(rng.uniform(0.0, 0.25))
    tint = rng.normal(0, 0.03, channels) if channels == 3 else np.zeros(1)
    return np.clip(value + tint, 0, 1).astype(np.float32)


def _tint(channels: int, brown: tuple[float, float, float], rng: np.random.Generator) -> Image:
    """What a stain lets through of each channel; on grey scans, its mean."""
    tint = np.clip(np.array(brown) + rng.normal(0, 0.1, 3), 0, 0.9)
    return (tint if channels == 3 else tint.mean(keepdims=True)).astype(np.float32)


def _lay(image: Image, alpha: Alpha, colour: Image, rng: np.random.Generator, texture: float = 0.04) -> Image:
    """Cover with a colour that is not quite even."""
    uneven = _cloud(alpha.shape, 2.0, rng)[..., None] * np.float32(texture)
    return np.clip(image * (1 - alpha[..., None]) + alpha[..., None] * (colour + uneven), 0, 1).astype(np.float32)
