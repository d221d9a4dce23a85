"""Exporting: where the result goes, under which name, and what goes with it.

The photo that was opened is never the target unless the user says so: names are made so that they are free.
"""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from genrepair_desktop.atomic import SaveError, write_atomic
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.arrays import Pixels, has_alpha
from genrepair_desktop.imaging.codecs import (
    WRITE_FORMATS,
    ExportOptions,
    PhotoMetadata,
    PhotoSource,
    WriteFormat,
    write_photo,
)

DEFAULT_TEMPLATE = "{name}_repaired_{method}_{n}"
TEMPLATE_FIELDS = ("name", "method", "n")
# most file systems allow 255 bytes; room is left for ".json" and for what cloud drives append
_NAME_BYTES = 200
_MOST_NUMBERS = 100_000
# what Windows forbids in names, and what a terminal would act on
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


class ExportNameError(GenRepairError):
    """The template for names cannot be used, or every name it makes is taken."""


@dataclass(frozen=True)
class Exported:
    """What an export wrote.

    Attributes:
        path: the picture.
        record: the repair record beside it, if one was asked for and could be written.
        notices: sentences on what the format could not hold or what else was left out.
    """

    path: Path
    record: Path | None = None
    notices: tuple[str, ...] = ()


def export_pixels(
    pixels: Pixels,
    metadata: PhotoMetadata | None,
    path: Path,
    options: ExportOptions | None = None,
    *,
    overwrite: bool = False,
    record: str | None = None,
) -> Exported:
    """Write a picture, and its repair record beside it.

    Args:
        pixels: the picture as it is now; is read only.
        metadata: what the file is to carry, as far as its format can.
        path: the target; its ending names the format unless the options do.
        options: how to encode.
        overwrite: False refuses an existing target or record.
        record: the record's JSON text; None writes none.

    Raises:
        PhotoError: the picture could not be written; nothing was changed.
    """
    notices = write_photo(path, pixels, metadata, options, overwrite=overwrite)
    if record is None:
        return Exported(path, None, notices)
    beside = record_path(path)
    try:
        write_atomic(beside, record.encode("utf-8"), overwrite=overwrite)
    except SaveError as error:
        # the picture is safe, and that is what was asked for
        return Exported(path, None, (*notices, f"The picture was saved, but not its record. {error}"))
    return Exported(path, beside, notices)


def record_path(path: Path) -> Path:
    """Where the repair record of an exported picture lies."""
    return path.with_name(path.name + ".json")


def export_format(source: PhotoSource | None, pixels: Pixels) -> WriteFormat:
    """The format to offer first: the source's own if it can be written and holds these pixels, else PNG."""
    for name, can in WRITE_FORMATS.items():
        if source is None or name != source.format:
            continue
        is_held = (can.has_alpha or not has_alpha(pixels)) and (can.has_deep or pixels.itemsize == 1)
        if is_held and max(pixels.shape[:2]) <= can.max_side:
            return name
    return "png"


def free_path(
    source: Path | None,
    method: str,
    name: WriteFormat,
    *,
    folder: Path | None = None,
    template: str = DEFAULT_TEMPLATE,
) -> Path:
    """The first name of the template that is not taken.

    Args:
        source: the opened photo; None for a pasted one.
        method: id of the method that was used last; "edit" or the like if none was.
        name: the format, which gives the ending.
        folder: where to; None is the source's folder, or the current one.
        template: fields in braces: name (of the source, without ending), method, n (counted from 1).

    Raises:
        ExportNameError: the template has other fields or makes no name, or all numbers are taken.
    """
    folder = folder or (source.parent if source else Path())
    values = {"name": source.stem if source else "picture", "method": method}
    suffix = WRITE_FORMATS[name].suffixes[0]
    numbers = range(1, _MOST_NUMBERS) if "n" in fields_of(template) else range(1, 2)
    for number in numbers:
        path = folder / (_filled(template, values, number) + suffix)
        # a dangling link is taken too
        if not path.exists() and not path.is_symlink() and not record_path(path).exists():
            return path
    raise ExportNameError("Every name this template makes is taken; choose another template or folder.")


def fields_of(template: str) -> set[str]:
    """The fields a template uses.

    Raises:
        ExportNameError: it is malformed or uses others than name, method, n.
    """
    try:
        found = {field for _, field, form, change in string.Formatter().parse(template) if field is not None}
        forms = [form or change for _, field, form, change in string.Formatter().parse(template) if field is not None]
    except ValueError:
        raise ExportNameError("The template for names has an unmatched brace; write {name}, {method}, {n}.") from None
    if not found <= set(TEMPLATE_FIELDS) or any(forms):
        raise ExportNameError("The template for names may use {name}, {method} and {n} only.")
    return found


def _filled(template: str, values: Mapping[str, str], number: int) -> str:
    """One name, without what a file system forbids, and short enough."""
    rest = _UNSAFE.sub("_", template.format(**{**values, "name": ""}, n=number))
    room = _NAME_BYTES - len(rest.encode("utf-8", "surrogateescape"))
    name = values["name"].encode("utf-8", "surrogateescape")[: max(room, 8)].decode("utf-8", "ignore")
    filled = _UNSAFE.sub("_", template.format(**{**values, "name": name}, n=number)).strip(" .")
    if not filled:
        raise ExportNameError("The template for names makes an empty name; use {name} in it.")
    return filled
