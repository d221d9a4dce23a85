"""Which models are installed: folders with a card and weights. Never imports torch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.paths import shipped_models_dir, user_models_dir
from genrepair_desktop.registry.card import CARD_FILE, ModelCard, read_card


class UnknownModelError(GenRepairError):
    """No model of this id is installed."""


@dataclass(frozen=True)
class InstalledModel:
    """A card and the folder it lies in."""

    card: ModelCard
    folder: Path


@dataclass(frozen=True)
class BrokenModel:
    """A folder that looks like a model and is none; ``reason`` is a sentence fit to be shown."""

    folder: Path
    reason: str


# what a card's file was when it was read, and the card: three stores are looked through again and again, and
# fifteen cards take 15 ms of the window's thread to read
_known_cards: dict[Path, tuple[tuple[int, int, int], ModelCard]] = {}


class ModelStore:
    """Models of several folders. A model in a later folder takes the place of one with the same id."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._found: dict[str, InstalledModel] = {}
        self._broken: list[BrokenModel] = []
        self.refresh()

    @classmethod
    def installed(cls) -> "ModelStore":
        """What ships with the program, and the user's own, which come first in use."""
        return cls((shipped_models_dir(), user_models_dir()))

    def refresh(self) -> None:
        """Look at the folders again. A damaged card hides only its own model."""
        found: dict[str, InstalledModel] = {}
        broken: list[BrokenModel] = []
        for folder in self._model_folders():
            try:
                card = _card_of(folder)
            except GenRepairError as error:
                broken.append(BrokenModel(folder, str(error)))
                continue
            found[card.id] = InstalledModel(card, folder)
        # at once: another thread may be asking
        self._found, self._broken = found, broken

    def models(self) -> tuple[InstalledModel, ...]:
        """All models with a readable card, by id."""
        return tuple(self._found[key] for key in sorted(self._found))

    def broken(self) -> tuple[BrokenModel, ...]:
        """Folders whose card cannot be read."""
        return tuple(self._broken)

    def get(self, model_id: str) -> InstalledModel:
        """One model.

        Raises:
            UnknownModelError: it is not installed, or its card is damaged.
        """
        if model_id not in self._found:
            raise UnknownModelError(
                f"The model {model_id!r} is not installed: choose another method or add the model."
            )
        return self._found[model_id]

    def has(self, model_id: str) -> bool:
        """True when the model's card is sound and its weights file has the size the card says."""
        model = self._found.get(model_id)
        if model is None:
            return False
        weights = model.folder / model.card.weights_file
        return weights.is_file() and weights.stat().st_size == model.card.weights.bytes

    def _model_folders(self) -> Iterator[Path]:
        for place in self._folders:
            if place.is_dir():
                yield from (f for f in sorted(place.iterdir()) if (f / CARD_FILE).is_file())


def _card_of(folder: Path) -> ModelCard:
    """The card in a model's folder, read anew when its file is another one.

    Raises:
        OpenError, CardError: as ``read_card``.
    """
    path = folder / CARD_FILE
    try:
        now = path.stat()
    except OSError:
        return read_card(folder)
    state = (now.st_mtime_ns, now.st_size, now.st_ino)
    known = _known_cards.get(path)
    if known is None or known[0] != state:
        known = _known_cards[path] = (state, read_card(folder))
    return known[1]
