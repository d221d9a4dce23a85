"""The one way kernels are compiled: without the interpreter lock, and remembered on disk between starts."""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile ``function`` with numba at its first call; the machine code is kept for the next start.

    numba keeps it in ``__pycache__`` beside the module, or in the user's cache folder where the program lies in
    a read-only place, or where ``NUMBA_CACHE_DIR`` says. If none can be written, each start compiles anew.

    A module of kernels imports numba (0.5 s) when it is imported: import it inside the function that runs it.
    Kernels release the interpreter lock, so several may run at once and the window stays alive.
    """
    return _compile(function, set())


def reordering_kernel(function: F) -> F:
    """Like ``kernel``, but sums may be taken in any order: several times faster, exact for whole numbers only."""
    return _compile(function, {"reassoc", "contract", "nsz"})


def _compile(function: F, fastmath: set[str]) -> F:
    import numba

    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": fastmath}
    try:
        compiled: Any = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # numba: "cannot cache function: no locator available"
        compiled = numba.njit(**options)(function)
    return compiled
