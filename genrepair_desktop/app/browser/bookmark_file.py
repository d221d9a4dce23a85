"""Bookmarks of the map as JSON values: in a project file, or in a file of the user's own. Read as from a stranger."""

import base64
import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from genrepair_desktop import paths
from genrepair_desktop.app.browser.shelf import Kept
from genrepair_desktop.atomic import replacing
from genrepair_desktop.files import read_regular, shown_text, strict_json
from genrepair_desktop.generate.model import Latents

# a list longer than this is no use to anybody
MOST_BOOKMARKS = 200
LONGEST_NAME = 60
_LONGEST_LATENT = 4096
_LARGEST_SIDE = 256
_LARGEST_FILE = 64 << 20


@dataclass(frozen=True)
class Marked:
    """What makes a place found again on any map: its picture, and the latent that gives it.

    picture  uint8 (side, side, 1 or 3)
    latent   (d,) of ``model_id``
    """

    name: str
    model_id: str
    picture: Kept
    latent: Latents

    @cached_property
    def value(self) -> dict[str, Any]:
        """The bookmark as JSON takes it: some 12 KB for a picture of 64 pixels. Packed once, for every edit of the
        list asks for all of it."""
        return {
            "name": self.name,
            "model": self.model_id,
            "side": self.picture.shape[0],
            "channels": self.picture.shape[2],
            "picture": _text(zlib.compress(np.ascontiguousarray(self.picture).tobytes(), 6)),
            "latent": _text(self.latent.astype("<f4").tobytes()),
        }


def values_of(marked: Sequence[Marked]) -> list[dict[str, Any]]:
    """Bookmarks as a project's extras, or the own file, hold them."""
    return [one.value for one in marked]


def from_values(values: object) -> tuple[Marked, ...]:
    """The inverse of ``values_of``; what makes no sense is left out, and so is what is too much."""
    if not isinstance(values, list):
        return ()
    found = [_from_value(value) for value in values[:MOST_BOOKMARKS]]
    return tuple(one for one in found if one is not None)


def own_file() -> Path:
    """Where bookmarks lie that belong to no project."""
    return paths.user_data_dir() / "map" / "bookmarks.json"


def write_own(marked: Sequence[Marked]) -> None:
    """Keep bookmarks that belong to no project.

    Raises:
        SaveError: the disk or the system refuses; the old file is as it was.
        OSError: the folder cannot be made.
    """
    path = own_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, overwrite=True) as file:
        file.write(json.dumps({"bookmarks": values_of(marked)}).encode())


def read_own() -> tuple[Marked, ...]:
    """The bookmarks that belong to no project; none where there is no file.

    Raises:
        OpenError: the file cannot be read.
    """
    if not os.path.lexists(own_file()):
        return ()
    try:
        kept = strict_json(read_regular(own_file(), _LARGEST_FILE))
    except (ValueError, RecursionError):
        return ()
    return from_values(kept.get("bookmarks")) if isinstance(kept, dict) else ()


def clean_name(name: str) -> str:
    """A name fit to be shown in one line; "" where nothing is left of it."""
    return shown_text(" ".join(name.split()))[:LONGEST_NAME]


def _from_value(value: object) -> Marked | None:
    if not isinstance(value, dict):
        return None
    try:
        name, model_id = clean_name(_word(value["name"])), _word(value["model"])
        side, channels = value["side"], value["channels"]
        if type(side) is not int or not 1 <= side <= _LARGEST_SIDE or channels not in (1, 3):
            return None
        size = side * side * channels
        # never more than the picture itself: a few bytes can be made to unpack into gigabytes
        data = zlib.decompressobj().decompress(base64.b64decode(_word(value["picture"]), validate=True), size)
        picture = np.frombuffer(data, np.uint8).reshape(side, side, channels)
        latent = np.frombuffer(base64.b64decode(_word(value["latent"]), validate=True), "<f4").astype(np.float32)
    except (KeyError, ValueError, TypeError, zlib.error):
        return None
    if not name or len(model_id) > LONGEST_NAME * 2 or not 1 <= len(latent) <= _LONGEST_LATENT:
        return None
    return Marked(name, model_id, picture, latent) if np.isfinite(latent).all() else None


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is wanted")
    return value


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
