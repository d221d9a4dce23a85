"""The Repair button's own choice, made for each hole.

Thin damage goes to the network that continues edges, larger holes to texture guided by it, and very large ones in
rough surroundings, as well as holes in brickwork and other patterns, to texture alone. Where that network is not
installed, a PDE and the unguided exemplar fill take their places. Where the surroundings are unlike all that the
network learned from, the exemplar fill takes its place as well (``unfamiliar``), and the record says so. A hole that
takes much of a face goes to the model of faces (``in_face``).

A hold-out score (hide the same shape in four sound places, repair them by ``hybrid`` and by ``patchmatch``, take the
better) was tried instead: on 27 pictures, held out or bundled, with a hole of 22 to 56 pixels, it chose right in 63 %
and these rules in 72 % (PSNR 19.31 and 19.54 dB, texture distance 15.5 and 16.1, of the better one each time 19.48 and
14.7), and it takes five times as long. It stands in the window as the race of all methods.
"""

from collections.abc import Mapping

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair import cnn_fill, hybrid
from genrepair_desktop.repair.method import HoleFacts, MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.params import NoParams

# up to here what is on both sides says what was between; beyond, a smooth fill shows
THIN = 9.0
# A strip may be wider: across it the network still sees both sides, where pieces from elsewhere showed as brown bands
# over a badge and a helmet (the bundled astronaut with scratches 14 pixels wide). At least so many times longer than
# wide
STRIP, STRIP_SHAPE = 18.0, 4.0
# on surroundings this even, texture copied from elsewhere can only add what is not there
EVEN = 1.5 / 255
# Seen beside the truth on 16 holes in scikit-image's photos: up to 40 pixels across, the guided fill keeps edges
# (rocket, camera, eye) that the unguided one tears. Beyond, the network's guide is grey mush in the middle; in rough
# surroundings (brick, grass, gravel, 43 to 52 across) it makes a blot where the unguided fill cannot be told apart
WIDE = 40.0
ROUGH = 0.04
# for holes beyond THIN in what the network never saw the like of: the picture itself is the better teacher
IF_UNFAMILIAR = "patchmatch"
# For holes beyond STRIP in a face: an eye cannot be copied from elsewhere in it. Of 14 held-out old portraits with a
# hole of a fifth to a third of the face, the model of faces fills the hole 2.3 dB better than what is chosen elsewhere
# and 1.0 dB better than the network; where it knows no such face, the network is the next best
IF_IN_FACE, IF_UNLIKE = "manifold", "cnn"
# Of 20 held-out faces 18 are missed by less than this; a badge on a suit that was taken for a face, by more
ROUTED_PARAMS: Mapping[str, Mapping[str, float]] = {IF_IN_FACE: {"misses": 0.12}}
# the id of the words for that in a repair's record
UNLIKE_FACES = "unlike-faces"


def choose(facts: HoleFacts, models: ModelLoader) -> str:
    """The id of the method for a hole."""
    is_learned = models.has(cnn_fill.MODEL)
    if facts.thickness <= THIN:
        return cnn_fill.SPEC.id if is_learned else "biharmonic"
    if is_learned and facts.thickness <= STRIP and facts.length >= STRIP_SHAPE * facts.thickness:
        return cnn_fill.SPEC.id
    if facts.texture <= EVEN and facts.thickness <= 4 * THIN:
        return "biharmonic"
    is_rough = facts.thickness > WIDE and facts.texture >= ROUGH
    # A pattern goes on as it is elsewhere in the photo: under strokes across the bundled brick wall the guided fill
    # lost the joints (21.5 dB, texture distance 9.7), the unguided one kept them (22.2 dB, 3.7)
    is_guided = is_learned and not is_rough and not facts.is_pattern
    return hybrid.SPEC.id if is_guided else "patchmatch"


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
    cut_at=STRIP,
)
