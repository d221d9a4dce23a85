"""From the kept file of an added model to its network: the only place where spandrel reads weights."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genrepair_desktop.registry.card import PROGRAM_NETWORK, CardError, ModelCard
from genrepair_desktop.registry.device import Device
from genrepair_desktop.registry.weights import read_checked, read_weights

if TYPE_CHECKING:
    from torch import Tensor, nn

SPANDREL_NETWORK = "spandrel"
ADDED_NETWORKS = (SPANDREL_NETWORK, PROGRAM_NETWORK)
_REMEDY = "remove the model and add it again"


def is_added(card: ModelCard) -> bool:
    """True for a model of other people, false for those made by this program."""
    return card.config["network"] in ADDED_NETWORKS


def load_added(card: ModelCard, folder: Path, device: Device) -> "nn.Module":
    """The network of an added model, in eval mode and float32, without gradients.

    Raises:
        OpenError, CardError: its file is damaged, is not the one that was added, or no longer fits.
    """
    if card.config["network"] == PROGRAM_NETWORK:
        return _program(card, folder, device)
    return network_of(descriptor_of(read_weights(folder, card.weights), folder), device)


def network_of(descriptor: Any, device: Device) -> "nn.Module":
    """What spandrel recognised, behind our call."""
    from genrepair_desktop.networks.foreign import SpandrelNetwork

    return SpandrelNetwork(descriptor.to(device.name)).eval().requires_grad_(False)


def descriptor_of(tensors: "dict[str, Tensor]", path: Path) -> Any:
    """What spandrel takes these weights for.

    Raises:
        CardError: no network that it knows has such weights, or they do not fit it.
    """
    import spandrel

    # what a network makes of odd shapes is not for the caller to foresee: any failure means that they do not fit
    try:
        with warnings.catch_warnings():
            # what their makers' code does that torch would have otherwise
            warnings.simplefilter("ignore")
            return spandrel.ModelLoader().load_from_state_dict(tensors)
    except spandrel.UnsupportedModelError as error:
        raise CardError(path, "no known kind of network has such weights", "ask for another model") from error
    except Exception as error:
        raise CardError(path, "its weights do not fit together", _REMEDY) from error


def load_program(content: bytes, path: Path, device: Device) -> "nn.Module":
    """Start a TorchScript program. This runs code from the file: only after consent.

    Raises:
        CardError: it is no sound TorchScript file.
    """
    import io

    import torch

    try:
        with warnings.catch_warnings():
            # torch would rather have another format; these files exist
            warnings.simplefilter("ignore", FutureWarning)
            return torch.jit.load(io.BytesIO(content), map_location=device.name).eval()
    except RuntimeError as error:
        raise CardError(path, "it is no sound TorchScript file", _REMEDY) from error


def _program(card: ModelCard, folder: Path, device: Device) -> "nn.Module":
    from genrepair_desktop.networks.foreign import ProgramNetwork

    # consent was given to these bytes and to no others
    content = read_checked(folder / card.weights_file, card.weights)
    return ProgramNetwork(load_program(content, folder, device).float()).eval().requires_grad_(False)
