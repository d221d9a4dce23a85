"""Photographs that are drawn: enough structure for a fill to be better or worse."""

import cv2
import numpy as np

# in the folder of the fixture ``photo_folder``
PICTURES = 40


def draw_photo(seed: int, height: int = 80, width: int = 96) -> np.ndarray:
    """Soft colour fields with some edges: enough structure for a fill to be better or worse."""
    rng = np.random.default_rng(seed)
    field = cv2.resize(rng.uniform(0, 1, (4, 5, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(3):
        corner = rng.integers(0, 60, 2)
        field[corner[0] : corner[0] + 25, corner[1] : corner[1] + 30] *= rng.uniform(0.4, 1.0, 3)
    return (np.clip(field, 0, 1) * 255).astype(np.uint8)
