"""Work on threads of its own: calls that cannot be interrupted, and pieces of work that do not need each other."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from genrepair_desktop.imaging.threads import one_blas_thread
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


def run_side_by_side(pieces: Sequence[Callable[[RunContext], T]], ctx: RunContext, stage: str) -> Iterator[T]:
    """The answers of all pieces in their order, worked out on as many threads as there are cores.

    Each piece gets a context that is cancelled with ``ctx``; progress is told here, as pieces end.

    Raises:
        Cancelled: within about 20 ms of the cancel; pieces that have begun end at their next checkpoint.
    """
    ctx.checkpoint(0.0, stage)
    # entered here once: threads that each limit and release the library would undo each other's limit
    with one_blas_thread(), ThreadPoolExecutor(os.cpu_count(), thread_name_prefix=f"side-{stage}") as executor:
        silent = RunContext(ctx.seed, token=ctx.token)
        futures = [executor.submit(piece, silent) for piece in pieces]
        try:
            for number, future in enumerate(futures):
                while not wait([future], timeout=_LOOK_EVERY).done:
                    ctx.checkpoint(number / len(futures), stage)
                ctx.checkpoint((number + 1) / len(futures), stage)
                yield future.result()
        finally:
            for future in futures:
                future.cancel()
