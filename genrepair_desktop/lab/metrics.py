"""Figures: averages with their intervals, and how well a probability map ranks pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """A mean over pictures and its 95 % interval."""

    mean: float
    low: float
    high: float
    count: int


def interval(values: Sequence[float], seed: int = 0) -> Interval:
    """Mean and percentile-bootstrap interval (Efron 1979) of one value a picture; same values, same answer.

    Raises:
        ValueError: there are no values.
    """
    numbers = np.asarray(values, np.float64)
    if not len(numbers):
        raise ValueError("an average needs at least one value")
    draws = np.random.default_rng(seed).integers(0, len(numbers), (_RESAMPLES, len(numbers)))
    low, high = np.percentile(numbers[draws].mean(1), [2.5, 97.5])
    return Interval(float(numbers.mean()), float(low), float(high), len(numbers))


def precision_recall(
    truth: npt.NDArray[np.bool_], score: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    """Precision and recall at each distinct score, falling, and those scores. Flat arrays of one length.

    Raises:
        ValueError: nothing in ``truth`` is True.
    """
    if not truth.any():
        raise ValueError("precision and recall need at least one true pixel")
    order = np.argsort(-score, kind="stable")
    ranked, hits = score[order], np.cumsum(truth[order])
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    return hits[last] / (last + 1), hits[last] / hits[-1], ranked[last]


def average_precision(truth: npt.NDArray[np.bool_], score: npt.NDArray[np.float32]) -> float:
    """Area under the precision-recall steps; equals scikit-learn's ``average_precision_score``."""
    precision, recall, _ = precision_recall(truth, score)
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def best_f1(truth: npt.NDArray[np.bool_], score: npt.NDArray[np.float32]) -> tuple[float, float]:
    """The highest F1 over all thresholds, and the threshold that reaches it."""
    precision, recall, thresholds = precision_recall(truth, score)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    best = int(f1.argmax())
    return float(f1[best]), float(thresholds[best])
