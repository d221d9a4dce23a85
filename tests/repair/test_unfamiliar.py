"""What a network never saw the like of is told, and ``auto`` takes pieces of the picture itself instead."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

from genrepair_desktop.imaging.arrays import Mask, Pixels
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.lab.datasets import open_photos
from genrepair_desktop.lab.familiar import keep_familiar, main
from genrepair_desktop.networks.fill_unet import FillUNet
from genrepair_desktop.registry.card import CardError
from genrepair_desktop.registry.familiar import FAMILIAR_FILE, Familiar, read_familiar, write_familiar
from genrepair_desktop.registry.loader import ModelLoader
from genrepair_desktop.registry.store import ModelStore
from genrepair_desktop.repair.bench import cases
from genrepair_desktop.repair.pipeline import prepare, run
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.request import RepairResult
from tests.tiny_models import small_network, write_model

LEARNED_FROM = ("astronaut", "chelsea", "coffee", "rocket", "brick", "gravel")


@pytest.fixture(scope="module")
def photo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Quarters of bundled photos."""
    folder = tmp_path_factory.mktemp("photos")
    for name in LEARNED_FROM:
        picture = cases.photo(name).repeat(3 // cases.photo(name).shape[2], axis=2)
        for number, (y, x) in enumerate([(0, 0), (0, 256), (256, 0), (256, 256)]):
            PillowImage.fromarray(picture[y : y + 256, x : x + 256]).save(folder / f"{name}-{number}.png")
    return folder


@pytest.fixture(scope="module")
def models_folder(photo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network under the shipped one's name, which was shown those quarters."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("models")
    network = small_network()
    card = write_model(folder / "fill-cnn", network, "fill-cnn")
    keep_familiar(folder / "fill-cnn", network, open_photos([photo_folder], folder / "cache"), card.weights.sha256)
    return folder


@pytest.fixture
def models(models_folder: Path) -> ModelLoader:
    return ModelLoader(ModelStore([models_folder]), "cpu")


def board(side: int = 256, cell: int = 4) -> Pixels:
    y, x = np.mgrid[:side, :side] // cell
    return np.repeat((((x + y) % 2) * 255).astype(np.uint8)[..., None], 3, axis=2)


def code(side: int = 256, cell: int = 4) -> Pixels:
    """Black and white cells at random, as machines print them: nothing in it repeats."""
    cells = np.random.default_rng(0).integers(0, 2, (side // cell, side // cell), dtype=np.uint8) * 255
    return np.repeat(np.kron(cells, np.ones((cell, cell), np.uint8))[..., None], 3, axis=2)


def square(side: int, *, at: int = 110, wide: int = 30) -> Mask:
    mask = np.zeros((side, side), np.bool_)
    mask[at : at + wide, at : at + wide] = True
    return mask


def repaired(pixels: Pixels, mask: Mask, method: str, models: ModelLoader) -> RepairResult:
    return run(prepare(pixels, mask.astype(np.uint8) * 255, Recipe(method, grow=0)), RunContext(), models)


def test_a_printed_code_is_filled_from_itself_and_the_record_says_why(models: ModelLoader) -> None:
    (hole,) = repaired(code(), square(256), "auto", models).holes
    assert (hole.method, hole.note) == ("patchmatch", "unfamiliar")


def test_who_asks_for_the_network_gets_it_and_is_told(models: ModelLoader) -> None:
    (hole,) = repaired(board(), square(256), "cnn", models).holes
    assert (hole.method, hole.note) == ("cnn", "unfamiliar")


@pytest.mark.parametrize("name", ["chelsea", "coffee", "grass"])
def test_photos_are_familiar_also_those_never_seen(name: str, models: ModelLoader) -> None:
    result = repaired(cases.photo(name), square(512, at=240), "cnn", models)
    assert [hole.note for hole in result.holes] == [""]


def test_a_large_hole_is_judged_along_its_whole_rim(models: ModelLoader) -> None:
    pixels = board(640)
    (hole,) = repaired(pixels, square(640, at=120, wide=300), "cnn", models).holes
    assert hole.note == "unfamiliar"
    pixels[:, :560] = 128
    (hole,) = repaired(pixels, square(640, at=60, wide=300), "cnn", models).holes
    assert hole.note == ""


def test_thin_damage_asks_nothing(models: ModelLoader) -> None:
    mask = np.zeros((256, 256), np.bool_)
    mask[100:104, 20:230] = True
    (hole,) = repaired(board(), mask, "auto", models).holes
    assert (hole.method, hole.note) == ("cnn", "")


def test_a_hole_with_nothing_known_around_it_is_no_reason_to_warn(models: ModelLoader) -> None:
    mask = np.ones((64, 64), np.bool_)
    mask[:2] = False
    assert [hole.note for hole in repaired(board(64), mask, "cnn", models).holes] == [""]


def test_deep_and_grey_photos_are_judged_alike(models: ModelLoader) -> None:
    deep = board().astype(np.uint16) * 257
    for pixels in (deep, board()[..., :1], np.concatenate([board(), board()[..., :1]], axis=2)):
        assert repaired(pixels, square(256), "cnn", models).holes[0].note == "unfamiliar"


def test_what_was_measured_for_other_weights_is_left_alone(models_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "fill-cnn"
    card = write_model(folder, small_network(1), "fill-cnn")
    (folder / FAMILIAR_FILE).write_bytes((models_folder / "fill-cnn" / FAMILIAR_FILE).read_bytes())
    assert read_familiar(folder, card.weights.sha256) is None
    models = ModelLoader(ModelStore([tmp_path]), "cpu")
    (hole,) = repaired(code(), square(256), "auto", models).holes
    assert (hole.method, hole.note) == ("hybrid", "")


def test_a_model_that_nobody_measured_warns_of_nothing(tmp_path: Path) -> None:
    write_model(tmp_path / "fill-cnn", small_network(), "fill-cnn")
    models = ModelLoader(ModelStore([tmp_path]), "cpu")
    assert models.familiar("fill-cnn") is None
    assert repaired(board(), square(256), "cnn", models).holes[0].note == ""


@pytest.mark.parametrize("how", ["not finite", "other shapes", "cut short"])
def test_a_damaged_file_is_told(how: str, tmp_path: Path) -> None:
    mean, whitener = np.zeros(4, np.float32), np.eye(4, dtype=np.float32)
    if how == "not finite":
        whitener[1, 1] = np.nan
    if how == "other shapes":
        whitener = whitener[:3]
    write_familiar(tmp_path, Familiar(mean, whitener, 1.5), "ab")
    if how == "cut short":
        path = tmp_path / FAMILIAR_FILE
        path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(CardError):
        read_familiar(tmp_path, "ab")


def test_the_distance_is_mahalanobis_by_the_root_of_the_dimensions() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((4000, 3)) @ np.array([[2.0, 0.5, 0], [0, 1.0, 0.3], [0, 0, 0.1]])
    values, vectors = np.linalg.eigh(np.cov(rows.T))
    familiar = Familiar(np.zeros(3, np.float32), (vectors / np.sqrt(values)).astype(np.float32), 2.0)
    distances = np.array([familiar.distance(row.astype(np.float32)) for row in rows])
    assert np.isclose(np.mean(distances**2), 1.0, atol=0.01)
    assert familiar.knows(rows.mean(axis=0).astype(np.float32))
    assert not familiar.knows(np.array([0, 0, 5.0], np.float32))


def test_the_lab_measures_an_installed_model(
    models_folder: Path, photo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "fill-cnn"
    card = write_model(folder, small_network(), "fill-cnn")
    assert main([str(folder), "--photos", str(photo_folder), "--cache", str(tmp_path / "cache")]) == 0
    assert "one held-out crop in a hundred" in capsys.readouterr().out
    # the installed weights went through half precision
    found, made = (read_familiar(f, card.weights.sha256) for f in (folder, models_folder / "fill-cnn"))
    assert found is not None
    assert made is not None
    assert np.allclose(found.mean, made.mean, atol=1e-3)
    assert np.isclose(found.limit, made.limit, rtol=0.02)
    assert main([str(tmp_path), "--photos", str(photo_folder), "--cache", str(tmp_path / "cache")]) == 2


def test_features_come_from_known_cells_alone() -> None:
    network = FillUNet((8, 8, 16), (1, 1), (1,)).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    start = torch.rand(1, 3, 96, 96)
    mask = torch.zeros(1, 1, 96, 96)
    mask[..., 40:48, 40:48] = 1
    with torch.inference_mode():
        answer = network.surroundings(start, mask)
        everything = network.surroundings(start, torch.ones_like(mask))
    assert answer.shape == (1, 17, 1, 1)
    assert answer[0, -1].item() == 9 * 9 - 1
    assert everything.abs().sum().item() == 0


def test_the_shipped_network_knows_photos_and_no_boards() -> None:
    models = ModelLoader(ModelStore.installed(), "cpu")
    if models.familiar("fill-cnn") is None:
        pytest.skip("the shipped weights are newer than what was measured of them")
    assert repaired(board(), square(256), "cnn", models).holes[0].note == "unfamiliar"
    for name in ("astronaut", "chelsea", "coffee", "grass"):
        assert repaired(cases.photo(name), square(512, at=240), "cnn", models).holes[0].note == ""
