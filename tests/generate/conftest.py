"""Small untrained networks as generative models: the contract does not depend on what they have learned."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from genrepair_desktop.generate.catalog import wrap
from genrepair_desktop.generate.model import GenerativeModel
from genrepair_desktop.networks.build import build

CONFIGS = {
    "conv-vae": {"side": 16, "levels": 1, "latent": 6, "width": 8, "widest": 16, "components": 2},
    "style-generator": {"side": 16, "levels": 2, "latent": 6, "width": 8, "widest": 16, "components": 2},
    "pixel-rnn": {"height": 8, "columns": 8, "levels": 2, "hidden": 8, "classes": 3},
    "portrait-rnn": {"vq": {"side": 32, "codes": 8, "width": 8, "depth": 4, "blocks": 1}, "rnn": {"hidden": 8}},
    "manifold-ae": {"side": 16, "levels": 1, "latent": 6, "width": 8, "widest": 16},
}


def make_model(kind: str, seed: int = 0) -> GenerativeModel:
    torch.manual_seed(seed)
    net = build({"network": kind, **CONFIGS[kind]})
    for parameter in net.parameters():
        # an untrained network of this design gives nearly one picture: make it vary
        if parameter.ndim > 1:
            parameter.data += 0.05 * torch.randn_like(parameter)
    return wrap(f"tiny-{kind}", kind, net)


@pytest.fixture(params=sorted(CONFIGS))
def model(request: pytest.FixtureRequest) -> GenerativeModel:
    return make_model(request.param)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks this small lose more by sharing work between threads than they gain."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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
