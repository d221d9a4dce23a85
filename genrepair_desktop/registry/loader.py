"""Ready networks, by model id: checked, on the device, in eval mode, kept in memory up to a limit."""

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from genrepair_desktop.registry.added_load import is_added, load_added
from genrepair_desktop.registry.blank import blank_networks
from genrepair_desktop.registry.card import CardError, ModelCard
from genrepair_desktop.registry.device import Device, DeviceName, choose_device
from genrepair_desktop.registry.familiar import Familiar, read_familiar
from genrepair_desktop.registry.store import ModelStore
from genrepair_desktop.registry.weights import read_weights

if TYPE_CHECKING:
    from torch import Tensor, nn

_DEFAULT_LIMIT = 512 * 2**20


class ModelLoader:
    """Loads networks of a store and keeps the ones used last. May be used from several threads."""

    def __init__(self, store: ModelStore, device: DeviceName = "auto", memory_limit: int = _DEFAULT_LIMIT) -> None:
        """``memory_limit``: bytes of weights to keep; the one in use is kept even if it is larger."""
        self.store = store
        self._wanted: DeviceName = device
        self._limit = memory_limit
        self._lock = threading.Lock()
        self._device: Device | None = None
        self._cache: OrderedDict[tuple[str, str], tuple[nn.Module, int]] = OrderedDict()
        self._familiar: dict[tuple[str, str], Familiar | None] = {}

    @property
    def device(self) -> Device:
        """Where the networks are; found at first use, since that imports torch."""
        if self._device is None:
            self._device = choose_device(self._wanted)
        return self._device

    def has(self, model_id: str) -> bool:
        """True when the model is installed and intact. Never imports torch."""
        return self.store.has(model_id)

    def refresh(self) -> None:
        """Look again at what is installed; networks that are still there stay loaded."""
        self.store.refresh()

    def card(self, model_id: str) -> ModelCard:
        """The card of an installed model.

        Raises:
            UnknownModelError: it is not installed.
        """
        return self.store.get(model_id).card

    def load(self, model_id: str) -> "nn.Module":
        """The network in eval mode, without gradients, channels last, in the device's number format.

        Raises:
            UnknownModelError: it is not installed.
            OpenError, CardError, NetworkConfigError: its files are damaged or from another version.
        """
        model = self.store.get(model_id)
        # The hash tells a model from its successor of the same id
        key = (model_id, model.card.weights.sha256)
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key][0]
            network = load_network(model.card, model.folder, self.device)
            size = sum(p.numel() * p.element_size() for p in network.state_dict().values())
            self._cache[key] = (network, size)
            self._forget_oldest()
            return network

    def familiar(self, model_id: str) -> Familiar | None:
        """What the model's network knows the surroundings of holes to look like; None if nobody measured it.

        None as well for a model that is not installed: ``load`` is there to tell that.

        Raises:
            OpenError, CardError: the file that tells it is damaged.
        """
        if not self.has(model_id):
            return None
        model = self.store.get(model_id)
        sha256 = model.card.weights.sha256
        with self._lock:
            if (model_id, sha256) not in self._familiar:
                self._familiar[model_id, sha256] = read_familiar(model.folder, sha256)
            return self._familiar[model_id, sha256]

    def clear(self) -> None:
        """Forget all networks, to give memory back."""
        with self._lock:
            self._cache.clear()

    def _forget_oldest(self) -> None:
        while len(self._cache) > 1 and sum(size for _, size in self._cache.values()) > self._limit:
            self._cache.popitem(last=False)


def load_network(card: ModelCard, folder: Path, device: Device) -> "nn.Module":
    """Build and fill one network. Nothing is allocated for it before its files have been checked.

    Raises:
        OpenError, CardError, NetworkConfigError: the files are damaged, do not fit each other, or are too new.
    """
    if is_added(card):
        return load_added(card, folder, device)
    from genrepair_desktop.networks.build import build

    tensors = read_weights(folder, card.weights)
    with blank_networks():
        network = build(card.config)
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    if expected != {name: tuple(value.shape) for name, value in tensors.items()}:
        raise CardError(folder, "its weights do not fit the network of its card", "install the model again")
    network.load_state_dict({k: _placed(v, device) for k, v in tensors.items()}, assign=True)
    return network.eval().requires_grad_(False)


def _placed(values: "Tensor", device: Device) -> "Tensor":
    import torch

    layout = torch.channels_last if values.ndim == 4 else torch.contiguous_format
    return values.to(device.name, device.dtype, memory_format=layout)
