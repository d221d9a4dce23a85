"""The program's t-SNE beside scikit-learn's, on the same vectors in one run.

``python -m genrepair_desktop.lab.bench_maps --photos DIR [--count 10000]`` takes pictures of a folder at 28 pixels,
reduces them to 50 numbers and prints seconds and trustworthiness of both. One thread each, and processor seconds
(not those of the clock): the figures then mean the same on a busy machine.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.lab.datasets import CropSource, open_photos
from genrepair_desktop.latent.map import FittedMap, Points, fit_map
from genrepair_desktop.latent.pca import reduce
from genrepair_desktop.latent.quality import trustworthiness
from genrepair_desktop.latent.tsne import TsneParams

Features = npt.NDArray[np.float32]
_SIDE, _COMPONENTS = 28, 50


def read_features(folder: Path, cache: Path, count: int) -> Features:
    """The first 50 principal components of small grey pictures, (n, 50)."""
    photos = open_photos((folder,), cache)
    parts = [CropSource(photos, split) for split in ("train", "val", "test")]
    pictures = [part.whole(int(i), _SIDE) for part in parts for i in part.indices][:count]
    flat = np.stack(pictures).mean(axis=3).reshape(len(pictures), -1).astype(np.float32) / 255
    return reduce(flat, _COMPONENTS).values


def timed(work: Callable[[], Points]) -> tuple[float, Points]:
    """Processor seconds of ``work`` and its points."""
    began = time.process_time()
    points = work()
    return time.process_time() - began, points


def scikit_tsne(features: Features) -> Points:
    """scikit-learn's map, started from principal components with its own choice of learning rate."""
    made = TSNE(n_jobs=1, init="pca", learning_rate="auto", random_state=0).fit_transform(features)
    return np.asarray(made, np.float32)


def main(arguments: Sequence[str]) -> int:
    """Print the table for a folder."""
    parser = argparse.ArgumentParser(prog="genrepair_desktop.lab.bench_maps", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--count", type=int, default=10_000)
    given = parser.parse_args(arguments)
    with threadpool_limits(1):
        compare(read_features(given.photos, given.cache, given.count))
    return 0


def compare(features: Features) -> None:
    """Fit both maps, place 16 new points on ours, and print what it took."""
    params = TsneParams(threads=1)
    fit_map(features[: min(200, len(features))], TsneParams(early=5, iterations=5, threads=1), RunContext())
    fitted: list[FittedMap] = []

    def ours() -> Points:
        fitted.append(fit_map(features, params, RunContext()))
        return fitted[0].points

    print(f"{len(features)} x {features.shape[1]}, one thread, processor seconds")
    for name, work in (("this program", ours), ("scikit-learn", lambda: scikit_tsne(features))):
        seconds, points = timed(work)
        print(f"{name:14} {seconds:7.2f} s  trustworthiness {trustworthiness(features, points):.4f}", flush=True)
    seconds, _ = timed(lambda: fitted[0].project(features[:16] + np.float32(0.01)))
    print(f"{'16 new points':14} {seconds:7.3f} s")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
