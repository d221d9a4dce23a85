"""Calling a network with arrays, and trusting nothing it returns."""

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.arrays import Image

if TYPE_CHECKING:
    from torch import Tensor, nn

Planes = npt.NDArray[np.float32]
# A network's picture may leave [0, 1] by ringing; far beyond, it is nonsense
_SLACK = 1.0


class NetworkFailedError(GenRepairError):
    """A network returned something that is no picture, in its own number format and in float32."""


def run_network(
    network: "nn.Module",
    planes: Sequence[Planes],
    *,
    expect: tuple[float, float] = (0.0, 1.0),
    method: str = "forward",
) -> tuple[Image, bool]:
    """Run a network on arrays of one picture: each (h, w, c), float32, becomes (1, c, h, w).

    Several pictures of one size may be given at once, as (n, h, w, c). Returns the answer as float32 (h', w', c'), for
    several with n in front, clipped to ``expect``, and True when float32 had to be used since the usual format
    failed. An answer is refused if it is not finite or leaves ``expect`` by its whole width.
    ``method``: which of the network's functions to call.

    Raises:
        NetworkFailedError: the answer was refused in float32 too.
        MemoryError: the picture is too large for this computer at once.
    """
    answer = _call(network, planes, method)
    again = not _is_sound(answer, expect)
    if again:
        answer = _call(copy.deepcopy(network).float(), planes, method)
        if not _is_sound(answer, expect):
            raise NetworkFailedError("The network returned no valid picture: choose another method.")
    return np.clip(answer, *expect), again


def _call(network: "nn.Module", planes: Sequence[Planes], method: str) -> Image:
    import torch

    device = next(network.parameters()).device
    try:
        with torch.inference_mode():
            answer = _to_array(getattr(network, method)(*(_to_tensor(p).to(device) for p in planes)))
            return answer if planes[0].ndim == 4 else answer[0]
    except RuntimeError as error:
        if _is_out_of_memory(error):
            raise MemoryError(str(error)) from error
        raise


def _is_out_of_memory(error: RuntimeError) -> bool:
    """True for what torch raises instead of ``MemoryError``, on processors and on graphics cards."""
    import torch

    words = ("can't allocate memory", "not enough memory")
    return isinstance(error, torch.OutOfMemoryError) or any(word in str(error) for word in words)


def _to_tensor(plane: Planes) -> "Tensor":
    import torch

    # numpy's (h, w, c) is already torch's channels-last order; torch takes no read-only arrays
    tensor = torch.from_numpy(np.require(plane, np.float32, ["C", "W"]))
    return (tensor if tensor.ndim == 4 else tensor[None]).permute(0, 3, 1, 2)


def _to_array(answer: "Tensor") -> Image:
    return np.ascontiguousarray(answer.permute(0, 2, 3, 1).float().cpu().numpy())


def _is_sound(answer: Image, expect: tuple[float, float]) -> bool:
    slack = _SLACK * (expect[1] - expect[0])
    return bool(np.isfinite(answer).all() and answer.min() >= expect[0] - slack and answer.max() <= expect[1] + slack)
