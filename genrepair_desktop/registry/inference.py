"""Calling a network with arrays, and trusting nothing it returns."""

import copy
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.arrays import Image

if TYPE_CHECKING:
    from torch import Tensor, device, nn

_log = logging.getLogger(__name__)
Planes = npt.NDArray[np.float32]
# A network's picture may leave [0, 1] by ringing; far beyond, it is nonsense
_SLACK = 1.0
# A picture of one even colour is nonsense too where one with this much in it was given
_FLAT, _LIVELY = 0.5 / 255, 0.1
# What ``tell`` is told: the usual number format gave no picture; the picture was too large for the graphics card
SLOW_FORMAT, LEFT_CARD = "slow-format", "left-card"


class NetworkFailedError(GenRepairError):
    """A network returned something that is no picture, in its own number format and in float32."""


def run_network(
    network: "nn.Module",
    planes: Sequence[Planes],
    *,
    expect: tuple[float, float] = (0.0, 1.0),
    method: str = "forward",
    may_leave_card: bool = True,
    may_be_even: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Image:
    """Run a network on arrays of one picture: each (h, w, c), float32, becomes (1, c, h, w).

    Several pictures of one size may be given at once, as (n, h, w, c). Returns the answer as float32 (h', w', c'), for
    several with n in front, clipped to ``expect``. An answer is refused if it is not finite, leaves ``expect`` by its
    whole width, or is one even colour for a picture that is not; it is then worked out again in float32.
    ``method``: which of the network's functions to call. ``may_leave_card``: what is too large for a graphics card's
    memory is worked out on the processor; without it, that is for the caller to make smaller. ``may_be_even``: one
    even colour is an answer too, for pictures with an empty hole. ``tell``: is called with ``SLOW_FORMAT`` or
    ``LEFT_CARD`` where that was needed.

    Raises:
        NetworkFailedError: the answer was refused in float32 too.
        MemoryError: the picture is too large for this computer at once.
    """
    device = next(network.parameters()).device
    tell = tell or _tell_nobody
    liveliness = 0.0 if may_be_even else float(np.ptp(planes[0]))

    def is_sound(answer: Image) -> bool:
        return _is_sound(answer, expect, liveliness)

    try:
        return np.clip(_checked(network, device, planes, method, is_sound, tell), *expect)
    except MemoryError:
        if device.type == "cpu" or not may_leave_card:
            raise
        _log.info("%s is out of memory: this goes to the processor", device)
    import torch

    tell(LEFT_CARD)
    processor = torch.device("cpu")
    return np.clip(_checked(_copied(network, processor), processor, planes, method, is_sound, tell), *expect)


def _tell_nobody(what: str) -> None:
    """For who does not ask."""


def _checked(
    network: "nn.Module",
    device: "device",
    planes: Sequence[Planes],
    method: str,
    is_sound: Callable[[Image], bool],
    tell: Callable[[str], None],
) -> Image:
    """The sound answer on ``device``, where the network is, in float32 if need be.

    Raises:
        MemoryError: too large, after what that device held in reserve was given back.
    """
    try:
        answer = _call(network, device, planes, method)
        again = not is_sound(answer)
        if again:
            answer = _call(_copied(network, device), device, planes, method)
            tell(SLOW_FORMAT)
    except RuntimeError as error:
        if not _is_out_of_memory(error):
            raise
        _give_back(device)
        raise MemoryError(str(error)) from error
    if again and not is_sound(answer):
        raise NetworkFailedError("The network returned no valid picture: choose another method.")
    return answer


def _call(network: "nn.Module", device: "device", planes: Sequence[Planes], method: str) -> Image:
    import torch

    with torch.inference_mode():
        answer = _to_array(getattr(network, method)(*(_placed(_to_tensor(p), device) for p in planes)))
        return answer if planes[0].ndim == 4 else answer[0]


def _copied(network: "nn.Module", device: "device") -> "nn.Module":
    """The network in float32 on a device; nothing is allocated on the one where it is."""
    import torch

    memo: dict[int, Any] = {}
    for weight in network.parameters():
        values = weight.detach().to(device, torch.float32)
        memo[id(weight)] = torch.nn.Parameter(values, requires_grad=False)
    for buffer in network.buffers():
        memo[id(buffer)] = buffer.to(device, torch.float32 if buffer.is_floating_point() else buffer.dtype)
    return copy.deepcopy(network, memo)


def _placed(tensor: "Tensor", device: "device") -> "Tensor":
    return tensor.to(device)


def _give_back(device: "device") -> None:
    """Free what torch keeps of a card's memory for later: the next, smaller try needs it whole."""
    import torch

    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


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


def _is_sound(answer: Image, expect: tuple[float, float], liveliness: float) -> bool:
    slack = _SLACK * (expect[1] - expect[0])
    if not (np.isfinite(answer).all() and answer.min() >= expect[0] - slack and answer.max() <= expect[1] + slack):
        return False
    # one channel is no picture: that nothing is damaged is a sound answer
    is_picture = expect == (0.0, 1.0) and answer.shape[-1] >= 3
    return not is_picture or float(np.ptp(answer[..., :3])) >= _FLAT or liveliness < _LIVELY
