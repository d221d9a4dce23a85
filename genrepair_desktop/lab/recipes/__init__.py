"""One file per model: its data, losses, figures and sizes."""

import importlib

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.lab.recipe import Recipe

# Imported when asked for: a training loads the networks it trains and no others
_RECIPES: dict[str, tuple[str, str]] = {
    "fill-cnn": ("fill_cnn", "FillCnn"),
    "fill-gan": ("fill_gan", "FillGan"),
    "denoise": ("denoise", "Denoise"),
    "upscale": ("upscale", "Upscale"),
    "detect": ("detect", "Detect"),
    "vae-digits": ("vae", "DigitVae"),
    "vae-portraits": ("vae", "Vae"),
    "pixel-rnn-digits": ("pixel_rnn", "DigitRnn"),
    "pixel-rnn-portraits": ("pixel_rnn", "PortraitRnnRecipe"),
    "manifold-portraits": ("manifold_ae", "Manifold"),
    "manifold-patches": ("patch_manifold", "PatchManifold"),
    "gan-portraits": ("gan", "PortraitGan"),
    "face-locator": ("face_locator", "LocatorRecipe"),
    "features-digits": ("features", "DigitFeatures"),
    "features-portraits": ("features", "PortraitFeatures"),
}


class UnknownRecipeError(GenRepairError):
    """No recipe has this name."""


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
    module, attribute = _RECIPES[name]
    return getattr(importlib.import_module(f"{__name__}.{module}"), attribute)()
