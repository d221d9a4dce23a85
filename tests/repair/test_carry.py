"""Tone and grain of another photo as a recipe: replayed without that photo, refused when forged."""

import json
from collections.abc import Callable

import numpy as np
import pytest
import skimage.data

from genrepair_desktop.errors import InvalidParameterError
from genrepair_desktop.imaging.arrays import Pixels, to_image
from genrepair_desktop.imaging.look import measure
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.carry import METHOD, carry_recipe, look_of, look_value
from genrepair_desktop.repair.catalog import METHODS
from genrepair_desktop.repair.method import NoModels
from genrepair_desktop.repair.photo_job import repair_pixels
from genrepair_desktop.repair.record import record_of, replay


@pytest.fixture(scope="module")
def coffee() -> Pixels:
    return np.ascontiguousarray(skimage.data.coffee()[:300, :280])


@pytest.fixture(scope="module")
def cat() -> Pixels:
    return np.ascontiguousarray(skimage.data.chelsea()[:260, :300])


@pytest.mark.parametrize("change", [lambda p: p, lambda p: p[..., :1], lambda p: p.astype(np.uint16) * 257])
def test_a_record_makes_the_same_photo_again_without_the_other(
    coffee: Pixels, cat: Pixels, change: Callable[[Pixels], Pixels]
) -> None:
    pixels = np.ascontiguousarray(change(coffee))
    recipe = carry_recipe(measure(to_image(cat)).look, seed=4)
    done = repair_pixels(pixels, None, recipe, RunContext(recipe.seed), NoModels())
    assert (done.pixels.dtype, done.pixels.shape) == (pixels.dtype, pixels.shape)
    assert (done.pixels != pixels).mean() > 0.5
    record = record_of(pixels, done.pixels, None, done.result)
    assert replay(record, pixels, RunContext(), NoModels()).pixels.tobytes() == done.pixels.tobytes()


def test_nobody_can_choose_it_and_a_forged_look_is_refused(cat: Pixels) -> None:
    assert METHOD not in METHODS
    good = json.loads(look_value(measure(to_image(cat)).look))
    assert look_of(json.dumps(good)) == measure(to_image(cat)).look
    forged = [
        "", "{}", "[]", "7", "[" * 3000, " " * 10**6, json.dumps({**good, "mean": [0.5, 0.5]}),
        json.dumps({**good, "sigma": [0.1, 0.1, float("nan")]}), json.dumps({**good, "spread": [9.0] * 6}),
        json.dumps({**good, "correlation": "much"}), json.dumps({**good, "shared": None}),
    ]  # fmt: skip
    for words in forged:
        with pytest.raises(InvalidParameterError, match="no measure of another photo"):
            look_of(words)
