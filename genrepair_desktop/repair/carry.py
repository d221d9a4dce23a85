"""Tone and grain of another photo: what was measured on it travels in the recipe, not the photo.

It is not one of the methods to choose from: without the measure of another photo it means nothing.
"""

import json
from dataclasses import dataclass

import numpy as np

from genrepair_desktop.errors import InvalidParameterError
from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.imaging.grain import Grain
from genrepair_desktop.imaging.look import Look, LookCarrier, Numbers, Tone, measure
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.params import number, text
from genrepair_desktop.repair.recipe import Recipe

METHOD = "carry"
_ROWS = 256
_LONGEST_TEXT = 4096


@dataclass(frozen=True)
class CarryParams:
    """The other photo's look in JSON, and how much of it is carried over."""

    look: str = text("", "What was measured on the other photo.")
    tone: float = number(1.0, 0.0, 1.0, "How much of the other photo's brightness, contrast and colour.", step=0.05)
    grain: float = number(
        1.0, 0.0, 1.0, "How much of the grain that the other photo has and this one lacks.", step=0.05
    )


def carry_recipe(look: Look, *, tone: float = 1.0, grain: float = 1.0, seed: int = 0) -> Recipe:
    """Give a photo the tone and the grain of another, each by 0 to 1."""
    return Recipe(METHOD, {"look": look_value(look), "tone": tone, "grain": grain}, seed)


def look_value(look: Look) -> str:
    """A look as the value of the parameter ``look``."""
    grain = look.grain
    return json.dumps(
        {
            "mean": look.tone.mean,
            "spread": look.tone.spread,
            "sigma": grain.sigma,
            "correlation": grain.correlation,
            "shared": grain.shared,
        }
    )


def look_of(value: str) -> Look:
    """The inverse of ``look_value``.

    Raises:
        InvalidParameterError: the text is no look.
    """
    try:
        found = json.loads(value[:_LONGEST_TEXT])
        tone = Tone(_numbers(found["mean"], 3, 0, 1), _numbers(found["spread"], 6, -1, 1))
        shape = _numbers([found["correlation"], found["shared"]], 2, 0, 1)
        return Look(tone, Grain(_numbers(found["sigma"], 3, 0, 1), *shape))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InvalidParameterError(
            "The recipe holds no measure of another photo: choose that photo and carry its look over again."
        ) from None


def build(params: CarryParams, models: ModelLoader) -> Repairer:
    """A repairer that carries the recipe's look over.

    Raises:
        InvalidParameterError: the recipe holds none.
    """
    look = look_of(params.look)

    def repair(patch: Patch, ctx: RunContext) -> Image:
        ctx.checkpoint(0.0, "looking")
        carrier = LookCarrier(measure(patch.image), look, tone=params.tone, grain=params.grain)
        result = np.empty_like(patch.image)
        for top in range(0, len(result), _ROWS):
            ctx.checkpoint(0.1 + 0.9 * top / len(result), "repairing")
            result[top : top + _ROWS] = carrier.carry(patch.image[top : top + _ROWS], ctx.rng)
        return result

    return repair


def _numbers(values: object, count: int, low: float, high: float) -> Numbers:
    if not isinstance(values, list) or len(values) != count:
        raise ValueError("another number of numbers")
    found = tuple(float(value) for value in values)
    if not all(low <= value <= high for value in found):
        raise ValueError("out of range")
    return found


# the seed moves the grain alone: nobody chooses between such answers, so it does not count as seeded
SPEC = MethodSpec(id=METHOD, family="deterministic", task="restore", build=build, params=CarryParams)
