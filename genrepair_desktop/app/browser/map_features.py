"""What places a picture on the map: which encoder's features, and the features themselves. No Qt."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from genrepair_desktop.app.browser.shelf import Entry, Picture
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.generate.model import LatentModel, Pictures
from genrepair_desktop.imaging.colour import in_channels
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.features import Features

SourceKind = Literal["encoder", "pixels"]
# of the picture itself, when nothing better is installed
_PIXEL_SIDE = 16
_AT_ONCE = 64


@dataclass(frozen=True)
class FeatureSource:
    """Where features come from.

    encoder  the mean of a model's encoder; takes any picture, whoever made it
    pixels   the picture itself, small and grey
    """

    kind: SourceKind
    model_id: str = ""

    @property
    def title(self) -> str:
        """What the user reads beside the map."""
        if self.kind == "encoder":
            return f"Encoder of {self.model_id}"
        return f"Pixels, {_PIXEL_SIDE} x {_PIXEL_SIDE}"


def feature_sources(encoders: Sequence[str]) -> tuple[FeatureSource, ...]:
    """All that the installed models offer. ``encoders``: the models with latents."""
    return (*(FeatureSource("encoder", i) for i in encoders), FeatureSource("pixels"))


def suited_source(entries: Sequence[Entry], encoders: Sequence[str]) -> FeatureSource:
    """The source for these entries: the encoder of the model most of them are of; for a model without latents that
    of a model of like name (``pixel-rnn-portraits``: ``vae-portraits``), else the first."""
    owners = Counter(entry.model_id for entry in entries if entry.model_id)
    owner = owners.most_common(1)[0][0] if owners else ""
    if owner in encoders:
        return FeatureSource("encoder", owner)
    if encoders:
        return FeatureSource("encoder", next((i for i in encoders if _subject(i) == _subject(owner)), encoders[0]))
    return FeatureSource("pixels")


def features_of(
    entries: Sequence[Entry], source: FeatureSource, models: GenerativeModels, ctx: RunContext
) -> dict[int, Features]:
    """The features (d,) of each entry by its key.

    Raises:
        GenRepairError: the model cannot be loaded.
        Cancelled: at a checkpoint.
    """
    if source.kind == "pixels":
        small = fitted_to([entry.picture for entry in entries], _PIXEL_SIDE, 1)
        return {entry.key: row.reshape(-1) for entry, row in zip(entries, small, strict=True)}
    ctx.checkpoint(0.0, "loading-model")
    model = models.open_latent(source.model_id)
    found: dict[int, Features] = {}
    for start in range(0, len(entries), _AT_ONCE):
        ctx.checkpoint(start / len(entries), "map-features")
        some = entries[start : start + _AT_ONCE]
        rows = model.encode(fitted_to([entry.picture for entry in some], model.side, model.channels))
        found.update(zip((entry.key for entry in some), rows, strict=True))
    ctx.checkpoint(1.0, "map-features")
    return found


def latents_on_map(
    entries: Sequence[Entry], features: Features, source: FeatureSource, model_id: str
) -> list[Features | None]:
    """The latents of one model (d,) for each entry, None where there are none: the entry's own, else what the
    model's encoder said of its picture."""
    is_own_encoder = source == FeatureSource("encoder", model_id)
    return [
        entry.latent if entry.model_id == model_id and entry.latent is not None else row if is_own_encoder else None
        for entry, row in zip(entries, features, strict=True)
    ]


def drawing_model(entries: Sequence[Entry], source: FeatureSource) -> str:
    """The model that makes the pictures between the points: that of most latents here, "" for none."""
    owners = Counter(entry.model_id for entry in entries if entry.model_id and entry.latent is not None)
    if owners:
        return owners.most_common(1)[0][0]
    return source.model_id


def fitted_to(pictures: Sequence[Picture], side: int, channels: int) -> Pictures:
    """Pictures of any side, grey or colour, as (n, side, side, channels)."""
    made = np.empty((len(pictures), side, side, channels), np.float32)
    for i, picture in enumerate(pictures):
        toned = in_channels(picture, channels)
        if len(toned) != side:
            how = cv2.INTER_AREA if len(toned) > side else cv2.INTER_CUBIC
            toned = np.asarray(cv2.resize(toned, (side, side), interpolation=how)).reshape(side, side, channels)
        made[i] = np.clip(toned, 0, 1)
    return made


def shared_picture(model: LatentModel, pictures: Sequence[Picture], shares: Sequence[float]) -> Picture:
    """The plain mix of pictures at the model's size: what stands in while the model is too slow for a moving
    pointer."""
    weights = np.asarray(shares, np.float32)[:, None, None, None]
    return (fitted_to(pictures, model.side, model.channels) * weights).sum(axis=0)


def _subject(model_id: str) -> str:
    return model_id.partition("-")[2]
