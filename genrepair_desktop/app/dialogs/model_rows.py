"""The commands about models: train one, manage those installed."""

from genrepair_desktop.app.commands import Command

MODELS: tuple[Command, ...] = (
    Command(
        "models.train",
        "Train a model…",
        lambda w: w.dialogs.train(),
        help="Teaches a model your own photographs; goes on when the window is closed",
    ),
    Command(
        "models.manage",
        "Models…",
        lambda w: w.dialogs.models(),
        help="What is installed, and adding models made by other people",
    ),
)
# where they stand
MENU: tuple[str | None, ...] = ("models.train", "models.manage")
