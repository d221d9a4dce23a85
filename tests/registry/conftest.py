"""A sound model folder to be damaged in many ways."""

from pathlib import Path

import pytest

from tests.tiny_models import write_model


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "fill-test"
    write_model(folder)
    return folder
