"""Keeps small linear algebra on one thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_lock = threading.Lock()
_inside = 0
_limit: Any = None


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """While it is entered, on whichever threads, BLAS and LAPACK use one thread.

    A narrow band or a fit of a few terms is too little work for more: threads that wait for a busy core made
    it 5 to 10 times slower (measured on 2 cores with a training in the background). And the bytes of the
    result then do not depend on the number of cores.
    """
    global _inside, _limit
    with _lock:
        # the limit holds for the process: whoever comes last on one thread must not lift it for another
        if _inside == 0:
            _limit = _controller().limit(limits=1, user_api="blas")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _limit.restore_original_limits()


@cache
def _controller() -> Any:
    # looks at every loaded library, 2 ms: once
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
