"""Turns another program's model file into weights and a card: run as a process of its own, with limits.

A file that passed ``foreign.inspect`` names nothing but tensors, yet it can still lie about their sizes. So it is
opened here, where running out of memory or time costs nothing but the answer. What is kept is safetensors: the
file itself is never opened again. Only a TorchScript program that is no known network is kept as it is.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genrepair_desktop.atomic import write_atomic
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.registry.added_load import SPANDREL_NETWORK, descriptor_of, load_program
from genrepair_desktop.registry.card import (
    CARD_FILE,
    PROGRAM_NETWORK,
    CardError,
    ModelCard,
    ModelKind,
    TensorFacts,
    WeightsFacts,
    card_json,
)
from genrepair_desktop.registry.device import Device
from genrepair_desktop.registry.foreign import ForeignKind, ForeignModelError

if TYPE_CHECKING:
    from torch import Tensor

_LICENCE = "its maker's: ask where it came from"
_MOST_SCALE = 8
_KINDS: dict[str, tuple[ModelKind, str, str]] = {
    "Inpainting": ("fill", "fills what is marked", "Holes and scratches, as its maker says."),
    "Restoration": ("restore", "restores the whole picture", "What its maker trained it for."),
    "SR": ("upscale", "makes the picture {scale} times larger", "Pictures like those its maker trained it with."),
    "FaceSR": ("face", "restores faces", "Faces seen from the front, large enough to be found."),
}
_FACE_LIMIT = "It draws what faces look like, not how this person looked."
_LIMITS = ("Nothing about it was measured here: look at what it does.",)
_PROCESSOR = Device("cpu", has_bf16=False)


@dataclass(frozen=True)
class Wanted:
    """What to make: the id it gets, the file it came as, and the day it was added."""

    id: str
    source: str
    kind: ForeignKind
    sha256: str
    added: str


def convert(path: Path, folder: Path, wanted: Wanted) -> ModelCard:
    """Open the file at ``path``, try the network once, and write weights and card into ``folder``.

    Raises:
        ForeignModelError, CardError: no network that is known, or one that gives no picture.
    """
    if wanted.kind == "program":
        content = path.read_bytes()
        program = load_program(content, path, _PROCESSOR)
        tensors = _plain(dict(program.state_dict()), path)
        descriptor = _known(tensors, path)
        if descriptor is None:
            return _keep_program(content, tensors, folder, wanted)
    else:
        tensors = _tensors_of(path)
        descriptor = descriptor_of(tensors, path)
    return _keep_weights(descriptor, tensors, path, folder, wanted)


def _tensors_of(path: Path) -> "dict[str, Tensor]":
    """By spandrel's loader, which knows tensors and nothing else."""
    import spandrel

    try:
        found = spandrel.ModelLoader().load_state_dict_from_file(path)
    except Exception as error:
        reason = f"it cannot be read ({_short(error)})"
        raise ForeignModelError(path, reason, "copy it again from where it came from") from error
    return _plain(found, path)


def _plain(found: Any, path: Path) -> "dict[str, Tensor]":
    """The tensors of what was read, each with memory of its own, in formats that are kept.

    Raises:
        ForeignModelError: it is no table of tensors, or they are larger than the file.
    """
    import torch

    tensors = {k: v for k, v in found.items() if isinstance(v, torch.Tensor)} if isinstance(found, dict) else {}
    if not tensors or not all(isinstance(name, str) for name in tensors):
        raise ForeignModelError(path, "it holds no table of weights", "choose the model's own file")
    room = path.stat().st_size
    # views of one number can claim any shape
    if sum(v.numel() * v.element_size() for v in tensors.values()) > 2 * room:
        raise ForeignModelError(path, "its tensors claim to be larger than the file", "do not use it")
    kept = {k: v.detach().cpu() for k, v in tensors.items()}
    return {k: (v.float() if v.dtype == torch.float64 else v).clone().contiguous() for k, v in kept.items()}


def _known(tensors: "dict[str, Tensor]", path: Path) -> Any:
    """A program whose weights are those of a known network need not be run; None where they are not."""
    try:
        return descriptor_of(tensors, path)
    except CardError:
        return None


def _keep_weights(
    descriptor: Any, tensors: "dict[str, Tensor]", path: Path, folder: Path, wanted: Wanted
) -> ModelCard:
    from safetensors.torch import save

    _check_shape(descriptor, path)
    kind, does, use = _KINDS[descriptor.purpose]
    content = save(tensors)
    card = _card(
        wanted,
        kind,
        f"{descriptor.architecture.name}: {does.format(scale=descriptor.scale)}",
        use,
        {
            "network": SPANDREL_NETWORK,
            "architecture": str(descriptor.architecture.id),
            "scale": descriptor.scale,
            "wants_whole": descriptor.tiling.name != "SUPPORTED",
        },
        content,
        tensors,
    )
    _write(folder, card, content)
    _try(card, folder, path)
    return card


def _keep_program(content: bytes, tensors: "dict[str, Tensor]", folder: Path, wanted: Wanted) -> ModelCard:
    kind, does, use = _KINDS["Inpainting"]
    config = {"network": PROGRAM_NETWORK, "architecture": "TorchScript program", "scale": 1, "wants_whole": False}
    card = _card(wanted, kind, f"TorchScript program: {does}", use, config, content, tensors)
    _write(folder, card, content)
    _try(card, folder, folder / wanted.source)
    return card


def _check_shape(descriptor: Any, path: Path) -> None:
    channels = {descriptor.input_channels, descriptor.output_channels}
    if not channels <= {1, 3}:
        reason = f"it works on pictures of {max(channels)} channels"
        raise ForeignModelError(path, reason, "choose a model for colour or grey pictures")
    if not 1 <= descriptor.scale <= _MOST_SCALE:
        raise ForeignModelError(path, f"it enlarges {descriptor.scale} times", f"at most {_MOST_SCALE} is possible")


def _card(
    wanted: Wanted,
    kind: ModelKind,
    summary: str,
    use: str,
    config: dict[str, Any],
    content: bytes,
    tensors: "dict[str, Tensor]",
) -> ModelCard:
    facts = {name: TensorFacts(_format(value), tuple(value.shape)) for name, value in tensors.items()}
    return ModelCard(
        id=wanted.id,
        kind=kind,
        summary=summary,
        config=config,
        weights=WeightsFacts(hashlib.sha256(content).hexdigest(), len(content), facts),
        licence=_LICENCE,
        intended_use=use,
        limits=(*_LIMITS, _FACE_LIMIT) if kind == "face" else _LIMITS,
        data=(),
        training={"added from": wanted.source, "sha256 of that file": wanted.sha256, "added on": wanted.added},
    )


def _format(value: "Tensor") -> Any:
    import torch

    names = {
        torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32", torch.int64: "I64",
        torch.int32: "I32", torch.int16: "I16", torch.uint8: "U8", torch.bool: "BOOL",
    }  # fmt: skip
    return names.get(value.dtype, str(value.dtype))


def _write(folder: Path, card: ModelCard, content: bytes) -> None:
    write_atomic(folder / card.weights_file, content)
    write_atomic(folder / CARD_FILE, card_json(card).encode())


def _try(card: ModelCard, folder: Path, path: Path) -> None:
    """Run the network once as it will be run: read back from the kept files, on a small picture.

    Raises:
        ForeignModelError: what it gave is no picture of the promised size.
    """
    import torch

    from genrepair_desktop.registry.loader import load_network

    network = load_network(card, folder, _PROCESSOR)
    picture = torch.linspace(0.2, 0.8, 3 * 64 * 64).reshape(1, 3, 64, 64)
    masks = [torch.zeros(1, 1, 64, 64)] if card.kind == "fill" else []
    for mask in masks:
        mask[..., 24:40, 24:40] = 1
    # a stranger's code: whatever it raises, it gives no picture
    try:
        with torch.inference_mode():
            answer = network(picture, *masks)
    except Exception as error:
        raise ForeignModelError(path, f"it cannot be run ({_short(error)})", "choose another model") from error
    side = 64 * card.config["scale"]
    is_picture = isinstance(answer, torch.Tensor) and tuple(answer.shape) == (1, 3, side, side)
    if not is_picture or not torch.isfinite(answer).all():
        raise ForeignModelError(path, "what it gives is no picture", "choose another model")


def _short(error: Exception) -> str:
    return " ".join((str(error) or type(error).__name__).split())[:80].rstrip(". ")


def main(arguments: Sequence[str]) -> int:
    """``FILE FOLDER WANTED``: convert; one line of JSON on standard output says what is wrong, if anything."""
    path, folder, wanted = Path(arguments[0]), Path(arguments[1]), Wanted(**json.loads(arguments[2]))
    try:
        convert(path, folder, wanted)
    except GenRepairError as error:
        print(json.dumps({"reason": getattr(error, "reason", ""), "remedy": getattr(error, "remedy", "")}))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
