"""A map as a table and as a picture."""

import csv
import io

import numpy as np
import pytest

from genrepair_desktop.latent.drawing import map_picture, map_table
from genrepair_desktop.latent.features import KINDS, FeatureSet, feature_set


@pytest.fixture
def mixed() -> tuple[np.ndarray, FeatureSet]:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 4))
    values[7, 2] = np.nan
    kinds = [KINDS[i % 5] for i in range(60)]
    return rng.normal(size=(60, 2)).astype(np.float32), feature_set(values, kinds=kinds, labels=["a,b"] * 60)


def test_the_table_holds_every_point_and_says_which_had_missing_values(mixed: tuple[np.ndarray, FeatureSet]) -> None:
    rows = list(csv.DictReader(io.StringIO(map_table(*mixed))))
    assert len(rows) == 60
    assert [i for i, row in enumerate(rows) if row["had_missing_values"] == "1"] == [7]
    assert rows[0]["label"] == "a,b"
    np.testing.assert_allclose([float(r["x"]) for r in rows], mixed[0][:, 0], rtol=1e-5)


def test_every_kind_has_a_colour_of_its_own_on_the_picture(mixed: tuple[np.ndarray, FeatureSet]) -> None:
    picture = map_picture(*mixed, notes=["tsne"], size=300)
    assert picture.shape == (350, 300, 3)
    colours = {tuple(c) for c in picture.reshape(-1, 3).tolist()}
    for colour in ((0, 114, 178), (230, 159, 0), (204, 0, 0), (120, 94, 240), (0, 158, 115)):
        assert colour in colours


def test_the_picture_is_the_same_each_time(mixed: tuple[np.ndarray, FeatureSet]) -> None:
    assert np.array_equal(map_picture(*mixed, size=200), map_picture(*mixed, size=200))
