"""Feeds the loop: batches made in worker processes, each from its own numbered seed."""

import signal
from collections.abc import Iterator

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from genrepair_desktop.lab.datasets import CropSource
from genrepair_desktop.lab.recipe import Batch, Recipe

_AHEAD = 6


class _Batches(Dataset[Batch]):
    """Batch number i comes from the generator seeded with (seed, i), whichever process makes it."""

    def __init__(self, recipe: Recipe, source: CropSource, seed: int) -> None:
        self._recipe, self._source, self._seed = recipe, source, seed

    def __getitem__(self, index: int) -> Batch:
        arrays = self._recipe.batch(self._source, np.random.default_rng([self._seed, index]))
        return {name: torch.from_numpy(values) for name, values in arrays.items()}


class _Numbers(Sampler[int]):
    """Endless batch numbers: first, first + stride, ..."""

    def __init__(self, first: int, stride: int) -> None:
        self._first, self._stride = first, stride

    def __iter__(self) -> Iterator[int]:
        index = self._first
        while True:
            yield index
            index += self._stride


def feed(
    recipe: Recipe, source: CropSource, *, seed: int, first: int = 0, stride: int = 1, workers: int = 1
) -> Iterator[Batch]:
    """Endless batches; the same numbers give the same batches for any count of workers, after a resume too."""
    loader = DataLoader(
        _Batches(recipe, source, seed),
        batch_size=None,
        sampler=_Numbers(first, stride),
        num_workers=workers,
        prefetch_factor=_AHEAD if workers else None,
        worker_init_fn=_settle,
        pin_memory=False,
    )
    return iter(loader)


def _settle(worker: int) -> None:
    """A worker is one of several already; threads inside it only fight for the cores.

    Signals that ask the training to end are the parent's to obey: it then ends its workers.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
