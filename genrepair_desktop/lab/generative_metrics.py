"""How good generated pictures are: distances between sets of features, coverage, and whether they are copies.

Features come from a network that this project trained; a Fréchet distance of other features is no "FID" and
must not be compared with one.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.floating]


class Statistics(NamedTuple):
    """Mean (d,) and covariance (d, d) of a set of features."""

    mean: npt.NDArray[np.float64]
    covariance: npt.NDArray[np.float64]


def statistics(features: Matrix) -> Statistics:
    """Of features (n, d), n of 2 or more."""
    data = features.astype(np.float64)
    return Statistics(data.mean(axis=0), np.atleast_2d(np.cov(data, rowvar=False)))


def frechet_distance(first: Statistics, second: Statistics) -> float:
    """Between two normal distributions (Dowson and Landau 1982; for pictures Heusel 2017).

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^1/2). The trace of the root is taken from the eigenvalues of the
    symmetric C1^1/2 C2 C1^1/2, which are those of C1 C2, and never complex.
    """
    values, vectors = np.linalg.eigh(first.covariance)
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    middle = np.clip(np.linalg.eigvalsh(root @ second.covariance @ root), 0, None)
    traces = np.trace(first.covariance) + np.trace(second.covariance)
    return float(np.sum((first.mean - second.mean) ** 2) + traces - 2 * np.sqrt(middle).sum())


def inception_style_score(probabilities: Matrix, parts: int = 5) -> tuple[float, float]:
    """exp E KL(p(y|x) || p(y)) (Salimans 2016), mean and deviation over ``parts`` parts, from (n, classes).

    1: all pictures look alike to the classifier; at most the number of classes.
    """
    scores: list[float] = []
    for part in np.array_split(probabilities.astype(np.float64), parts):
        p = np.clip(part, 1e-12, 1)
        scores.append(float(np.exp((p * (np.log(p) - np.log(p.mean(axis=0)))).sum(axis=1).mean())))
    return float(np.mean(scores)), float(np.std(scores))


class Coverage(NamedTuple):
    """Precision: share of generated pictures among the real ones. Recall: the reverse."""

    precision: float
    recall: float


def precision_recall(real: Matrix, made: Matrix, neighbours: int = 3) -> Coverage:
    """Improved precision and recall (Kynkäänniemi 2019): a set's shape is the union of balls around its points,
    each as wide as the distance to its ``neighbours``-th neighbour."""
    return Coverage(_share_inside(made, real, neighbours), _share_inside(real, made, neighbours))


def _share_inside(points: Matrix, data: Matrix, neighbours: int) -> float:
    radii = np.partition(_distances(data, data), neighbours, axis=1)[:, neighbours]
    return float((_distances(points, data) <= radii * (1 + 1e-9)).any(axis=1).mean())


class Memory(NamedTuple):
    """Whether samples copy training pictures.

    nearest  for each sample the index of the nearest training picture
    ratio    median distance from a sample to it, over the same from a held-out real picture; near or above 1 is
             sound, near 0 means copies
    closer   share of samples nearer to a training picture than 99 % of the held-out pictures are
    """

    nearest: npt.NDArray[np.int64]
    ratio: float
    closer: float


def memorising(made: Matrix, train: Matrix, held_out: Matrix) -> Memory:
    """Compare how near samples and held-out pictures come to the training pictures, by any features (n, d)."""
    to_train = _distances(made, train)
    usual = _distances(held_out, train).min(axis=1)
    own = to_train.min(axis=1)
    ratio = float(np.median(own) / max(float(np.median(usual)), 1e-12))
    return Memory(to_train.argmin(axis=1), ratio, float((own < np.quantile(usual, 0.01)).mean()))


def _distances(first: Matrix, second: Matrix) -> npt.NDArray[np.float64]:
    a, b = first.astype(np.float64), second.astype(np.float64)
    squared = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    return np.sqrt(np.clip(squared, 0, None))
