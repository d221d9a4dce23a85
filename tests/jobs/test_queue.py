"""Jobs run in order, the newest ask wins, and a cancelled job leaves nothing behind."""

import threading

import pytest

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
