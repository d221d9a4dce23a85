"""Pictures and masks at the edge of what there is, through the whole pipeline: right size out, or a named error."""

import numpy as np
import pytest

from genrepair_desktop.errors import MaskError, RepairFailedError
from genrepair_desktop.imaging.codecs import PhotoLimitError
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.catalog import METHODS
from genrepair_desktop.repair.params import parse_params
from genrepair_desktop.repair.photo_job import read_mask, repair_pixels
from genrepair_desktop.repair.pipeline import prepare
from genrepair_desktop.repair.recipe import Recipe
from tests import corpus

# height, width, channels, sample type
CASES = [(1, 1, 3, np.uint8), (1, 19, 4, np.uint16), (21, 1, 1, np.uint8)]
ALL = sorted(METHODS)
FILLS = [name for name in ALL if METHODS[name].task == "fill"]


@pytest.fixture(scope="module")
def models():
    from genrepair_desktop.paths import shipped_models_dir
    from genrepair_desktop.registry.loader import ModelLoader
    from genrepair_desktop.registry.store import ModelStore

    return ModelLoader(ModelStore([shipped_models_dir()]), device="cpu")


def ready(name: str, models) -> None:
    if not METHODS[name].is_ready(models):
        pytest.skip(f"{name} needs a model that is not installed")


def photo(h: int, w: int, channels: int = 3, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(h * w).integers(0, np.iinfo(dtype).max, (h, w, channels)).astype(dtype)


def outcome(name: str, pixels: np.ndarray, coverage: np.ndarray, models) -> np.ndarray | str:
    try:
        return repair_pixels(pixels, coverage, Recipe(name), RunContext(), models).pixels
    except (MaskError, RepairFailedError) as error:
        return str(error)


@pytest.mark.parametrize("name", ALL)
def test_the_smallest_pictures_come_out_in_the_right_size_or_with_a_named_error(name, models) -> None:
    ready(name, models)
    scale = METHODS[name].scale(parse_params(METHODS[name].params, {}))
    for h, w, channels, dtype in CASES:
        pixels = photo(h, w, channels, dtype)
        for marked in (1, h * w):
            coverage = np.zeros((h, w), np.uint8)
            coverage.reshape(-1)[:marked] = 255
            done = outcome(name, pixels, coverage, models)
            if isinstance(done, str):
                # what knows portraits alone says that it sees none
                assert coverage.all() or METHODS[name].subject == "portraits", (h, w, done)
                assert done.endswith(".")
            else:
                assert done.shape == (h * scale, w * scale, channels), (h, w)
                assert done.dtype == dtype


@pytest.mark.parametrize("name", ALL)
def test_a_mask_of_another_size_is_named_with_both_sizes(name) -> None:
    for shape in ((20, 31), (1, 1), (60, 40)):
        with pytest.raises(MaskError, match=f"{shape[1]} x {shape[0]} pixels and the photo 30 x 20"):
            prepare(photo(20, 30), np.full(shape, 255, np.uint8), Recipe(name))


@pytest.mark.parametrize("name", ALL)
def test_a_mask_that_marks_nothing_is_refused(name) -> None:
    with pytest.raises(MaskError, match="Nothing is marked"):
        prepare(photo(20, 30), np.zeros((20, 30), np.uint8), Recipe(name))


@pytest.mark.parametrize("name", FILLS)
def test_a_fill_of_the_whole_picture_is_refused(name) -> None:
    with pytest.raises(MaskError, match="whole picture is marked"):
        prepare(photo(20, 30), np.full((20, 30), 255, np.uint8), Recipe(name))


def test_a_mask_that_unpacks_to_far_more_than_its_photo_is_refused_by_its_header(tmp_path) -> None:
    path = tmp_path / "mask.png"
    path.write_bytes(corpus.png(9_000, 9_000, 8, 0, bytes(9_001 * 9_000)))
    with pytest.raises(PhotoLimitError, match="over the limit of 24 megapixels"):
        read_mask(path, photo(20, 30))
