"""Parameters of a method: a frozen dataclass whose fields say range, unit, step and when to move them.

Forms, the command line and recipes all read the same fields, so a parameter is declared once.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from genrepair_desktop.errors import InvalidParameterError

Value = bool | int | float | str
P = TypeVar("P")
_KEY = "genrepair"


@dataclass(frozen=True)
class FieldInfo:
    """What a form needs to show one parameter.

    ``low``, ``high`` and ``step`` hold for numbers, ``choices`` for strings. ``help`` says when to move it.
    ``is_free``: a text that no user types.
    """

    help: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    step: float = 1.0
    choices: tuple[str, ...] = ()
    is_advanced: bool = False
    is_free: bool = False


def number(
    default: float,
    low: float,
    high: float,
    help: str,
    *,
    step: float = 1.0,
    unit: str = "",
    advanced: bool = False,
) -> Any:
    """A dataclass field for an int or float in [low, high]."""
    info = FieldInfo(help=help, unit=unit, low=low, high=high, step=step, is_advanced=advanced)
    return dataclasses.field(default=default, metadata={_KEY: info})


def choice(default: str, choices: tuple[str, ...], help: str, *, advanced: bool = False) -> Any:
    """A dataclass field for one of some words."""
    return dataclasses.field(
        default=default, metadata={_KEY: FieldInfo(help=help, choices=choices, is_advanced=advanced)}
    )


def switch(default: bool, help: str, *, advanced: bool = False) -> Any:
    """A dataclass field for yes or no."""
    return dataclasses.field(default=default, metadata={_KEY: FieldInfo(help=help, is_advanced=advanced)})


def text(default: str, help: str) -> Any:
    """A dataclass field for any text, which the program fills in itself."""
    return dataclasses.field(default=default, metadata={_KEY: FieldInfo(help=help, is_free=True)})


@dataclass(frozen=True)
class NoParams:
    """For methods with nothing to set."""


def field_infos(params_type: type) -> dict[str, FieldInfo]:
    """The parameters of a params dataclass by name, in order."""
    return {field.name: field.metadata[_KEY] for field in dataclasses.fields(params_type)}


def parse_params(params_type: type[P], values: Mapping[str, object]) -> P:
    """Build params from a recipe's or the command line's values; strings are read as the field's type.

    Raises:
        InvalidParameterError: unknown name, unreadable value, or a value outside its range.
    """
    fields = {field.name: field for field in dataclasses.fields(params_type)}  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(fields))
    if unknown:
        known = ", ".join(sorted(fields)) or "none"
        raise InvalidParameterError(f"There is no parameter {unknown[0]!r}; this method has: {known}.")
    parsed = {name: _read(fields[name], value) for name, value in values.items()}
    return params_type(**parsed)


def as_values(params: Any) -> dict[str, Value]:
    """The inverse of ``parse_params``."""
    return dataclasses.asdict(params)


def _read(field: "dataclasses.Field[Any]", value: object) -> Value:
    info: FieldInfo = field.metadata[_KEY]
    kind = type(field.default)
    if kind is bool:
        return _read_switch(field.name, value)
    if kind is str:
        if not info.is_free and value not in info.choices:
            raise InvalidParameterError(f"{field.name} is one of {', '.join(info.choices)}, not {value!r}.")
        return str(value)
    return _read_number(field.name, info, kind, value)


def _read_switch(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    word = str(value).lower()
    if word not in words:
        raise InvalidParameterError(f"{name} is yes or no, not {value!r}.")
    return words[word]


def _read_number(name: str, info: FieldInfo, kind: type, value: object) -> int | float:
    try:
        parsed = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InvalidParameterError(f"{name} is a number, not {value!r}.") from None
    is_whole = kind is int
    if not math.isfinite(parsed) or not info.low <= parsed <= info.high or (is_whole and parsed != int(parsed)):
        whole = "a whole number" if is_whole else "a number"
        raise InvalidParameterError(f"{name} is {whole} from {info.low:g} to {info.high:g}, not {value!r}.")
    return int(parsed) if is_whole else parsed
