"""Repairing without a window: start, apply, cancel, strength, candidates."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.editor import repair_work
from genrepair_desktop.app.editor.document_session import entry_details, entry_titles
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.app.texts import method_title
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.document.edits import edit_from_patch
from genrepair_desktop.document.snapshot import Snapshot
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair import fill_run
from genrepair_desktop.repair.pipeline import RepairRequest

WAIT = 30_000
Mark = Callable[[Sessions, int, int, int, int], None]


def repair(sessions: Sessions, qtbot: QtBot, method: str = "biharmonic") -> None:
    sessions.repair.choose_method(method)
    with qtbot.waitSignal(sessions.repair.repaired, timeout=WAIT):
        sessions.repair.repair()


def laid_in(sessions: Sessions, qtbot: QtBot) -> None:
    """Wait until the photo shows what was asked for."""
    qtbot.waitUntil(lambda: not sessions.repair.is_replacing, timeout=WAIT)


def test_a_repair_changes_the_painted_pixels_and_no_other(marked: Sessions, qtbot: QtBot) -> None:
    document = marked.session.document
    assert document is not None
    before, mask = document.pixels.copy(), document.mask.copy()
    repair(marked, qtbot)
    assert (document.pixels[mask > 0] != before[mask > 0]).any()
    assert document.pixels[mask == 0].tobytes() == before[mask == 0].tobytes()
    assert marked.repair.applied is not None
    assert marked.repair.applied.changed == int((document.pixels != before).any(axis=2).sum())


def test_a_repair_that_ends_during_a_stroke_waits_for_the_hand(marked: Sessions, qtbot: QtBot) -> None:
    document = marked.session.document
    assert document is not None
    before, looks = document.pixels.copy(), 0

    def is_busy() -> bool:
        nonlocal looks
        looks += 1
        assert np.array_equal(document.pixels, before)
        assert marked.repair.is_running
        return looks < 4

    marked.repair.is_hand_busy = is_busy
    repair(marked, qtbot)
    assert looks == 4
    assert not np.array_equal(document.pixels, before)


def test_a_repair_cancelled_while_it_waits_for_the_hand_is_dropped(marked: Sessions, qtbot: QtBot) -> None:
    document = marked.session.document
    assert document is not None
    before = document.pixels.copy()
    marked.repair.choose_method("harmonic")
    held = threading.Event()

    def is_busy() -> bool:
        held.set()
        return True

    marked.repair.is_hand_busy = is_busy
    marked.repair.repair()
    qtbot.waitUntil(held.is_set, timeout=WAIT)
    marked.repair.cancel()
    qtbot.waitUntil(lambda: not marked.repair.is_running, timeout=WAIT)
    assert np.array_equal(document.pixels, before)
    assert document.mask.any()


def test_a_repair_and_its_emptied_mask_are_one_undo_step(marked: Sessions, qtbot: QtBot) -> None:
    document, history = marked.session.document, marked.session.history
    assert document is not None
    assert history is not None
    before, mask = document.pixels.copy(), document.mask.copy()
    repair(marked, qtbot)
    assert not document.mask.any()
    after = document.pixels.copy()
    marked.session.undo()
    assert np.array_equal(document.pixels, before)
    assert np.array_equal(document.mask, mask)
    assert marked.repair.applied is None
    marked.session.redo()
    assert np.array_equal(document.pixels, after)
    assert not document.mask.any()


def test_strength_moves_the_last_repair_within_the_same_undo_step(marked: Sessions, qtbot: QtBot) -> None:
    document, history = marked.session.document, marked.session.history
    assert document is not None
    assert history is not None
    before = document.pixels.copy()
    repair(marked, qtbot)
    full, steps = document.pixels.copy(), len(history.entries)
    marked.repair.set_strength(0.5)
    laid_in(marked, qtbot)
    half = document.pixels.astype(np.float64)
    assert np.abs(half - (before.astype(np.float64) + full) / 2).max() <= 0.5
    assert len(history.entries) == steps
    marked.repair.set_strength(1.0)
    laid_in(marked, qtbot)
    assert np.array_equal(document.pixels, full)
    marked.repair.set_strength(0.0)
    laid_in(marked, qtbot)
    assert np.array_equal(document.pixels, before)


def test_the_recipe_of_an_edit_replays_to_the_same_pixels(marked: Sessions, qtbot: QtBot) -> None:
    from genrepair_desktop.app.editor.export_work import past_edits, record_of
    from genrepair_desktop.repair.method import NoModels
    from genrepair_desktop.repair.record import replay

    document, history = marked.session.document, marked.session.history
    assert document is not None
    assert history is not None
    opened = document.pixels.copy()
    repair(marked, qtbot)
    marked.repair.set_strength(0.6)
    laid_in(marked, qtbot)
    record = record_of(document.pixels.copy(), past_edits(history), np.copy)
    done = replay(record, opened, RunContext(), NoModels())
    assert done.is_identical
    assert np.array_equal(done.pixels, document.pixels)


def test_strokes_made_while_a_repair_runs_are_kept(
    marked: Sessions, mark: Mark, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on, real = threading.Event(), repair_work.repair

    def slow(*arguments: object) -> object:
        may_go_on.wait(10)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(repair_work, "repair", slow)
    marked.repair.choose_method("biharmonic")
    marked.repair.repair()
    mark(marked, 60, 40, 64, 44)
    with qtbot.waitSignal(marked.repair.repaired, timeout=WAIT):
        may_go_on.set()
    document = marked.session.document
    assert document is not None
    assert document.mask[40:44, 60:64].all()
    assert not document.mask[20:26, 30:42].any()


def test_a_repair_is_of_the_photo_as_it_was_when_it_was_asked_for(marked: Sessions, mark: Mark, qtbot: QtBot) -> None:
    document, may_go_on = marked.session.document, threading.Event()
    assert document is not None
    before, mask = document.pixels.copy(), document.mask.copy()
    marked.session.desk.submit(lambda ctx: may_go_on.wait(10), Watch(), title="before")
    marked.repair.choose_method("biharmonic")
    marked.repair.repair()
    # while it waits for its turn more is marked, and pixels near the damage change
    mark(marked, 60, 40, 64, 44)
    block = np.zeros((6, 12, 3), np.uint8)
    marked.session.push(edit_from_patch(document, "pixels", Rect(30, 27, 12, 6), block, label="darker"))
    with qtbot.waitSignal(marked.repair.repaired, timeout=WAIT):
        may_go_on.set()
    applied = marked.repair.applied
    assert applied is not None
    assert applied.painted.coverage is not None
    assert np.array_equal(applied.painted.coverage, mask)
    assert all(np.array_equal(box.pixels, before[box.rect.slices]) for box in applied.request.boxes)
    assert marked.session.last_mask is applied.painted.coverage
    assert document.mask[40:44, 60:64].all()


def test_the_window_only_asks_for_a_repair_and_the_engine_thread_copies(
    marked: Sessions, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    gui, copying = threading.get_ident(), set[int]()
    part = Snapshot.part

    def noted(*arguments: Any) -> Any:
        copying.add(threading.get_ident())
        return part(*arguments)

    monkeypatch.setattr(Snapshot, "part", noted)
    repair(marked, qtbot)
    assert copying
    assert gui not in copying


def test_a_mask_over_everything_is_told_by_the_engine_thread(marked: Sessions, qtbot: QtBot) -> None:
    document = marked.session.document
    assert document is not None
    full = np.full(document.mask.shape, 255, np.uint8)
    marked.session.push(edit_from_patch(document, "mask", document.bounds, full, label="mask-all"))
    with qtbot.waitSignal(marked.session.noticed, timeout=WAIT) as told:
        marked.repair.repair()
    assert told.args is not None
    assert "The whole picture is marked" in told.args[0].text
    assert not marked.repair.is_running


def test_cancel_leaves_the_photo_as_it_was(marked: Sessions, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    started = threading.Event()

    def endless(*arguments: object) -> None:
        ctx = arguments[-1]
        assert isinstance(ctx, RunContext)
        started.set()
        while True:
            ctx.checkpoint(0.1, "filling")

    monkeypatch.setattr(repair_work, "repair", endless)
    document = marked.session.document
    assert document is not None
    before, mask = document.pixels.copy(), document.mask.copy()
    marked.repair.repair()
    assert started.wait(10)
    with qtbot.waitSignal(marked.session.desk.idle, timeout=WAIT):
        marked.repair.cancel()
    assert not marked.repair.is_running
    assert np.array_equal(document.pixels, before)
    assert np.array_equal(document.mask, mask)


def test_a_result_for_a_closed_photo_is_dropped(
    marked: Sessions, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on, real = threading.Event(), repair_work.repair

    def slow(*arguments: object) -> object:
        may_go_on.wait(10)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(repair_work, "repair", slow)
    marked.repair.repair()
    marked.session.close()
    may_go_on.set()
    qtbot.waitUntil(lambda: marked.session.desk.is_idle, timeout=WAIT)
    assert marked.session.document is None
    assert not marked.repair.is_running
    assert marked.repair.applied is None


def test_an_error_of_the_user_is_told_in_its_own_words(open_sessions: Sessions, qtbot: QtBot) -> None:
    with qtbot.waitSignal(open_sessions.session.noticed) as told:
        open_sessions.repair.repair()
    assert told.args is not None
    assert told.args[0].kind == "error"
    assert "Nothing is marked" in told.args[0].text


def test_the_history_tells_which_method_did_which_places(marked: Sessions, mark: Mark, qtbot: QtBot) -> None:
    mark(marked, 60, 40, 84, 64)
    repair(marked, qtbot, "auto")
    history = marked.session.history
    assert history is not None
    assert entry_titles(history)[-1] == "Repair: Automatic"
    applied = marked.repair.applied
    assert applied is not None
    said = entry_details(history)[-1]
    assert len(applied.outcome.holes) == 2
    for hole in applied.outcome.holes:
        assert method_title(hole.method) in said


def test_what_is_unusual_about_a_repair_is_told_in_one_sentence(
    marked: Sessions, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fill_run, "problem_of", lambda output, patch: "out-of-range" if patch.mask.any() else "")
    marked.repair.choose_method("biharmonic")
    with qtbot.waitSignal(marked.session.noticed, timeout=WAIT) as told:
        marked.repair.repair()
    assert told.args is not None
    assert told.args[0].text == "1 place: the method failed here, filled smoothly instead."


def test_each_method_keeps_its_own_parameters(sessions: Sessions) -> None:
    repair = sessions.repair
    repair.choose_method("biharmonic")
    repair.choose(grow=3)
    repair.choose_method("telea")
    kept = dict(repair.choice.params)
    repair.choose_method("biharmonic")
    repair.choose_method("telea")
    assert dict(repair.choice.params) == kept
    assert repair.choice.grow == 3
    assert sessions.session.settings.method == "telea"


def test_a_method_for_the_whole_picture_needs_no_mask_and_can_be_faded(open_sessions: Sessions, qtbot: QtBot) -> None:
    document = open_sessions.session.document
    assert document is not None
    before = document.pixels.copy()
    repair(open_sessions, qtbot, "background")
    full = document.pixels.copy()
    assert (full != before).any()
    applied = open_sessions.repair.applied
    assert applied is not None
    assert applied.changed == int((full != before).any(axis=2).sum())
    open_sessions.repair.set_strength(0.0)
    laid_in(open_sessions, qtbot)
    assert np.array_equal(document.pixels, before)
    open_sessions.repair.set_strength(1.0)
    laid_in(open_sessions, qtbot)
    assert np.array_equal(document.pixels, full)
    open_sessions.session.undo()
    assert np.array_equal(document.pixels, before)


def test_a_larger_picture_is_one_undo_step(
    open_sessions: Sessions, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def enlarged(request: RepairRequest, painted: object, models: object, ctx: RunContext) -> repair_work.Outcome:
        pixels = np.repeat(np.repeat(request.boxes[0].pixels, 2, axis=0), 2, axis=1)
        values = {"recipe": request.recipe.to_values()}
        return repair_work.Outcome(request.recipe, (), values, Rect(0, 0, 8, 8), replacement=pixels)

    monkeypatch.setattr(repair_work, "repair", enlarged)
    document = open_sessions.session.document
    assert document is not None
    before = document.pixels.copy()
    repair(open_sessions, qtbot, "background")
    assert document.pixels.shape == (144, 192, 3)
    assert document.mask.shape == (144, 192)
    assert open_sessions.candidates.candidates == ()
    open_sessions.session.undo()
    assert np.array_equal(document.pixels, before)
