"""Fine-tuning an installed model on a person's own photographs, and saying honestly whether it helped."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from genrepair_desktop.atomic import write_atomic
from genrepair_desktop.jobs.training_run import COMPARISON_FILE, PROGRESS_FILE
from genrepair_desktop.lab.datasets import open_photos
from genrepair_desktop.lab.loop import TrainOptions, held_out
from genrepair_desktop.lab.progress import Listener, ProgressFile
from genrepair_desktop.lab.recipe import Recipe
from genrepair_desktop.lab.state import CheckpointError, load_weights
from genrepair_desktop.registry.card import WEIGHTS_FILE
from genrepair_desktop.registry.store import ModelStore

# A trained network needs smaller steps than a new one
PACE = 0.3


@dataclass(frozen=True)
class Comparison:
    """The recipe's figures on held-out pictures of the person's folder, before and after."""

    old: dict[str, float]
    new: dict[str, float]

    @property
    def is_better(self) -> bool:
        """True when the new weights have the higher score."""
        return self.new["score"] > self.old["score"]


def installed_weights(recipe: Recipe, store: ModelStore) -> Path | None:
    """The weights file of the model a recipe makes, if one of this network's size is installed."""
    if not store.has(recipe.id):
        return None
    model = store.get(recipe.id)
    # A card's lists were tuples once
    same = model.card.config == json.loads(json.dumps(recipe.config))
    return model.folder / WEIGHTS_FILE if same else None


def foundation_weights(recipe: Recipe, store: ModelStore) -> Path | None:
    """The weights that a recipe without random ones to begin with is built on; None for recipes that need none.

    Raises:
        CheckpointError: they are not installed.
    """
    foundation = getattr(recipe, "foundation", None)
    if foundation is None:
        return None
    if not store.has(foundation):
        raise CheckpointError(f"{recipe.id} is built on {foundation}: train and install that first.")
    return store.get(foundation).folder / WEIGHTS_FILE


def compare(
    recipe: Recipe, options: TrainOptions, old: Path, new: Path, listener: Listener | None = None
) -> Comparison:
    """Measure two sets of weights on the held-out part of the folder; write the answer into the run's folder.

    Raises:
        NoPhotosError: nothing is held out.
        CheckpointError: the weights do not fit the recipe.
    """
    source = held_out(open_photos(options.photos, options.cache or options.out / "cache"))
    figures = []
    for weights in (old, new):
        net = recipe.networks()["net"].to(options.device).eval()
        load_weights(net, weights)
        with torch.no_grad():
            figures.append(recipe.validate(net, source))
    comparison = Comparison(*figures)
    answer = {**asdict(comparison), "is_better": comparison.is_better, "pictures": len(source.indices)}
    write_atomic(options.out / COMPARISON_FILE, (json.dumps(answer, indent=1) + "\n").encode())
    with ProgressFile(options.out / PROGRESS_FILE, append=True, listener=listener) as progress:
        progress.write("comparison", **answer)
    return comparison
