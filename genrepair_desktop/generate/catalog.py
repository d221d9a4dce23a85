"""Every kind of generative model by the name of its network, and how an installed model becomes one."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from genrepair_desktop.generate.gan import GanModel
from genrepair_desktop.generate.latent_base import LatentBase
from genrepair_desktop.generate.manifold import ManifoldModel
from genrepair_desktop.generate.model import GenerateError, GenerativeModel, LatentModel
from genrepair_desktop.generate.pixel_rnn import DigitRnnModel, PortraitRnnModel
from genrepair_desktop.generate.vae import VaeModel
from genrepair_desktop.registry.card import ModelCard
from genrepair_desktop.registry.device import Device, DeviceName, choose_device
from genrepair_desktop.registry.loader import load_network
from genrepair_desktop.registry.store import ModelStore

if TYPE_CHECKING:
    from torch import nn

_KINDS: dict[str, Callable[[str, Any], GenerativeModel]] = {
    "conv-vae": VaeModel,
    "style-generator": GanModel,
    "pixel-rnn": DigitRnnModel,
    "portrait-rnn": PortraitRnnModel,
    "manifold-ae": ManifoldModel,
}


def generative_kinds() -> tuple[str, ...]:
    """The networks that generative models are made of."""
    return tuple(_KINDS)


def wrap(model_id: str, network: str, net: "nn.Module") -> GenerativeModel:
    """A network as a generative model.

    Raises:
        GenerateError: the network is of another sort.
    """
    if network not in _KINDS:
        raise GenerateError(f"{model_id} does not generate pictures: choose one of the generative models.")
    return _KINDS[network](model_id, net)


class GenerativeModels:
    """The generative models of a store, each loaded once, in float32: a likelihood or a latent search needs the
    digits that bfloat16 drops, and the networks are small. May be used from several threads."""

    def __init__(self, store: ModelStore, device: DeviceName = "auto") -> None:
        self._store = store
        self._wanted: DeviceName = device
        self._opened: dict[str, GenerativeModel] = {}
        self._lock = threading.Lock()

    def ids(self) -> tuple[str, ...]:
        """The ids of those that are installed, from their cards alone."""
        return tuple(
            m.card.id for m in self._store.models() if m.card.kind == "generate" and m.card.config["network"] in _KINDS
        )

    def card(self, model_id: str) -> ModelCard:
        """What is said of an installed model; loads nothing.

        Raises:
            UnknownModelError: it is not installed.
        """
        return self._store.get(model_id).card

    def refresh(self) -> None:
        """Look again at what is installed."""
        self._store.refresh()

    def encoders(self) -> tuple[str, ...]:
        """The installed models whose pictures have latents; from the cards alone."""
        return tuple(i for i in self.ids() if _has_latents(str(self.card(i).config["network"])))

    def open(self, model_id: str) -> GenerativeModel:
        """A model, ready.

        Raises:
            UnknownModelError: it is not installed.
            GenerateError: it does not generate pictures.
            OpenError, CardError, NetworkConfigError: its files are damaged or from another version.
        """
        installed = self._store.get(model_id)
        key = installed.card.weights.sha256
        with self._lock:
            if key not in self._opened:
                network = str(installed.card.config["network"])
                if network not in _KINDS:
                    raise GenerateError(
                        f"{model_id} does not generate pictures: choose one of {', '.join(self.ids())}."
                    )
                device = Device(choose_device(self._wanted).name, has_bf16=False)
                model = wrap(model_id, network, load_network(installed.card, installed.folder, device))
                # those that a person trained on whole pictures say so; all others learned aligned portraits
                model.learned_faces = installed.card.training.get("cut") != "whole"
                self._opened[key] = model
            return self._opened[key]

    def open_latent(self, model_id: str) -> LatentModel:
        """A model whose pictures have latents.

        Raises:
            GenerateError: its pictures have none; and all that ``open`` raises.
        """
        model = self.open(model_id)
        if not isinstance(model, LatentModel):
            raise GenerateError(f"{model_id} has no latent space: choose a VAE, GAN or manifold model.")
        return model


def _has_latents(network: str) -> bool:
    kind = _KINDS[network]
    return isinstance(kind, type) and issubclass(kind, LatentBase)
