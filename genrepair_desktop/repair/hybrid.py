"""Structure from the network, texture from the photo: a network's fill guides the exemplar search.

A network trained for likeness knows where an edge goes on and leaves its texture grey; the exemplar search
copies true texture and guesses at edges. Guided by the network's fill it copies texture to where it belongs.
"""

from typing import Any

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.blend import heaviest
from genrepair_desktop.repair.cnn_fill import MODEL
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.network_fill import fill_with_network
from genrepair_desktop.repair.patchmatch import THIN, PatchmatchParams, patchmatch_fill

# the network takes about this share of the time
_GUIDE_SHARE = 0.2


def build(params: PatchmatchParams, models: ModelLoader) -> Repairer:
    """A repairer with the shipped network.

    Raises:
        UnknownModelError, CardError: the model is not installed, or damaged.
    """
    network = models.load(MODEL)

    def repair(patch: Patch, ctx: RunContext) -> Image:
        return fill_along(network, patch, params, ctx)

    return repair


def fill_along(
    network: Any, patch: Patch, params: PatchmatchParams, ctx: RunContext, noise: Image | None = None
) -> Image:
    """Fill a patch with pieces of the photo, laid along what ``network`` draws from ``noise`` (if it takes any).

    Raises:
        NetworkFailedError: the network gave no picture, in any number format.
    """
    guide = fill_with_network(network, patch.image, patch.mask, ctx.part(0.0, _GUIDE_SHARE), noise)
    search = ctx.part(_GUIDE_SHARE, 1.0, seed=heaviest(ctx.seed, patch.blend))
    return patchmatch_fill(patch.image, patch.mask, patch.donor, params, search, guide=guide)


SPEC = MethodSpec(
    id="hybrid",
    family="learned",
    task="fill",
    build=build,
    params=PatchmatchParams,
    context=lambda side: max(96, side // 2),
    thin=THIN,
    max_side=512,
    is_seeded=True,
    models=(MODEL,),
)
