"""Takes away noise, grain and JPEG blocks with the network ``denoise``; clean regions stay as they are."""

from dataclasses import dataclass

import cv2
import numpy as np

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.network_picture import run_on_picture
from genrepair_desktop.repair.params import number

MODEL = "denoise"
# below this local strength (a standard deviation in [0, 1]) a region counts as clean, above twice it as noisy
_CLEAN = 0.6 / 255


@dataclass(frozen=True)
class DenoiseParams:
    """Parameters of ``denoise``."""

    strength: float = number(
        1.0,
        0.0,
        1.0,
        "How much of the noise goes. Move down if skin or paper looks like plastic: a part of the grain comes back.",
        step=0.05,
    )


def build(params: DenoiseParams, models: ModelLoader) -> Repairer:
    """A repairer with the shipped network.

    Raises:
        UnknownModelError, CardError: the model is not installed, or damaged.
    """
    network = models.load(MODEL)

    def repair(patch: Patch, ctx: RunContext) -> Image:
        ctx.checkpoint(0.0, "repairing")
        answer = run_on_picture(network, patch.image, ctx, method="with_map")
        channels = patch.image.shape[2]
        cleaned, noise = answer[..., :channels], answer[..., channels]
        noisy = np.clip(cv2.GaussianBlur(noise, (0, 0), 4.0) / _CLEAN - 1.0, 0.0, 1.0)[..., None]
        ctx.checkpoint(1.0, "repairing")
        change = (cleaned - patch.image) * (noisy * np.float32(params.strength))
        return patch.image + change.astype(np.float32, copy=False)

    return repair


SPEC = MethodSpec(
    id="denoise",
    family="learned",
    task="restore",
    build=build,
    params=DenoiseParams,
    tile=512,
    overlap=32,
    models=(MODEL,),
)
