"""From a card's config to a network."""

import importlib
from typing import Any

from torch import nn

from genrepair_desktop.errors import GenRepairError

# The class is imported when it is asked for: a fill needs none of the generative networks
_NETWORKS: dict[str, tuple[str, str]] = {
    "fill-unet": ("fill_unet", "FillUNet"),
    "seeded-fill-unet": ("fill_unet", "SeededFillUNet"),
    "restore-unet": ("restore_unet", "RestoreUNet"),
    "upscale-net": ("upscale_net", "UpscaleNet"),
    "damage-unet": ("damage_unet", "DamageUNet"),
    "conv-vae": ("conv_vae", "ConvVae"),
    "style-generator": ("style_gan", "StyleGenerator"),
    "pixel-rnn": ("pixel_rnn", "PixelRnn"),
    "vq-autoencoder": ("vq_autoencoder", "VqAutoencoder"),
    "portrait-rnn": ("vq_autoencoder", "PortraitRnn"),
    "manifold-ae": ("manifold_ae", "ManifoldAutoencoder"),
    "feature-net": ("feature_net", "FeatureNet"),
    "face-locator": ("face_locator", "FaceLocator"),
}


class NetworkConfigError(GenRepairError):
    """A config names no known network, or gives it arguments it does not take."""


def build(config: dict[str, Any]) -> nn.Module:
    """A new network; ``config`` is its constructor's arguments and ``network``, its name here.

    Lists, as JSON has them, become tuples.

    Raises:
        NetworkConfigError: unknown name, or wrong arguments.
    """
    arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}
    name = arguments.pop("network", None)
    if name not in _NETWORKS:
        raise NetworkConfigError(f"There is no network {name!r} here: the model needs another program version.")
    module, attribute = _NETWORKS[name]
    make = getattr(importlib.import_module(f"genrepair_desktop.networks.{module}"), attribute)
    try:
        return make(**arguments)
    except (TypeError, ValueError, RuntimeError) as error:
        raise NetworkConfigError(f"The network {name!r} cannot be built from this card: {error}.") from error
