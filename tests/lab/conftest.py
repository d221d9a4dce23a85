"""A folder of small drawn photographs, and a recipe small enough for a test."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage

from genrepair_desktop.lab.datasets import CropSource, PhotoSet, open_photos
from genrepair_desktop.lab.recipe import Settings
from genrepair_desktop.lab.recipes.fill_cnn import FillCnn, FillShape

PICTURES = 40


def draw_photo(seed: int, height: int = 80, width: int = 96) -> np.ndarray:
    """Soft colour fields with some edges: enough structure for a fill to be better or worse."""
    rng = np.random.default_rng(seed)
    field = cv2.resize(rng.uniform(0, 1, (4, 5, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(3):
        corner = rng.integers(0, 60, 2)
        field[corner[0] : corner[0] + 25, corner[1] : corner[1] + 30] *= rng.uniform(0.4, 1.0, 3)
    return (np.clip(field, 0, 1) * 255).astype(np.uint8)


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
