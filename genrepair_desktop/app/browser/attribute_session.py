"""Pushing a picture along what tells two groups of pictures apart, such as smiling ones and others. No widgets."""

from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.browser.bookmark_file import clean_name
from genrepair_desktop.app.browser.direction_file import MOST_DIRECTIONS, Direction, from_values, values_of
from genrepair_desktop.app.browser.preview_session import Made, PreviewSession, quickly
from genrepair_desktop.app.browser.sample_work import stacked
from genrepair_desktop.app.browser.studio import Studio
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.generate.attributes import attribute_direction
from genrepair_desktop.generate.fusion import move_along
from genrepair_desktop.generate.model import LatentModel, Latents
from genrepair_desktop.jobs.context import RunContext

Side: TypeAlias = Literal["with", "without"]
SIDES: tuple[Side, ...] = ("with", "without")
LETTERS: dict[Side, str] = {"with": "A", "without": "B"}
# in distances between the two groups: further out the model has seen nothing
FARTHEST = 2.0
# among the extras of a project
EXTRA = "attribute-directions"


@dataclass(frozen=True, eq=False)
class Group:
    """Pictures that were marked. ``latents`` (n, d) of ``model_id``: they outlive the pictures' place on the shelf."""

    model_id: str
    latents: Latents


@dataclass(frozen=True)
class _Push:
    latent: Latents
    step: Latents
    amount: float


class AttributeSession(PreviewSession):
    """Two groups, the directions that were kept of such, and how far the first selected picture is pushed.

    directions_changed  other groups, other kept directions, or another one is chosen
    """

    directions_changed = Signal()

    def __init__(self, studio: Studio, photo: DocumentSession, parent: QObject | None = None) -> None:
        super().__init__(studio, parent)
        self.groups: dict[Side, Group] = {}
        self.named: tuple[Direction, ...] = ()
        # the name of a kept direction; "" means the one between the groups
        self.chosen = ""
        self.amount = 0.0
        self._between: Direction | None = None
        self._is_looking = False
        self._photo = photo
        photo.extras_changed.connect(self._on_extras)
        self._on_extras()

    @property
    def is_made(self) -> bool:
        return super().is_made and self.amount != 0 and self.latent is not None

    @property
    def direction(self) -> Direction | None:
        """What the picture is pushed along; None while there is nothing to push it along."""
        if self.chosen:
            return next((one for one in self.named if one.name == self.chosen), None)
        return self._between

    @property
    def obstacle(self) -> str:
        """Why nothing can be pushed now, and what to do; empty when it can."""
        if self.direction is None:
            return self._missing()
        if self.problem:
            return self.problem
        if self.direction.model_id != self.model_id:
            return f"This direction was found in {self.direction.model_id}: select a picture of that model to push."
        return ""

    def title(self) -> str:
        name = self.chosen or "group A against B"
        return f"{self.sources[0].title}, {self.amount:+.1f} × {name}"

    def needed(self) -> int:
        return 1

    def hint(self) -> str:
        return "Now select the picture to push: a sample, or your own."

    def start(self) -> None:
        self.sources = self.sources[:1]
        self.show_made(self.sources[0].picture)
        self._refresh()

    def make(self, model: LatentModel, question: _Push) -> Made:
        return quickly(model, move_along(question.latent, question.step, question.amount))

    def mark(self, side: Side) -> None:
        """Let the selected pictures be one of the two groups."""
        try:
            model_id, latents = stacked(self._studio.shelf.selected_entries())
        except GenRepairError as error:
            self._studio.tell_error(error)
            return
        self.groups[side] = Group(model_id, latents)
        self.chosen = ""
        self._look()
        self._on_direction()

    def told(self, side: Side) -> str:
        """What has been marked as one side and what comes next, for those who do not see the tab."""
        group = self.groups.get(side)
        count = 0 if group is None else len(group.latents)
        marked = "1 picture is" if count == 1 else f"{count:,} pictures are"
        is_done = all(one in self.groups for one in SIDES) and (self._is_looking or self.direction is not None)
        next_step = f"{self.hint()} The tab Attribute pushes it." if is_done else self._missing()
        return f"{marked} group {LETTERS[side]}. {next_step}"

    def choose(self, name: str) -> None:
        """Push along a kept direction; "": along that between the groups."""
        if name != self.chosen and (not name or any(one.name == name for one in self.named)):
            self.chosen = name
            self._on_direction()

    def set_amount(self, amount: float) -> None:
        """Push so far, in distances between the groups, up to ``FARTHEST`` either way."""
        held = max(-FARTHEST, min(amount, FARTHEST))
        if held != self.amount:
            self.amount = held
            self._refresh()
            self.changed.emit()

    def keep(self, name: str) -> None:
        """Keep the direction under a name, in place of one of that name; it travels in the open photo's project."""
        found, cleaned = self.direction, clean_name(name)
        if found is None or not cleaned:
            return
        others = tuple(one for one in self.named if one.name != cleaned)
        if len(others) >= MOST_DIRECTIONS:
            self._studio.tell(f"{MOST_DIRECTIONS} directions are kept already: forget one first.")
            return
        self.named = (*others, Direction(cleaned, found.model_id, found.step))
        self.chosen = cleaned
        self._on_kept()

    def forget(self) -> None:
        """Forget the kept direction that is chosen."""
        self.named = tuple(one for one in self.named if one.name != self.chosen)
        self.chosen = ""
        self._on_kept()

    def _look(self) -> None:
        """Find what tells the groups apart, on the engine: what that takes has to be loaded first."""
        self._between, self._is_looking = None, False
        with_it, without_it = (self.groups.get(side) for side in SIDES)
        if with_it is None or without_it is None or with_it.model_id != without_it.model_id:
            return
        self._is_looking = True
        task = partial(_direction, with_it, without_it)
        watch = Watch(partial(self._on_found, dict(self.groups)), partial(self._on_not_found, dict(self.groups)))
        self._studio.desk.ask("attribute", task, watch, title="Finding what tells the groups apart")

    def _on_found(self, groups: dict[Side, Group], found: Direction | None) -> None:
        if groups == self.groups:
            self._between, self._is_looking = found, False
            self._on_direction()

    def _on_not_found(self, groups: dict[Side, Group], error: Exception) -> None:
        self._on_found(groups, None)
        self._studio.tell_error(error)

    def _missing(self) -> str:
        marked = [side for side in SIDES if side in self.groups]
        if not marked:
            return (
                "Select pictures that have something in common (a smile), by the lasso on the map or in the gallery, "
                "and mark them as group A; then some that lack it as group B."
            )
        if len(marked) == 1:
            missing: Side = "with" if "without" in self.groups else "without"
            what = "pictures that lack it" if missing == "without" else "pictures that have it"
            return f"Now select {what}, and mark them as group {LETTERS[missing]}."
        if self.groups["with"].model_id != self.groups["without"].model_id:
            return "The two groups are of different models: mark pictures of one model."
        if self._is_looking:
            return "Finding what tells the groups apart…"
        return "Both groups are the same: mark other pictures as one of them."

    def _refresh(self) -> None:
        found = self.direction
        if not self.sources or found is None or found.model_id != self.model_id:
            return
        latent = self.sources[0].latent
        if latent is not None and self.amount:
            self.ask(_Push(latent, found.step, self.amount))
        else:
            self._worker.drop()
            self.show_made(self.sources[0].picture)

    def _on_direction(self) -> None:
        self._refresh()
        self.directions_changed.emit()
        self.changed.emit()

    def _on_kept(self) -> None:
        self._photo.keep_extra(EXTRA, values_of(self.named), is_unsaved=True)
        self._on_direction()

    def _on_extras(self) -> None:
        """A project shows its own directions; a photo without any leaves those of the session."""
        values = self._photo.extras.get(EXTRA)
        if values is not None:
            self.named = from_values(values)
            if all(one.name != self.chosen for one in self.named):
                self.chosen = ""
            self._on_direction()


def _direction(with_it: Group, without_it: Group, ctx: RunContext) -> Direction | None:
    """From one group to the other; None where nothing tells them apart, as the tab then says."""
    ctx.checkpoint(0.0, "looking")
    try:
        return Direction("", with_it.model_id, attribute_direction(with_it.latents, without_it.latents))
    except GenRepairError:
        return None
