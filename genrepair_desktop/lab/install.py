"""A person's finished training becomes a model of their own, used in place of the one that came with the program."""

import json
from pathlib import Path
from typing import Any

import torch

from genrepair_desktop.jobs.training_run import CHECKPOINT_FILE, COMPARISON_FILE, read_run
from genrepair_desktop.lab.cards import CARD_TEXTS
from genrepair_desktop.lab.datasets import open_photos
from genrepair_desktop.lab.familiar import keep_familiar
from genrepair_desktop.lab.generative_cards import GENERATIVE_TEXTS
from genrepair_desktop.lab.publish import PublishError, finished, make_card, write_model
from genrepair_desktop.lab.train import photos_of
from genrepair_desktop.paths import user_models_dir
from genrepair_desktop.registry.card import ModelCard, Score


def install(run: Path) -> ModelCard:
    """Write a run's weights into the user's folder of models, under the recipe's id.

    The card's scores are the comparison with the model it began from, on held-out pictures of the person's folder.

    Raises:
        PublishError: the folder holds no finished training, or its weights do not fit a model's file.
        NoPhotosError: its photographs are gone.
        SaveError: the disk refuses.
    """
    asked = read_run(run)
    checkpoint = run / CHECKPOINT_FILE
    if asked is None or not checkpoint.exists():
        raise PublishError(f"{run.name} holds no training that got as far as a checkpoint: let it run longer.")
    try:
        saved: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
        name = saved["model"]
    except (RuntimeError, KeyError, OSError) as error:
        raise PublishError(f"The checkpoint of {run.name} is damaged: train again.") from error
    texts = CARD_TEXTS.get(name) or GENERATIVE_TEXTS.get(name)
    if texts is None:
        raise PublishError(f"The model {name} cannot be installed: it is one of another version.")
    photos = open_photos(photos_of(asked, run), run / "cache")
    network, content = finished(saved, photos)
    card = make_card(name, texts, saved, content, photos, _scores(run), "val", cut=asked.cut, run=run.name)
    write_model(user_models_dir() / name, card, content)
    keep_familiar(user_models_dir() / name, network, photos, card.weights.sha256)
    return card


def _scores(run: Path) -> tuple[Score, ...]:
    """The comparison, if there was a model to compare with."""
    try:
        found = json.loads((run / COMPARISON_FILE).read_text())
        value, rival, pictures = found["new"]["score"], found["old"]["score"], int(found.get("pictures", 0))
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return (Score("score on your own held-out pictures", value, "", pictures, "the model before", rival),)
