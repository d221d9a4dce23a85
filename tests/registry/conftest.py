"""A sound model folder to be damaged in many ways."""

import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from genrepair_desktop.networks.fill_unet import FillUNet
from genrepair_desktop.registry.card import (
    CARD_FILE,
    WEIGHTS_FILE,
    DataSource,
    ModelCard,
    Score,
    WeightsFacts,
    card_json,
)
from genrepair_desktop.registry.weights import header_tensors

SHAPE = {"widths": [8, 8, 16], "depths": [1, 1], "dilations": [1]}


def small_network(seed: int = 0) -> FillUNet:
    torch.manual_seed(seed)
    network = FillUNet((8, 8, 16), (1, 1), (1,))
    for p in network.parameters():
        torch.nn.init.normal_(p, std=0.05)
    return network


def write_model(folder: Path, network: torch.nn.Module | None = None, model_id: str = "fill-test") -> ModelCard:
    network = network or small_network()
    content = save({k: v.half() for k, v in network.state_dict().items()})
    card = ModelCard(
        id=model_id,
        kind="fill",
        summary="A network for tests.",
        config={"network": "fill-unet", **SHAPE},
        weights=WeightsFacts(hashlib.sha256(content).hexdigest(), len(content), header_tensors(content, folder)),
        licence="none",
        intended_use="tests",
        limits=("It was never trained.",),
        data=(DataSource("nothing", 0, "none", "nowhere"),),
        scores=(Score("luck", 0.5, "", 1),),
        training={"steps": 0},
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS_FILE).write_bytes(content)
    (folder / CARD_FILE).write_text(card_json(card))
    return card


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "fill-test"
    write_model(folder)
    return folder
