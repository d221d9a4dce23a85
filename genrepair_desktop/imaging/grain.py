"""Film grain and sensor noise: measure it around a hole, lay the same over a fill that is too smooth."""

from dataclasses import dataclass

import cv2
import numpy as np

from genrepair_desktop.imaging.arrays import Image, Mask

# the share of flattest blocks that tells the noise: elsewhere the picture's own texture is measured
_FLAT_SHARE = 0.25
_BLOCK = 8


@dataclass(frozen=True)
class Grain:
    """sigma: standard deviation, one per channel, in [0, 1]. correlation: between horizontal and vertical
    neighbours (0 white, near 1 coarse). shared: how much of it is common to the colour channels (1 grey grain).
    """

    sigma: tuple[float, ...]
    correlation: float
    shared: float

    @property
    def is_visible(self) -> bool:
        return max(self.sigma) > 0.5 / 255


def measure_grain(image: Image, known: Mask) -> Grain:
    """Estimate the grain of the known pixels from the flattest blocks.

    The residual is the picture minus its 5 x 5 Gaussian mean. In each 8 x 8 block of known pixels its
    deviation is taken, and the lowest quarter of the blocks counts, so texture does not pass for grain
    (the idea of block-based noise estimation, e.g. Pyatykh et al. 2013).
    """
    smooth = cv2.GaussianBlur(image, (5, 5), 1.2).reshape(image.shape)
    residual = image - smooth
    trusted = cv2.erode(known.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    blocks = _flat_blocks(residual, trusted)
    if blocks is None:
        return Grain((0.0,) * image.shape[2], 0.0, 0.0)
    # the 5 x 5 mean takes part of white noise away: its own kernel says how much is left
    kernel = cv2.getGaussianKernel(5, 1.2)
    kept = 1.0 - 2.0 * float(kernel[2, 0]) ** 2 + float((kernel**2).sum()) ** 2
    sigma = np.sqrt((blocks**2).mean(axis=(0, 1, 2)) / kept)
    return Grain(tuple(float(s) for s in sigma), _neighbour_correlation(blocks), _channel_share(blocks))


def add_grain(image: Image, where: Image, grain: Grain, rng: np.random.Generator) -> Image:
    """A copy of ``image`` with grain laid over it.

    where: float32 (h, w), 0 none to 1 full. The noise follows from ``rng`` alone.
    """
    h, w, channels = image.shape
    own = rng.standard_normal((h, w, channels), dtype=np.float32)
    common = rng.standard_normal((h, w, 1), dtype=np.float32)
    noise = np.sqrt(1.0 - grain.shared) * own + np.sqrt(grain.shared) * common
    if grain.correlation > 0.05:
        # a Gaussian of this width gives neighbours this correlation: rho = exp(-1 / (4 s^2))
        width = float(np.sqrt(-1.0 / (4.0 * np.log(min(0.9, grain.correlation)))))
        noise = cv2.GaussianBlur(noise, (0, 0), width).reshape(noise.shape)
        noise /= max(1e-6, float(noise.std()))
    sigma = np.asarray(grain.sigma, np.float32)
    # grain fades towards pure black and white, where film and sensors clip
    room = np.clip(4.0 * np.minimum(image, 1.0 - image) / np.maximum(8.0 * sigma, 1e-6), 0.0, 1.0)
    return image + noise * sigma * room * where[..., None]


def _flat_blocks(residual: Image, trusted: Mask) -> Image | None:
    """The flattest wholly trusted blocks, (n, 8, 8, c); None if there are fewer than four."""
    h, w = (side // _BLOCK * _BLOCK for side in trusted.shape)
    if h == 0 or w == 0:
        return None
    grid = residual[:h, :w].reshape(h // _BLOCK, _BLOCK, w // _BLOCK, _BLOCK, -1).swapaxes(1, 2)
    whole = trusted[:h, :w].reshape(h // _BLOCK, _BLOCK, w // _BLOCK, _BLOCK).all(axis=(1, 3))
    blocks = grid[whole]
    if len(blocks) < 4:
        return None
    deviation = blocks.std(axis=(1, 2)).mean(axis=1)
    count = max(4, int(len(blocks) * _FLAT_SHARE))
    return blocks[np.argsort(deviation, kind="stable")[:count]]


def _neighbour_correlation(blocks: Image) -> float:
    power = float((blocks**2).mean())
    if power < 1e-12:
        return 0.0
    across = float((blocks[:, :, 1:] * blocks[:, :, :-1]).mean())
    down = float((blocks[:, 1:] * blocks[:, :-1]).mean())
    # subtracting the local mean lowers the correlation of white noise to about -0.1: count from there
    return float(np.clip((across + down) / 2 / power + 0.1, 0.0, 0.9))


def _channel_share(blocks: Image) -> float:
    if blocks.shape[-1] == 1:
        return 1.0
    flat = blocks.reshape(-1, blocks.shape[-1])
    if float(flat.std(axis=0).min()) < 1e-6:
        return 0.0
    correlation = np.corrcoef(flat, rowvar=False)
    return float(np.clip((correlation.sum() - 3) / 6, 0.0, 1.0))
