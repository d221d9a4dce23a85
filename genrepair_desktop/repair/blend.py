"""Fills between fills: several seeds of one method, blended in its latent or in the noise that it starts from."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from genrepair_desktop.errors import InvalidParameterError

# (seed, weight) of each fill that is blended; weights above 0, of which only the ratios count
Blend: TypeAlias = tuple[tuple[int, float], ...]
# more would be hardly different from their mean
MOST_SEEDS = 16


def checked_blend(values: object) -> Blend:
    """A blend from a recipe's values, such as ``[[3, 0.5], [7, 0.5]]``.

    Raises:
        InvalidParameterError: it is none, a seed comes twice, or a weight is not above 0.
    """
    problem = InvalidParameterError(
        f"A blend is up to {MOST_SEEDS} pairs of a seed and a weight above 0, each seed once: [[3, 0.5], [7, 1]]."
    )
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) > MOST_SEEDS:
        raise problem
    try:
        blend = tuple((int(seed), float(weight)) for seed, weight in values)
    except (TypeError, ValueError, OverflowError):
        raise problem from None
    is_sound = all(seed >= 0 and 0 < weight < 1e6 for seed, weight in blend)
    if not is_sound or len({seed for seed, _ in blend}) != len(blend):
        raise problem
    return blend


def heaviest(seed: int, blend: Blend) -> int:
    """The seed of the fill that counts most in a blend, the first of them if several do; ``seed`` without a blend.

    For what cannot lie between two draws, such as the order of a search.
    """
    return max(blend, key=lambda one: one[1])[0] if blend else seed


class Noise:
    """Normal noise for a fill: of its one seed, or of several that are blended.

    Blended noise is divided by the length of the weights: it stays as strong as that of one seed, so that a blend is
    no smoother than what it lies between.
    """

    def __init__(self, seed: int, blend: Blend = ()) -> None:
        draws = blend or ((seed, 1.0),)
        length = float(np.sqrt(sum(weight**2 for _, weight in draws)))
        self._draws = [(np.random.default_rng(one), np.float32(weight / length)) for one, weight in draws]

    def draw(self, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
        """The next numbers, float32."""
        parts = [rng.standard_normal(shape, dtype=np.float32) * weight for rng, weight in self._draws]
        return np.asarray(sum(parts[1:], start=parts[0]), np.float32)
