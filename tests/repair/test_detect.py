"""Damage is found by the network where it is installed, tile by tile, and by line filters where it is not."""

from typing import Any

import cv2
import numpy as np
import pytest

from genrepair_desktop.jobs.context import Cancelled, CancelToken, RunContext
from genrepair_desktop.paths import shipped_models_dir
from genrepair_desktop.registry.loader import ModelLoader
from genrepair_desktop.registry.store import ModelStore
from genrepair_desktop.repair.damage import damage_map
from genrepair_desktop.repair.detect import MODEL, among_usual_photos, damage_probability, find_damage
from genrepair_desktop.repair.method import NoModels


def scratched() -> tuple[np.ndarray, np.ndarray]:
    """A soft picture with two light scratches, and where they are."""
    y, x = np.mgrid[:300, :640]
    pixels = np.stack([90 + x / 10, 80 + y / 5, 120 - x / 20], axis=2).astype(np.uint8)
    where = np.zeros((300, 640), np.uint8)
    cv2.line(where, (30, 20), (600, 120), 255, 3)
    cv2.line(where, (80, 280), (500, 180), 255, 3)
    pixels[where > 0] = (235, 232, 225)
    return pixels, where > 0


def test_without_the_network_line_filters_find_scratches() -> None:
    pixels, where = scratched()
    assert np.array_equal(damage_probability(pixels, NoModels(), RunContext()), damage_map(pixels))
    assert find_damage(pixels, NoModels(), RunContext())[where].mean() > 0.8 * 255


def test_the_shipped_network_finds_scratches_and_little_else() -> None:
    models = ModelLoader(ModelStore([shipped_models_dir()]), device="cpu")
    if not models.has(MODEL):
        pytest.skip("the model is not installed")
    pixels, where = scratched()
    likely = damage_probability(pixels, models, RunContext())
    assert likely.shape == where.shape
    assert likely[where].mean() > likely[~where].mean() + 0.3
    grey = damage_probability(pixels[..., :1], models, RunContext())
    assert grey[where].mean() > grey[~where].mean() + 0.3


def test_odds_are_those_of_usual_photos_and_keep_their_order() -> None:
    said = np.linspace(0, 1, 101, dtype=np.float32)
    usual = among_usual_photos(said)
    assert (np.diff(usual) > 0).all()
    assert (usual[0], usual[-1]) == (0, 1)
    assert usual[95] == pytest.approx(0.5, abs=1e-3)


def test_a_cancelled_search_stops() -> None:
    class Loaded(NoModels):
        def has(self, model_id: str) -> bool:
            return True

        def load(self, model_id: str) -> Any:
            raise AssertionError("a cancelled search must not load the network")

    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        damage_probability(scratched()[0], Loaded(), RunContext(token=token))
