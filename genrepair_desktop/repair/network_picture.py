"""How networks that treat a whole picture are called; the learned restorers share it."""

from typing import Any

import numpy as np

from genrepair_desktop.errors import RepairFailedError
from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.imaging.colour import as_colour, from_colour
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.registry.inference import NetworkFailedError
from genrepair_desktop.repair.network_call import call_network


def run_on_picture(network: Any, image: Image, ctx: RunContext, *more: Image, method: str = "forward") -> Image:
    """``network(picture, *more)`` for a picture of 1 or 3 channels; a grey one gets a grey answer.

    ``image`` and ``more`` are float32 (h, w, c); networks see three channels. The answer is float32 in [0, 1]
    with the channels of ``image`` first and any others the network gives behind them.

    Raises:
        RepairFailedError: the network gave no picture, in any number format.
        Cancelled: while the network worked on a picture that is not small.
    """
    try:
        answer = call_network(network, [as_colour(image), *more], ctx, method=method)
    except NetworkFailedError as error:
        raise RepairFailedError(str(error)) from error
    return np.concatenate([from_colour(answer[..., :3], image), answer[..., 3:]], axis=2)
