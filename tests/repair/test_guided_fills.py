"""Fills that lay the photo's own pieces along what a network draws: texture is the photo's, shape the network's."""

import numpy as np
import pytest

from genrepair_desktop.imaging.arrays import Pixels, to_image
from genrepair_desktop.imaging.quality import texture_distance
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.paths import shipped_models_dir
from genrepair_desktop.registry.loader import ModelLoader
from genrepair_desktop.registry.store import ModelStore
from genrepair_desktop.repair.bench import cases
from genrepair_desktop.repair.catalog import find_method
from genrepair_desktop.repair.photo_job import repair_pixels
from genrepair_desktop.repair.recipe import Recipe

MODELS = ModelLoader(ModelStore([shipped_models_dir()]), device="cpu")
GUIDED = [method for method in ("hybrid", "gan") if find_method(method).is_ready(MODELS)]


@pytest.fixture(scope="module")
def grass() -> Pixels:
    return cases.photo("grass")[100:260, 100:260]


@pytest.fixture(scope="module")
def hole() -> np.ndarray:
    coverage = np.zeros((160, 160), np.uint8)
    coverage[60:100, 56:104] = 255
    return coverage


def fill(photo: Pixels, coverage: np.ndarray, method: str, seed: int = 0) -> Pixels:
    return repair_pixels(photo, coverage, Recipe(method, seed=seed, grain=0.0), RunContext(), MODELS).pixels


@pytest.mark.parametrize("method", GUIDED)
def test_a_wide_hole_gets_the_texture_that_the_network_alone_does_not_draw(
    method: str, grass: Pixels, hole: np.ndarray
) -> None:
    truth, where = to_image(grass), hole > 0
    own, smooth = (texture_distance(to_image(fill(grass, hole, name)), truth, where) for name in (method, "cnn"))
    assert own < 0.85 * smooth


@pytest.mark.parametrize("method", GUIDED)
def test_each_seed_gives_another_fill_and_gives_it_again(method: str, grass: Pixels, hole: np.ndarray) -> None:
    first, second, again = (fill(grass, hole, method, seed) for seed in (1, 2, 1))
    assert first.tobytes() == again.tobytes()
    changed = (first != second).any(axis=-1)[hole > 0] if first.ndim == 3 else (first != second)[hole > 0]
    assert changed.mean() > 0.5
