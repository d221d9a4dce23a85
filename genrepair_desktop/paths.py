"""Where the program's files lie: what ships with it, and what belongs to the user.

Every folder can be moved with an environment variable, which tests and managed installations use.
"""

import os
from pathlib import Path

from platformdirs import user_data_path, user_log_path

_PACKAGE = Path(__file__).resolve().parent
APP_NAME = "GenRepair"


def _shipped(name: str) -> Path:
    """A folder that travels with the program: inside the package in a wheel, beside it in a checkout."""
    inside = _PACKAGE / f"_{name}"
    return inside if inside.is_dir() else _PACKAGE.parent / name


def resources_dir() -> Path:
    """Icons, theme, translations and sample photos (read-only)."""
    return Path(os.environ.get("GENREPAIR_RESOURCES") or _shipped("resources"))


def shipped_models_dir() -> Path:
    """The trained models that come with the program (read-only)."""
    return Path(os.environ.get("GENREPAIR_MODELS") or _shipped("models"))


def user_data_dir() -> Path:
    """The user's own models, autosaves and caches. Not created here."""
    return Path(os.environ.get("GENREPAIR_DATA") or user_data_path(APP_NAME, appauthor=False))


def user_models_dir() -> Path:
    """Models that the user trained or added."""
    return user_data_dir() / "models"


def trainings_dir() -> Path:
    """One folder for each training that was started from the window."""
    return user_data_dir() / "trainings"


def autosave_dir() -> Path:
    """Recovery journals of open documents."""
    return user_data_dir() / "recovery"


def log_dir() -> Path:
    """Log files."""
    moved = os.environ.get("GENREPAIR_DATA")
    return Path(moved) / "logs" if moved else user_log_path(APP_NAME, appauthor=False)
