"""The face around a hole: by the cascade where it sees one, else by the trained locator where that is installed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genrepair_desktop.generate.face_locator import MODEL, overlap
from genrepair_desktop.generate.faces import find_faces
from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.masks import bounds_of
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.paths import shipped_models_dir
from genrepair_desktop.registry.loader import ModelLoader
from genrepair_desktop.registry.store import ModelStore
from genrepair_desktop.repair.face_fill import face_around
from genrepair_desktop.repair.method import NoModels


class Answer(torch.nn.Module):
    """The same answer of every view."""

    side = 16

    def __init__(self, odds: float, offset: float) -> None:
        super().__init__()
        self.answer = torch.nn.Parameter(torch.tensor([odds, offset, offset, -0.1]))

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        return self.answer.expand(len(views), 4)


class OneModel:
    """A loader of a locator that answers alike everywhere."""

    def __init__(self, odds: float = 9.0, offset: float = 0.0) -> None:
        self._network = Answer(odds, offset)
        self.asked: list[str] = []

    def has(self, model_id: str) -> bool:
        return model_id == MODEL

    def load(self, model_id: str) -> Any:
        self.asked.append(model_id)
        return self._network

    def refresh(self) -> None:
        """There is nothing to look at."""


def disc(shape: tuple[int, ...], x: float, y: float, radius: float) -> Mask:
    yy, xx = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((yy - y) ** 2 + (xx - x) ** 2 < radius**2)


@pytest.fixture(scope="module")
def plain() -> tuple[Image, Mask]:
    image = np.full((120, 140, 3), 0.5, np.float32)
    return image, disc(image.shape, 70, 60, 12)


@pytest.fixture(scope="module")
def astronaut() -> Image:
    from skimage import data

    return (data.astronaut() / 255).astype(np.float32)


def test_a_sure_locator_gives_its_square(plain: tuple[Image, Mask]) -> None:
    square = face_around(*plain, OneModel())
    assert square is not None
    assert square.contains(bounds_of(plain[1]))


@pytest.mark.parametrize("models", [None, NoModels(), OneModel(odds=0.0), OneModel(offset=0.9)])
def test_no_face_without_a_locator_that_is_sure_and_means_the_hole(plain: tuple[Image, Mask], models: Any) -> None:
    assert face_around(*plain, models) is None


def test_the_locator_is_believed_before_the_cascade(astronaut: Image) -> None:
    models = OneModel()
    face = face_around(astronaut, disc(astronaut.shape, 222, 115, 12), models)
    assert models.asked == [MODEL]
    assert face is not None
    assert face != find_faces(astronaut)[0]


def test_the_cascade_answers_for_a_small_hole_but_not_against_the_locator_for_a_large_one(astronaut: Image) -> None:
    found = find_faces(astronaut)[0]
    unsure = OneModel(odds=-5.0)
    small, large = (disc(astronaut.shape, 222, 115, radius) for radius in (5, found.w / 6))
    assert face_around(astronaut, small, unsure) == found
    assert face_around(astronaut, large, unsure) is None
    # without a locator the cascade is all there is
    assert face_around(astronaut, large) == found


@pytest.fixture(scope="module")
def shipped() -> ModelLoader:
    assert Path(shipped_models_dir(), MODEL).is_dir()
    return ModelLoader(ModelStore([shipped_models_dir()]), device="cpu")


def test_the_shipped_locator_finds_a_face_that_a_hole_half_as_wide_hides(
    astronaut: Image, shipped: ModelLoader
) -> None:
    face = find_faces(astronaut)[0]
    # over nose, mouth and a cheek, 54 % as wide as the face's square
    mask = disc(astronaut.shape, face.x + 0.4 * face.w, face.y + 0.6 * face.h, 0.27 * face.w)
    damaged = prefill(astronaut, mask)
    assert face_around(damaged, mask) is None
    found = face_around(damaged, mask, shipped)
    assert found is not None
    assert overlap(found, face) > 0.5


@pytest.mark.parametrize("name", ["brick", "grass", "coffee"])
def test_the_shipped_locator_sees_no_face_where_there_is_none(name: str, shipped: ModelLoader) -> None:
    from skimage import data

    picture = getattr(data, name)()
    image = (np.atleast_3d(picture)[:300, :300] / 255).astype(np.float32)
    mask = disc(image.shape, 150, 140, 40)
    assert face_around(prefill(np.repeat(image, 3 // image.shape[2], axis=2), mask), mask, shipped) is None
