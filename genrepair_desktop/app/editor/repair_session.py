"""The chosen method and the repair at work: starting, cancelling, applying, strength. State without widgets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import cv2
from PySide6.QtCore import QObject, QTimer, Signal

from genrepair_desktop.app import texts
from genrepair_desktop.app.editor import repair_work
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.gradual_edit import GradualEdit
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.document.document import Coverage, Document
from genrepair_desktop.document.edits import Edit, edit_for_new_pixels
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.jobs.queue import JobId, JobProgress
from genrepair_desktop.repair.catalog import all_methods, find_method
from genrepair_desktop.repair.method import MethodSpec
from genrepair_desktop.repair.params import Value
from genrepair_desktop.repair.pipeline import RepairRequest, check
from genrepair_desktop.repair.recipe import Recipe

# how often a finished repair looks whether the stroke that it waits for has ended
_LOOK_AGAIN_MS = 40


@dataclass(frozen=True)
class Applied:
    """The last repair while it is still the newest edit: its strength can be moved, another fill can replace it."""

    request: RepairRequest
    painted: repair_work.Painted
    outcome: repair_work.Outcome
    strength: float
    edit: Edit | None = None
    changed: int = 0


@dataclass(frozen=True)
class Choice:
    """What the panel says: the method, its parameters, and how the fill is laid in."""

    method: str = "auto"
    params: Mapping[str, Value] = field(default_factory=dict)
    seed: int = 0
    grow: int = 0
    grain: float = 1.0
    strength: float = 1.0

    @property
    def recipe(self) -> Recipe:
        """As a recipe at full strength; strength is laid over the result, so that it can still be moved."""
        return Recipe(self.method, dict(self.params), self.seed, self.grow, 1.0, self.grain)


class RepairSession(QObject):
    """Repairs the open document.

    choice_changed   another method, parameter or seed
    running_changed  a repair started or ended, or ``progress`` moved
    applied_changed  ``applied`` is another repair, another form of it, or none
    repaired         a repair that was asked for is in the photo
    methods_changed  models were added or removed, so there are other methods
    """

    choice_changed = Signal()
    running_changed = Signal()
    applied_changed = Signal()
    repaired = Signal()
    methods_changed = Signal()

    def __init__(
        self, session: DocumentSession, models: repair_work.HashedModels, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self.models = models
        stored = session.settings.method
        self.choice = Choice(method=stored if stored in all_methods() else "auto")
        self._params: dict[str, Mapping[str, Value]] = {}
        self._job: JobId | None = None
        self._errand: repair_work.Errand | None = None
        self.progress: JobProgress | None = None
        self.applied: Applied | None = None
        self._is_replacing = False
        self._is_wanted = False
        self._laying: GradualEdit | None = None
        self._wanted: Applied | None = None
        self._next: Applied | None = None
        # True while the user's hand is in the middle of a stroke: a repair that lands now would be part of it
        self.is_hand_busy: Callable[[], bool] = lambda: False
        self._held: Callable[[], None] | None = None
        self._held_timer = QTimer(self, singleShot=True, interval=_LOOK_AGAIN_MS)
        self._held_timer.timeout.connect(self._on_held)
        session.opened.connect(self._on_opened)
        session.history_changed.connect(self._on_history)

    @property
    def spec(self) -> MethodSpec:
        """The chosen method."""
        return find_method(self.choice.method)

    @property
    def is_running(self) -> bool:
        return self._job is not None

    @property
    def is_stopping(self) -> bool:
        """True from a cancel until the running work has noticed it."""
        return self.is_running and not self._is_wanted

    @property
    def is_replacing(self) -> bool:
        """True while the session itself edits the document."""
        return self._is_replacing

    @property
    def working_rects(self) -> tuple[Rect, ...]:
        """The parts of the photo being repaired now."""
        request = self._errand.request if self._errand is not None else None
        return tuple(box.rect for box in request.boxes) if request is not None else ()

    def choose_method(self, method_id: str) -> None:
        """Take another method, with the parameters it last had."""
        if method_id == self.choice.method:
            return
        find_method(method_id)
        self._params[self.choice.method] = self.choice.params
        self._session.settings.method = method_id
        self._choose(replace(self.choice, method=method_id, params=self._params.get(method_id, {})))

    def refresh_methods(self) -> None:
        """Look again at which models are installed; a chosen method that is gone gives way to the automatic one."""
        self.models.refresh()
        if self.choice.method in all_methods():
            self.methods_changed.emit()
            return
        self.choice = replace(self.choice, method="auto", params={})
        self.methods_changed.emit()
        self.choice_changed.emit()

    def choose(
        self,
        *,
        params: Mapping[str, Value] | None = None,
        seed: int | None = None,
        grow: int | None = None,
        grain: float | None = None,
    ) -> None:
        """Change some of the choice; the method stays."""
        now = self.choice
        self._choose(
            replace(
                now,
                params=now.params if params is None else dict(params),
                seed=now.seed if seed is None else seed,
                grow=now.grow if grow is None else grow,
                grain=now.grain if grain is None else grain,
            )
        )

    def repair(self) -> None:
        """Start repairing what is marked (or the whole picture, for methods that treat it)."""
        self.repair_by(self.choice.recipe)

    def repair_by(self, recipe: Recipe, *, coverage: Coverage | None = None, is_whole: bool = False) -> None:
        """The same by another recipe than the chosen one, which stays chosen; ``coverage``: only this part;
        ``is_whole``: the whole photo, whatever is marked."""
        document = self._session.document
        if document is None or self.is_running or self._is_replacing:
            return
        if coverage is None and not is_whole and cv2.countNonZero(document.mask):
            coverage = document.mask
        donor = document.donor if cv2.countNonZero(document.donor) else None
        try:
            check(recipe, is_marked=coverage is not None)
        except GenRepairError as error:
            self._session.tell_error(error)
            return
        asked = repair_work.Asked(recipe, document.snapshot(), document.pixels, coverage, donor)
        self._errand = errand = repair_work.Errand(asked)
        task = partial(repair_work.run_errand, errand, self.models)
        watch = Watch(
            done=partial(self._on_done, document, errand),
            failed=self._on_failed,
            cancelled=self._on_ended,
            progress=self._on_progress,
        )
        self._is_wanted = True
        self._job = self._session.desk.submit(task, watch, title=f"Repairing {self._session.title}")
        self.running_changed.emit()

    def cancel(self) -> None:
        """Stop the running repair; the photo stays as it was."""
        self._is_wanted = False
        if self._job is not None:
            self._session.desk.cancel(self._job)
            self.running_changed.emit()

    def set_strength(self, strength: float) -> None:
        """How much of the repair shows; the last repair, if it is still the newest edit, follows."""
        self.choice = replace(self.choice, strength=strength)
        applied = self.applied
        if applied is not None and applied.outcome.replacement is None and strength != applied.strength:
            self._exchange(replace(applied, strength=strength))

    def use_outcome(self, outcome: repair_work.Outcome) -> None:
        """Put another fill of the same holes in place of the last repair."""
        if self.applied is not None:
            self._exchange(replace(self.applied, outcome=outcome))

    def _exchange(self, wanted: Applied) -> None:
        """Replace the newest edit by another form of the same repair: still one undo step."""
        history = self._session.history
        if history is None:
            return
        if self._laying is not None:
            self._next = wanted  # a slider moves faster than large photos follow: only the newest counts
            return
        self._is_replacing = True
        history.undo()
        self._lay_in(wanted)

    def _lay_in(self, wanted: Applied) -> None:
        """Write a finished repair into the document, in steps; ``_on_laid`` follows, maybe at once."""
        document, history = self._session.document, self._session.history
        if document is None or history is None:
            return
        self._is_replacing, self._wanted = True, wanted
        replacement = wanted.outcome.replacement
        if replacement is not None:
            label = f"repair:{wanted.outcome.recipe.method}"
            edit = edit_for_new_pixels(replacement, label=label, recipe=wanted.outcome.values)
            history.push(edit)
            self._on_laid(edit, replacement.shape[0] * replacement.shape[1])
            return
        self._laying = GradualEdit(
            document, wanted.request, wanted.outcome, strength=wanted.strength,
            keeps_mask=wanted.painted.coverage is None, parent=self,
        )  # fmt: skip
        self._laying.finished.connect(self._on_laid)
        self._laying.start()

    def _on_laid(self, edit: Edit | None, changed: int) -> None:
        if self._laying is not None:
            self._laying.deleteLater()
            self._laying = None
            self._session.push_applied(edit)
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            return
        is_new = self.applied is None or self.applied.request is not wanted.request
        self.applied = None if edit is None else replace(wanted, edit=edit, changed=changed)
        self._is_replacing = False
        self._on_ended()
        following, self._next = self._next, None
        if following is not None and self.applied is not None:
            self._exchange(following)
            return
        self.applied_changed.emit()
        if is_new:
            if changed == 0:
                self._session.tell(Notice("The repair changed nothing: the photo already looks like that there."))
            elif unusual := texts.unusual_sentence(hole.note for hole in wanted.outcome.holes):
                self._session.tell(Notice(unusual))
            self.repaired.emit()

    def _on_done(
        self,
        document: Document,
        errand: repair_work.Errand,
        outcome: repair_work.Outcome,
    ) -> None:
        request, painted = errand.request, errand.painted
        if not self._is_wanted or document is not self._session.document or request is None or painted is None:
            self._on_ended()  # finished in the moment it was cancelled, or for a photo that was closed
        elif self.is_hand_busy():
            self._held = partial(self._on_done, document, errand, outcome)
            self._held_timer.start()
        else:
            self._remember_mask()
            self._lay_in(Applied(request, painted, outcome, self.choice.strength))

    def _on_held(self) -> None:
        """Try again to lay in a repair that finished during a stroke."""
        held, self._held = self._held, None
        if held is not None:
            held()

    def _on_failed(self, error: Exception) -> None:
        self._on_ended()
        self._session.tell_error(error)

    def _on_ended(self) -> None:
        self._job, self._errand, self.progress = None, None, None
        self.running_changed.emit()

    def _remember_mask(self) -> None:
        """What was painted can be brought back as soon as the engine thread has copied it."""
        painted = self._errand.painted if self._errand is not None else None
        is_new = painted is not None and painted.coverage is not self._session.last_mask
        if self._is_wanted and is_new and painted is not None and painted.coverage is not None:
            self._session.remember_mask(painted.coverage)

    def _on_progress(self, progress: JobProgress) -> None:
        self.progress = progress
        self._remember_mask()
        self.running_changed.emit()

    def _on_opened(self) -> None:
        self.cancel()
        if self._laying is not None:
            self._laying.stop()
            self._laying.deleteLater()
            self._on_ended()
        self._laying, self._wanted, self._next, self._is_replacing = None, None, None, False
        self._forget()

    def _on_history(self) -> None:
        """A repair that is not the newest edit any more keeps its strength."""
        history = self._session.history
        if self._is_replacing or self.applied is None or history is None:
            return
        if history.index == 0 or history.entries[history.index - 1] is not self.applied.edit:
            self._forget()

    def _forget(self) -> None:
        if self.applied is not None:
            self.applied = None
            self.applied_changed.emit()

    def _choose(self, choice: Choice) -> None:
        self.choice = choice
        self.choice_changed.emit()
