"""Any order of painting, repairing, undo, redo, save, reopen and crash shows the pixels a plain model says."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import (
    Edit,
    GroupEdit,
    StrokeRecorder,
    edit_for_new_pixels,
    edit_from_patch,
    edit_from_pieces,
)
from genrepair_desktop.document.history import History
from genrepair_desktop.document.keeper import Keeper
from genrepair_desktop.document.project_file import ProjectCapture, capture, load_project, save_project
from genrepair_desktop.document.recovery import find_recoverable, recover
from genrepair_desktop.imaging.geometry import Rect
from tests.faults import LONG

# (pixels, mask, donor, the photo as it was opened or last resized)
State = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
places = st.tuples(st.floats(0, 0.95), st.floats(0, 0.95), st.integers(1, 300), st.integers(1, 300))


class Photo(RuleBasedStateMachine):
    """The model keeps every state whole, as no program could afford to."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.seed = 0

    @initialize(
        size=st.tuples(st.integers(1, 600), st.integers(1, 600)),
        channels=st.integers(1, 4),
        deep=st.booleans(),
    )
    def open(self, size: tuple[int, int], channels: int, deep: bool) -> None:
        kind = np.uint16 if deep else np.uint8
        pixels = self.noise((size[0], size[1], channels), kind)
        empty = np.zeros(size, np.uint8)
        self.states: list[State] = [(pixels.copy(), empty, empty, pixels.copy())]
        self.now = 0
        self.saved: int | None = 0
        self.capture: tuple[ProjectCapture, State] | None = None
        self.document = Document(pixels)
        self.history = History(self.document)
        self.keep()

    def noise(self, shape: tuple[int, ...], kind: type) -> np.ndarray:
        self.seed += 1
        return np.random.default_rng(self.seed).integers(0, np.iinfo(kind).max, shape, dtype=kind, endpoint=True)

    def keep(self) -> None:
        self.keeper = Keeper(self.folder / "recovery", self.document, self.history, "photo")

    def rect(self, place: tuple[float, float, int, int]) -> Rect:
        h, w = self.document.mask.shape
        x, y = int(place[0] * w), int(place[1] * h)
        return Rect(x, y, min(place[2], w - x), min(place[3], h - y))

    def done(self, state: State) -> None:
        """The model's side of a pushed edit."""
        if all(np.array_equal(one, other) for one, other in zip(state, self.states[self.now], strict=True)):
            return
        if self.saved is not None and self.saved > self.now:
            self.saved = None
        self.states = [*self.states[: self.now + 1], state]
        self.now += 1

    def push(self, edit: Edit | None, state: State) -> None:
        if edit is not None:
            self.history.push(edit)
        self.done(state)

    @rule(place=places, layer=st.sampled_from(["mask", "donor"]), soft=st.booleans(), second=places)
    def paint(self, place, layer, soft, second) -> None:
        state = [array.copy() for array in self.states[self.now]]
        recorder = StrokeRecorder(self.document, layer)
        for rect in (self.rect(place), self.rect(second)):
            value = self.noise((rect.h, rect.w), np.uint8) if soft else np.full((rect.h, rect.w), 255, np.uint8)
            recorder.paint(rect, lambda block, value=value: np.maximum(block, value))
            part = state[1 if layer == "mask" else 2][rect.slices]
            np.maximum(part, value, out=part)
        stroke = recorder.finish("brush")
        if stroke is not None:
            self.history.push_applied(stroke)
        self.done((state[0], state[1], state[2], state[3]))

    @rule(place=places)
    def abandon_a_stroke(self, place) -> None:
        recorder = StrokeRecorder(self.document, "mask")
        recorder.paint(self.rect(place), lambda block: 255 - block)
        recorder.abandon()

    @rule(place=places, second=places)
    def repair(self, place, second) -> None:
        """As a repair does: new pixels in some places, and the mask emptied there, as one step."""
        pixels, mask, donor, opened = (array.copy() for array in self.states[self.now])
        pieces = []
        for rect in (self.rect(place), self.rect(second)):
            patch = self.noise((rect.h, rect.w, pixels.shape[2]), pixels.dtype.type)
            pieces.append((rect, patch))
            pixels[rect.slices] = patch
        first = pieces[0][0]
        mask[first.slices] = 0
        zero = np.zeros((first.h, first.w), np.uint8)
        parts = [
            edit_from_pieces(self.document, "pixels", pieces, label="repair"),
            edit_from_patch(self.document, "mask", first, zero, label="clear"),
        ]
        found = tuple(part for part in parts if part is not None)
        self.push(GroupEdit("repair", found, {"seed": self.seed}) if found else None, (pixels, mask, donor, opened))

    @precondition(lambda self: self.document.pixels.size < 400_000)
    @rule(axis=st.integers(0, 1))
    def enlarge(self, axis) -> None:
        pixels = np.repeat(self.states[self.now][0], 2, axis=axis)
        empty = np.zeros(pixels.shape[:2], np.uint8)
        self.push(edit_for_new_pixels(pixels.copy(), label="upscale"), (pixels, empty, empty, pixels))

    @rule()
    def undo(self) -> None:
        self.history.undo()
        self.now = max(0, self.now - 1)

    @rule()
    def redo(self) -> None:
        self.history.redo()
        self.now = min(len(self.states) - 1, self.now + 1)

    @rule(share=st.floats(0, 1))
    def jump(self, share) -> None:
        self.now = round(share * (len(self.states) - 1))
        self.history.jump(self.now)

    @rule()
    def begin_a_save(self) -> None:
        """On the engine's thread a save is written later, while the user goes on."""
        self.capture = (capture(self.document, self.history), self.states[self.now])

    @precondition(lambda self: self.capture is not None)
    @rule()
    def end_a_save(self) -> None:
        assert self.capture is not None
        kept, state = self.capture
        self.capture = None
        save_project(self.folder / "later.genrepair", kept)
        project = load_project(self.folder / "later.genrepair")
        self.same(project.document, state)

    @rule()
    def save(self) -> None:
        save_project(self.folder / "work.genrepair", capture(self.document, self.history))
        self.history.mark_clean()
        self.saved = self.now

    @precondition(lambda self: (self.folder / "work.genrepair").exists() and self.saved == self.now)
    @rule()
    def close_and_reopen(self) -> None:
        self.keeper.close()
        project = load_project(self.folder / "work.genrepair")
        self.document, self.history = project.document, project.history
        self.keep()

    @rule()
    def crash_and_recover(self) -> None:
        self.keeper.close(discard=False)
        entries = find_recoverable(self.folder / "recovery")
        assert len(entries) == 1
        found = recover(entries[0])
        self.document, self.history = found.document, found.history
        self.saved = None
        self.keeper = Keeper(self.folder / "recovery", self.document, self.history, "photo", on_kept=found.discard)

    @rule()
    def rescue(self) -> None:
        self.keeper.rescue()

    @invariant()
    def the_document_is_as_the_model_says(self) -> None:
        if not hasattr(self, "states"):
            return
        self.same(self.document, self.states[self.now])
        assert self.history.index == self.now
        assert len(self.history.entries) == len(self.states) - 1
        assert self.history.is_clean == (self.saved == self.now)

    def same(self, document: Document, state: State) -> None:
        pixels, mask, donor, opened = state
        assert document.pixels.dtype == pixels.dtype
        assert np.array_equal(document.pixels, pixels)
        assert np.array_equal(document.mask, mask)
        assert np.array_equal(document.donor, donor)
        assert np.array_equal(document.opened(document.bounds), opened)

    def teardown(self) -> None:
        if hasattr(self, "keeper"):
            self.keeper.close()
            assert find_recoverable(self.folder / "recovery") == []
        shutil.rmtree(self.folder)


class PhotoAtLength(Photo):
    """The same, as often as hundreds of examples."""


_QUICK = settings(max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
TestPhoto = Photo.TestCase
TestPhoto.settings = _QUICK
TestPhotoAtLength = PhotoAtLength.TestCase
TestPhotoAtLength.settings = settings(_QUICK, max_examples=200, stateful_step_count=30)
TestPhotoAtLength.pytestmark = list(LONG)  # pyright: ignore[reportAttributeAccessIssue]
