"""A network that gives no picture never gives a black one: its hole is filled smoothly, and the record says so."""

import numpy as np
import pytest
import torch

from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.networks.blocks import ResidualBlock
from genrepair_desktop.networks.fill_unet import FillUNet, SeededFillUNet
from genrepair_desktop.repair.bench import cases
from genrepair_desktop.repair.method import NoModels
from genrepair_desktop.repair.pipeline import prepare, run
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.record import lay_in


class Broken(NoModels):
    """A network that answers with no numbers."""

    def has(self, model_id: str) -> bool:
        return model_id.startswith("fill-")

    def load(self, model_id: str) -> torch.nn.Module:
        kind = SeededFillUNet if model_id == "fill-gan" else FillUNet
        network = kind((8, 8, 16), (1, 1), (1,)).eval().requires_grad_(False)
        network.trunk.leave.bias.fill_(torch.nan)
        return network


@pytest.mark.parametrize("method", ["cnn", "gan", "hybrid", "auto"])
def test_holes_thin_and_thick_are_filled_smoothly_all_the_same(method: str) -> None:
    photo = cases.photo("chelsea")[100:300, 100:300]
    coverage = np.zeros((200, 200), np.uint8)
    coverage[20:23, 10:190] = 255
    coverage[90:120, 90:120] = 255
    result = run(prepare(photo, coverage, Recipe(method)), RunContext(), Broken())
    assert {hole.note for hole in result.holes} == {"not-finite"}
    filled = lay_in(photo, result)
    assert np.array_equal(filled[coverage == 0], photo[coverage == 0])
    # no worse than the photo's own spread: nothing black, nothing white
    error = np.abs(filled[coverage > 0].astype(float) - photo[coverage > 0])
    assert error.mean() < photo.std()


class HalfBroken(Broken):
    """A network whose fast number format fails, as on a processor that rounds too much; float32 is sound."""

    def load(self, model_id: str) -> FillUNet:
        network = super().load(model_id)
        assert isinstance(network, FillUNet)
        network.trunk.leave.bias.fill_(0.0)
        network.to(torch.float16)
        # beyond float16 in the middle of the sum, within it for float32
        network.trunk.enter.bias.fill_(60000.0)
        first = network.trunk.down_half[0]
        assert isinstance(first, ResidualBlock)
        first.first.weight.fill_(1.0)
        return network


@pytest.mark.parametrize("method", ["cnn", "hybrid"])
def test_that_the_slow_number_format_was_needed_stands_in_the_record_and_asks_nobody_to_look(method: str) -> None:
    photo = cases.photo("chelsea")[100:200, 100:200]
    coverage = np.zeros((100, 100), np.uint8)
    coverage[20:23, 10:90] = 255
    coverage[50:70, 50:70] = 255
    result = run(prepare(photo, coverage, Recipe(method)), RunContext(), HalfBroken())
    assert {hole.note for hole in result.holes} == {"slow-format"}
    assert not any(hole.is_doubtful for hole in result.holes)
