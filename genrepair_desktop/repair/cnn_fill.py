"""Fill by the network ``fill-cnn``: believable structure, the same answer every time."""

from collections.abc import Sequence

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.method import BatchRepairer, MethodSpec, ModelLoader, Patch, Repairer, ThinDamage
from genrepair_desktop.repair.network_fill import fill_several_with_network, fill_with_network
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


def build_batch(params: NoParams, models: ModelLoader) -> BatchRepairer:
    """As ``build``, for several patches of thin damage at once."""
    network = models.load(MODEL)

    def repair(patches: Sequence[Patch], ctx: RunContext) -> list[Image]:
        return fill_several_with_network(network, patches, ctx)

    return repair


SPEC = MethodSpec(
    id="cnn",
    family="learned",
    task="fill",
    build=build,
    # the network looks about this far; more costs time and changes nothing
    context=lambda side: min(160, max(48, side)),
    max_side=512,
    # with twice the thickness a cut changes the fill beside it by 0.01 / 255 on average
    thin=ThinDamage(lambda thickness: int(2 * thickness), start_cost=1000, batch=build_batch),
    adds_grain=True,
    models=(MODEL,),
)
