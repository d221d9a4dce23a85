"""Fills between fills: what a blend's recipe says, that it lies between its ends, and that it is made again."""

import numpy as np
import pytest

from genrepair_desktop.errors import InvalidParameterError
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.paths import shipped_models_dir
from genrepair_desktop.registry.loader import ModelLoader
from genrepair_desktop.registry.store import ModelStore
from genrepair_desktop.repair.blend import Blend, Noise
from genrepair_desktop.repair.catalog import blending_methods, find_method
from genrepair_desktop.repair.photo_job import repair_pixels
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.record import Record, record_of, replay

MODELS = ModelLoader(ModelStore([shipped_models_dir()]), device="cpu")
METHODS = [method for method in blending_methods() if find_method(method).is_ready(MODELS)]
# fewer rounds than by default: blending is what is looked at
PARAMS = {"manifold": {"passes": 2, "steps": 10}}


@pytest.fixture(scope="module")
def photo() -> Pixels:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:72, 0:96]
    slope = np.stack([60 + x, 90 + y, 160 - x * 0.5], axis=2) + rng.normal(0, 12, (72, 96, 3))
    return np.rint(np.clip(slope, 0, 255)).astype(np.uint8)


@pytest.fixture(scope="module")
def coverage() -> np.ndarray:
    """Two holes, which start from different noise."""
    mask = np.zeros((72, 96), np.uint8)
    mask[10:30, 12:34] = 255
    mask[40:60, 60:84] = 255
    return mask


def fill(photo: Pixels, coverage: np.ndarray, method: str, seed: int = 0, blend: Blend = ()) -> Pixels:
    recipe = Recipe(method, PARAMS.get(method, {}), seed, grain=0.0, blend=blend)
    return repair_pixels(photo, coverage, recipe, RunContext(), MODELS).pixels


def far(a: Pixels, b: Pixels, where: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b)[where > 0].mean())


@pytest.mark.parametrize("method", METHODS)
def test_a_blend_lies_between_the_fills_that_it_is_made_of(method: str, photo: Pixels, coverage: np.ndarray) -> None:
    first, second = (fill(photo, coverage, method, seed) for seed in (3, 7))
    apart = far(first, second, coverage)
    assert apart > 0.1
    nearly = fill(photo, coverage, method, 3, ((3, 0.95), (7, 0.05)))
    assert far(nearly, first, coverage) < 0.5 * apart
    assert far(nearly, first, coverage) < far(nearly, second, coverage)
    middle = fill(photo, coverage, method, 3, ((3, 0.5), (7, 0.5)))
    assert 0 < max(far(middle, first, coverage), far(middle, second, coverage)) <= 1.05 * apart
    # all of one is that one, to the bit
    assert fill(photo, coverage, method, 3, ((7, 2.0),)).tobytes() == second.tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_the_record_of_a_blend_makes_the_same_pixels_again(method: str, photo: Pixels, coverage: np.ndarray) -> None:
    recipe = Recipe(method, PARAMS.get(method, {}), 3, blend=((3, 0.25), (7, 0.75)))
    done = repair_pixels(photo, coverage, recipe, RunContext(), MODELS)
    record = record_of(photo, done.pixels, coverage, done.result)
    read = Record.from_json(record.to_json())
    assert read.steps[0].recipe == recipe
    again = replay(read, photo, RunContext(), MODELS)
    assert again.is_identical
    assert again.pixels.tobytes() == done.pixels.tobytes()


@pytest.mark.parametrize("method", ["patchmatch", "pixel-rnn", "telea"])
def test_methods_without_a_latent_refuse_in_a_sentence(method: str, photo: Pixels, coverage: np.ndarray) -> None:
    with pytest.raises(InvalidParameterError, match="no latent to blend"):
        fill(photo, coverage, method, 0, ((1, 1.0), (2, 1.0)))


def test_recipes_that_blend_nothing_look_as_they_always_did() -> None:
    assert "blend" not in Recipe().to_values()
    values = Recipe("gan", blend=((1, 0.5), (4, 0.5))).to_values()
    assert values["blend"] == [[1, 0.5], [4, 0.5]]
    assert Recipe.from_values(values).blend == ((1, 0.5), (4, 0.5))


@pytest.mark.parametrize(
    "blend", ["3:1", [[1]], [[1, 0]], [[1, -1.0]], [[-1, 1.0]], [[1, 1], [1, 2]], [[1, float("nan")]], [["a", 1]], 5]
)
def test_what_is_no_blend_is_refused(blend: object) -> None:
    with pytest.raises(InvalidParameterError):
        Recipe.from_values({"method": "gan", "blend": blend})


def test_blended_noise_is_as_strong_as_that_of_one_seed() -> None:
    blended = Noise(0, ((1, 0.5), (2, 0.3), (3, 0.2))).draw((200, 200))
    assert blended.dtype == np.float32
    assert blended.std() == pytest.approx(1.0, abs=0.02)
    assert np.array_equal(Noise(5).draw((4, 4)), np.random.default_rng(5).standard_normal((4, 4), dtype=np.float32))
