"""Enough to do a repair again: method, parameters, seed and how the fill is laid in."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from genrepair_desktop.errors import InvalidParameterError
from genrepair_desktop.repair.blend import Blend, checked_blend
from genrepair_desktop.repair.params import Value

# a project's list of steps is read up to 64 MB: three steps with texts of this size must fit, and room for all others
MOST_TEXT = 16 * 2**20
# texts longer than this are pixels, not words
_LONG_TEXT = 1 << 16


@dataclass(frozen=True)
class Recipe:
    """What ``pipeline.prepare`` is asked to do.

    params    the method's parameters by name; what is missing has its default
    seed      0 or more; for methods that are not seeded it changes nothing but the grain
    grow      pixels by which the hole is grown before it is filled; the fill fades out over them
    strength  0 to 1: how much of the fill shows
    grain     0 to 1: how much of the surrounding grain is laid over fills that are smoother than it
    blend     seeds and weights of fills to make one between (``repair.blend``); the seed itself then only draws
              the grain
    """

    method: str = "auto"
    params: Mapping[str, Value] = field(default_factory=dict)
    seed: int = 0
    grow: int = 0
    strength: float = 1.0
    grain: float = 1.0
    blend: Blend = ()

    def __post_init__(self) -> None:
        if self.seed < 0 or not 0 <= self.grow <= 256:
            raise InvalidParameterError("The seed is 0 or more, and grow is from 0 to 256 pixels.")
        if not (0.0 <= self.strength <= 1.0 and 0.0 <= self.grain <= 1.0):
            raise InvalidParameterError("Strength and grain are from 0 to 1.")

    @property
    def can_be_kept(self) -> bool:
        """False where its texts are longer than a record or a project holds: ``to_values`` leaves them out, and the
        step can be looked at and undone, but not replayed."""
        return sum(len(value) for value in self.params.values() if isinstance(value, str)) <= MOST_TEXT

    def to_values(self) -> dict[str, Any]:
        """As JSON values."""
        values = asdict(replace(self, params={})) | {"params": dict(self.params)}
        if not self.can_be_kept:
            values["params"] = {
                name: "" if isinstance(value, str) and len(value) > _LONG_TEXT else value
                for name, value in self.params.items()
            }
        # most recipes blend nothing, and a program from before can read those
        blend = values.pop("blend")
        return values | ({"blend": [list(pair) for pair in blend]} if blend else {})

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "Recipe":
        """The inverse of ``to_values``.

        Raises:
            InvalidParameterError: a field is unknown, of the wrong type, or out of its range.
        """
        try:
            recipe = cls(**values)
            return cls(
                method=str(recipe.method),
                params={str(name): value for name, value in recipe.params.items()},
                seed=int(recipe.seed),
                grow=int(recipe.grow),
                strength=float(recipe.strength),
                grain=float(recipe.grain),
                blend=checked_blend(recipe.blend),
            )
        except (TypeError, ValueError, AttributeError) as error:
            raise InvalidParameterError(f"This is not a repair recipe: {error}.") from None
