"""The Repair button's own choice, made for each hole.

Thin damage goes to the network that continues edges, larger holes to texture guided by it. Where that network
is not installed, a PDE and the unguided exemplar fill take their places.
"""

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair import cnn_fill, hybrid
from genrepair_desktop.repair.method import HoleFacts, MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.params import NoParams

# up to here what is on both sides says what was between; beyond, a smooth fill shows
THIN = 9.0
# on surroundings this even, texture copied from elsewhere can only add what is not there
EVEN = 1.5 / 255


def choose(facts: HoleFacts, models: ModelLoader) -> str:
    """The id of the method for a hole."""
    is_learned = models.has(cnn_fill.MODEL)
    if facts.thickness <= THIN:
        return cnn_fill.SPEC.id if is_learned else "biharmonic"
    if facts.texture <= EVEN and facts.thickness <= 4 * THIN:
        return "biharmonic"
    return hybrid.SPEC.id if is_learned else "patchmatch"


def build(params: NoParams, models: ModelLoader) -> Repairer:
    """Never asked to repair by itself: the pipeline hands every hole to the chosen method."""

    def repair(patch: Patch, ctx: RunContext) -> Image:
        raise AssertionError("the pipeline resolves 'auto' before it repairs")

    return repair


SPEC = MethodSpec(
    id="auto",
    family="automatic",
    task="fill",
    build=build,
    is_seeded=True,
    context=lambda side: max(64, side // 2),
    route=choose,
    cut_at=THIN,
)
