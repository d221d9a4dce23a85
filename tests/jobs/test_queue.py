"""Jobs run in order, the newest ask wins, and a cancelled job leaves nothing behind."""

import random
import threading
import time
import weakref
from functools import partial

import pytest

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.jobs.context import Cancelled, RunContext
from genrepair_desktop.jobs.queue import JobCancelled, JobEvent, JobFailed, JobFinished, JobProgress, JobQueue


class Runner:
    """A queue drained by a thread of its own, with every event kept."""

    def __init__(self) -> None:
        self.events: list[JobEvent] = []
        self._arrived = threading.Condition()
        self.queue = JobQueue(self._keep)
        self._thread = threading.Thread(target=self.queue.run_until_closed)
        self._thread.start()

    def _keep(self, event: JobEvent) -> None:
        with self._arrived:
            self.events.append(event)
            self._arrived.notify_all()

    def wait_for(self, kind: type, count: int = 1) -> list:
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.of(kind)) >= count, timeout=10)
            return self.of(kind)

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]

    def stop(self) -> None:
        self.queue.close()
        self._thread.join(timeout=10)
        assert not self._thread.is_alive()


@pytest.fixture
def runner():
    runner = Runner()
    yield runner
    runner.stop()


def until_cancelled(started: threading.Event):
    def task(ctx: RunContext) -> None:
        started.set()
        while True:
            ctx.checkpoint(0.5, "waiting")
            ctx.token._event.wait(0.01)

    return task


def test_jobs_finish_in_the_order_they_came(runner: Runner) -> None:
    for number in range(5):
        runner.queue.submit(lambda ctx, n=number: n, title=str(number))
    assert [event.result for event in runner.wait_for(JobFinished, 5)] == [0, 1, 2, 3, 4]


def test_a_failing_job_is_told_and_the_next_one_runs(runner: Runner) -> None:
    def fail(ctx: RunContext) -> None:
        raise ValueError("broken on purpose")

    runner.queue.submit(fail, title="bad")
    runner.queue.submit(lambda ctx: "fine", title="good")
    assert runner.wait_for(JobFinished)[0].result == "fine"
    (failure,) = runner.of(JobFailed)
    assert str(failure.error) == "broken on purpose"
    assert failure.error.__traceback__ is not None


def test_cancelling_the_running_job_stops_it(runner: Runner) -> None:
    started = threading.Event()
    job = runner.queue.submit(until_cancelled(started), title="long")
    assert started.wait(10)
    runner.queue.cancel(job)
    assert runner.wait_for(JobCancelled)[0].job == job
    assert not runner.of(JobFinished)


def test_a_waiting_job_can_be_cancelled_before_it_starts(runner: Runner) -> None:
    started = threading.Event()
    first = runner.queue.submit(until_cancelled(started), title="long")
    second = runner.queue.submit(lambda ctx: "never", title="waiting")
    assert started.wait(10)
    runner.queue.cancel(second)
    runner.queue.cancel(first)
    runner.wait_for(JobCancelled, 2)
    assert not runner.of(JobFinished)


def test_the_newest_ask_replaces_older_ones(runner: Runner) -> None:
    started = threading.Event()
    runner.queue.submit_latest("preview", until_cancelled(started), title="first")
    assert started.wait(10)
    runner.queue.submit_latest("preview", lambda ctx: 2, title="second")
    runner.queue.submit_latest("preview", lambda ctx: 3, title="third")
    finished = runner.wait_for(JobFinished)
    assert finished[-1].result == 3
    assert [event.title for event in runner.of(JobCancelled)].count("first") == 1


def test_a_cancel_after_the_last_checkpoint_still_drops_the_answer(runner: Runner) -> None:
    def task(ctx: RunContext) -> str:
        ctx.token.cancel()
        return "late"

    runner.queue.submit(task, title="late")
    runner.wait_for(JobCancelled)
    assert not runner.of(JobFinished)


def test_progress_never_falls(runner: Runner) -> None:
    def task(ctx: RunContext) -> None:
        for fraction in (0.1, 0.5, 0.3, 0.9):
            threading.Event().wait(0.05)
            ctx.checkpoint(fraction, "working")

    runner.queue.submit(task, title="jumpy")
    runner.wait_for(JobFinished)
    fractions = [event.fraction for event in runner.of(JobProgress)]
    assert fractions == sorted(fractions)
    assert len(fractions) == 4


def test_a_closed_queue_refuses_politely() -> None:
    runner = Runner()
    runner.stop()
    runner.queue.submit(lambda ctx: 1, title="late")
    assert isinstance(runner.events[-1], JobCancelled)


def test_parts_report_within_their_span_and_cancel_with_the_whole() -> None:
    seen: list[float] = []
    ctx = RunContext(5, on_progress=lambda fraction, stage: seen.append(fraction))
    ctx.part(0.5, 1.0).part(0.0, 0.5).checkpoint(1.0)
    assert seen == [0.75]
    ctx.token.cancel()
    with pytest.raises(Cancelled):
        ctx.part(0.0, 0.1).checkpoint(0.0)


def test_the_same_seed_gives_the_same_numbers() -> None:
    assert RunContext(7).rng.random() == RunContext(7).rng.random()
    assert RunContext(7).rng.random() != RunContext(8).rng.random()


def test_closing_finishes_what_writes_a_file_and_nothing_else(runner: Runner) -> None:
    started, may_end = threading.Event(), threading.Event()

    def write(ctx: RunContext) -> str:
        started.set()
        may_end.wait(10)
        ctx.checkpoint(0.5, "writing")
        return "written"

    runner.queue.submit(write, title="saving", is_writing=True)
    runner.queue.submit(lambda ctx: "repaired", title="repairing")
    runner.queue.submit(lambda ctx: "exported", title="exporting", is_writing=True)
    started.wait(10)
    runner.queue.close()
    assert runner.queue.is_writing
    may_end.set()
    assert [event.result for event in runner.wait_for(JobFinished, 2)] == ["written", "exported"]
    assert [event.title for event in runner.of(JobCancelled)] == ["repairing"]
    assert not runner.queue.is_writing


def test_the_user_may_cancel_a_write_all_the_same(runner: Runner) -> None:
    started = threading.Event()
    runner.queue.submit(until_cancelled(started), title="saving", is_writing=True)
    started.wait(10)
    runner.queue.cancel_all()
    assert len(runner.wait_for(JobCancelled)) == 1


def test_a_users_error_is_no_fault_in_the_log(runner: Runner, caplog: pytest.LogCaptureFixture) -> None:
    def fail(error: Exception):
        def task(ctx: RunContext) -> None:
            raise error

        return task

    runner.queue.submit(fail(GenRepairError("The disk is full.")), title="saving")
    runner.queue.submit(fail(ZeroDivisionError("a fault")), title="repairing")
    runner.wait_for(JobFailed, 2)
    assert [record.levelname for record in caplog.records if record.levelname == "ERROR"] == ["ERROR"]


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("boom"), RecursionError(), OSError(5, "I/O")])
def test_after_a_job_that_failed_the_next_one_succeeds(runner: Runner, error: Exception) -> None:
    def task(ctx: RunContext) -> None:
        raise error

    for _ in range(5):
        runner.queue.submit(task, title="failing")
        runner.queue.submit(lambda ctx: "fine", title="next")
    assert [event.error for event in runner.wait_for(JobFailed, 5)] == [error] * 5
    assert len(runner.wait_for(JobFinished, 5)) == 5


def test_jobs_cancelled_at_200_random_moments_leave_nothing(runner: Runner) -> None:
    """By id, by key, all at once, or twice: every job ends once, and no job that was cancelled brings a result."""
    rng = random.Random(4)
    cancelled: set[int] = set()

    def task(ctx: RunContext) -> int:
        for part in range(rng.randrange(1, 30)):
            ctx.checkpoint(part / 30, "working")
            time.sleep(0.0005)
        return 1

    for number in range(200):
        key = f"key {number % 3}"
        job = (
            runner.queue.submit_latest(key, task, title=str(number))
            if rng.random() < 0.5
            else runner.queue.submit(task, title=str(number))
        )
        time.sleep(rng.uniform(0, 0.02))
        way = rng.randrange(4)
        ended = {event.job for event in runner.events if isinstance(event, JobFinished | JobCancelled)}
        if way < 2 and job not in ended:
            runner.queue.cancel(job)
            runner.queue.cancel(job)
            cancelled.add(job)
        elif way == 2:
            runner.queue.cancel_all()
    last = runner.queue.submit(lambda ctx: "last", title="last")
    with runner._arrived:
        assert runner._arrived.wait_for(lambda: any(event.job == last for event in runner.of(JobFinished)), timeout=20)
    ends = [event.job for event in runner.events if isinstance(event, JobFinished | JobCancelled | JobFailed)]
    assert len(ends) == len(set(ends)) == 201
    # a job may have ended in the moment it was looked at; far most were cancelled in time
    late = [event.job for event in runner.of(JobFinished) if event.job in cancelled]
    assert len(late) <= len(cancelled) // 10
    assert runner.queue.is_idle


def test_what_is_asked_for_does_not_wait_for_work_aside(runner: Runner) -> None:
    started = threading.Event()
    aside = runner.queue.submit_aside(until_cancelled(started), title="getting ready")
    assert started.wait(10)
    runner.queue.submit(lambda ctx: "asked", title="asked")
    assert runner.wait_for(JobFinished)[0].result == "asked"
    assert not runner.queue.is_idle
    runner.queue.cancel(aside)
    assert runner.wait_for(JobCancelled)[0].job == aside


def test_work_aside_runs_one_after_the_other_and_again_after_a_rest(runner: Runner) -> None:
    running: list[str] = []

    def alone(ctx: RunContext) -> list[str]:
        running.append("here")
        threading.Event().wait(0.02)
        return [running.pop(), *running]

    for count in (2, 3):
        for _ in range(count):
            runner.queue.submit_aside(alone, title="getting ready")
        runner.wait_for(JobFinished, count if count == 2 else 5)
    assert [event.result for event in runner.of(JobFinished)] == [["here"]] * 5


def test_closing_ends_work_aside_that_runs_and_that_waits(runner: Runner) -> None:
    started = threading.Event()
    runner.queue.submit_aside(until_cancelled(started), title="first")
    runner.queue.submit_aside(lambda ctx: "never", title="second")
    assert started.wait(10)
    runner.stop()
    assert sorted(event.title for event in runner.of(JobCancelled)) == ["first", "second"]
    assert runner.queue.is_idle


class Pixels:
    """What a job works on; can be watched going."""


def worked_on(pixels: Pixels, ctx: RunContext) -> None:
    ctx.checkpoint(0.5, "working")


def test_a_job_that_is_done_is_let_go_while_the_queue_waits_for_the_next(runner: Runner) -> None:
    pixels = Pixels()
    watched = weakref.ref(pixels)
    runner.queue.submit(partial(worked_on, pixels), title="one")
    del pixels
    runner.wait_for(JobFinished)
    for _ in range(200):
        if watched() is None:
            break
        time.sleep(0.01)
    assert watched() is None
