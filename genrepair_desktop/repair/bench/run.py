"""Runs the measurements, each in a fresh process, one after the other, so that nothing disturbs another's figures."""

import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from genrepair_desktop.repair.bench.measure import REFERENCE, measure_large, measure_small
from genrepair_desktop.repair.catalog import METHODS, find_method
from genrepair_desktop.repair.method import ModelLoader

MakeModels = Callable[[], ModelLoader]


@dataclass(frozen=True)
class Measured:
    """One method's figures. ``small`` and ``large`` are what ``measure`` gave, with ``peak_mb``; or ``problem``."""

    method: str
    small: dict[str, Any]
    large: dict[str, Any]


def methods_to_measure(wanted: Sequence[str], models: ModelLoader) -> list[str]:
    """The named methods, or all fills of any subject whose models are installed, and then the reference.

    Raises:
        UnknownMethodError: a name is not in the catalog.
    """
    if wanted:
        return [name if name == REFERENCE else find_method(name).id for name in wanted]
    ready = [m.id for m in METHODS.values() if m.task == "fill" and m.subject == "any" and m.is_ready(models)]
    return [*ready, REFERENCE]


def run_bench(methods: Sequence[str], make_models: MakeModels, *, time_limit: float) -> Iterator[Measured]:
    """Measure the methods in turn. A measurement over ``time_limit`` seconds is stopped and says so."""
    for method in methods:
        small = _in_a_process(measure_small, method, make_models, time_limit)
        large = _in_a_process(measure_large, method, make_models, time_limit)
        yield Measured(method, small, large)


def _in_a_process(
    measure: Callable[[str, ModelLoader], dict[str, Any]], method: str, make_models: MakeModels, limit: float
) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, measure, method, make_models), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(limit):
            return {"problem": f"over {limit:g} s"}
        return ours.recv()
    except EOFError:
        return {"problem": "died"}
    finally:
        process.kill()
        process.join()
        ours.close()


def _child(
    pipe: Connection,
    measure: Callable[[str, ModelLoader], dict[str, Any]],
    method: str,
    make_models: MakeModels,
) -> None:
    figures = measure(method, make_models())
    pipe.send(figures | {"peak_mb": _peak_memory() / 2**20})


def _peak_memory() -> int:
    """The most memory this process ever held, in bytes."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    if sys.platform == "linux":
        # not getrusage: its maximum is handed on from the process that started this one
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
