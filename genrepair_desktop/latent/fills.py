"""A map of plausible repairs: many fills of one hole as points, alike fills side by side.

After "Posterior uncertainty by principal components" (Nehme 2023, NPPC): the main directions in which the fills
of a hole differ tell more than a variance for each pixel.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.features import Features, MapError
from genrepair_desktop.latent.map import Points, fit_map
from genrepair_desktop.latent.pca import Reduction, reduce, two_axes
from genrepair_desktop.latent.tsne import TsneParams

# with fewer fills t-SNE has nothing to arrange, and two axes show nearly all there is
_TSNE_FROM = 30
_PERPLEXITY_SHARE = 5
_ITERATIONS = 200


@dataclass(frozen=True)
class FillsMap:
    """Fills as points.

    points     (n, 2)
    kind       "pca" or "tsne"
    explained  share of the differences between the fills that the first two axes show
    reduction  the axes themselves; ``change`` makes pictures of them
    hole       (h, w), which pixels were compared
    """

    points: Points
    kind: str
    explained: float
    reduction: Reduction
    hole: Mask

    def change(self, axis: int) -> Image:
        """How the hole changes along a main axis, for one deviation of the fills: (h, w, c), 0 outside."""
        channels = self.reduction.axes.shape[1] // int(self.hole.sum())
        picture = np.zeros((*self.hole.shape, channels), np.float32)
        deviation = float(self.reduction.values[:, axis].std())
        picture[self.hole] = (self.reduction.axes[axis] * deviation).reshape(-1, channels)
        return picture


def map_fills(fills: npt.NDArray[np.float32], hole: Mask, ctx: RunContext) -> FillsMap:
    """Arrange fills (n, h, w, c) by what they put into ``hole`` (h, w): principal components, t-SNE from 30 on.

    Raises:
        MapError: fewer than 3 fills, an empty hole, or one of another size.
        Cancelled: at a checkpoint.
    """
    if fills.ndim != 4 or len(fills) < 3:
        raise MapError("A map of repairs needs at least 3 of them.")
    if hole.shape != fills.shape[1:3] or not hole.any():
        raise MapError("A map of repairs needs the hole that they fill.")
    ctx.checkpoint(0.0, "map-reduce")
    content: Features = fills[:, hole].reshape(len(fills), -1)
    reduction = reduce(content, min(50, len(fills) - 1))
    explained = float(reduction.explained[:2].sum())
    if len(fills) < _TSNE_FROM or reduction.values.shape[1] < 2:
        ctx.checkpoint(1.0, "map-reduce")
        return FillsMap(two_axes(reduction), "pca", explained, reduction, hole)
    params = TsneParams(perplexity=max(5, len(fills) // _PERPLEXITY_SHARE), iterations=_ITERATIONS)
    fitted = fit_map(reduction.values, params, ctx)
    return FillsMap(fitted.points, "tsne", explained, reduction, hole)
