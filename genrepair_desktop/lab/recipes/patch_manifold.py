"""Recipe of the manifold of natural-photo patches: ``manifold`` repair for pictures that are no portraits."""

from dataclasses import dataclass, field

import numpy as np

from genrepair_desktop.lab.datasets import Bytes, CropSource
from genrepair_desktop.lab.recipes.manifold_ae import Manifold, ManifoldShape


@dataclass(frozen=True)
class PatchManifold(Manifold):
    """Random crops in place of whole pictures; everything else as for portraits."""

    id: str = "manifold-patches"
    shape: ManifoldShape = field(default_factory=lambda: ManifoldShape(side=32, latent=128, width=64, levels=2))

    def pictures(self, source: CropSource, count: int, rng: np.random.Generator) -> Bytes:
        return source.crops(count, self.shape.side, rng)
