"""Changing one picture: pushed along what can change there, or dressed in another's surface. No widgets."""

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject

from genrepair_desktop.app.browser.preview_session import Made, PreviewSession, quickly
from genrepair_desktop.app.browser.studio import Studio
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.generate.gan import GanModel
from genrepair_desktop.generate.manifold import Tangent, tangent
from genrepair_desktop.generate.model import GenerateError, LatentModel, Latents
from genrepair_desktop.jobs.context import RunContext

DIRECTIONS = 6
# in the latents' own deviations: further out the model has learned nothing
FARTHEST = 3.0


class PushSession(PreviewSession):
    """The directions in which the first selected picture changes most, as amounts that can be moved."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(studio, parent)
        self.amounts: tuple[float, ...] = (0.0,) * DIRECTIONS
        self.tangent: Tangent | None = None

    @property
    def is_made(self) -> bool:
        return super().is_made and any(self.amounts)

    def title(self) -> str:
        return f"{self.sources[0].title}, changed"

    def needed(self) -> int:
        return 1

    def hint(self) -> str:
        return "Select one picture to see what can change in it."

    def start(self) -> None:
        self.sources = self.sources[:1]
        self.amounts, self.tangent = (0.0,) * DIRECTIONS, None
        self.show_made(self.sources[0].picture)
        source = self.sources[0]
        if source.latent is None:
            return
        task = partial(_tangent_at, self._studio.models, self.model_id, source.latent)
        watch = Watch(partial(self._on_tangent, source.key), self._studio.tell_error)
        self._studio.desk.ask("tangent", task, watch, title="Finding what can change")

    def make(self, model: LatentModel, question: Latents) -> Made:
        return quickly(model, question)

    def set_amount(self, place: int, amount: float) -> None:
        """Push along the direction at ``place``, to ``FARTHEST`` either way."""
        if self.tangent is None or not 0 <= place < len(self.tangent.directions):
            return
        self.amounts = tuple(amount if i == place else a for i, a in enumerate(self.amounts))
        latent = self.sources[0].latent
        if latent is not None:
            used = self.amounts[: len(self.tangent.directions)]
            pushed = latent + sum(a * d for a, d in zip(used, self.tangent.directions, strict=True))
            self.ask(pushed.astype(latent.dtype))

    def reset(self) -> None:
        """Back to the picture as it was."""
        self.amounts = (0.0,) * DIRECTIONS
        if self.sources:
            self.show_made(self.sources[0].picture)
        self.changed.emit()

    def _on_tangent(self, key: int, found: Tangent) -> None:
        if self.sources and self.sources[0].key == key:
            self.tangent = found
            self.changed.emit()


@dataclass(frozen=True)
class _Mix:
    coarse: Latents
    fine: Latents
    layer: int


class MixSession(PreviewSession):
    """The shape of the first selected picture with the surface of the second, for the style GAN.

    layer   the first that follows the second picture: 0 all of it, ``layers`` nothing
    layers  how many there are; 0 without two pictures of a GAN
    """

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(studio, parent)
        self.layer, self.layers = 0, 0

    def title(self) -> str:
        return f"Shape of {self.sources[0].title}, surface of {self.sources[1].title}"

    def hint(self) -> str:
        return "Select two pictures of a GAN to give one the surface of the other."

    def start(self) -> None:
        self.sources = self.sources[:2]
        config = self._studio.models.card(self.model_id).config
        if config["network"] != "style-generator":
            self.problem, self.sources, self.layers = self.hint(), (), 0
            return
        # one that draws the coarsest shape, and one for each doubling
        layers = 1 + int(config["levels"])
        if layers != self.layers:
            self.layer, self.layers = (layers + 1) // 2, layers
        self._refresh()

    def clear(self) -> None:
        self.layers = 0

    def set_layer(self, layer: int) -> None:
        """Let layers before this one follow the first picture, the others, which draw finer things, the second."""
        if self.sources and 0 <= layer <= self.layers and layer != self.layer:
            self.layer = layer
            self._refresh()
            self.changed.emit()

    def make(self, model: LatentModel, question: _Mix) -> Made:
        if not isinstance(model, GanModel):
            raise GenerateError("Only a style GAN mixes styles: choose pictures of one.")
        return Made(model.mix(question.coarse[None], question.fine[None], question.layer)[0], None)

    def _refresh(self) -> None:
        coarse, fine = (entry.latent for entry in self.sources)
        if coarse is not None and fine is not None:
            self.ask(_Mix(coarse, fine, self.layer))


def _tangent_at(models: GenerativeModels, model_id: str, latent: Latents, ctx: RunContext) -> Tangent:
    ctx.checkpoint(0.0, "looking")
    return tangent(models.open_latent(model_id), latent, directions=DIRECTIONS)
