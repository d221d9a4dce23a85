"""A repair may be cancelled at any moment, fail, or run out of memory: the photo and the next job are fine."""

import random
import threading
import time
from collections.abc import Callable

import numpy as np
import psutil
import pytest
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.editor.repair_button import RepairButton
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair import catalog
from genrepair_desktop.repair.method import MethodSpec, Patch
from tests.faults import LONG

MIB = 2**20
Mark = Callable[[Sessions, int, int, int, int], None]


def use_method(monkeypatch: pytest.MonkeyPatch, work: Callable[[Patch, RunContext], Image]) -> None:
    """Let the method telea do something else."""
    # little context: one call for each place
    spec = MethodSpec("telea", "deterministic", "fill", lambda params, models: work, context=lambda side: 8)
    monkeypatch.setitem(catalog.METHODS, "telea", spec)


def patiently(patch: Patch, ctx: RunContext) -> Image:
    """A repair of half a second with a checkpoint every few milliseconds."""
    for part in range(100):
        ctx.checkpoint(part / 100, "repairing")
        time.sleep(0.005)
    return np.where(patch.mask[..., None], np.float32(0.5), patch.image)


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=LONG)])
def test_a_repair_cancelled_at_random_moments_leaves_the_photo(
    marked: Sessions, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    use_method(monkeypatch, patiently)
    repair, document = marked.repair, marked.session.document
    assert document is not None
    repair.choose_method("telea")
    before = document.pixels.copy(), document.mask.copy()
    repaired: list[None] = []
    repair.repaired.connect(lambda: repaired.append(None))
    rng, process = random.Random(count), psutil.Process()
    threads, memory = threading.active_count(), 0
    waits: list[float] = []
    for number in range(count):
        repair.repair()
        qtbot.wait(rng.randrange(0, 60))
        asked = time.perf_counter()
        repair.cancel()
        qtbot.waitUntil(lambda: not repair.is_running and marked.session.desk.is_idle, timeout=10_000)
        waits.append(time.perf_counter() - asked)
        if number == count // 4:
            memory = process.memory_info().rss
    qtbot.wait(50)
    assert repaired == []
    assert np.array_equal(document.pixels, before[0])
    assert np.array_equal(document.mask, before[1])
    assert document.revision == 1, "the stroke, and nothing since"
    assert threading.active_count() == threads
    assert process.memory_info().rss - memory < 30 * MIB
    print(f"{count} cancels: gone within {max(waits) * 1000:.0f} ms")
    monkeypatch.undo()
    with qtbot.waitSignal(repair.repaired, timeout=10_000):
        repair.repair()


def test_the_button_answers_a_cancel_before_the_job_does(
    marked: Sessions, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, is_deep = threading.Event(), threading.Event()

    def stubborn(patch: Patch, ctx: RunContext) -> Image:
        is_deep.set()
        may_end.wait(20)
        ctx.checkpoint(1.0, "repairing")
        return patch.image

    use_method(monkeypatch, stubborn)
    marked.repair.choose_method("telea")
    marked.repair.repair()
    qtbot.waitUntil(is_deep.is_set, timeout=10_000)
    document = marked.session.document
    assert document is not None
    before = document.pixels.copy()
    button = RepairButton(marked)
    qtbot.addWidget(button)
    assert button.button.text() == "Cancel"
    button.button.click()
    assert button.button.text() == "Stopping…"
    assert not button.button.isEnabled()
    marked.repair.cancel()
    # the window goes on: another stroke, an undo, while the job is deep in a library
    marked.mask.mark_all()
    marked.session.undo()
    may_end.set()
    qtbot.waitUntil(lambda: marked.session.desk.is_idle, timeout=10_000)
    assert np.array_equal(document.pixels, before)
    assert not marked.repair.is_running
    assert button.button.text().startswith("Repair")
    assert button.button.isEnabled()


@pytest.mark.parametrize("error", [RuntimeError("boom"), ZeroDivisionError(), OSError(5, "I/O"), RecursionError()])
def test_a_worker_that_raises_is_told_and_the_next_repair_succeeds(
    marked: Sessions, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(patch: Patch, ctx: RunContext) -> Image:
        raise error

    notices: list[Notice] = []
    marked.session.noticed.connect(notices.append)
    document = marked.session.document
    assert document is not None
    before = document.pixels.copy()
    with monkeypatch.context() as patch:
        use_method(patch, fail)
        marked.repair.choose_method("telea")
        with qtbot.waitSignal(marked.session.noticed, timeout=10_000):
            marked.repair.repair()
    assert notices[-1].kind == "error"
    assert "The photo is as it was" in notices[-1].text
    assert np.array_equal(document.pixels, before)
    with qtbot.waitSignal(marked.repair.repaired, timeout=10_000):
        marked.repair.repair()


@pytest.mark.parametrize("fail_at", [1, 2, 3])
def test_a_hole_for_which_memory_runs_out_is_filled_smoothly_and_said_so(
    open_sessions: Sessions, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, mark: Mark, fail_at: int
) -> None:
    """Holes far apart are repaired one by one; the k-th of them does not fit into memory."""
    long = np.random.default_rng(0).integers(100, 150, (60, 6000, 3), np.uint8)
    open_sessions.session.open_pixels(long, "long")
    for left in (100, 3000, 5800):
        mark(open_sessions, left, 30, left + 6, 36)
    calls: list[int] = []

    def greedy(patch: Patch, ctx: RunContext) -> Image:
        calls.append(1)
        if len(calls) == fail_at:
            raise MemoryError
        return np.where(patch.mask[..., None], np.float32(0.5), patch.image)

    repair = open_sessions.repair
    with monkeypatch.context() as patch:
        use_method(patch, greedy)
        repair.choose_method("telea")
        with qtbot.waitSignal(repair.repaired, timeout=10_000):
            repair.repair()
    assert repair.applied is not None
    notes = [hole.note for hole in repair.applied.outcome.holes]
    assert "out-of-memory" in notes
    document = open_sessions.session.document
    assert document is not None
    assert not document.mask.any()
    open_sessions.session.undo()
    with qtbot.waitSignal(repair.repaired, timeout=10_000):
        repair.repair()
    assert repair.applied is not None
    assert "out-of-memory" not in [hole.note for hole in repair.applied.outcome.holes]


def test_a_repair_for_which_there_is_no_memory_at_all_ends_with_a_sentence(
    marked: Sessions, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genrepair_desktop.app.editor import repair_work

    def none_left(*arguments: object) -> object:
        raise MemoryError

    notices: list[Notice] = []
    marked.session.noticed.connect(notices.append)
    marked.repair.choose_method("telea")
    with monkeypatch.context() as patch:
        patch.setattr(repair_work, "run", none_left)
        with qtbot.waitSignal(marked.session.noticed, timeout=10_000):
            marked.repair.repair()
    assert "not enough memory" in notices[-1].text
    assert "The photo is as it was" in notices[-1].text
    with qtbot.waitSignal(marked.repair.repaired, timeout=10_000):
        marked.repair.repair()
