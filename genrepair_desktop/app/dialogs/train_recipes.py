"""What can be trained, in plain words: what each recipe is for, and what to expect of it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RecipeText:
    """One recipe. ``takes_faces``: it learns whole pictures, of faces unless the user wants otherwise."""

    id: str
    title: str
    help: str
    takes_faces: bool = False


RECIPES: tuple[RecipeText, ...] = (
    RecipeText(
        "fill-cnn",
        "Fill scratches and holes",
        "Learns how your photographs go on under damage. For the method “Learned (network)”, and for the automatic "
        "choice.",
    ),
    RecipeText(
        "fill-gan",
        "Fill holes with texture",
        "Learns to invent grain and texture like that of your photographs. For larger holes.",
    ),
    RecipeText(
        "denoise",
        "Take away noise",
        "Learns what your sound, clean photographs look like, to clean noisy ones. Give it clean pictures only.",
    ),
    RecipeText(
        "upscale",
        "Make larger",
        "Learns the fine detail of your sharp photographs, to enlarge small ones. Give it sharp pictures only.",
    ),
    RecipeText(
        "detect",
        "Find damage",
        "Learns what sound parts of your photographs look like, so that it marks damage and not their detail. Give it "
        "undamaged pictures.",
    ),
    RecipeText(
        "vae-portraits",
        "Portraits to browse and blend (VAE)",
        "Learns the faces in your photographs as a space to move in: maps, paths from one to another, blends. Soft by "
        "design.",
        takes_faces=True,
    ),
    RecipeText(
        "gan-portraits",
        "New portraits, sharp (GAN)",
        "Learns to draw faces like those in your photographs. Needs the most pictures, and the longest.",
        takes_faces=True,
    ),
    RecipeText(
        "pixel-rnn-portraits",
        "Missing parts of faces (row by row)",
        "Learns to draw what is missing of a face, in several ways.",
        takes_faces=True,
    ),
    RecipeText(
        "manifold-portraits",
        "Large holes in faces (manifold)",
        "Learns what faces look like as a whole, to fill large holes in them smoothly.",
        takes_faces=True,
    ),
)
_BY_ID = {recipe.id: recipe for recipe in RECIPES}


def recipe_title(recipe_id: str) -> str:
    """The recipe's name for people; the id for one that the window does not offer."""
    recipe = _BY_ID.get(recipe_id)
    return recipe.title if recipe else recipe_id


def time_advice(training: dict[str, Any] | None) -> str:
    """How long to train: measured by what the installed model took, where its card tells."""
    minutes = training.get("minutes") if training else None
    if not isinstance(minutes, int | float) or minutes <= 0:
        return (
            "None is installed to begin from: this one starts from scratch, which takes many hours. It can be "
            "stopped at any time and goes on later."
        )
    took = f"{minutes / 60:.1f} hours" if minutes >= 90 else f"{minutes:.0f} minutes"
    return (
        f"The installed model was trained for {took}. At the end you are told which of the two is better on your "
        "pictures. A training can be stopped at any time and goes on later."
    )
