"""From a finished run to a model's folder: ``weights.safetensors``, ``card.json``, and a README made from the card.

``python -m genrepair_desktop.lab.publish RUN --photos DIR... -o models/ID`` measures the weights on held-out
pictures and writes the three files.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

from genrepair_desktop.atomic import write_atomic
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.lab.cards import CARD_TEXTS, CardTexts
from genrepair_desktop.lab.code_density import fit_code_density
from genrepair_desktop.lab.datasets import CropSource, PhotoSet, Split, open_photos
from genrepair_desktop.lab.familiar import keep_familiar
from genrepair_desktop.lab.generative_cards import GENERATIVE_TEXTS
from genrepair_desktop.lab.recipes import get_recipe
from genrepair_desktop.lab.scores import measure
from genrepair_desktop.lab.sources import data_sources
from genrepair_desktop.networks.build import build
from genrepair_desktop.registry.card import (
    CARD_FILE,
    WEIGHTS_FILE,
    ModelCard,
    Score,
    WeightsFacts,
    card_json,
)
from genrepair_desktop.registry.weights import header_tensors

README_FILE = "README.md"


class PublishError(GenRepairError):
    """A run cannot be published."""


def publish(
    run: Path, folder: Path, photos: PhotoSet, *, split: Split = "test", begun_with: str | None = None
) -> ModelCard:
    """Measure a run's EMA weights on held-out crops and write them as a model into ``folder``.

    ``begun_with`` is told on the card: the run does not know how long its first weights had learned.

    For a fill network, what it knows the surroundings of holes to look like is measured and written as well.

    Raises:
        PublishError: the run has no checkpoint, its weights overflow half precision, or its model has no texts.
        SaveError: the disk refuses.
    """
    checkpoint = run / "checkpoint.pt"
    if not checkpoint.exists():
        raise PublishError(f"The run {run.name} has no checkpoint: train it first.")
    saved: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    name = saved["model"]
    texts = CARD_TEXTS.get(name) or GENERATIVE_TEXTS.get(name)
    if texts is None:
        raise PublishError(f"The model {name} has no texts for its card: add them to lab/cards.py.")
    network, content = finished(saved, photos)
    scores = measure(name, network, CropSource(photos, split))
    more = {"begun with": begun_with} if begun_with else {}
    card = make_card(name, texts, saved, content, photos, scores, split, **more)
    write_model(folder, card, content)
    keep_familiar(folder, network, photos, card.weights.sha256)
    return card


def finished(saved: dict[str, Any], photos: PhotoSet) -> tuple[nn.Module, bytes]:
    """The network of a checkpoint as users will have it, with what is fitted after a training, and its file's content.

    Half precision: fp16 keeps three more bits of a weight than bf16.

    Raises:
        PublishError: the weights overflow half precision.
    """
    network = _network(saved["config"], saved["ema"])
    fit_code_density(network, CropSource(photos, "train"))
    return network, save(_halved(network.state_dict(), saved["model"]))


def write_model(folder: Path, card: ModelCard, content: bytes) -> None:
    """A model's three files; the card after the weights it vouches for.

    Raises:
        SaveError: the disk refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / WEIGHTS_FILE, content)
    write_atomic(folder / CARD_FILE, card_json(card).encode())
    write_atomic(folder / README_FILE, readme(card).encode())


def make_card(
    name: str,
    texts: CardTexts,
    saved: dict[str, Any],
    content: bytes,
    photos: PhotoSet,
    scores: tuple[Score, ...],
    split: Split,
    **more: Any,
) -> ModelCard:
    """The card of weights that ``content`` is the file of; ``more`` is told of the training besides."""
    settings = get_recipe(name).settings
    return ModelCard(
        id=name,
        kind=texts.kind,
        summary=texts.summary,
        config=json.loads(json.dumps(saved["config"])),
        weights=WeightsFacts(
            sha256=hashlib.sha256(content).hexdigest(),
            bytes=len(content),
            tensors=header_tensors(content, Path(WEIGHTS_FILE)),
        ),
        licence=texts.licence,
        intended_use=texts.intended_use,
        limits=texts.limits,
        data=data_sources(photos),
        scores=scores,
        training={
            "steps": saved["step"],
            "crops": saved["step"] * settings.batch_size,
            "minutes": round(saved["spent_s"] / 60, 1),
            "batch_size": settings.batch_size,
            "learning_rate": settings.learning_rate,
            "seed": saved["seed"],
            "measured on": split,
            "torch": torch.__version__,
            **more,
        },
    )


def readme(card: ModelCard) -> str:
    """The card as a page to read."""
    lines = [f"# {card.id}", "", card.summary, "", f"{card.parameters / 1e6:.2f} million weights, "]
    lines[-1] += f"{card.weights.bytes / 1e6:.1f} MB. Made from `card.json`; change that file, not this one."
    lines += ["", "Use: " + card.intended_use, "", "Limits:", ""]
    lines += [f"- {limit}" for limit in card.limits]
    if card.scores:
        lines += ["", "Held-out pictures, none of them trained on; 95 % intervals:", ""]
        lines += ["| figure | this model | rival | pictures |", "|---|---|---|---|"]
        lines += [_score_row(score) for score in card.scores]
    lines += ["", "Training: " + ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in card.training.items()) + "."]
    lines += ["", f"Licence: {card.licence}.", "", "Data:", "", "| pictures | what | licence as stated | from |"]
    lines += ["|---|---|---|---|"]
    lines += [f"| {d.pictures:,} | {d.name} | {d.licence} | {d.source} |" for d in card.data]
    notes = [f"{d.name}: {d.note}" for d in card.data if d.note]
    return "\n".join([*lines, "", *notes]) + "\n"


def _score_row(score: Score) -> str:
    value = f"{score.value:.4g} {score.unit}".strip()
    if score.low is not None and score.high is not None:
        value += f" ({score.low:.4g} to {score.high:.4g})"
    rival = "" if score.rival_value is None else f"{score.rival_value:.4g} ({score.rival})"
    return f"| {score.name} | {value} | {rival} | {score.pictures} |"


def _halved(weights: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    halved = {k: v.half().contiguous() for k, v in weights.items()}
    if not all(torch.isfinite(v).all() for v in halved.values()):
        raise PublishError(f"Weights of {name} do not fit half precision: its training went astray.")
    return halved


def _network(config: dict[str, Any], weights: dict[str, Tensor]) -> nn.Module:
    """The network as users will have it: through half precision."""
    network = build(config)
    network.load_state_dict({k: v.half().float() for k, v in weights.items()})
    return network.eval().requires_grad_(False)


def main(arguments: Sequence[str]) -> int:
    """Publish one run; 2 with a sentence on standard error when the user's input is at fault."""
    parser = argparse.ArgumentParser(prog="genrepair_desktop.lab.publish", description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--photos", type=Path, nargs="+", required=True)
    parser.add_argument("--cache", type=Path, default=None)
    parser.add_argument("--split", choices=("val", "test"), default="test")
    parser.add_argument("--begun-with", default=None, help="what the run's first weights were, for the card")
    parser.add_argument("-o", "--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    try:
        photos = open_photos(given.photos, given.cache or given.run / "cache")
        card = publish(given.run, given.out, photos, split=given.split, begun_with=given.begun_with)
    except GenRepairError as error:
        print(error, file=sys.stderr)
        return 2
    print(readme(card))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
