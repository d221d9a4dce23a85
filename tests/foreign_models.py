"""Model files as other people publish them, made from random weights of spandrel's own network classes."""

import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from genrepair_desktop.registry.added_convert import Wanted, convert


def _lama() -> nn.Module:
    from spandrel.architectures.LaMa import LaMa

    return LaMa(in_nc=4, out_nc=3)


def _dncnn() -> nn.Module:
    from spandrel.architectures.DnCNN import DnCNN

    return DnCNN(in_nc=1, out_nc=1, nc=16, nb=9, act_mode="R")


def _drunet() -> nn.Module:
    from spandrel.architectures.DRUNet import DRUNet

    return DRUNet(in_nc=4, out_nc=3, nc=[8, 16, 16, 16], nb=4)


def _nafnet() -> nn.Module:
    from spandrel.architectures.NAFNet import NAFNet

    return NAFNet(img_channel=3, width=8, middle_blk_num=1, enc_blk_nums=[1, 1], dec_blk_nums=[1, 1])


def _esrgan() -> nn.Module:
    from spandrel.architectures.ESRGAN import ESRGAN

    network = ESRGAN(in_nc=3, out_nc=3, num_filters=16, num_blocks=1, scale=4)
    # as it begins, its answer is all but one grey
    for parameter in network.parameters():
        parameter.data *= 2.5
    return network


def _compact() -> nn.Module:
    from spandrel.architectures.Compact import Compact

    return Compact(num_in_ch=3, num_out_ch=3, num_feat=16, num_conv=2, upscale=2)


def _swinir() -> nn.Module:
    from spandrel.architectures.SwinIR import SwinIR

    return SwinIR(
        img_size=32, window_size=8, depths=[2, 2], embed_dim=24, num_heads=[2, 2], mlp_ratio=2,
        upscale=2, upsampler="pixelshuffledirect",
    )  # fmt: skip


# name: how to make it, the kind its card should say, how many times larger its answer is
ARCHITECTURES: dict[str, tuple[Callable[[], nn.Module], str, int]] = {
    "LaMa": (_lama, "fill", 1),
    "DnCNN": (_dncnn, "restore", 1),
    "DRUNet": (_drunet, "restore", 1),
    "NAFNet": (_nafnet, "restore", 1),
    "ESRGAN": (_esrgan, "upscale", 4),
    "Compact": (_compact, "upscale", 2),
    "SwinIR": (_swinir, "upscale", 2),
}


def weights_of(name: str) -> dict[str, Tensor]:
    """Random weights of one architecture; the same at every call."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = ARCHITECTURES[name][0]()
    return {k: v.clone().contiguous() for k, v in network.state_dict().items()}


def write_checkpoint(path: Path, weights: dict[str, Tensor]) -> Path:
    """A file of the kind that its ending says."""
    if path.suffix == ".safetensors":
        save_file(weights, path)
    else:
        torch.save({"params_ema": weights}, path)
    return path


class LamaLike(nn.Module):
    """The call of a published LaMa file, with a network that spandrel does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.odd_layer = nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        seen = image * (1 - mask)
        return seen + mask * torch.sigmoid(self.odd_layer(torch.cat([seen, mask], dim=1)))


def write_program(path: Path) -> Path:
    """A TorchScript file."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        torch.jit.script(LamaLike()).save(str(path))
    return path


def convert_here(path: Path, copied: Path, folder: Path, wanted: Wanted, checkpoint: object) -> None:
    """In place of ``added._convert``: without the start of a process, which costs seconds."""
    convert(copied, folder, wanted)
