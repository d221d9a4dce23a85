"""Total-variation fill: carries edges straight across a hole instead of blurring them."""

from dataclasses import dataclass

import numpy as np

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.imaging.sparse_solve import solve_spd
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.grid_equations import Differences, Floats, Indices, neighbour_differences
from genrepair_desktop.repair.harmonic import THIN, context
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.params import number
from genrepair_desktop.repair.smooth_fill import smooth_fill

# slopes below this share of the range count as flat when the search begins; it narrows to the user's value
_FIRST_FLATNESS = 0.1
_NARROWING = 0.3


@dataclass(frozen=True)
class TotalVariationParams:
    """How sharp the edges in the fill become, and how long to work on it."""

    flatness: float = number(
        0.01,
        0.0005,
        0.1,
        "Differences between neighbouring pixels below this count as flat. Raise it for softer, less "
        "terraced fills; lower it for hard edges.",
        step=0.001,
    )
    rounds: int = number(
        60,
        1,
        500,
        "At most how often the edges are found anew. Raise it when a wide hole is unfinished.",
        advanced=True,
    )
    tolerance: float = number(
        3e-4,
        1e-8,
        1e-2,
        "Stop when a round lowers the total variation by less than this share.",
        step=1e-5,
        advanced=True,
    )


def build(params: TotalVariationParams, models: ModelLoader) -> Repairer:
    """Minimise the total variation ``sum sqrt(|grad u| ** 2 + flatness ** 2)``, its gradient over all channels.

    Lagged diffusivity: the gradient norm of the last round divides the squared gradient of the next, so each
    round is a linear system like the harmonic fill's, and the total variation falls with every round. The
    flatness narrows from coarse to the given one, which keeps the first rounds from freezing a blurred edge.

    Source: Chan and Shen 2001, "Mathematical models for local nontexture inpaintings", section 4; Vogel and
    Oman 1996, "Iterative methods for total variation denoising", equation 3.3; Blomgren and Chan 1998,
    "Color TV", for the coupled channels.
    """

    def repair(patch: Patch, ctx: RunContext) -> Image:
        result = smooth_fill(patch.image, patch.mask, "harmonic", ctx.part(0.0, 0.1))
        if patch.mask.any():
            ctx.checkpoint(0.1, "solving")
            rows, tails = neighbour_differences(patch.image, patch.mask)
            result[patch.mask] = _minimise(
                rows, tails, result[patch.mask].astype(np.float64), params, ctx.part(0.1, 1.0)
            )
        return result

    return repair


def _minimise(
    rows: Differences, tails: Indices, fill: Floats, params: TotalVariationParams, ctx: RunContext
) -> Floats:
    flatness = max(params.flatness, _FIRST_FLATNESS)
    slopes = _slopes(rows, tails, fill)
    for index in range(params.rounds):
        part = ctx.part(index / params.rounds, (index + 1) / params.rounds)
        part.checkpoint(0.0, "solving")
        before = _energy(slopes, flatness)
        weights = 1.0 / np.sqrt(slopes + flatness**2)
        matrix, rhs = rows.normal_equations(weights[tails])
        part.checkpoint(0.0, "solving")
        fill = solve_spd(
            matrix,
            rhs,
            rows.y,
            rows.x,
            start=fill,
            tolerance=1e-4,
            checkpoint=lambda fraction, part=part: part.checkpoint(fraction, "solving"),
        )
        slopes = _slopes(rows, tails, fill)
        is_last = flatness <= params.flatness
        if is_last and before - _energy(slopes, flatness) <= params.tolerance * before:
            break
        flatness = max(params.flatness, flatness * _NARROWING)
    return fill


def _slopes(rows: Differences, tails: Indices, fill: Floats) -> Floats:
    """Squared gradient at each pixel that has a difference in the hole, summed over the channels."""
    differences = rows.matrix @ fill + rows.known
    return np.asarray(np.bincount(tails, np.einsum("rc,rc->r", differences, differences)), np.float64)


def _energy(slopes: Floats, flatness: float) -> float:
    return float(np.sqrt(slopes + flatness**2).sum())


SPEC = MethodSpec(
    id="tv",
    family="deterministic",
    task="fill",
    params=TotalVariationParams,
    build=build,
    context=context,
    thin=THIN,
    adds_grain=True,
)
