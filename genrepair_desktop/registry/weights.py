"""Reading a weights file, with every check made before a network is built from it. Never a pickle."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from genrepair_desktop.files import read_regular, strict_json
from genrepair_desktop.registry.card import WEIGHTS_FILE, CardError, TensorFacts, WeightsFacts, tensor_facts

if TYPE_CHECKING:
    from torch import Tensor

_REMEDY = "install the model again"
_LONGEST_HEADER = 10 * 2**20


def read_weights(folder: Path, facts: WeightsFacts) -> "dict[str, Tensor]":
    """The tensors of ``weights.safetensors``, exactly those the card lists, all finite.

    Checked in this order: size, SHA-256, header against the card, then the numbers.

    Raises:
        OpenError: missing, unreadable, or larger than the card says.
        CardError: not the file the card describes, or some of its numbers are not finite.
    """
    path = folder / WEIGHTS_FILE
    content = read_checked(path, facts)
    if header_tensors(content, path) != facts.tensors:
        raise CardError(path, "it holds other tensors than its card says", _REMEDY)
    return _load(content, path)


def read_checked(path: Path, facts: WeightsFacts) -> bytes:
    """The content of a model's file, which is the one its card describes.

    Raises:
        OpenError: missing, unreadable, or larger than the card says.
        CardError: not the file the card describes.
    """
    content = read_regular(path, facts.bytes)
    if len(content) != facts.bytes:
        raise CardError(path, f"it has {len(content)} bytes where its card says {facts.bytes}", _REMEDY)
    if hashlib.sha256(content).hexdigest() != facts.sha256:
        raise CardError(path, "its content is not what its card says", _REMEDY)
    return content


def header_tensors(content: bytes, path: Path) -> dict[str, TensorFacts]:
    """Names, formats and shapes from a safetensors header, without reading the numbers.

    Raises:
        CardError: the header is not one of safetensors, or uses other number formats than cards know.
    """
    try:
        length = int.from_bytes(content[:8], "little")
        if length > min(_LONGEST_HEADER, len(content) - 8):
            raise ValueError("length")
        header = strict_json(content[8 : 8 + length])
        header.pop("__metadata__", None)
        return {name: tensor_facts(values) for name, values in header.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CardError(path, "it is not a safetensors file", _REMEDY) from error


def _load(content: bytes, path: Path) -> "dict[str, Tensor]":
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors = load(content)
    except SafetensorError as error:
        raise CardError(path, "it is not a sound safetensors file", _REMEDY) from error
    for name, values in tensors.items():
        if not torch.isfinite(values).all():
            raise CardError(path, f"{name} has values that are not finite", _REMEDY)
    return tensors
