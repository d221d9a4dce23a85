"""What places a picture on the map: which encoder's features, and the features themselves. No Qt."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from genrepair_desktop.app.browser.shelf import Entry, Picture
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.generate.model import LatentModel, Pictures
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.features import Features

SourceKind = Literal["encoder", "style", "pixels"]
# of the picture itself, when nothing better is installed
_PIXEL_SIDE = 16
_AT_ONCE = 64
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class FeatureSource:
    """Where features come from.

    encoder  the mean of a model's encoder; takes any picture, whoever made it
    style    the latents a model without encoder was sampled from; only its own pictures have them
    pixels   the picture itself, small and grey
    """

    kind: SourceKind
    model_id: str = ""

    @property
    def title(self) -> str:
        """What the user reads beside the map."""
        if self.kind == "encoder":
            return f"Encoder of {self.model_id}"
        if self.kind == "style":
            return f"Style of {self.model_id}"
        return f"Pixels, {_PIXEL_SIDE} x {_PIXEL_SIDE}"

    def takes(self, entry: Entry) -> bool:
        """True when this source has features for the entry."""
        return self.kind != "style" or (entry.model_id == self.model_id and entry.latent is not None)


def feature_sources(encoders: Mapping[str, bool]) -> tuple[FeatureSource, ...]:
    """All that the installed models offer. ``encoders``: models with latents, and whether each has an encoder."""
    with_encoder = [FeatureSource("encoder", i) for i, has_encoder in encoders.items() if has_encoder]
    styles = [FeatureSource("style", i) for i, has_encoder in encoders.items() if not has_encoder]
    return (*with_encoder, *styles, FeatureSource("pixels"))


def suited_source(entries: Sequence[Entry], encoders: Mapping[str, bool]) -> FeatureSource:
    """The source for these entries: the encoder of the model most of them are of; for a model without one its own
    style if nothing else is there, or the encoder of a model of like name (``gan-portraits``: ``vae-portraits``)."""
    owners = Counter(entry.model_id for entry in entries if entry.model_id)
    owner = owners.most_common(1)[0][0] if owners else ""
    if encoders.get(owner):
        return FeatureSource("encoder", owner)
    style = FeatureSource("style", owner)
    if owner in encoders and all(style.takes(entry) for entry in entries):
        return style
    with_encoder = [i for i, has_encoder in encoders.items() if has_encoder]
    alike = [i for i in with_encoder if _subject(i) == _subject(owner)]
    if alike or with_encoder:
        return FeatureSource("encoder", (alike or with_encoder)[0])
    return FeatureSource("pixels")


def features_of(
    entries: Sequence[Entry], source: FeatureSource, models: GenerativeModels, ctx: RunContext
) -> dict[int, Features]:
    """The features (d,) of each entry by its key; entries without are left out, to be named by who asked.

    Raises:
        GenRepairError: the model cannot be loaded.
        Cancelled: at a checkpoint.
    """
    taken = [entry for entry in entries if source.takes(entry)]
    if source.kind == "style":
        return {entry.key: entry.latent for entry in taken if entry.latent is not None}
    if source.kind == "pixels":
        small = fitted_to([entry.picture for entry in taken], _PIXEL_SIDE, 1)
        return {entry.key: row.reshape(-1) for entry, row in zip(taken, small, strict=True)}
    ctx.checkpoint(0.0, "loading-model")
    model = models.open_latent(source.model_id)
    found: dict[int, Features] = {}
    for start in range(0, len(taken), _AT_ONCE):
        ctx.checkpoint(start / len(taken), "map-features")
        some = taken[start : start + _AT_ONCE]
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
        toned = _toned(picture, channels)
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


def _toned(picture: Picture, channels: int) -> Picture:
    if picture.shape[2] == channels:
        return picture
    return np.repeat(picture, 3, axis=2) if channels == 3 else (picture @ _GREY)[..., None]


def _subject(model_id: str) -> str:
    return model_id.partition("-")[2]
