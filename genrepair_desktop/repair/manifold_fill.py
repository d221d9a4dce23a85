"""Fill by a manifold: the picture that agrees with what is known, among all that a model can make.

In a face, the portrait model's latent is searched for that shows the known pixels (``generate.project``).
Elsewhere the model of small patches pulls the hole towards patches of photographs, window by window (in the
manner of EPLL, Zoran and Weiss 2011, with an autoencoder in place of their Gaussian mixture).
"""

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from genrepair_desktop.errors import RepairFailedError
from genrepair_desktop.generate.fusion import blend_latents
from genrepair_desktop.generate.manifold import ManifoldModel
from genrepair_desktop.generate.project import Projection, SearchOptions, project
from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.colour import as_colour, from_colour
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.one_ink import in_one_ink
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.blend import Blend, Noise
from genrepair_desktop.repair.face_fill import cut_face, face_around, put_face, tied_to_rim
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.params import number
from genrepair_desktop.repair.request import MISSES

if TYPE_CHECKING:
    from genrepair_desktop.networks.manifold_ae import ManifoldAutoencoder

PORTRAITS, PATCHES = "manifold-portraits", "manifold-patches"
_STRIDE = 16
_WINDOWS_AT_ONCE = 8
_LATENT_NOISE = 0.15
# a face whose known pixels are missed by more is not much like those that were learned from; see ``project``
_UNLIKE = 0.12
FAR_FROM_FACES = "far-from-faces"


@dataclass(frozen=True)
class ManifoldParams:
    """Parameters of ``manifold``."""

    steps: int = number(100, 10, 400, "Steps of the search. More follow the known pixels more closely.", step=10)
    caution: float = number(
        1.0, 0.1, 10.0, "How strongly the fill stays with what is usual. Move up if a face looks odd.", step=0.1
    )
    misses: float = number(
        0.2, 0.05, 0.5, "How far the model may miss the known pixels of a face before it refuses.", step=0.01
    )
    passes: int = number(6, 1, 20, "Outside faces: rounds over the hole. More for larger holes.")


def build(params: ManifoldParams, models: ModelLoader) -> Repairer:
    """A repairer with the two shipped models.

    Raises:
        UnknownModelError, CardError: a model is not installed, or damaged.
    """
    portraits = ManifoldModel(PORTRAITS, _in_float32(models.load(PORTRAITS)))
    patches = ManifoldModel(PATCHES, _in_float32(models.load(PATCHES)))

    def repair(patch: Patch, ctx: RunContext) -> Image:
        start = prefill(as_colour(patch.image), patch.mask)
        ctx.checkpoint(0.05, "repairing")
        face = face_around(start, patch.mask, models)
        if face is not None:
            filled = fill_face(portraits, start, patch.mask, face, params, ctx.part(0.1, 1.0), patch.blend)
        else:
            filled = fill_by_patches(patches, start, patch.mask, params.passes, ctx.part(0.1, 1.0), patch.blend)
        return np.where(patch.mask[..., None], from_colour(filled, patch.image), patch.image)

    return repair


def fill_face(
    model: ManifoldModel,
    image: Image,
    mask: Mask,
    face: Rect,
    params: ManifoldParams,
    ctx: RunContext,
    blend: Blend = (),
) -> Image:
    """The face's picture on the manifold, brought to the photo's size and to its tones at the rim of the hole.

    With a ``blend`` it is the picture of the weighted mean of the latents that its seeds find.

    Raises:
        RepairFailedError: the model cannot show the known pixels: the face is unlike those it learned.
        Cancelled: at a checkpoint.
    """
    cutting = cut_face(image, mask, face, model)
    sure = np.clip(1 - 2 * cutting.covered, 0, 1)
    draws = blend or ((ctx.seed, 1.0),)
    found: list[Projection] = []
    for place, (seed, _) in enumerate(draws):
        part = ctx.part(place / len(draws), (place + 1) / len(draws), seed=seed)
        options = SearchOptions(restarts=1, steps=params.steps, prior=0.002 * params.caution, is_drawn=seed != 0)
        found.append(project(model, cutting.picture, part, confidence=sure, options=options))
        if found[-1].residuals[0] > params.misses:
            raise RepairFailedError(
                f"The face is unlike those the model learned (it misses the known pixels by "
                f"{found[-1].residuals[0]:.0%}): choose another method."
            )
    misses = float(max(one.residuals[0] for one in found))
    ctx.measured[MISSES] = misses
    if misses > _UNLIKE:
        ctx.told.add(FAR_FROM_FACES)
    if len(found) == 1:
        return put_face(found[0].pictures[0], image, mask, face)
    latents = np.stack([one.latents[0] for one in found])
    mixed = blend_latents(latents, [weight for _, weight in draws], is_spherical=model.is_spherical)
    return put_face(model.decode(mixed[None])[0], image, mask, face)


def fill_by_patches(
    model: ManifoldModel, image: Image, mask: Mask, passes: int, ctx: RunContext, blend: Blend = ()
) -> Image:
    """Rounds over all windows that touch the hole: each is encoded and decoded, overlapping answers are averaged,
    known pixels put back. A seed other than 0 shakes the latents, less in each round.

    Raises:
        Cancelled: at a checkpoint.
    """
    side = model.side
    grown = [(0, max(0, side - n)) for n in mask.shape]
    padded = np.pad(image, [*grown, (0, 0)], mode="edge")
    hole = np.pad(mask, grown)
    corners = _windows(hole, side)
    drawn = Noise(ctx.seed, blend)
    for round_number in range(passes):
        total, weight = np.zeros_like(padded), np.zeros((*hole.shape, 1), np.float32)
        shake = _LATENT_NOISE * (1 - round_number / passes) if ctx.seed else 0.0
        for start in range(0, len(corners), _WINDOWS_AT_ONCE):
            ctx.checkpoint((round_number + start / len(corners)) / passes, "repairing")
            some = corners[start : start + _WINDOWS_AT_ONCE]
            latents = model.encode(np.stack([padded[y : y + side, x : x + side] for y, x in some]))
            noise = drawn.draw(latents.shape)
            answers = model.decode((latents + np.float32(shake) * noise).astype(np.float32))
            for (y, x), answer in zip(some, answers, strict=True):
                # a window is surest in its middle
                total[y : y + side, x : x + side] += answer * _bump(side)
                weight[y : y + side, x : x + side] += _bump(side)
        mean = total / np.maximum(weight, 1e-6)
        padded = np.where(hole[..., None], mean, padded).astype(np.float32)
    ctx.checkpoint(1.0, "repairing")
    shown = padded[: mask.shape[0], : mask.shape[1]]
    return in_one_ink(tied_to_rim(shown, image, mask), mask)


def _windows(hole: Mask, side: int) -> list[tuple[int, int]]:
    """Top left corners of the windows that touch the hole; the last row and column lie at the edge."""
    h, w = hole.shape
    rows = sorted({*range(0, h - side + 1, _STRIDE), h - side})
    columns = sorted({*range(0, w - side + 1, _STRIDE), w - side})
    return [(y, x) for y in rows for x in columns if hole[y : y + side, x : x + side].any()]


def _bump(side: int) -> npt.NDArray[np.float32]:
    line = np.sin((np.arange(side) + 0.5) * np.pi / side)
    return (np.outer(line, line)[..., None] + 1e-3).astype(np.float32)


def _in_float32(network: Any) -> "ManifoldAutoencoder":
    """A search along gradients needs digits that bfloat16 drops; the loader's own copy stays as it is."""
    return copy.deepcopy(network).float()


SPEC = MethodSpec(
    id="manifold",
    family="learned",
    task="fill",
    build=build,
    params=ManifoldParams,
    # a face is found only if it is seen whole
    context=lambda side: max(64, 2 * side),
    is_seeded=True,
    guesses_first=True,
    blends=True,
    adds_grain=True,
    models=(PORTRAITS, PATCHES),
)
