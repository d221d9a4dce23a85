"""Keeps library calls that cannot be interrupted from holding up a cancel."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from genrepair_desktop.jobs.context import RunContext

T = TypeVar("T")
_LOOK_EVERY = 0.02


def run_watched(work: Callable[[], T], ctx: RunContext, stage: str) -> T:
    """Run one call of a library that releases the interpreter lock, and go on answering ``ctx`` meanwhile.

    When the job is cancelled the call is left to end by itself and its result is dropped: ``work`` must only
    read what nobody writes. Errors of ``work`` are raised here.

    Raises:
        Cancelled: within about 20 ms of the cancel, however long ``work`` takes.
    """
    ctx.checkpoint(0.0, stage)
    executor = ThreadPoolExecutor(1, thread_name_prefix=f"watched-{stage}")
    try:
        future = executor.submit(work)
        while not wait([future], timeout=_LOOK_EVERY).done:
            ctx.checkpoint(0.0, stage)
        return future.result()
    finally:
        executor.shutdown(wait=False)
