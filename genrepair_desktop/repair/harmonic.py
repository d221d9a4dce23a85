"""Harmonic fill: a membrane stretched over the hole. Soft, never overshoots, cannot fail."""

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer, ThinDamage
from genrepair_desktop.repair.params import NoParams
from genrepair_desktop.repair.smooth_fill import smooth_fill


def build(params: NoParams, models: ModelLoader) -> Repairer:
    """Solve Laplace's equation, ``u_xx + u_yy = 0``, with the known rim as boundary values.

    The five-point stencil; at the photo's border the normal derivative is zero. By the maximum principle the
    fill lies between the darkest and the brightest known pixel beside the hole.

    Source: Bertalmio, Sapiro, Caselles, Ballester 2000, "Image inpainting" (isotropic diffusion); Chan and
    Shen 2001, "Mathematical models for local nontexture inpaintings", section 3.1.
    """

    def repair(patch: Patch, ctx: RunContext) -> Image:
        return smooth_fill(patch.image, patch.mask, "harmonic", ctx)

    return repair


def context(side: int) -> int:
    """A few times the thickness of what these fills are for; the grain match wants some known pixels too.

    Not more: the fill of a scratch cut by a window decays within three thicknesses to the fill of the whole.
    """
    return 32


# With two thicknesses of context a cut changes the fill beside it by under 0.01 / 255 on average. Setting up the
# equations costs as much as 300 x 300 pixels
THIN = ThinDamage(lambda thickness: int(2 * thickness), start_cost=90_000)
SPEC = MethodSpec(
    id="harmonic", family="deterministic", task="fill", build=build, context=context, thin=THIN, adds_grain=True
)
