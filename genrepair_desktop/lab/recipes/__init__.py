"""One file per model: its data, losses, figures and sizes."""

from collections.abc import Callable

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.lab.recipe import Recipe
from genrepair_desktop.lab.recipes.fill_cnn import FillCnn


class UnknownRecipeError(GenRepairError):
    """No recipe has this name."""


_RECIPES: dict[str, Callable[[], Recipe]] = {"fill-cnn": FillCnn}


def recipe_ids() -> tuple[str, ...]:
    """The names of all recipes, which are the ids of the models they make."""
    return tuple(_RECIPES)


def get_recipe(name: str) -> Recipe:
    """The recipe of one model.

    Raises:
        UnknownRecipeError: there is none of this name.
    """
    if name not in _RECIPES:
        raise UnknownRecipeError(f"There is no recipe {name!r}: choose one of {', '.join(_RECIPES)}.")
    return _RECIPES[name]()
