"""Small untrained generative models as installed folders, for tests that open them as the program does."""

import hashlib
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from genrepair_desktop.networks.build import build
from genrepair_desktop.registry.card import CARD_FILE, WEIGHTS_FILE, DataSource, ModelCard, WeightsFacts, card_json
from genrepair_desktop.registry.weights import header_tensors
from tests.generate.conftest import CONFIGS

IDS = {
    "vae-tiny": "conv-vae",
    "gan-tiny": "style-generator",
    "manifold-tiny": "manifold-ae",
    "pixel-rnn-tiny": "pixel-rnn",
}


def install(models: Path, *ids: str) -> None:
    """Write the named models, or all, into a folder of models."""
    for seed, model_id in enumerate(ids or IDS):
        config = {"network": IDS[model_id], **CONFIGS[IDS[model_id]]}
        _write(models / model_id, model_id, config, seed)


def install_portraits(models: Path, model_id: str) -> None:
    """A VAE of the size from which on pictures count as portraits."""
    config = {"network": "conv-vae", **CONFIGS["conv-vae"], "side": 64, "levels": 3}
    _write(models / model_id, model_id, config, 0)


def _write(folder: Path, model_id: str, config: dict[str, Any], seed: int) -> None:
    torch.manual_seed(seed)
    net = build(config)
    for parameter in net.parameters():
        # an untrained network of this design gives nearly one picture: make it vary
        if parameter.ndim > 1:
            parameter.data += 0.05 * torch.randn_like(parameter)
    content = save({k: v.float().contiguous() for k, v in net.state_dict().items()})
    card = ModelCard(
        id=model_id,
        kind="generate",
        summary="A network for tests, never trained.",
        config=config,
        weights=WeightsFacts(hashlib.sha256(content).hexdigest(), len(content), header_tensors(content, folder)),
        licence="none",
        intended_use="tests",
        limits=("It was never trained.",),
        data=(DataSource("nothing", 0, "none", "nowhere"),),
        training={"steps": 0},
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WEIGHTS_FILE).write_bytes(content)
    (folder / CARD_FILE).write_text(card_json(card))
