"""Changes of tone that real photographs have: grey, faded, tinted, darker, lighter. uint8 in, uint8 out."""

import numpy as np

from genrepair_desktop.lab.datasets import Bytes

_GREY_SHARE = 0.15
_TONE_SHARE = 0.4
# ITU-R BT.601 luma
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def vary_tone(crop: Bytes, rng: np.random.Generator) -> Bytes:
    """The crop (h, w, 3) as it is, or grey, or with another contrast, gamma and tint."""
    if rng.random() < _GREY_SHARE:
        grey = np.rint(crop.astype(np.float32) @ _LUMA).astype(np.uint8)
        crop = np.repeat(grey[..., None], 3, axis=2)
    if rng.random() >= _TONE_SHARE:
        return crop
    levels = np.linspace(0, 1, 256, dtype=np.float32)[:, None] ** float(np.exp(rng.normal(0, 0.25)))
    black = rng.uniform(0, 0.2) + rng.uniform(0, 0.06, 3)
    white = 1 - rng.uniform(0, 0.2) - rng.uniform(0, 0.1, 3)
    table = np.rint((black + (white - black) * levels) * 255).astype(np.uint8)
    return np.stack([table[crop[..., c], c] for c in range(3)], axis=2)
