"""How far a map and a set of samples can be trusted: figures to show beside them."""

import numpy as np
import numpy.typing as npt

from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.features import Features, MapError
from genrepair_desktop.latent.inverse import InverseMap
from genrepair_desktop.latent.map import Points
from genrepair_desktop.latent.neighbours import nearest

_LARGEST = 3000


def trustworthiness(features: Features, points: Points, *, neighbours: int = 12, seed: int = 0) -> float:
    """Share of map neighbours that are neighbours in feature space too (Venna and Kaski 2001); 1 is perfect.

    Measured on at most 3,000 points drawn with ``seed``, each against all others, by the same formula as
    scikit-learn's.

    Raises:
        MapError: there are not more than twice as many points as neighbours.
    """
    n = len(features)
    if neighbours >= n / 2:
        raise MapError(f"Trustworthiness at {neighbours} neighbours needs more than {2 * neighbours} pictures.")
    chosen = np.arange(n)
    if n > _LARGEST:
        chosen = np.sort(np.random.default_rng(seed).choice(n, _LARGEST, replace=False))
    data = features.astype(np.float32)
    squares = np.einsum("nd,nd->n", data, data)
    on_map = nearest(points[chosen], points, neighbours + 1).indices
    penalty = 0.0
    for start in range(0, len(chosen), 500):
        rows = chosen[start : start + 500]
        distances = squares - 2 * data[rows] @ data.T
        # itself comes first, whatever rounding says
        distances[np.arange(len(rows)), rows] = -np.inf
        for row, close, distance in zip(rows, on_map[start : start + 500], distances, strict=True):
            others = close[close != row][:neighbours]
            # rank in feature space: how many are nearer, itself not counted
            ranks = np.array([np.count_nonzero(distance < distance[j]) for j in others])
            penalty += float(np.clip(ranks - neighbours, 0, None).sum())
    worst = len(chosen) * neighbours * (2 * n - 3 * neighbours - 1) / 2
    return 1.0 - penalty / worst


def two_sample_accuracy(
    real: Features, made: Features, *, neighbours: int = 5, seed: int = 0
) -> tuple[float, tuple[float, float]]:
    """How well nearest neighbours tell generated from real (Lopez-Paz and Oquab 2017): accuracy, 95 % interval.

    0.5: cannot be told apart. 1: always. Each picture is judged by the others (leave one out). The larger set is
    thinned with ``seed``, so that an imbalance cannot pass for a difference.

    Raises:
        MapError: fewer than 10 pictures on one side.
    """
    size = min(len(real), len(made))
    if size < 10:
        raise MapError("Telling real from generated needs at least 10 pictures of each.")
    rng = np.random.default_rng(seed)
    data = np.concatenate([rng.permutation(real)[:size], rng.permutation(made)[:size]]).astype(np.float32)
    truth = np.arange(2 * size) < size
    odd = neighbours if neighbours % 2 else neighbours + 1
    close = nearest(data, data, odd + 1)
    votes = np.zeros(2 * size)
    for i, row in enumerate(close.indices):
        votes[i] = truth[row[row != i][:odd]].mean()
    right = (votes > 0.5) == truth
    accuracy = float(right.mean())
    margin = 1.96 * np.sqrt(accuracy * (1 - accuracy) / len(right))
    return accuracy, (max(0.0, accuracy - margin), min(1.0, accuracy + margin))


def round_trip(places: Points, inverse: InverseMap, latents: Features, ctx: RunContext, *, count: int = 200) -> float:
    """Latent to map and back, relative: median error over the median distance between two pictures.

    ``places`` (n, 2) are where the latents (n, d) lie on the map.
    0: the map keeps everything; 1: the way back gives a picture as unlike as any other. The points of ``count``
    pictures, drawn with the context's seed, are moved by half a neighbour's distance first, or the inverse would
    only look up what it has stored.
    """
    rng = ctx.rng
    chosen = rng.choice(len(latents), min(count, len(latents)), replace=False)
    points = places[chosen]
    gaps = nearest(points, places, 2).distances[:, -1:]
    angles = rng.uniform(0, 2 * np.pi, len(chosen))
    shifted = points + 0.5 * gaps * np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    ctx.checkpoint(0.5, "map-round-trip")
    back = inverse(shifted.astype(np.float32))
    errors = np.linalg.norm(back - latents[chosen], axis=1)
    pairs = np.linalg.norm(latents[chosen] - latents[rng.permutation(chosen)], axis=1)
    usual = float(np.median(pairs[pairs > 0])) if (pairs > 0).any() else 1.0
    return float(np.median(errors)) / max(usual, 1e-12)


def attribute_direction(first: Features, second: Features) -> npt.NDArray[np.float32]:
    """The latent step (d,) from one group of pictures to another: "damaged to clean", "plain to smiling".

    The difference of their means: with few pictures, more robust than a trained classifier's normal.

    Raises:
        MapError: a group is empty.
    """
    if not len(first) or not len(second):
        raise MapError("A direction needs at least one picture in each group.")
    return (second.mean(axis=0) - first.mean(axis=0)).astype(np.float32)
