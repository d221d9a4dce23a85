"""Parameters read what recipes and command lines say, and refuse the rest in one sentence."""

from dataclasses import dataclass

import pytest

from genrepair_desktop.errors import InvalidParameterError
from genrepair_desktop.repair.params import as_values, choice, field_infos, number, parse_params, switch
from genrepair_desktop.repair.recipe import Recipe


@dataclass(frozen=True)
class Example:
    size: int = number(5, 1, 50, "Larger for larger damage", unit="px")
    weight: float = number(0.5, 0.0, 1.0, "More to trust the rim", step=0.05)
    solver: str = choice("closed", ("closed", "gradient"), "Both agree")
    sharp: bool = switch(False, "For line drawings")


def test_strings_are_read_as_the_field_says() -> None:
    parsed = parse_params(Example, {"size": "7", "weight": "0.25", "solver": "gradient", "sharp": "yes"})
    assert parsed == Example(7, 0.25, "gradient", True)
    assert parse_params(Example, as_values(parsed)) == parsed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", "51"),
        ("size", "2.5"),
        ("size", "nan"),
        ("weight", "inf"),
        ("solver", "magic"),
        ("sharp", "perhaps"),
        ("shape", 1),
    ],
)
def test_wrong_values_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(InvalidParameterError, match=name):
        parse_params(Example, {name: value})


def test_forms_get_range_unit_and_help() -> None:
    info = field_infos(Example)["size"]
    assert (info.low, info.high, info.unit) == (1, 50, "px")
    assert list(field_infos(Example)) == ["size", "weight", "solver", "sharp"]


def test_a_recipe_survives_json() -> None:
    recipe = Recipe("patchmatch", {"patch": 7}, seed=3, grow=2, strength=0.5)
    assert Recipe.from_values(recipe.to_values()) == recipe


@pytest.mark.parametrize("values", [{"method": "x", "colour": 1}, {"seed": "many"}, {"params": 3}, {"strength": 2.0}])
def test_a_broken_recipe_is_refused(values: dict) -> None:
    with pytest.raises(InvalidParameterError):
        Recipe.from_values(values)
