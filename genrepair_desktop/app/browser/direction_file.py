"""Named attribute directions as JSON values in a project file. Read as from a stranger."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from genrepair_desktop.app.browser.bookmark_file import LONGEST_NAME, clean_name
from genrepair_desktop.generate.model import Latents

MOST_DIRECTIONS = 100
_LONGEST_LATENT = 4096


@dataclass(frozen=True)
class Direction:
    """What tells two groups of pictures apart: ``step`` (d,) from one to the other, in latents of ``model_id``."""

    name: str
    model_id: str
    step: Latents


def values_of(directions: Sequence[Direction]) -> list[dict[str, Any]]:
    """Directions as a project's extras hold them."""
    return [
        {
            "name": one.name,
            "model": one.model_id,
            "step": base64.b64encode(one.step.astype("<f4").tobytes()).decode("ascii"),
        }
        for one in directions
    ]


def from_values(values: object) -> tuple[Direction, ...]:
    """The inverse of ``values_of``; what makes no sense is left out, and so is what is too much."""
    if not isinstance(values, list):
        return ()
    found = [_from_value(value) for value in values[:MOST_DIRECTIONS]]
    # of two with one name the first: names are what the user chooses by
    return tuple({one.name: one for one in reversed(found) if one is not None}.values())[::-1]


def _from_value(value: object) -> Direction | None:
    if not isinstance(value, dict):
        return None
    name, model_id, packed = (value.get(field) for field in ("name", "model", "step"))
    if not (isinstance(name, str) and isinstance(model_id, str) and isinstance(packed, str)):
        return None
    # four characters hold three bytes: nothing is unpacked that is longer than any latent
    if not (name := clean_name(name)) or len(model_id) > LONGEST_NAME * 2 or len(packed) > 6 * _LONGEST_LATENT:
        return None
    try:
        step = np.frombuffer(base64.b64decode(packed, validate=True), "<f4").astype(np.float32)
    except ValueError:
        return None
    is_sound = 1 <= len(step) <= _LONGEST_LATENT and bool(np.isfinite(step).all())
    return Direction(name, model_id, step) if is_sound else None
