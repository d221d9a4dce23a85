"""How fast the shipped networks are: a 512-pixel fill in both number formats beside LaMa's network, and denoising.

``genrepair bench --networks`` prints it. All in one process, one after the other, so that the ratios mean the same on
a busy machine. LaMa's network (51 million weights, as spandrel builds it, random: its speed does not depend on them)
is what published fills of this kind use.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from genrepair_desktop.imaging.arrays import Image, Mask, to_image
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.registry.device import Device, choose_device
from genrepair_desktop.registry.loader import ModelLoader, load_network
from genrepair_desktop.registry.store import ModelStore
from genrepair_desktop.repair.bench import cases
from genrepair_desktop.repair.cnn_fill import MODEL as FILL
from genrepair_desktop.repair.denoise import MODEL as DENOISE
from genrepair_desktop.repair.network_fill import fill_with_network
from genrepair_desktop.repair.pipeline import prepare, run
from genrepair_desktop.repair.recipe import Recipe

# of LaMa's network one call is enough: it takes seconds, and the start is done by a small one before
_ROUNDS, _ROUNDS_OF_LAMA, _SMALL = 7, 1, 64
_DENOISE_SIDE = 1024


@dataclass(frozen=True)
class Speed:
    """Median seconds of one piece of work on ``megapixels`` pixels."""

    name: str
    seconds: float
    megapixels: float


def measure_networks(store: ModelStore) -> Iterator[Speed]:
    """The fill in float32 and in bfloat16, LaMa's network in float32, and the ``denoise`` method, in turn.

    Raises:
        UnknownModelError: one of the shipped models is not installed.
    """
    model = store.get(FILL)
    image, mask = to_image(cases.photo("astronaut")), cases.mask("brush", 0) > 0
    size = mask.size / 1e6
    device = choose_device("cpu").name
    for name, has_bf16 in (("float32", False), ("bfloat16", True)):
        network = load_network(model.card, model.folder, Device(device, has_bf16))
        yield Speed(f"{FILL}, {name}", median_seconds(_filling(network, image, mask), _ROUNDS), size)
    lama, planes = random_lama(), [image, mask[..., None].astype(np.float32)]
    # answers of random weights may be no picture: the bare call is measured
    run_on = [torch.from_numpy(plane).permute(2, 0, 1)[None] for plane in planes]
    with torch.inference_mode():
        lama(*(plane[..., :_SMALL, :_SMALL] for plane in run_on))
        yield Speed("LaMa's network, float32", median_seconds(lambda: lama(*run_on), _ROUNDS_OF_LAMA, warm=0), size)
    yield _denoising(store)


def median_seconds(work: Callable[[], object], rounds: int, warm: int = 1) -> float:
    """The median over ``rounds`` calls, after ``warm`` that do not count."""
    taken: list[float] = []
    for number in range(warm + rounds):
        began = time.perf_counter()
        work()
        if number >= warm:
            taken.append(time.perf_counter() - began)
    return float(np.median(taken))


def random_lama() -> nn.Module:
    """LaMa's network as spandrel builds it, untrained, in float32."""
    from spandrel.architectures.LaMa import LaMa

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return LaMa(in_nc=4, out_nc=3).eval().requires_grad_(False)


def _filling(network: nn.Module, image: Image, mask: Mask) -> Callable[[], Image]:
    """The whole fill: the smooth start and the network at every scale that the hole needs."""
    return lambda: fill_with_network(network, image, mask, RunContext())


def _denoising(store: ModelStore) -> Speed:
    """The method as a user runs it: in tiles, with the noise map, at 8 bits."""
    store.get(DENOISE)
    tile = cases.photo("astronaut")
    repeats = _DENOISE_SIDE // cases.SIDE
    request = prepare(np.tile(tile, (repeats, repeats, 1)), None, Recipe("denoise"))
    models = ModelLoader(store, "cpu")
    seconds = median_seconds(lambda: run(request, RunContext(), models), 3)
    return Speed("denoise, the method", seconds, _DENOISE_SIDE**2 / 1e6)
