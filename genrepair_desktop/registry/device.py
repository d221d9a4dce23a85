"""Where networks run and in which number format."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from genrepair_desktop.errors import GenRepairError

if TYPE_CHECKING:
    import torch

DeviceName = Literal["auto", "cpu", "cuda", "mps"]


class DeviceError(GenRepairError):
    """The asked-for device is not there."""


@dataclass(frozen=True)
class Device:
    """A device and whether its arithmetic in bfloat16 is fast.

    ``name`` is ``cpu``, ``cuda`` or ``mps``.
    """

    name: Literal["cpu", "cuda", "mps"]
    has_bf16: bool

    @property
    def dtype(self) -> "torch.dtype":
        """The format networks are kept in on this device."""
        import torch

        return torch.bfloat16 if self.has_bf16 else torch.float32


def choose_device(wanted: DeviceName = "auto") -> Device:
    """The device to use: the wanted one, or for ``auto`` the first of cuda, mps, cpu that is there.

    Raises:
        DeviceError: the wanted device is not there.
    """
    import torch

    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if (wanted == "cuda" and not has_cuda) or (wanted == "mps" and not has_mps):
        raise DeviceError(f"This computer has no {wanted} device that torch can use: choose auto or cpu.")
    if wanted == "cuda" or (wanted == "auto" and has_cuda):
        return Device("cuda", torch.cuda.is_bf16_supported())
    if wanted == "mps" or (wanted == "auto" and has_mps):
        return Device("mps", False)
    return Device("cpu", _processor_has_bf16())


def _processor_has_bf16() -> bool:
    """True where the processor multiplies bfloat16 itself; elsewhere it is emulated and slower than float32."""
    import torch

    # torch has no public name for these
    probes = ("_is_amx_tile_supported", "_is_avx512_bf16_supported", "_is_arm_bf16_supported")
    return any(bool(getattr(torch.cpu, probe, lambda: False)()) for probe in probes)
