"""Polynomial fill: the smooth surface that fits the rim of a hole best, laid into it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.masks import label_holes
from genrepair_desktop.imaging.polynomial_fit import SMALLEST_RIDGE, Surface, choose_degree, fit_surface
from genrepair_desktop.imaging.threads import one_blas_thread
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.params import choice, number, switch
from genrepair_desktop.repair.smooth_fill import require_known, smooth_fill

# more points change the fit by less than the grain does
_MOST_POINTS = 1500
_SECTORS = 8


@dataclass(frozen=True)
class PolynomialParams:
    """Which surface is fitted to what."""

    degree: int = number(
        3, 0, 6, "How bent the surface may be: 0 is one colour, 1 a slope, 2 a bowl. Lower it when the fill waves."
    )
    find_degree: bool = switch(
        True, "Try all degrees up to this one on parts of the edge left out, and take the one that predicts them best."
    )
    rim: int = number(8, 2, 64, "How wide a strip around the hole is looked at. Widen it on grainy photos.", unit="px")
    piece: int = number(
        64,
        16,
        512,
        "A longer hole is fitted piece by piece. Shorten it where the surroundings change along a scratch.",
        step=8,
        unit="px",
    )
    seamless: bool = switch(
        True, "Bend the surface so that it meets every pixel at the edge. Switch it off when the edge itself is dirty."
    )
    outliers: str = choice(
        "huber",
        ("least-squares", "huber", "tukey"),
        "How to treat edge pixels that do not fit: as all others, with less weight, or not at all.",
        advanced=True,
    )
    ridge: float = number(
        1e-4,
        SMALLEST_RIDGE,
        1.0,
        "Pulls the surface flat where the edge does not say how it runs. Raise it when a wide hole bulges.",
        step=1e-4,
        advanced=True,
    )
    solver: str = choice(
        "closed-form",
        ("closed-form", "gradient-descent"),
        "Two ways to the same surface; gradient descent is there to compare and is slower.",
        advanced=True,
    )


def build(params: PolynomialParams, models: ModelLoader) -> Repairer:
    """Fit a 2-D polynomial to the rim of each hole by robust least squares with a ridge, and lay it in.

    Chebyshev products up to a total degree; iteratively reweighted for outliers; long holes as overlapping
    pieces with hat weights that sum to one. ``seamless`` adds the harmonic function that is the rim's misfit.

    Source: Huber 1964, "Robust estimation of a location parameter"; Hastie, Tibshirani, Friedman 2009, "The
    elements of statistical learning", equations 3.41 (ridge) and 7.10 (the one-standard-error rule); Perez,
    Gangnet, Blake 2003, "Poisson image editing", section 2, for the membrane.
    """

    def repair(patch: Patch, ctx: RunContext) -> Image:
        require_known(patch.mask)
        if not patch.mask.any():
            return patch.image.copy()
        with one_blas_thread():
            surface = _surfaces(patch.image, patch.mask, params, ctx.part(0.0, 0.7))
        if params.seamless:
            misfit = np.where(patch.mask[..., None], np.float32(0), patch.image - surface)
            surface += smooth_fill(misfit, patch.mask, "harmonic", ctx.part(0.7, 1.0))
        return np.where(patch.mask[..., None], np.clip(surface, 0.0, 1.0), patch.image)

    return repair


@dataclass(frozen=True)
class _Piece:
    """A part of a hole fitted by one surface: its place, and which rim pixels it is fitted to."""

    rect: Rect
    rim: Mask
    centre: tuple[float, float]
    reach: float

    def weights(self, y: npt.NDArray[Any], x: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Hats that sum to one over the grid of pieces; constant for a hole in one piece."""
        if not np.isfinite(self.reach):
            return np.ones(y.size)
        across = np.clip(1.0 - np.abs(x - self.centre[1]) / self.reach, 0.0, None)
        return np.clip(1.0 - np.abs(y - self.centre[0]) / self.reach, 0.0, None) * across


def _surfaces(image: Image, mask: Mask, params: PolynomialParams, ctx: RunContext) -> Image:
    """The fitted surface at every masked pixel and its four neighbours; 0 elsewhere."""
    result = np.zeros_like(image)
    labels, holes = label_holes(mask)
    bounds = Rect.of_shape(mask.shape)
    done, total = 0, np.count_nonzero(mask)
    for hole in holes:
        part = ctx.part(done / total, (done + hole.area) / total)
        view = hole.rect.grown(params.rim).intersect(bounds)
        own = labels[view.slices] == hole.label
        _lay_surface(image[view.slices], mask[view.slices], own, result[view.slices], params, part)
        done += hole.area
    return result


def _lay_surface(image: Image, mask: Mask, own: Mask, out: Image, params: PolynomialParams, ctx: RunContext) -> None:
    """Write one hole's surface into ``out``."""
    y, x = np.nonzero(cv2.dilate(own.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))))
    total, weight = np.zeros((y.size, image.shape[2])), np.zeros((y.size, 1))
    pieces = list(_pieces(own, mask, params))
    for index, piece in enumerate(pieces):
        ctx.checkpoint(index / len(pieces), "fitting")
        shares = piece.weights(y, x)
        inside = np.flatnonzero(shares)
        if inside.size:
            surface = _fit(image, piece.rim, params)
            total[inside] += shares[inside, None] * surface.at(y[inside], x[inside])
            weight[inside, 0] += shares[inside]
    out[y, x] = total / weight


def _pieces(own: Mask, mask: Mask, params: PolynomialParams) -> Iterator[_Piece]:
    ring = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * params.rim + 1, 2 * params.rim + 1))
    rim = (cv2.dilate(own.astype(np.uint8), ring) > 0) & ~mask
    x, y, w, h = cv2.boundingRect(own.astype(np.uint8))
    thickness = 2.0 * float(cv2.distanceTransform(np.pad(own, 1).astype(np.uint8), cv2.DIST_L2, 3).max())
    reach = max(float(params.piece), thickness)  # a piece has to see the rim on both sides
    if max(w, h) <= 2.0 * reach:
        yield _Piece(Rect.of_shape(own.shape), rim, (0.0, 0.0), np.inf)
        return
    for centre_y in np.arange(y, y + h + reach, reach):
        for centre_x in np.arange(x, x + w + reach, reach):
            edges = (centre_x - reach, centre_y - reach, centre_x + reach + 1, centre_y + reach + 1)
            box = Rect.from_edges(*(int(edge) for edge in edges)).grown(params.rim).intersect(Rect.of_shape(own.shape))
            if own[box.slices].any():
                near = np.zeros_like(rim)
                near[box.slices] = rim[box.slices]
                yield _Piece(box, near if near.any() else rim, (float(centre_y), float(centre_x)), reach)


def _fit(image: Image, rim: Mask, params: PolynomialParams) -> Surface:
    y, x = np.nonzero(rim)
    every = -(-y.size // _MOST_POINTS)
    y, x = y[::every], x[::every]
    values = image[y, x]
    degree = params.degree
    if params.find_degree:
        turn = np.arctan2(y - y.mean(), x - x.mean()) / (2 * np.pi) + 0.5
        sectors = np.minimum((turn * _SECTORS).astype(np.int64), _SECTORS - 1)
        degree = choose_degree(y, x, values, sectors, highest=degree, ridge=params.ridge)
    return fit_surface(
        y,
        x,
        values,
        degree=degree,
        ridge=params.ridge,
        loss=params.outliers,  # type: ignore[arg-type]  # the choices are the literals
        solver=params.solver,  # type: ignore[arg-type]
    )


def context(side: int) -> int:
    """Room for the widest rim around a hole."""
    return max(64, side // 8)


SPEC = MethodSpec(
    id="polynomial",
    family="deterministic",
    task="fill",
    params=PolynomialParams,
    build=build,
    context=context,
    adds_grain=True,
)
