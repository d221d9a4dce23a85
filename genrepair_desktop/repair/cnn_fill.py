"""Fill by the network ``fill-cnn``: believable structure, the same answer every time."""

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.network_fill import fill_with_network
from genrepair_desktop.repair.params import NoParams

MODEL = "fill-cnn"


def build(params: NoParams, models: ModelLoader) -> Repairer:
    """A repairer with the shipped network.

    Raises:
        UnknownModelError, CardError: the model is not installed, or damaged.
    """
    network = models.load(MODEL)

    def repair(patch: Patch, ctx: RunContext) -> Image:
        return fill_with_network(network, patch.image, patch.mask, ctx)

    return repair


SPEC = MethodSpec(
    id="cnn",
    family="learned",
    task="fill",
    build=build,
    # the network looks about this far; more costs time and changes nothing
    context=lambda side: min(160, max(48, side)),
    max_side=512,
    adds_grain=True,
    models=(MODEL,),
)
