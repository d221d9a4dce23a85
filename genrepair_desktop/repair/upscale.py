"""Makes a picture two or four times larger with the network ``upscale``."""

from dataclasses import dataclass

import numpy as np

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.network_picture import run_on_picture
from genrepair_desktop.repair.params import choice

MODEL = "upscale"


@dataclass(frozen=True)
class UpscaleParams:
    """Parameters of ``upscale``."""

    scale: str = choice("2", ("2", "4"), "How many times larger. Twice is safe; four times invents more detail.")

    @property
    def factor(self) -> int:
        """The scale as a number."""
        return int(self.scale)


def build(params: UpscaleParams, models: ModelLoader) -> Repairer:
    """A repairer with the shipped network.

    Raises:
        UnknownModelError, CardError: the model is not installed, or damaged.
    """
    network = models.load(MODEL)
    scale = np.full((1, 1, 1), params.factor, np.float32)

    def repair(patch: Patch, ctx: RunContext) -> Image:
        ctx.checkpoint(0.0, "repairing")
        answer = run_on_picture(network, patch.image, ctx, scale)
        ctx.checkpoint(1.0, "repairing")
        return answer

    return repair


SPEC = MethodSpec(
    id="upscale",
    family="learned",
    task="enlarge",
    build=build,
    params=UpscaleParams,
    scale=lambda params: params.factor,
    tile=256,
    overlap=16,
    models=(MODEL,),
)
