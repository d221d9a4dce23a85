"""Fill by the network ``fill-gan``: texture where the deterministic network is smooth, another fill for each seed."""

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.blend import Noise
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.network_fill import fill_with_network
from genrepair_desktop.repair.params import NoParams

MODEL = "fill-gan"
# channels of the noise the network takes
_NOISE = 2


def build(params: NoParams, models: ModelLoader) -> Repairer:
    """A repairer with the shipped network.

    Raises:
        UnknownModelError, CardError: the model is not installed, or damaged.
    """
    network = models.load(MODEL)

    def repair(patch: Patch, ctx: RunContext) -> Image:
        noise = Noise(ctx.seed, patch.blend).draw((*patch.mask.shape, _NOISE))
        return fill_with_network(network, patch.image, patch.mask, ctx, noise)

    return repair


SPEC = MethodSpec(
    id="gan",
    family="learned",
    task="fill",
    build=build,
    context=lambda side: min(160, max(48, side)),
    max_side=512,
    is_seeded=True,
    blends=True,
    adds_grain=True,
    models=(MODEL,),
)
