"""From a run to a model that the program loads."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from genrepair_desktop.lab import publish as publishing
from genrepair_desktop.lab.cards import CARD_TEXTS
from genrepair_desktop.lab.datasets import PhotoSet
from genrepair_desktop.lab.finetune import installed_weights
from genrepair_desktop.lab.loop import TrainOptions, train
from genrepair_desktop.lab.publish import PublishError, publish
from genrepair_desktop.lab.recipes import get_recipe
from genrepair_desktop.lab.recipes.fill_cnn import FillCnn
from genrepair_desktop.registry.card import Score, read_card
from genrepair_desktop.registry.loader import ModelLoader
from genrepair_desktop.registry.store import ModelStore


@pytest.fixture
def run(tiny_recipe: FillCnn, photo_folder: Path, tmp_path: Path) -> Path:
    options = TrainOptions((photo_folder,), tmp_path / "run", steps=1, workers=0, cache=tmp_path / "cache")
    return train(tiny_recipe, options).parent


@pytest.fixture(autouse=True)
def quick_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measuring is tested where it lives; here it only costs time."""
    monkeypatch.setattr(publishing, "measure", lambda *_: (Score("gain", 1.25, "dB", 3, "telea", 0.5, 1.0, 1.5),))


def test_a_published_run_is_a_model_with_the_runs_weights(run: Path, photos: PhotoSet, tmp_path: Path) -> None:
    card = publish(run, tmp_path / "models" / "fill-cnn", photos)
    assert read_card(tmp_path / "models" / "fill-cnn") == card
    network = ModelLoader(ModelStore([tmp_path / "models"]), "cpu").load("fill-cnn")
    trained = torch.load(run / "checkpoint.pt", weights_only=True)["ema"]
    for name, value in network.state_dict().items():
        assert torch.allclose(value.float(), trained[name], atol=0.01)
    assert card.training["steps"] == 1
    assert {d.name: d.licence for d in card.data} == {"beach": "not stated", "garden": "not stated"}


def test_publishing_twice_writes_the_same_bytes(run: Path, photos: PhotoSet, tmp_path: Path) -> None:
    for name in ("a", "b"):
        publish(run, tmp_path / name, photos)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_the_readme_says_what_the_card_says(run: Path, photos: PhotoSet, tmp_path: Path) -> None:
    card = publish(run, tmp_path / "m", photos)
    page = (tmp_path / "m" / "README.md").read_text()
    assert "| gain | 1.25 dB (1 to 1.5) | 0.5 (telea) | 3 |" in page
    assert all(text in page for text in (card.summary, card.intended_use, *card.limits, card.licence))


def test_a_folder_without_checkpoint_is_refused(photos: PhotoSet, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="no checkpoint"):
        publish(tmp_path, tmp_path / "m", photos)


def test_weights_too_large_for_half_precision_are_refused(run: Path, photos: PhotoSet, tmp_path: Path) -> None:
    saved = torch.load(run / "checkpoint.pt", weights_only=True)
    next(iter(saved["ema"].values())).fill_(1e6)
    torch.save(saved, run / "checkpoint.pt")
    with pytest.raises(PublishError, match="half precision"):
        publish(run, tmp_path / "m", photos)
    assert not (tmp_path / "m").exists()


def test_an_installed_model_of_the_same_size_is_where_fine_tuning_starts(
    run: Path, photos: PhotoSet, tiny_recipe: FillCnn, tmp_path: Path
) -> None:
    publish(run, tmp_path / "models" / "fill-cnn", photos)
    store = ModelStore([tmp_path / "models"])
    assert installed_weights(tiny_recipe, store) == tmp_path / "models" / "fill-cnn" / "weights.safetensors"
    other = replace(tiny_recipe, shape=replace(tiny_recipe.shape, depths=(1, 2)))
    assert installed_weights(other, store) is None
    assert installed_weights(replace(tiny_recipe, id="fill-other"), store) is None


@pytest.mark.parametrize("model", ["fill-cnn", "fill-gan", "denoise", "upscale", "detect"])
def test_every_shipped_repair_model_has_texts_and_a_recipe(model: str) -> None:
    recipe = get_recipe(model)
    assert recipe.id == model
    assert CARD_TEXTS[model].limits
    assert json.loads(json.dumps(recipe.config))["network"]


@pytest.mark.parametrize("model", ["fill-gan", "denoise", "upscale", "detect"])
def test_a_step_of_every_recipe_gives_finite_slopes_to_every_network(model: str, photos: PhotoSet) -> None:
    from genrepair_desktop.lab.datasets import CropSource

    recipe = get_recipe(model)
    small = replace(recipe, crop=32, settings=replace(recipe.settings, batch_size=2))  # pyright: ignore[reportArgumentType]
    torch.manual_seed(0)
    nets = small.networks()
    arrays = small.batch(CropSource(photos, "train"), np.random.default_rng(0))
    batch = {name: torch.from_numpy(values) for name, values in arrays.items()}
    trained = set()
    for loss in small.losses(nets, batch, 0):
        params = list(nets[loss.network].parameters())
        slopes = torch.autograd.grad(loss.value, params, allow_unused=True)
        assert all(s is None or torch.isfinite(s).all() for s in slopes)
        assert any(s is not None and s.any() for s in slopes)
        trained.add(loss.network)
    assert trained == set(nets)
    sheet = small.sheet(nets["net"], batch)
    assert sheet.dtype == np.uint8
    assert sheet.shape[2] == 3
