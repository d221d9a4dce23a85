"""Every kind of generative model, small and untrained, and a picture."""

import numpy as np
import pytest

from genrepair_desktop.generate.model import GenerativeModel
from tests.tiny_models import CONFIGS, make_model


@pytest.fixture(params=sorted(CONFIGS))
def model(request: pytest.FixtureRequest) -> GenerativeModel:
    return make_model(request.param)


@pytest.fixture(autouse=True)
def _one_thread(one_thread: None) -> None:
    """For all tests of this room."""


@pytest.fixture
def photo() -> np.ndarray:
    """A smooth picture with some structure, (96, 128, 3)."""
    y, x = np.mgrid[:96, :128].astype(np.float32)
    waves = [0.5 + 0.2 * np.sin(x / a + y / b) + 0.15 * np.cos(x * y / 900 + a) for a, b in ((7, 11), (9, 5), (13, 8))]
    blobs = np.zeros_like(x)
    rng = np.random.default_rng(0)
    for cx, cy, r in rng.uniform([5, 5, 3], [123, 91, 9], (40, 3)):
        blobs += 0.12 * rng.choice([-1, 1]) * (((x - cx) ** 2 + (y - cy) ** 2) < r * r)
    return np.clip(np.stack(waves, axis=2) + blobs[..., None], 0, 1).astype(np.float32)
