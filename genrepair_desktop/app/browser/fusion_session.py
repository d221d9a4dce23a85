"""Several pictures into one: by weights, or part by part. State without widgets."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QObject

from genrepair_desktop.app.browser.preview_session import Made, PreviewSession, quickly
from genrepair_desktop.app.browser.sample_work import stacked
from genrepair_desktop.app.browser.shelf import NO_KEY, Entry, Picture
from genrepair_desktop.app.browser.studio import Studio
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.generate.fusion import (
    FACE_PARTS,
    blend_latents,
    brush_stroke,
    collage,
    face_part,
    fuse_parts,
    in_first_tones,
    painted_over,
)
from genrepair_desktop.generate.model import LatentModel, Latents
from genrepair_desktop.jobs.context import RunContext

# radius of the brush as a share of the face's side: at first, and from least to most
_BRUSH, _BRUSHES = 0.1, (0.03, 0.3)


@dataclass(frozen=True)
class _Blend:
    latents: Latents
    weights: tuple[float, ...]


class FusionSession(PreviewSession):
    """A weighted mean on the manifold, its picture following every slider."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(studio, parent)
        self.weights: tuple[float, ...] = ()

    def hint(self) -> str:
        return "Select two or more pictures in the gallery (Ctrl and click) to fuse them."

    def title(self) -> str:
        return f"Fusion of {len(self.sources)} pictures"

    def start(self) -> None:
        self.weights = (1.0,) * len(self.sources)
        self._refresh()

    def clear(self) -> None:
        self.weights = ()

    def set_weight(self, place: int, weight: float) -> None:
        """How much of the source at ``place`` there is, from 0 on; only the ratios count."""
        if 0 <= place < len(self.weights) and weight != self.weights[place]:
            self.weights = tuple(weight if i == place else w for i, w in enumerate(self.weights))
            self._refresh()
            self.changed.emit()

    @property
    def shares(self) -> tuple[float, ...]:
        """The weights as shares of 1; all 0 while every weight is."""
        total = sum(self.weights)
        return tuple(w / total if total > 0 else 0.0 for w in self.weights)

    def make(self, model: LatentModel, question: _Blend) -> Made:
        mixed = blend_latents(question.latents, question.weights, is_spherical=model.is_spherical)
        return quickly(model, mixed)

    def _refresh(self) -> None:
        if sum(self.weights) > 0:
            self.ask(_Blend(stacked(self.sources)[1], self.weights))
        else:
            self.show_made(None)


class PartsSession(PreviewSession):
    """These eyes, that mouth: a collage at once, and one picture of the model once it is asked for."""

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(studio, parent)
        self.chosen: dict[str, int] = {}
        # which source the brush paints with, and its radius as a share of the side
        self.brush_source, self.brush = 1, _BRUSH
        self._painted: list[np.ndarray] = []
        self._toned: np.ndarray | None = None
        self._is_searching = False

    @property
    def has_paint(self) -> bool:
        """True when something was painted by hand."""
        return any(painted.any() for painted in self._painted)

    @property
    def collage(self) -> Picture | None:
        """The parts laid over each other, before the model has brought them together."""
        return self.preview

    @property
    def is_searching(self) -> bool:
        return self._is_searching

    def title(self) -> str:
        return f"Parts of {len(self.sources)} faces"

    def hint(self) -> str:
        return "Select two or more portraits to take the eyes of one and the mouth of another."

    def start(self) -> None:
        """The first picture is the ground; each other gives one part, in turn."""
        others = range(1, len(self.sources))
        self.chosen = {part: others[i % len(others)] for i, part in enumerate(FACE_PARTS)}
        side = self.sources[0].side
        self._painted = [np.zeros((side, side), np.float32) for _ in self.sources]
        self.brush_source, self._toned = 1, None
        self._show_collage()

    def paint_with(self, place: int) -> None:
        """Let the brush show the source at ``place``; 0 is the ground."""
        if place != self.brush_source and 0 <= place < len(self.sources):
            self.brush_source = place
            self.changed.emit()

    def set_brush(self, radius: float) -> None:
        """The brush's radius as a share of the side."""
        self.brush = min(max(radius, _BRUSHES[0]), _BRUSHES[1])
        self.changed.emit()

    def paint(self, x: float, y: float, *, is_erasing: bool = False) -> None:
        """One dab of the brush at a place of the face, 0 to 1 across and down; erasing takes all paint away there."""
        if not self.sources or self._is_searching:
            return
        had_paint = self.has_paint
        for place, painted in enumerate(self._painted):
            takes = is_erasing or place != self.brush_source
            self._painted[place] = brush_stroke(painted, x, y, self.brush, is_erasing=takes)
        self._show_collage()
        if self.has_paint != had_paint:
            self.changed.emit()

    def clear_paint(self) -> None:
        """Take all paint away; the chosen parts stay."""
        if not self.sources:
            return
        self._painted = [np.zeros_like(painted) for painted in self._painted]
        self._show_collage()
        self.changed.emit()

    def choose(self, part: str, place: int) -> None:
        """Take a part of the face from the source at ``place``; 0 is the ground itself."""
        if self.chosen.get(part) != place and 0 <= place < len(self.sources):
            self.chosen[part] = place
            self._show_collage()
            self.changed.emit()

    def fuse(self) -> None:
        """Search the picture of the model that agrees with the collage; it comes to the shelf."""
        if not self.sources or self._is_searching:
            return
        self._is_searching = True
        task = partial(_fused_parts, self._studio.models, self.model_id, self._pictures(), self._parts())
        watch = Watch(partial(self._on_fused, self.model_id), self._on_failed_search, self._on_ended)
        self._studio.desk.submit(task, watch, title="Fusing parts of faces")
        self.changed.emit()

    def _pictures(self) -> np.ndarray:
        """The sources, the later ones in the tones of the first: a grey mouth does not suit a coloured face."""
        if self._toned is None:
            self._toned = in_first_tones([entry.picture for entry in self.sources])
        return self._toned

    def _parts(self) -> list[np.ndarray]:
        side = self.sources[0].picture.shape[0]
        parts = [np.zeros((side, side), np.float32) for _ in self.sources]
        for part, place in self.chosen.items():
            # the ground is everywhere that nobody else claims; a claim of its own would wash its neighbours out
            if place > 0:
                parts[place] = np.maximum(parts[place], face_part(part, side))
        return painted_over(parts, self._painted)

    def _show_collage(self) -> None:
        try:
            made, _ = collage(self._pictures(), self._parts())
        except GenRepairError as error:
            self._studio.tell_error(error)
            return
        self.show_made(np.ascontiguousarray(np.clip(made, 0, 1), np.float32))

    def _on_fused(self, model_id: str, found: tuple[Picture, Latents]) -> None:
        picture, latent = found
        keys = self._studio.shelf.add([Entry(NO_KEY, "generated", model_id, picture, latent, "Parts of faces")])
        self._on_ended()
        self._studio.tell("The fused face is in the gallery, as its last picture.")
        self._studio.shelf.hover(keys[0])

    def _on_failed_search(self, error: Exception) -> None:
        self._on_ended()
        self._studio.tell_error(error)

    def _on_ended(self) -> None:
        self._is_searching = False
        self.changed.emit()


def _fused_parts(
    models: GenerativeModels, model_id: str, pictures: np.ndarray, parts: list[np.ndarray], ctx: RunContext
) -> tuple[Picture, Latents]:
    return fuse_parts(models.open_latent(model_id), pictures, parts, ctx)
