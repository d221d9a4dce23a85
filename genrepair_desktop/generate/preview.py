"""Pictures while a slider or the pointer moves: the same as ``decode`` gives but for the last bits, and sooner."""

from typing import TYPE_CHECKING

import numpy as np

from genrepair_desktop.generate.latent_base import LatentBase
from genrepair_desktop.generate.model import LatentModel, Latents, Pictures, check_latents
from genrepair_desktop.generate.tensors import parameter_of, to_pictures

if TYPE_CHECKING:
    from torch import Tensor


def quick_pictures(model: LatentModel, latents: Latents) -> Pictures:
    """Pictures (n, side, side, channels) of latents (n, d), for the eye.

    ``decode`` always shows its network a full batch, so that equal latents give equal bytes; one picture then costs
    as much as sixteen. Here the network sees the rows that there are.

    Raises:
        GenerateError: latents of another shape, or not finite.
    """
    import torch

    check_latents(latents, model.latent_dim)
    rows: Tensor = torch.from_numpy(np.ascontiguousarray(latents, np.float32))
    if isinstance(model, LatentBase):
        rows = rows.to(parameter_of(model.net).device)
    with torch.inference_mode():
        return to_pictures(model.decode_tensor(rows))
