"""The same batch on Dask: worker processes on this machine, or on as many as a scheduler knows.

Every worker must see the photos, the masks and the output folder under the same paths. What goes over the wire is
Python objects, so connect only to a cluster that is yours.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import Any

from genrepair_desktop.repair.batch.journal import FAILED, STOPPED, BatchError, Row
from genrepair_desktop.repair.batch.plan import Task
from genrepair_desktop.repair.batch.pool import Limits
from genrepair_desktop.repair.batch.worker import WorkerSettings, row_for

LOCAL = "local"
_PACKAGE = "genrepair-desktop"
_LOOK_EVERY = 0.5
_CONNECT_LIMIT = 30
_MODELS = "genrepair_models"
_STARTED = "genrepair-started"


@dataclass
class _Running:
    """``started``: when the file's last worker took it up, by our clock; None while it waits for one."""

    task: Task
    future: Any
    started: float | None = None


@dataclass
class ClusterPool:
    """Stands in for ``WorkerPool``: gives tasks to Dask workers and yields their rows. A context manager.

    Dask gives the file of a worker that died to another one. A file that takes too long costs its worker, which is
    started anew. On this machine Dask restarts a worker that outgrows its memory; elsewhere its owner sets the limit.

    address  of a scheduler, such as ``tcp://host:8786``, or ``local`` for ``jobs`` processes here
    """

    address: str
    settings: WorkerSettings
    jobs: int
    limits: Limits
    _stack: ExitStack = field(default_factory=ExitStack)
    # Dask's own types say coroutine where a plain client answers
    _client: Any = None
    _running: dict[str, _Running] = field(default_factory=dict)
    _has_done: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "ClusterPool":
        check_installed()
        with ExitStack() as stack:
            self._client = stack.enter_context(self._connected(stack))
            _check_versions(self._client)
            self._client.subscribe_topic(_STARTED, self._note_start)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def run(self, tasks: Iterator[Task], on_start: Callable[[Task], None]) -> Iterator[tuple[Task, Row]]:
        """Give tasks out as workers get free, one to a thread of theirs, and yield every task with its row.

        Raises:
            BatchError: the cluster is gone.
        """
        waiting = next(tasks, None)
        while waiting or self._running:
            while waiting and len(self._running) < self._room():
                on_start(waiting)
                self._give(waiting)
                waiting = next(tasks, None)
            self._wait_for_any()
            for key, item in tuple(self._running.items()):
                row = self._row_of(item)
                if row is not None:
                    del self._running[key]
                    yield item.task, row

    def _connected(self, stack: ExitStack) -> Any:
        from dask import config
        from distributed import Client, LocalCluster

        # a worker that dies with a file is one file's bad luck, not a reason to try a whole cluster on it
        stack.enter_context(config.set({"distributed.scheduler.allowed-failures": 2}))
        try:
            if self.address != LOCAL:
                return Client(self.address, timeout=_CONNECT_LIMIT, set_as_default=False)
            cluster = LocalCluster(
                n_workers=self.jobs, threads_per_worker=1, processes=True, memory_limit=self.limits.memory,
                host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL,
            )  # fmt: skip
            return Client(stack.enter_context(cluster), set_as_default=False)
        except (OSError, ValueError) as error:
            raise BatchError(
                f"There is no Dask scheduler at {self.address}: start one there, or use --cluster local."
            ) from error

    def _room(self) -> int:
        """How many files may be under way: one for every thread, at least one while workers are away."""
        return max(1, sum(self._client.nthreads().values()))

    def _give(self, task: Task) -> None:
        # Dask may run a task again after its worker died: what the first run left at a free place is ours
        results = {task.planned.output, task.planned.copy}
        task = replace(task, may_replace=task.may_replace or results <= set(task.claims))
        key = f"genrepair-{uuid.uuid4().hex}"
        future = self._client.submit(run_task, task, self.settings, key=key)
        self._running[key] = _Running(task, future)
        future.add_done_callback(lambda _: self._has_done.set())

    def _note_start(self, event: tuple[float, str]) -> None:
        """A worker took a file up, maybe after another one died with it. Called in a thread of the client's."""
        item = self._running.get(event[1])
        if item is not None:
            item.started = time.monotonic()

    def _wait_for_any(self) -> None:
        self._has_done.wait(_LOOK_EVERY)  # and then deadlines are looked at
        self._has_done.clear()

    def _row_of(self, item: _Running) -> Row | None:
        """The row of a file that is done or must be given up; None while it is under way."""
        if item.future.status == "finished":
            return item.future.result()
        if item.future.status in ("error", "lost"):
            return _given_up(f"Its worker process died again and again ({_last_words(item.future)}).")
        if item.future.status == "cancelled":
            raise BatchError("The Dask cluster is gone: start it again, and go on with --resume.")
        if item.started is not None and time.monotonic() > item.started + self.limits.seconds:
            self._stop(item.future)
            return _given_up(f"It took longer than {self.limits.seconds:g} seconds and was stopped.")
        return None

    def _stop(self, future: Any) -> None:
        """End the worker process that runs a task; its nanny starts a new one."""
        busy = [address for address, keys in self._client.processing().items() if future.key in keys]
        future.cancel(force=True)
        if busy:
            self._client.restart_workers(busy, timeout=_CONNECT_LIMIT, raise_for_error=False)


def check_installed() -> None:
    """Say what to install where Dask is missing.

    Raises:
        BatchError: it is.
    """
    try:
        metadata.version("distributed")
    except metadata.PackageNotFoundError:
        raise BatchError(f"--cluster needs Dask: install it with pip install '{_PACKAGE}[cluster]'.") from None


def run_task(task: Task, settings: WorkerSettings) -> Row:
    """Inside a Dask worker: do one photo, with the models that its process loaded for the first one."""
    from distributed import get_worker

    # kept by the worker, not by this module: two workers may share a process
    worker = get_worker()
    worker.log_event(_STARTED, worker.get_current_task())
    kept = vars(worker).setdefault(_MODELS, {})
    if settings.make_models not in kept:
        kept[settings.make_models] = settings.make_models()
    return row_for(task, settings, kept[settings.make_models])


def _check_versions(client: Any) -> None:
    ours = _version_here()
    # a function of the standard library: ours may not be there
    theirs = client.run(metadata.version, _PACKAGE, on_error="return")
    for address, version in theirs.items():
        if version != ours and not (ours is None and isinstance(version, Exception)):
            found = "no GenRepair" if isinstance(version, Exception) else f"GenRepair {version}"
            raise BatchError(f"The worker {address} has {found}: install {ours} there, as it is here.")
    client.run(_version_here)  # loads what a task needs, so that it is not charged to the first files


def _version_here() -> str | None:
    with suppress(metadata.PackageNotFoundError):
        return metadata.version(_PACKAGE)
    return None


def _given_up(reason: str) -> Row:
    return {"status": FAILED, "reason": reason, STOPPED: True}


def _last_words(future: Any) -> str:
    try:
        return type(future.exception()).__name__
    except Exception as error:  # noqa: BLE001  the future of a lost task raises what it likes
        return type(error).__name__
