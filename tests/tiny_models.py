"""Small untrained networks: as generative models, and as installed folders that the program opens itself."""

import hashlib
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from genrepair_desktop.generate.catalog import wrap
from genrepair_desktop.generate.model import GenerativeModel
from genrepair_desktop.networks.build import build
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

CONFIGS = {
    "conv-vae": {"side": 16, "levels": 1, "latent": 6, "width": 8, "widest": 16, "components": 2},
    "style-generator": {"side": 16, "levels": 2, "latent": 6, "width": 8, "widest": 16, "components": 2},
    "pixel-rnn": {"height": 8, "columns": 8, "levels": 2, "hidden": 8, "classes": 3},
    "portrait-rnn": {"vq": {"side": 32, "codes": 8, "width": 8, "depth": 4, "blocks": 1}, "rnn": {"hidden": 8}},
    "manifold-ae": {"side": 16, "levels": 1, "latent": 6, "width": 8, "widest": 16},
}
IDS = {
    "vae-tiny": "conv-vae",
    "gan-tiny": "style-generator",
    "manifold-tiny": "manifold-ae",
    "pixel-rnn-tiny": "pixel-rnn",
}
FILL_SHAPE = {"widths": [8, 8, 16], "depths": [1, 1], "dilations": [1]}


def make_model(kind: str, seed: int = 0) -> GenerativeModel:
    """A generative model of a kind; the contract does not depend on what it has learned."""
    return wrap(f"tiny-{kind}", kind, _varied({"network": kind, **CONFIGS[kind]}, seed))


def install(models: Path, *ids: str) -> None:
    """Write the named models, or all, into a folder of models."""
    for seed, model_id in enumerate(ids or IDS):
        config = {"network": IDS[model_id], **CONFIGS[IDS[model_id]]}
        write_model(models / model_id, _varied(config, seed), model_id, kind="generate", config=config)


def install_portraits(models: Path, model_id: str) -> None:
    """A VAE of the size from which on pictures count as portraits."""
    config = {"network": "conv-vae", **CONFIGS["conv-vae"], "side": 64, "levels": 3}
    write_model(models / model_id, _varied(config, 0), model_id, kind="generate", config=config)


def small_network(seed: int = 0) -> FillUNet:
    """A network that fills, of ``FILL_SHAPE``."""
    torch.manual_seed(seed)
    network = FillUNet((8, 8, 16), (1, 1), (1,))
    for p in network.parameters():
        torch.nn.init.normal_(p, std=0.05)
    return network


def write_model(
    folder: Path,
    network: torch.nn.Module | None = None,
    model_id: str = "fill-test",
    *,
    kind: str = "fill",
    config: dict[str, Any] | None = None,
) -> ModelCard:
    """Write a model's folder as publishing does; ``small_network`` unless another is given."""
    network = network or small_network()
    # generative models are kept in float32, fills in half precision
    state = {k: (v.half() if kind == "fill" else v.float()).contiguous() for k, v in network.state_dict().items()}
    content = save(state)
    card = ModelCard(
        id=model_id,
        kind=kind,
        summary="A network for tests.",
        config=config or {"network": "fill-unet", **FILL_SHAPE},
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


def _varied(config: dict[str, Any], seed: int) -> torch.nn.Module:
    torch.manual_seed(seed)
    net = build(config)
    for parameter in net.parameters():
        # an untrained network of these designs gives nearly one picture: make it vary
        if parameter.ndim > 1:
            parameter.data += 0.05 * torch.randn_like(parameter)
    return net
