"""Several fills of the same holes: made one by one, previewed in place, one of them applied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app import texts
from genrepair_desktop.app.editor import repair_work
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.repair_session import Applied, RepairSession
from genrepair_desktop.app.engine_thread import JobDesk, Watch
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.document.document import Change
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.jobs.queue import JobId
from genrepair_desktop.repair.blend import MOST_SEEDS
from genrepair_desktop.repair.catalog import blending_methods, find_method
from genrepair_desktop.repair.recipe import Recipe

_NO_BLEND = "These fills have nothing between them: only those of {} can be blended."


@dataclass(frozen=True)
class Candidate:
    """One fill. ``number`` is what the strip shows; it stays with the fill when others are made."""

    number: int
    outcome: repair_work.Outcome
    is_starred: bool = False

    @property
    def seed(self) -> int:
        """The seed that makes this fill again."""
        return self.outcome.recipe.seed

    @property
    def misses(self) -> float | None:
        """How far what the model shows is from the known pixels, at worst, 0 to 1; None where nobody measures it."""
        return max((hole.misses for hole in self.outcome.holes if hole.misses is not None), default=None)


class CandidatesSession(QObject):
    """The fills of the last repair. The first is the one already in the photo.

    changed          a fill was made, starred, dropped, selected or applied
    preview_changed  ``preview`` are the pixels to show over the photo, or None
    """

    changed = Signal()
    preview_changed = Signal()

    def __init__(self, session: DocumentSession, repair: RepairSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._repair = repair
        self.candidates: tuple[Candidate, ...] = ()
        self.selected: int | None = None
        self.applied: int | None = None
        self.preview: tuple[repair_work.Piece, ...] | None = None
        # seed (below 0 for a blend) -> job of the fills still to come; another dict once they are given up, so that
        # late answers are known
        self._jobs: dict[int, JobId] = {}
        self._next_seed = 0
        self._next_blend = -1
        repair.repaired.connect(self._on_repaired)
        repair.applied_changed.connect(self._on_applied)
        session.changed.connect(self._on_change)

    @property
    def desk(self) -> JobDesk:
        """Who does the work on fills."""
        return self._session.desk

    @property
    def is_making(self) -> bool:
        """True while more fills are to come."""
        return bool(self._jobs)

    @property
    def has_choice(self) -> bool:
        """True when a fill is selected, and so shown, that is not the one in the photo."""
        return self.selected not in (None, self.applied)

    @property
    def waiting(self) -> int:
        """How many fills are still to come."""
        return len(self._jobs)

    def candidate(self, number: int | None) -> Candidate | None:
        """The fill with this number."""
        return next((one for one in self.candidates if one.number == number), None)

    def make(self, count: int) -> None:
        """Make ``count`` more fills, one after the other."""
        applied = self._repair.applied
        if applied is None or applied.outcome.replacement is not None:
            return
        for seed in range(self._next_seed, self._next_seed + count):
            recipe = replace(applied.request.recipe, seed=seed, blend=())
            self._submit(applied, recipe, seed, f"Another fill (seed {seed})")
        self._next_seed += count
        self.changed.emit()

    @property
    def can_blend(self) -> bool:
        """True when the fills are of a method that makes others between them."""
        return len(self.candidates) > 1 and all(_blends(one.outcome) for one in self.candidates)

    def blend(self, shares: Mapping[int, float]) -> None:
        """Make the fill between those with these numbers, each with its share; it is selected once it is there."""
        applied = self._repair.applied
        chosen = [(one, shares[one.number]) for one in self.candidates if shares.get(one.number, 0.0) > 0]
        if applied is None or not chosen:
            return
        if not all(_blends(one.outcome) for one, _ in chosen):
            self._session.tell(
                Notice(_NO_BLEND.format(" or ".join(texts.method_title(m) for m in blending_methods())))
            )
            return
        recipe = replace(applied.request.recipe, **_blended(chosen))
        known = next((one for one in self.candidates if one.outcome.recipe == recipe), None)
        if known is not None:
            self.select(known.number)
            return
        between = ", ".join(str(one.number) for one, _ in chosen)
        self._submit(applied, recipe, self._next_blend, f"The fill between {between}")
        self._next_blend -= 1
        self.changed.emit()

    def _submit(self, applied: Applied, recipe: Recipe, key: int, title: str) -> None:
        """Have a fill made by another recipe; ``key`` is its seed, or below 0 for a blend."""
        request = replace(applied.request, recipe=recipe)
        task = partial(repair_work.repair, request, applied.painted, self._repair.models)
        watch = Watch(
            done=partial(self._on_made, self._jobs, key),
            failed=partial(self._on_failed, self._jobs),
            cancelled=partial(self._on_cancelled, self._jobs, key),
        )
        self._jobs[key] = self._session.desk.submit(task, watch, title=title)

    def more(self) -> None:
        """Drop what is neither starred nor applied, and make new fills in its place."""
        kept = tuple(one for one in self.candidates if one.is_starred or one.number == self.applied)
        self.stop()
        self.candidates, self.selected = kept, None
        self._set_preview(None)
        self.make(self._session.settings.candidates)

    def stop(self) -> None:
        """Make no more; what is there stays."""
        if self._give_up():
            self.changed.emit()

    def hover(self, number: int | None) -> None:
        """Preview a fill while the pointer is on it; None goes back to the selected one."""
        self._show(number if number is not None else self.selected)

    def select(self, number: int | None) -> None:
        """Choose a fill, still without writing it."""
        self.selected = number
        self._show(number)
        self.changed.emit()

    def select_next(self, step: int) -> None:
        """Choose the fill ``step`` places further, round and round."""
        numbers = [one.number for one in self.candidates]
        if numbers:
            current = self.selected if self.selected in numbers else self.applied
            place = numbers.index(current) if current in numbers else 0
            self.select(numbers[(place + step) % len(numbers)])

    def apply(self) -> None:
        """Write the selected fill in place of the one in the photo."""
        chosen = self.candidate(self.selected)
        if chosen is None:
            return
        self.selected, self.applied = None, chosen.number
        self._set_preview(None)
        self._repair.use_outcome(chosen.outcome)
        self.changed.emit()

    def go_back(self) -> None:
        """Esc: first give up the selection, then the fills still to come, then the strip."""
        if self.selected is not None:
            self.select(None)
        elif self._jobs:
            self.stop()
        else:
            self.clear()

    def star(self, number: int) -> None:
        """Keep a fill when more are made; a second time lets it go."""
        self.candidates = tuple(
            replace(one, is_starred=not one.is_starred) if one.number == number else one for one in self.candidates
        )
        self.changed.emit()

    def clear(self) -> None:
        """Forget all fills; the photo keeps the applied one."""
        if not self.candidates and not self._jobs:
            return
        self._give_up()
        self.candidates, self.selected, self.applied = (), None, None
        self._set_preview(None)
        self.changed.emit()

    def pieces(self, candidate: Candidate) -> tuple[repair_work.Piece, ...]:
        """The pixels the photo would show with a fill, at the strength in use."""
        document, applied = self._session.document, self._repair.applied
        if document is None or applied is None:
            return ()
        return repair_work.preview(document.pixels, applied.outcome, candidate.outcome, applied.strength)

    def close_up(self, candidate: Candidate) -> Pixels | None:
        """A cut-out of the photo where the damage is thickest, as a fill would show it."""
        document, applied = self._session.document, self._repair.applied
        if document is None or applied is None:
            return None
        return repair_work.close_up(document.pixels, applied.outcome, candidate.outcome, applied.strength)

    def _show(self, number: int | None) -> None:
        candidate = self.candidate(number)
        is_there_already = candidate is None or candidate.number == self.applied
        self._set_preview(None if candidate is None or is_there_already else self.pieces(candidate))

    def _set_preview(self, pieces: tuple[repair_work.Piece, ...] | None) -> None:
        if pieces is None and self.preview is None:
            return
        self.preview = pieces
        self.preview_changed.emit()

    def _add(self, outcome: repair_work.Outcome) -> int:
        number = max((one.number for one in self.candidates), default=0) + 1
        self.candidates = (*self.candidates, Candidate(number, outcome))
        return number

    def _on_repaired(self) -> None:
        self.clear()
        applied = self._repair.applied
        if applied is None or not _is_seeded(applied.outcome):
            return
        self.applied = self._add(applied.outcome)
        self._next_seed = applied.request.recipe.seed + 1
        self.make(self._session.settings.candidates - 1)

    def _on_made(self, jobs: dict[int, JobId], seed: int, outcome: repair_work.Outcome) -> None:
        if jobs is self._jobs:
            del jobs[seed]
            number = self._add(outcome)
            if seed < 0:
                self.select(number)  # somebody clicked to see it
            self.changed.emit()
            self._stop_at_budget()

    def _stop_at_budget(self) -> None:
        """Large repairs make large fills: no more are made once they take their share of the memory."""
        held = sum(one.outcome.nbytes for one in self.candidates)
        if self._jobs and held > self._session.settings.memory.fills:
            count = len(self.candidates)
            words = f"{count} fills take all the memory there is for them: drop some, or allow more in Preferences."
            self.stop()
            self._session.tell(Notice(words))

    def _on_cancelled(self, jobs: dict[int, JobId], seed: int) -> None:
        """One of them was cancelled in the queue dock."""
        if jobs is self._jobs:
            del jobs[seed]
            self.changed.emit()

    def _on_failed(self, jobs: dict[int, JobId], error: Exception) -> None:
        if jobs is self._jobs:
            self.stop()
            self._session.tell_error(error)

    def _give_up(self) -> bool:
        """Cancel the fills still to come; True if there were any."""
        jobs, self._jobs = self._jobs, {}
        for job in jobs.values():
            self._session.desk.cancel(job)
        return bool(jobs)

    def _on_applied(self) -> None:
        if self._repair.applied is None:
            self.clear()

    def _on_change(self, change: Change) -> None:
        """The user went on to something else: do not keep the engine from it."""
        if change.layer == "mask" and not self._repair.is_replacing:
            self.stop()


def _blends(outcome: repair_work.Outcome) -> bool:
    return find_method(outcome.recipe.method).blends


def _blended(chosen: Sequence[tuple[Candidate, float]]) -> dict[str, Any]:
    """Seed and blend of a recipe between fills; those that are blends themselves are resolved into their seeds."""
    weights: dict[int, float] = {}
    for one, share in chosen:
        parts = one.outcome.recipe.blend or ((one.seed, 1.0),)
        total = sum(weight for _, weight in parts)
        for seed, weight in parts:
            weights[seed] = weights.get(seed, 0.0) + share * weight / total
    strongest = sorted(weights, key=lambda seed: -weights[seed])[:MOST_SEEDS]
    total = sum(weights[seed] for seed in strongest)
    # rounded: the record says exactly what was done
    blend = tuple((seed, max(0.001, round(weights[seed] / total, 3))) for seed in sorted(strongest))
    return {"seed": strongest[0], "blend": blend if len(blend) > 1 else ()}


def _is_seeded(outcome: repair_work.Outcome) -> bool:
    return any(find_method(hole.method).is_seeded for hole in outcome.holes)
