"""How good a generative model's samples are: ``evaluate_generate`` is what ``genrepair evaluate generate`` calls."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.generate.model import GenerativeModel, Pictures
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.lab.datasets import CropSource, open_photos
from genrepair_desktop.lab.digits import binarise
from genrepair_desktop.lab.generative_metrics import (
    frechet_distance,
    inception_style_score,
    memorising,
    precision_recall,
    statistics,
)
from genrepair_desktop.lab.pictures import all_pictures
from genrepair_desktop.networks.feature_net import FeatureNet
from genrepair_desktop.registry.card import Score
from genrepair_desktop.registry.device import Device
from genrepair_desktop.registry.loader import load_network
from genrepair_desktop.registry.store import ModelStore

Features = npt.NDArray[np.float32]
_LEAST = 50
_ENOUGH = 2000


class EvaluateError(GenRepairError):
    """A model's samples cannot be measured with what is installed or given."""


def evaluate_generate(
    store: ModelStore, model_id: str, folders: tuple[Path, ...], cache: Path, ctx: RunContext, *, n: int = 1000
) -> tuple[Score, ...]:
    """Sample ``n`` pictures and compare them with the held-out test pictures of ``folders``.

    The features are those of the installed ``features-`` model for this kind of picture.

    Raises:
        EvaluateError: no feature network for these pictures, or too few pictures.
        UnknownModelError, GenerateError, NoPhotosError: the model or the pictures are not there.
        Cancelled: at a checkpoint.
    """
    model = GenerativeModels(store).open(model_id)
    network = feature_network(store, model)
    photos = open_photos(folders, cache)
    parts = {split: CropSource(photos, split) for split in ("train", "test")}
    ctx.checkpoint(0.0, "evaluate-read")
    real = {split: _real(model, part) for split, part in parts.items()}
    if min(len(p) for p in real.values()) < _LEAST:
        raise EvaluateError(f"Measuring samples needs at least {_LEAST} pictures to test on: add some.")
    made = model.sample(n, ctx.part(0.05, 0.8)).pictures
    seen = {name: features_of(network, p) for name, p in (*real.items(), ("made", made))}
    ctx.checkpoint(0.9, "evaluate-compare")
    scores = sample_scores(seen["train"], seen["test"], seen["made"])
    chances, deviation = inception_style_score(_chances(network, made))
    ctx.checkpoint(1.0, "evaluate-compare")
    name = f"Inception-style score, classes of {network_name(model)}"
    score = Score(name, chances, "", n, low=chances - 2 * deviation, high=chances + 2 * deviation)
    return (*scores, score)


def sample_scores(train: Features, test: Features, made: Features) -> tuple[Score, ...]:
    """Fréchet distance, precision, recall and copies, from features (n, d) of three sets of pictures."""
    real_distance = frechet_distance(statistics(train), statistics(test))
    distance = frechet_distance(statistics(made), statistics(test))
    size = min(len(test), len(made))
    coverage = precision_recall(test[:size], made[:size])
    memory = memorising(made, train, test)
    count = len(made)
    return (
        Score(
            "Fréchet distance to test pictures, own features", distance, "", count, "training pictures", real_distance
        ),
        Score("precision", coverage.precision, "", count),
        Score("recall", coverage.recall, "", count),
        Score("distance to the nearest training picture, over that of test pictures", memory.ratio, "", count),
        Score("samples nearer to a training picture than 99 % of test pictures", 100 * memory.closer, "%", count),
    )


def network_name(model: GenerativeModel) -> str:
    """The id of the feature network for a model's pictures."""
    return "features-digits" if model.channels == 1 else "features-portraits"


def feature_network(store: ModelStore, model: GenerativeModel) -> FeatureNet:
    """The installed feature network for a model's pictures.

    Raises:
        EvaluateError: there is none, or it takes pictures of another size.
    """
    name = network_name(model)
    if not store.has(name):
        raise EvaluateError(f"The feature network {name!r} is not installed: train and publish it first.")
    installed = store.get(name)
    network = load_network(installed.card, installed.folder, Device("cpu", has_bf16=False))
    if not isinstance(network, FeatureNet) or (network.side, network.channels) != (model.side, model.channels):
        raise EvaluateError(f"{name} takes other pictures than {model.id} makes.")
    return network


def _real(model: GenerativeModel, source: CropSource) -> Pictures:
    """Real pictures in the form the model makes: digits become binary."""
    pictures = all_pictures(source, model.side, _ENOUGH)
    if model.channels == 3:
        return (pictures / np.float32(255)).astype(np.float32)
    return np.stack([binarise(p[..., 0]) for p in pictures])[..., None].astype(np.float32)


def features_of(network: FeatureNet, pictures: Pictures) -> Features:
    """What the network sees in pictures (n, side, side, channels): (n, d)."""
    return _batched(network.features, pictures)


def _chances(network: FeatureNet, pictures: Pictures) -> Features:
    return _batched(lambda x: network(x).softmax(1), pictures)


def _batched(work: Callable[[torch.Tensor], torch.Tensor], pictures: Pictures) -> Features:
    x = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        return torch.cat([work(some) for some in x.split(100)]).float().numpy()
