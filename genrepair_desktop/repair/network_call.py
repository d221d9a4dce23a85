"""One call of a network inside a repair, which a cancel does not have to wait for."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.registry.inference import Planes, run_network
from genrepair_desktop.repair.watched import run_watched

# a call on more than this runs on a thread of its own: without matrix units it takes longer than a cancel may wait
_QUICK_PIXELS = 96 * 96


def call_network(
    network: Any,
    planes: Sequence[Planes],
    ctx: RunContext,
    *,
    method: str = "forward",
    expect: tuple[float, float] = (0.0, 1.0),
    may_leave_card: bool = True,
) -> Image:
    """The answer of ``run_network`` on the planes of one picture, each (h, w, c); its options are as there.

    What was unusual about it is told to ``ctx``.

    Raises:
        MemoryError: the picture is too large.
        NetworkFailedError: the network gave no picture, in any number format.
        Cancelled: during the call, on a picture that is not small.
    """
    work = partial(
        run_network,
        network,
        planes,
        method=method,
        expect=expect,
        may_leave_card=may_leave_card,
        tell=ctx.told.add,
    )
    if planes[0].shape[0] * planes[0].shape[1] <= _QUICK_PIXELS:
        return work()
    return run_watched(work, ctx, "repairing")
