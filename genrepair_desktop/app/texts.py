"""Every visible name of a method, parameter, choice, stage or edit, by the id the Qt-free rooms use.

A test asserts that the ids of the catalogs and the ids here agree, so a forgotten title fails the test and not
the user. Words of the person stand first, the paper's word in the help.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genrepair_desktop.repair.added import added_cards
from genrepair_desktop.repair.notes import in_words


@dataclass(frozen=True)
class MethodText:
    """``title`` for lists, ``help`` says when to choose it, ``verb`` is what the Repair button says it will do."""

    title: str
    help: str
    verb: str = "Repair"


METHODS: dict[str, MethodText] = {
    "auto": MethodText(
        "Automatic",
        "Looks at each damaged place and takes what suits it: for scratches the trained network, for larger holes "
        "pieces of the same photo laid where the network draws edges, in an even sky a smooth filling. The history "
        "says which one it took.",
    ),
    "polynomial": MethodText(
        "Smooth surface (polynomial)",
        "Fits a smooth surface to the rim by least squares. Good for sky, walls and studio backgrounds; it "
        "draws no texture.",
    ),
    "background": MethodText(
        "Even out background",
        "Estimates uneven light or fading over the whole picture as a smooth surface and divides it out.",
        "Even out",
    ),
    "harmonic": MethodText(
        "Membrane (harmonic)",
        "The smoothest filling of all, from Laplace's equation. Right for very thin damage.",
    ),
    "tv": MethodText(
        "Edges (total variation)", "Continues edges straight across thin damage and keeps areas flat between them."
    ),
    "biharmonic": MethodText(
        "Thin plate (biharmonic)",
        "Continues tones and their slopes into the hole. The best of the smooth fillings for scratches and dust.",
    ),
    "telea": MethodText("Fast marching (Telea)", "Very quick filling from the rim inwards; for thin scratches."),
    "navier-stokes": MethodText(
        "Flow (Navier-Stokes)", "Carries lines of equal brightness into the hole; for thin scratches across edges."
    ),
    "patchmatch": MethodText(
        "Texture (PatchMatch)",
        "Builds the filling from pieces of the same photo at full resolution. For larger holes, stains and "
        "objects; each seed gives another filling. The source area says where pieces may come from.",
    ),
    "hybrid": MethodText(
        "Structure and texture (hybrid)",
        "A trained network draws where edges go on, then pieces of the same photo are laid along them. For larger "
        "holes with structure; each seed gives another filling.",
    ),
    "cnn": MethodText(
        "Learned (network)",
        "A network trained on photographs continues edges and shapes. The best for scratches and thin damage; wide "
        "holes come out smooth.",
    ),
    "gan": MethodText(
        "Learned, with texture (GAN)",
        "A network trained to look real draws another shape for each seed, then pieces of the same photo are laid "
        "along it. For larger holes of which you want to see several answers.",
    ),
    "manifold": MethodText(
        "Faces and patches (manifold)",
        "Finds the picture that agrees with what is left, among all that a trained model can make: for large missing "
        "parts of a face. Elsewhere it builds the filling from learned patches.",
    ),
    "pixel-rnn": MethodText(
        "Faces, drawn anew (pixel RNN)",
        "Draws what is missing of a face, row by row; each seed gives another answer. For portraits only.",
    ),
    "denoise": MethodText(
        "Take away noise",
        "Removes noise, grain and JPEG blocks from the whole picture, or from what is marked; clean regions stay.",
        "Denoise",
    ),
    "upscale": MethodText("Make larger", "Two or four times the size, sharper than resizing.", "Enlarge"),
}  # fmt: skip

# methods that only recipes name
_BY_RECIPE = {
    "picture": "Picture from Samples",
    "copies": "Pixels of other copies",
    "carry": "Tone and grain of another photo",
}

# parameters of all methods by field name; one name means one thing in every method
PARAMS: dict[str, str] = {
    "amount": "Amount",
    "caution": "Caution",
    "misses": "Tolerated misfit",
    "colours": "Colours",
    "contrast": "Contrast",
    "degree": "Curvature",
    "find_degree": "Find the curvature",
    "flatness": "Flatness",
    "limit": "At most",
    "outliers": "Edge pixels that do not fit",
    "overshoot": "Overshoot",
    "passes": "Rounds over the hole",
    "patch": "Piece size",
    "piece": "Piece length",
    "radius": "Radius",
    "reference": "Make even",
    "ridge": "Ridge",
    "rim": "Rim",
    "roughness": "Like to like",
    "rounds": "Rounds",
    "scale": "Size",
    "seamless": "Meet the edge",
    "solver": "Solver",
    "steps": "Steps of the search",
    "strength": "Strength",
    "tolerance": "Stop below",
    "uniformity": "Variety",
}

CHOICES: dict[str, str] = {
    "2": "Twice",
    "4": "Four times",
    "brightness": "Brightness only",
    "closed-form": "Closed form",
    "each": "Each colour",
    "gradient-descent": "Gradient descent",
    "huber": "Less weight (Huber)",
    "least-squares": "As all others",
    "paper": "The paper",
    "picture": "The picture",
    "tukey": "Not at all (Tukey)",
}

STAGES: dict[str, str] = {
    "": "Working",
    "align": "Aligning the copies",
    "done": "Done",
    "fitting": "Fitting surfaces",
    "looking": "Looking at the picture",
    "loading-model": "Loading the model",
    "map-affinities": "Finding neighbours",
    "map-features": "Looking at the pictures",
    "map-ground": "Measuring the map",
    "map-measure": "Measuring the map",
    "map-optimise": "Arranging the pictures",
    "map-place": "Placing the pictures",
    "map-reduce": "Finding the main directions",
    "map-round-trip": "Measuring the map",
    "map-start": "Arranging the pictures",
    "matching": "Finding matching pieces",
    "measuring": "Looking at the mask",
    "racing": "Comparing methods",
    "reading": "Reading the file",
    "repairing": "Repairing",
    "sample": "Making pictures",
    "solving": "Solving equations",
    "writing": "Writing the file",
}

EDITS: dict[str, str] = {
    "opened": "Opened",
    "pasted": "Pasted",
    "brush": "Brush",
    "eraser": "Eraser",
    "rectangle": "Rectangle",
    "ellipse": "Ellipse",
    "lasso": "Lasso",
    "polygon": "Polygon",
    "wand": "Magic wand",
    "restore": "Back to original",
    "donor": "Source area",
    "mask-all": "Mark everything",
    "mask-none": "Clear mask",
    "mask-invert": "Invert mask",
    "mask-grow": "Grow mask",
    "mask-shrink": "Shrink mask",
    "mask-feather": "Feather mask",
    "mask-find": "Find damage",
    "mask-import": "Import mask",
    "mask-reuse": "Reuse mask",
    "donor-clear": "Clear source area",
    "repair": "Repair",
}


_VERBS = {"restore": "Restore", "face": "Restore faces in", "upscale": "Enlarge"}


def _method_text(method_id: str) -> MethodText | None:
    """The texts of a method, also of one that the user added; None for one that is gone."""
    card = None if method_id in METHODS else added_cards().get(method_id)
    if card is None:
        return METHODS.get(method_id)
    help = f"A model that you added. {card.summary}."
    return MethodText(f"{method_id} ({card.config['architecture']})", help, _VERBS.get(card.kind, "Repair"))


def method_title(method_id: str) -> str:
    """The method's name for people; the id for one that is not here any more."""
    text = _method_text(method_id)
    return text.title if text else _BY_RECIPE.get(method_id, method_id)


def method_help(method_id: str) -> str:
    """When to choose the method."""
    text = _method_text(method_id)
    return text.help if text else ""


def button_title(method_id: str, *, count: int | None, is_whole: bool) -> str:
    """What pressing the primary button will do: ``Repair 41 places``, ``Denoise photo``."""
    text = _method_text(method_id)
    verb = text.verb if text else "Repair"
    if is_whole:
        return f"{verb} photo"
    return verb if not count else f"{verb} {places(count)}"


def param_title(name: str) -> str:
    """The parameter's name for people."""
    return PARAMS.get(name) or _words(name)


def choice_title(word: str) -> str:
    """The name of one word of a choice parameter."""
    return CHOICES.get(word) or _words(word)


def stage_title(stage: str) -> str:
    """What the running job does now."""
    return STAGES.get(stage) or _words(stage)


def edit_title(label: str) -> str:
    """The history's name of an edit; repairs are labelled ``repair:METHOD``."""
    kind, _, method = label.partition(":")
    if kind == "repair" and method:
        return f"Repair: {method_title(method)}"
    return EDITS.get(label) or _words(label)


def methods_sentence(methods: Sequence[Mapping[str, Any]]) -> str:
    """Which method did how many places, most first, and anything unusual: what ``auto`` decided."""
    counts = Counter(str(hole.get("method", "")) for hole in methods)
    parts = [f"{places(count)} by {method_title(method)}" for method, count in counts.most_common()]
    missed = [hole["misses"] for hole in methods if isinstance(hole.get("misses"), int | float)]
    parts += [misses_words(max(missed))] if missed else []
    return "; ".join([*parts, *_unusual(str(hole.get("note", "")) for hole in methods)])


def misses_words(misses: float) -> str:
    """How far what a model shows is from the known pixels, 0 to 1."""
    return f"misses the known pixels by {misses:.0%}"


def unusual_sentence(notes: Iterable[str]) -> str:
    """What a person should look at after a repair, from the notes on its holes; empty where all went as usual."""
    parts = _unusual(notes)
    return "; ".join(parts) + "." if parts else ""


def _unusual(notes: Iterable[str]) -> list[str]:
    counts = Counter(in_words(note) for note in notes if note)
    return [f"{places(count)}: {words}" for words, count in counts.most_common()]


def places(count: int) -> str:
    """``1 place``, ``41 places``."""
    return f"{count:,} place" if count == 1 else f"{count:,} places"


def changed_sentence(count: int) -> str:
    """What a repair did to the photo's pixels, in full honesty."""
    return "changed no pixel" if count == 0 else f"changed {count:,} px, nothing else"


def duration(seconds: float) -> str:
    """A remaining time, rounded to what one can feel."""
    if seconds < 1:
        return "under a second"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def _words(identifier: str) -> str:
    words = identifier.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
