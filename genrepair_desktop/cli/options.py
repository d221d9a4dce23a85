"""Options that several commands share, and what turns their words into values."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from genrepair_desktop.errors import InvalidParameterError

MethodOption = Annotated[
    str, typer.Option("--method", "-m", metavar="ID", help="How to repair; `genrepair methods` lists all.")
]
ParamOption = Annotated[
    list[str] | None,
    typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter of the method; may be repeated."),
]
SeedOption = Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same bytes.")]
GrowOption = Annotated[
    int, typer.Option("--grow", metavar="PIXELS", help="Grow the mask by so much; the fill fades out over it.")
]
StrengthOption = Annotated[
    float, typer.Option("--strength", metavar="0..1", help="How much of the repair shows over the damaged photo.")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace results that exist already.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
OutOption = Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="Where the result goes.")]


def read_params(words: Sequence[str] | None) -> dict[str, str]:
    """``["degree=3"]`` as ``{"degree": "3"}``; the method's own fields read the values later.

    Raises:
        InvalidParameterError: a word has no name or no equals sign.
    """
    params = {}
    for word in words or ():
        name, sign, value = word.partition("=")
        if not sign or not name.strip():
            raise InvalidParameterError(f"--param takes NAME=VALUE, such as degree=3, not {word!r}.")
        params[name.strip()] = value.strip()
    return params
