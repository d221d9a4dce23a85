"""How networks that treat a whole picture are called; the learned restorers share it."""

from typing import Any

import numpy as np

from genrepair_desktop.errors import RepairFailedError
from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.imaging.colour import as_colour, from_colour
from genrepair_desktop.imaging.tiling import SMALLEST_TILE
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.registry.inference import NetworkFailedError
from genrepair_desktop.repair.network_call import call_network


def run_on_picture(
    network: Any, image: Image, ctx: RunContext, *more: Image, method: str = "forward", is_tile: bool = True
) -> Image:
    """``network(picture, *more)`` for a picture of 1 or 3 channels; a grey one gets a grey answer.

    ``image`` and ``more`` are float32 (h, w, c); networks see three channels. The answer is float32 in [0, 1]
    with the channels of ``image`` first and any others the network gives behind them. ``is_tile``: what does not fit
    into memory comes again in smaller tiles; only the smallest goes from a graphics card to the processor.

    Raises:
        MemoryError: the picture is too large.
        RepairFailedError: the network gave no picture, in any number format.
        Cancelled: while the network worked on a picture that is not small.
    """
    may_leave_card = not is_tile or max(image.shape[:2]) < 2 * SMALLEST_TILE
    try:
        planes = [as_colour(image), *more]
        answer = call_network(network, planes, ctx, method=method, may_leave_card=may_leave_card)
    except NetworkFailedError as error:
        raise RepairFailedError(str(error)) from error
    return np.concatenate([from_colour(answer[..., :3], image), answer[..., 3:]], axis=2)
