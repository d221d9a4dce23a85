"""A folder of small drawn photographs, and a recipe small enough for a test."""

from pathlib import Path

import pytest
from PIL import Image as PillowImage

from genrepair_desktop.lab.datasets import CropSource, PhotoSet, open_photos
from genrepair_desktop.lab.recipe import Settings
from genrepair_desktop.lab.recipes.fill_cnn import FillCnn, FillShape
from tests.lab.drawn import PICTURES, draw_photo


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for group in ("beach", "garden"):
        (folder / group).mkdir()
        for i in range(PICTURES // 2):
            PillowImage.fromarray(draw_photo(i + 100 * len(group))).save(folder / group / f"{group}-{i}.png")
    return folder


@pytest.fixture(scope="session")
def photos(photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> PhotoSet:
    return open_photos([photo_folder], tmp_path_factory.mktemp("cache"))


@pytest.fixture
def source(photos: PhotoSet) -> CropSource:
    return CropSource(photos, "train")


@pytest.fixture
def tiny_recipe() -> FillCnn:
    return FillCnn(
        crop=32,
        shape=FillShape(widths=(8, 8, 16), depths=(1, 1), dilations=(1,)),
        settings=Settings(batch_size=2, warmup_steps=2, learning_rate=2e-3),
    )
