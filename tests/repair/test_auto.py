"""The automatic choice suits the hole, and takes networks only where they are installed."""

from typing import Any

import pytest

from genrepair_desktop.repair.auto import choose
from genrepair_desktop.repair.catalog import METHODS
from genrepair_desktop.repair.method import HoleFacts, NoModels


class Everything(NoModels):
    def has(self, model_id: str) -> bool:
        return True

    def load(self, model_id: str) -> Any:
        raise AssertionError("choosing must not load a network")


SCRATCH = HoleFacts(area=400, thickness=4.0, length=200, texture=0.05)
STRIP = HoleFacts(area=2000, thickness=14.0, length=150, texture=0.05)
SPOT = HoleFacts(area=180, thickness=14.0, length=16, texture=0.05)
BLOT = HoleFacts(area=1200, thickness=30.0, length=50, texture=0.08)
LARGE_BLOT = HoleFacts(area=4000, thickness=60.0, length=80, texture=0.02)
LARGE_BLOT_IN_GRAVEL = HoleFacts(area=4000, thickness=60.0, length=80, texture=0.08)
BLOT_IN_BRICKWORK = HoleFacts(area=1200, thickness=30.0, length=50, texture=0.05, is_pattern=True)
BLOT_IN_SKY = HoleFacts(area=600, thickness=25.0, length=30, texture=0.001)


@pytest.mark.parametrize(
    ("facts", "learned", "classical"),
    [
        (SCRATCH, "cnn", "biharmonic"),
        (STRIP, "cnn", "patchmatch"),
        (SPOT, "hybrid", "patchmatch"),
        (BLOT, "hybrid", "patchmatch"),
        (LARGE_BLOT, "hybrid", "patchmatch"),
        (LARGE_BLOT_IN_GRAVEL, "patchmatch", "patchmatch"),
        (BLOT_IN_BRICKWORK, "patchmatch", "patchmatch"),
        (BLOT_IN_SKY, "biharmonic", "biharmonic"),
    ],
)
def test_each_kind_of_hole_gets_its_method(facts: HoleFacts, learned: str, classical: str) -> None:
    assert choose(facts, Everything()) == learned
    assert choose(facts, NoModels()) == classical
    assert {learned, classical} <= set(METHODS)
