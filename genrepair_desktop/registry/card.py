"""The card of a model: what it is, what it was made from, how good it is, and what its weights file must hold."""

import json
import re
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from genrepair_desktop.files import FileError, read_regular, strict_json

CARD_FILE = "card.json"
WEIGHTS_FILE = "weights.safetensors"
# a model that is a program and not weights: only after its owner's consent
PROGRAM_FILE = "program.pt"
PROGRAM_NETWORK = "torchscript"
# a card names every tensor: other people's large transformers have thousands
_MOST_CARD_BYTES = 4 * 2**20
_MOST_WEIGHTS_BYTES = 2**30
_MOST_TENSORS = 10_000
# several times what the largest of our networks has
_MOST_IN_CONFIG = 64
_DEEPEST_CONFIG = 4
_LARGEST_IN_CONFIG = 4096
ID_PATTERN = r"[a-z0-9][a-z0-9-]{0,63}"
_ID = re.compile(ID_PATTERN)
_SHA256 = re.compile(r"[0-9a-f]{64}")

# restore and face: only other people's models, see ``added``
ModelKind = Literal["fill", "denoise", "upscale", "detect", "generate", "features", "locate", "restore", "face"]
NumberFormat = Literal["F16", "BF16", "F32", "I64", "I32", "I16", "U8", "BOOL"]
_NUMBER_BYTES = {"F16": 2, "BF16": 2, "F32": 4, "I64": 8, "I32": 4, "I16": 2, "U8": 1, "BOOL": 1}
T = TypeVar("T")


class CardError(FileError):
    """A model's card, or its weights beside it, is damaged, incomplete or from another program."""

    action = "Cannot use the model"


@dataclass(frozen=True)
class TensorFacts:
    """Number format and shape of one tensor in the weights file."""

    dtype: NumberFormat
    shape: tuple[int, ...]


@dataclass(frozen=True)
class WeightsFacts:
    """What the weights file must be, checked before any of it is turned into a network."""

    sha256: str
    bytes: int
    tensors: dict[str, TensorFacts]


@dataclass(frozen=True)
class DataSource:
    """Pictures the model was trained on."""

    name: str
    pictures: int
    licence: str
    source: str
    note: str = ""


@dataclass(frozen=True)
class Score:
    """A held-out figure and the same figure of the best simple rival. ``low`` and ``high``: 95 % interval."""

    name: str
    value: float
    unit: str
    pictures: int
    rival: str = ""
    rival_value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ModelCard:
    """Facts about one model. ``config`` rebuilds the network: ``networks.build.build(config)``."""

    id: str
    kind: ModelKind
    summary: str
    config: dict[str, Any]
    weights: WeightsFacts
    licence: str
    intended_use: str
    limits: tuple[str, ...]
    data: tuple[DataSource, ...]
    scores: tuple[Score, ...] = ()
    training: dict[str, Any] = field(default_factory=dict)
    version: int = 1

    @property
    def parameters(self) -> int:
        """How many numbers the weights are."""
        return sum(_product(t.shape) for t in self.weights.tensors.values())

    @property
    def weights_file(self) -> str:
        """The name of the file, beside the card, that ``weights`` tells the facts of."""
        return PROGRAM_FILE if self.config.get("network") == PROGRAM_NETWORK else WEIGHTS_FILE


def read_card(folder: Path) -> ModelCard:
    """The card in a model's folder.

    Raises:
        OpenError: there is no readable card.
        CardError: it is not a card, or says what cannot be.
    """
    path = folder / CARD_FILE
    try:
        values = strict_json(read_regular(path, _MOST_CARD_BYTES))
        return _card_from(values)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        reason = f"its card is damaged ({_short(error)})"
        raise CardError(path, reason, "install the model again") from error


def card_json(card: ModelCard) -> str:
    """The card as the text of its file; the same card gives the same text."""
    return json.dumps(asdict(card), indent=1, ensure_ascii=False) + "\n"


def bytes_of(facts: TensorFacts) -> int:
    """How many bytes a tensor takes in a file.

    Raises:
        KeyError: its number format is not one of those that cards know.
    """
    return _product(facts.shape) * _NUMBER_BYTES[facts.dtype]


def _card_from(values: Any) -> ModelCard:
    if not isinstance(values, dict):
        raise ValueError("not an object")
    known = {f.name for f in fields(ModelCard)}
    if unknown := set(values) - known:
        raise ValueError(f"unknown field {sorted(unknown)[0]!r}")
    plain = dict(values)
    plain["weights"] = _weights_from(plain["weights"])
    plain["data"] = tuple(_record(DataSource, v) for v in _list(plain["data"]))
    plain["scores"] = tuple(_record(Score, v) for v in _list(plain.get("scores", [])))
    plain["limits"] = tuple(_text(v) for v in _list(plain["limits"]))
    card = ModelCard(**plain)
    for text in (card.summary, card.licence, card.intended_use):
        _text(text)
    if not _ID.fullmatch(_text(card.id)):
        raise ValueError(f"id {card.id!r}")
    if card.kind not in get_args(ModelKind):
        raise ValueError(f"kind {card.kind!r}")
    if not isinstance(card.config, dict) or not isinstance(card.config.get("network"), str):
        raise ValueError("config names no network")
    _check_config(card.config)
    return card


def _check_config(values: Any, depth: int = 0) -> None:
    """A network is built as its config says: one with a million layers would take hours and all memory."""
    inside = values.values() if isinstance(values, dict) else values if isinstance(values, list) else ()
    if len(inside) > _MOST_IN_CONFIG or depth > _DEEPEST_CONFIG:
        raise ValueError("config is too large")
    is_number = isinstance(values, int | float)
    if is_number and not -_LARGEST_IN_CONFIG <= values <= _LARGEST_IN_CONFIG:
        raise ValueError("config asks for a network that is too large")
    for value in inside:
        _check_config(value, depth + 1)


def _weights_from(values: Any) -> WeightsFacts:
    sha256, size, tensors = _text(values["sha256"]), values["bytes"], values["tensors"]
    if not _SHA256.fullmatch(sha256):
        raise ValueError("sha256")
    if type(size) is not int or not 0 < size <= _MOST_WEIGHTS_BYTES:
        raise ValueError("size of the weights")
    if not isinstance(tensors, dict) or not 0 < len(tensors) <= _MOST_TENSORS:
        raise ValueError("tensors")
    facts = {_text(name): tensor_facts(v) for name, v in tensors.items()}
    if sum(bytes_of(fact) for fact in facts.values()) > size:
        raise ValueError("tensors larger than the weights file")
    return WeightsFacts(sha256, size, facts)


def tensor_facts(values: Any) -> TensorFacts:
    """Number format and shape from the values of a card or of a safetensors header.

    Raises:
        ValueError, TypeError, KeyError: they are something else, or absurd.
    """
    shape = tuple(_list(values["shape"]))
    if len(shape) > 8 or any(type(n) is not int or not 0 <= n <= 2**31 for n in shape):
        raise ValueError("shape of a tensor")
    if values["dtype"] not in get_args(NumberFormat):
        raise ValueError("number format of a tensor")
    return TensorFacts(values["dtype"], shape)


def _record(kind: type[T], values: Any) -> T:
    if not isinstance(values, dict):
        raise ValueError(f"{kind.__name__} is not an object")
    return kind(**values)


def _list(values: Any) -> list[Any]:
    if not isinstance(values, list):
        raise ValueError("a list is missing")
    return values


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is missing")
    return value


def _product(shape: tuple[int, ...]) -> int:
    total = 1
    for n in shape:
        total *= n
    return total


def _short(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:80]
