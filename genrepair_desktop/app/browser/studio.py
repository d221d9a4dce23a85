"""What the sessions of the Samples workspace share: the shelf, the models, who does their work, who hears of it."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.browser.shelf import Shelf
from genrepair_desktop.app.engine_thread import JobDesk
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.generate.catalog import GenerativeModels

# the networks' kinds as people know them
_KINDS = {
    "conv-vae": "VAE",
    "style-generator": "GAN",
    "pixel-rnn": "pixel RNN",
    "portrait-rnn": "pixel RNN",
    "manifold-ae": "manifold",
}


@dataclass(frozen=True)
class ModelFacts:
    """An installed generative model, as far as its card tells.

    classes  how many classes can be asked for; 0 for none
    """

    id: str
    title: str
    summary: str
    kind: str
    classes: int


class Studio(QObject):
    """Holds what every session needs.

    desk     the engine: sampling, encoding, searching, writing; its jobs show in the queue. Previews while a slider
             moves do not go there: they would wait behind a sampling of minutes (see ``map_latest.LatestWorker``)
    noticed  something to tell the user; carries a ``Notice``
    """

    noticed = Signal(object)

    def __init__(
        self, desk: JobDesk, models: GenerativeModels, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.desk, self.models, self.settings = desk, models, settings
        # the gallery keeps twice as many: it shows them larger, and more of them
        self.shelf = Shelf(self, lambda: settings.memory.thumbnails // 3)

    def facts(self) -> tuple[ModelFacts, ...]:
        """The generative models that are installed now."""
        self.models.refresh()
        return tuple(self._facts(model_id) for model_id in self.models.ids())

    def tell(self, text: str) -> None:
        """Put a sentence into the bar above the gallery."""
        self.noticed.emit(Notice(text))

    def tell_error(self, error: Exception) -> None:
        """Tell an expected error in its own words, any other as a fault that cost nothing."""
        if isinstance(error, GenRepairError):
            self.noticed.emit(Notice(str(error), "error"))
        else:
            said = f"That did not work: {type(error).__name__}: {error}. The gallery is as it was."
            self.noticed.emit(Notice(said, "error"))

    def _facts(self, model_id: str) -> ModelFacts:
        card = self.models.card(model_id)
        network = str(card.config["network"])
        return ModelFacts(
            model_id,
            model_title(model_id, network),
            card.summary,
            network,
            int(card.config.get("classes", 0)),
        )


def model_title(model_id: str, network: str) -> str:
    """``gan-portraits`` as "Portraits (GAN)"; a user's own model keeps its id."""
    kind = _KINDS.get(network, network)
    known = {*kind.lower().split(), *network.split("-")}
    words = [word for word in model_id.split("-") if word not in known]
    if not words:
        return f"{model_id} ({kind})"
    subject = " ".join(words)
    return f"{subject[:1].upper()}{subject[1:]} ({kind})"
