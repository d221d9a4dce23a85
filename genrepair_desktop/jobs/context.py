"""What long work is told (its seed) and how it reports (checkpoints that also cancel)."""

import threading
from collections.abc import Callable

import numpy as np

ProgressListener = Callable[[float, str], None]


class Cancelled(BaseException):
    """Raised at a checkpoint of cancelled work.

    A ``BaseException`` like ``KeyboardInterrupt``: no handler for errors may mistake it for a failure.
    """


class CancelToken:
    """A flag that one thread sets and another looks at."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop at its next checkpoint. May be called twice and from any thread."""
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        return self._event.is_set()


def _ignore(fraction: float, stage: str) -> None:
    """A listener for work nobody watches."""


class RunContext:
    """Seed, progress and cancellation of one job.

    ``checkpoint`` belongs into every loop that can take longer than 50 ms. ``told`` holds the ids of what was unusual
    about the work, from any of its threads: a result is no worse for it, but its record says so. ``measured`` holds
    figures about it by their names, in the same way.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        token: CancelToken | None = None,
        on_progress: ProgressListener = _ignore,
        span: tuple[float, float] = (0.0, 1.0),
        told: set[str] | None = None,
        measured: dict[str, float] | None = None,
    ) -> None:
        self.seed = seed
        self.told: set[str] = set() if told is None else told
        self.measured: dict[str, float] = {} if measured is None else measured
        self.token = token or CancelToken()
        self._on_progress = on_progress
        self._span = span

    @property
    def rng(self) -> np.random.Generator:
        """A fresh generator from the seed: two calls give the same numbers."""
        return np.random.default_rng(self.seed)

    @property
    def note(self) -> str:
        """The id of what was unusual, the first by name if several things were; empty if nothing was."""
        return min(self.told, default="")

    def checkpoint(self, fraction: float, stage: str = "") -> None:
        """Report that ``fraction`` (0 to 1) of this context's work is done; ``stage`` is an id for the words.

        Raises:
            Cancelled: somebody cancelled the job.
        """
        if self.token.is_cancelled:
            raise Cancelled
        start, stop = self._span
        self._on_progress(start + (stop - start) * min(1.0, max(0.0, fraction)), stage)

    def part(self, start: float, stop: float, *, seed: int | None = None, is_apart: bool = False) -> "RunContext":
        """A context for a part of the work; its 0 to 1 is ``start`` to ``stop`` of this one.

        ``is_apart``: what it is told and measures is kept from this one.
        """
        low, high = self._span
        width = high - low
        return RunContext(
            self.seed if seed is None else seed,
            token=self.token,
            on_progress=self._on_progress,
            span=(low + width * start, low + width * stop),
            told=None if is_apart else self.told,
            measured=None if is_apart else self.measured,
        )
