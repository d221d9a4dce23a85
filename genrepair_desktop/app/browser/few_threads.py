"""Few threads for a network that makes one picture at a time while somebody moves the pointer or a slider."""

import os
import threading

_thread = threading.local()


def use_few_threads() -> None:
    """Let networks that run on this thread share their work among few others, as long as the thread lives.

    One picture is little work, and threads that wait for a busy core make it many times slower: on two cores beside
    a training 10 ms became 300.
    """
    if hasattr(_thread, "limit"):
        return
    import torch
    from threadpoolctl import threadpool_limits

    # a thread's own number is set when torch first works on it, and would undo an earlier limit
    torch.get_num_threads()
    _thread.limit = threadpool_limits(max(1, min(4, (os.cpu_count() or 1) // 4)), user_api="openmp")
