"""Networks without values, to be filled from a file: shapes only, nothing allocated, nothing drawn."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def blank_networks() -> Iterator[None]:
    """Modules made inside have tensors on the meta device, and their initial values are not drawn.

    Drawing on that device goes through a Python reference of torch, whose first use imports torch's compiler: 2 to
    40 seconds, by how busy the machine is, for numbers that nobody sees. Scaling what was drawn does the same. Other
    arithmetic in a constructor still works, only slowly at first.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    in_place = {torch.Tensor.normal_, torch.Tensor.uniform_}
    empty_for = {torch.randn, torch.rand}
    scaling = {torch.Tensor.mul, torch.Tensor.div, torch.Tensor.__rmul__}

    class NoDraws(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            named = kwargs or {}
            if func in in_place or getattr(func, "__module__", "") == "torch.nn.init":
                return args[0] if args else named["tensor"]
            if func in scaling and not isinstance(args[1], torch.Tensor):
                return args[0]
            if func is torch.eye:
                return torch.empty(args[0], args[-1])
            return (torch.empty if func in empty_for else func)(*args, **named)

    with torch.device("meta"), NoDraws():
        yield
