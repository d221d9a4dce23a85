"""Keeps small linear algebra on one thread."""

from contextlib import AbstractContextManager
from functools import cache
from typing import Any


def one_blas_thread() -> AbstractContextManager[Any]:
    """While it is entered, BLAS and LAPACK use one thread.

    A narrow band or a fit of a few terms is too little work for more: threads that wait for a busy core made
    it 5 to 10 times slower (measured on 2 cores with a training in the background). And the bytes of the
    result then do not depend on the number of cores.
    """
    return _controller().limit(limits=1, user_api="blas")


@cache
def _controller() -> Any:
    # looks at every loaded library, 2 ms: once
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
