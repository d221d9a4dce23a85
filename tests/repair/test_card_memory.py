"""A graphics card out of memory: smaller tiles, then the processor, then a message; the next job succeeds."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.registry import inference
from genrepair_desktop.registry.inference import LEFT_CARD, run_network
from genrepair_desktop.repair import cnn_fill, denoise
from genrepair_desktop.repair.method import NoModels, Patch
from genrepair_desktop.repair.pipeline import prepare, run
from genrepair_desktop.repair.recipe import Recipe

CARD, PROCESSOR = "card", "processor"


class OnCard(torch.nn.Parameter):
    """A weight that says it is on a graphics card, on a computer without one."""

    @property
    def device(self) -> torch.device:
        return torch.device("cuda")


class Machine:
    """How many pixels fit into a call on the card and on the processor, and which calls there were.

    full_at  the number of a call, counted from 1, that finds the card full whatever its size
    """

    def __init__(self) -> None:
        self.room = {CARD: 10**9, PROCESSOR: 10**9}
        self.full_at = 0
        self.calls: list[tuple[str, int]] = []

    def take(self, place: str, pixels: int) -> None:
        self.calls.append((place, pixels))
        if pixels > self.room[place] or len(self.calls) == self.full_at:
            if place == CARD:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

    def __deepcopy__(self, memo: dict[int, Any]) -> "Machine":
        return self

    def places(self) -> set[str]:
        return {place for place, _ in self.calls}


class Network(torch.nn.Module):
    """Answers with the picture's negative, where there is room for it."""

    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self.weight = OnCard(torch.ones(1))
        self.register_buffer("one", torch.ones(1))
        self._machine = machine

    def forward(self, picture: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        place = CARD if isinstance(self.weight, OnCard) else PROCESSOR
        self._machine.take(place, picture.shape[0] * picture.shape[2] * picture.shape[3])
        return self.one - picture * self.weight

    def with_map(self, picture: torch.Tensor) -> torch.Tensor:
        # noise all over: the whole answer counts
        return torch.cat([self(picture), torch.ones_like(picture[:, :1])], dim=1)


class Models(NoModels):
    """Every model is the one network."""

    def __init__(self, machine: Machine) -> None:
        self._network = Network(machine)

    def has(self, model_id: str) -> bool:
        return True

    def load(self, model_id: str) -> Network:
        return self._network


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    monkeypatch.setattr(inference, "_placed", lambda tensor, device: tensor)
    return Machine()


def picture(height: int, width: int) -> Image:
    return np.random.default_rng(0).random((height, width, 3), np.float32)


def test_what_the_card_cannot_hold_goes_to_the_processor(machine: Machine) -> None:
    image = picture(20, 30)
    machine.room[CARD] = 500
    told: list[str] = []
    answer = run_network(Network(machine), [image], tell=told.append)
    np.testing.assert_allclose(answer, 1 - image, atol=1e-6)
    assert told == [LEFT_CARD]
    assert machine.calls == [(CARD, 600), (PROCESSOR, 600)]


def test_the_caller_may_make_it_smaller_first(machine: Machine) -> None:
    machine.room[CARD] = 500
    network = Network(machine)
    with pytest.raises(MemoryError, match="CUDA out of memory"):
        run_network(network, [picture(20, 30)], may_leave_card=False)
    run_network(network, [picture(20, 20)], may_leave_card=False)
    assert machine.places() == {CARD}


def test_a_card_and_a_processor_that_are_full_are_told_and_the_next_call_succeeds(machine: Machine) -> None:
    machine.room = {CARD: 500, PROCESSOR: 550}
    network = Network(machine)
    with pytest.raises(MemoryError, match="can't allocate memory"):
        run_network(network, [picture(20, 30)])
    answer = run_network(network, [picture(20, 20)])
    assert answer.shape == (20, 20, 3)
    assert machine.calls[-1] == (CARD, 400)


@pytest.mark.parametrize("full_at", [1, 2, 4])
def test_tiles_become_smaller_when_the_card_is_full_at_the_first_second_and_last(
    machine: Machine, full_at: int
) -> None:
    machine.full_at = full_at
    result = restored(machine, 700, 900)
    assert machine.places() == {CARD}
    sizes = [pixels for _, pixels in machine.calls]
    assert max(sizes[:full_at]) == 512 * 512
    assert max(sizes[full_at:]) == 256 * 256
    np.testing.assert_allclose(result, restored(Machine(), 700, 900), atol=1)


def test_a_card_with_room_for_no_tile_leaves_the_work_to_the_processor(machine: Machine) -> None:
    machine.room[CARD] = 1000
    result = restored(machine, 150, 200)
    assert machine.calls[-1][0] == PROCESSOR
    np.testing.assert_allclose(result, restored(Machine(), 150, 200), atol=1)


def test_with_no_memory_anywhere_the_job_ends_and_the_next_one_succeeds(machine: Machine) -> None:
    machine.room = {CARD: 1000, PROCESSOR: 1000}
    with pytest.raises(MemoryError):
        restored(machine, 150, 200)
    machine.room[CARD] = 10**9
    machine.calls.clear()
    restored(machine, 150, 200)
    assert machine.places() == {CARD}


def restored(machine: Machine, height: int, width: int) -> np.ndarray:
    pixels = np.rint(picture(height, width) * 255).astype(np.uint8)
    request = prepare(pixels, None, Recipe(denoise.SPEC.id))
    (piece,) = run(request, RunContext(), Models(machine)).pieces
    return piece[1].astype(int)


def holes(count: int) -> list[Patch]:
    mask = np.zeros((40, 40), np.bool_)
    mask[15:20, 10:30] = True
    return [Patch(picture(40, 40), mask, None) for _ in range(count)]


def test_holes_that_are_too_many_for_the_card_together_are_filled_one_by_one(machine: Machine) -> None:
    machine.room[CARD] = 40 * 40
    repair = cnn_fill.build_batch(cnn_fill.SPEC.params(), Models(machine))
    with pytest.raises(MemoryError):
        repair(holes(4), RunContext())
    alone = cnn_fill.build(cnn_fill.SPEC.params(), Models(machine))
    for patch in holes(4):
        assert alone(patch, RunContext()).shape == (40, 40, 3)
    assert machine.places() == {CARD}


def test_a_hole_too_large_for_the_card_is_filled_by_the_same_network_on_the_processor(machine: Machine) -> None:
    machine.room[CARD] = 100
    pixels = np.rint(picture(120, 160) * 255).astype(np.uint8)
    mask = np.zeros((120, 160), np.uint8)
    mask[40:46, 30:120] = 255
    done = run(prepare(pixels, mask, Recipe("cnn")), RunContext(), Models(machine))
    assert {hole.note for hole in done.holes} == {LEFT_CARD}, "no smooth fill in its place"
    assert machine.places() == {CARD, PROCESSOR}
