"""Options that several commands share, and what turns their words into values."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrepair_desktop.errors import InvalidParameterError

if TYPE_CHECKING:
    from genrepair_desktop.imaging.codecs.options import ExportOptions
    from genrepair_desktop.imaging.codecs.photo import PhotoSource

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
QualityOption = Annotated[
    int | None,
    typer.Option("--quality", metavar="1..100", help="For JPEG, WebP and AVIF. Default: as the photo's own file."),
]
StripGpsOption = Annotated[bool, typer.Option("--strip-gps", help="Leave the position out of the metadata.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace results that exist already.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
OutOption = Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="Where the result goes.")]


def export_options(source: "PhotoSource", quality: int | None, *, strip_gps: bool) -> "ExportOptions":
    """How to encode a result: as its source was, unless a quality is given.

    Raises:
        InvalidParameterError: the quality is not from 1 to 100.
    """
    from genrepair_desktop.imaging.codecs.options import ExportOptions

    if quality is None:
        return ExportOptions(as_source=source.jpeg, strip_gps=strip_gps)
    if not 1 <= quality <= 100:
        raise InvalidParameterError(f"--quality is from 1 to 100, not {quality}.")
    return ExportOptions(quality=quality, lossless=False, strip_gps=strip_gps)


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
