"""Runs a batch from its plan to its reports."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genrepair_desktop.errors import MaskError
from genrepair_desktop.repair.batch.cluster import ClusterPool, check_installed
from genrepair_desktop.repair.batch.index import Index, index_of
from genrepair_desktop.repair.batch.journal import FAILED, BatchError, Journal, Row, begin, go_on
from genrepair_desktop.repair.batch.plan import (
    MaskSource,
    Planned,
    Task,
    check_folders,
    mask_for,
    photos_in,
)
from genrepair_desktop.repair.batch.pool import Limits, WorkerPool
from genrepair_desktop.repair.batch.report import Summary, write_reports
from genrepair_desktop.repair.batch.worker import WorkerSettings, run_worker
from genrepair_desktop.repair.method import ModelLoader
from genrepair_desktop.repair.photo_job import needs_mask
from genrepair_desktop.repair.recipe import Recipe

# the batch's own folder inside the output folder: journal and before/after strips
WORK_DIR = "genrepair-batch"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batch:
    """What to do: a recipe, the photos of a folder, their masks, and where results and report go.

    report        the CSV file; JSON lines and HTML pages lie beside it
    resume        go on with the batch that was begun in ``out_dir``
    retry_failed  with resume: do failed files again
    overwrite     replace results that lie in ``out_dir`` already
    make_models   makes the model loader inside each worker; picklable
    cluster       address of a Dask scheduler, or "local" for ``jobs`` Dask workers here; None: plain processes
    """

    in_dir: Path
    out_dir: Path
    masks: MaskSource
    recipe: Recipe
    report: Path
    make_models: Callable[[], ModelLoader]
    jobs: int = 1
    limits: Limits = field(default_factory=Limits)
    resume: bool = False
    retry_failed: bool = False
    overwrite: bool = False
    cluster: str | None = None

    @property
    def work_dir(self) -> Path:
        return self.out_dir / WORK_DIR

    @property
    def journal(self) -> Path:
        return self.work_dir / "journal.jsonl"

    @property
    def review_dir(self) -> Path:
        return self.work_dir / "before-after"

    def settings(self) -> dict[str, Any]:
        """What must be the same when a batch is gone on with, by the words its user knows."""
        return {
            "folder": str(self.in_dir.resolve()),
            "mask": [self.masks.mode, None if self.masks.path is None else str(self.masks.path.resolve())],
            "recipe": self.recipe.to_values(),
        }


def check(batch: Batch) -> None:
    """Refuse a batch that cannot work, before anything is touched.

    Raises:
        BatchError, MaskError, UnknownMethodError: with what to change.
    """
    check_folders(batch.in_dir, batch.out_dir)
    if needs_mask(batch.recipe.method) and batch.masks.mode == "none":
        raise MaskError(
            f"The method {batch.recipe.method} needs masks: add --mask FILE, --mask-dir FOLDER or --detect."
        )
    if batch.masks.mode == "file" and not (batch.masks.path and batch.masks.path.is_file()):
        raise MaskError(f"There is no mask file {batch.masks.path}.")
    if batch.masks.mode == "folder" and not (batch.masks.path and batch.masks.path.is_dir()):
        raise MaskError(f"There is no folder of masks {batch.masks.path}.")
    if batch.cluster is not None:
        check_installed()
    if batch.report.suffix in (".jsonl", ".html"):
        raise BatchError(f"The report {batch.report.name} is the CSV file: give it a name that ends in .csv.")
    if batch.resume and not batch.journal.exists():
        raise BatchError(f"There is no batch in {batch.out_dir} to go on with: leave --resume out.")
    if batch.journal.exists() and not (batch.resume or batch.overwrite):
        raise BatchError(
            f"{batch.out_dir} already holds a batch: go on with --resume, start anew with --overwrite, "
            "or name another folder."
        )


def photos_of(batch: Batch) -> Iterator[Planned]:
    """The photos of a batch, in order. Walks the folder; nothing is kept.

    Raises:
        BatchError: a folder in it cannot be read.
    """
    left_out = (batch.out_dir, *((batch.masks.path,) if batch.masks.path else ()))
    return photos_in(batch.in_dir, leave_out=left_out)


def run_batch(batch: Batch) -> Iterator[Row]:
    """Do a checked batch; yields the row of every file as it gets done, those of an earlier run excepted.

    Closing the iterator stops the workers; what was done is in the journal.

    Raises:
        BatchError: another process works on this batch, a folder cannot be read, or workers cannot be started.
    """
    worker = WorkerSettings(batch.recipe, batch.masks.mode, batch.review_dir, batch.make_models)
    with ExitStack() as stack:
        journal = stack.enter_context(_open(batch))
        earlier = stack.enter_context(index_of(batch.journal))
        pool = stack.enter_context(_pool(batch, worker))
        tasks = _tasks(batch, earlier)
        for task, row in pool.run(tasks, lambda task: journal.start(task.name, task.claims)):
            trace = row.pop("traceback", None)
            if trace:
                _log.error("%s: %s", task.name, trace)
            named = {"name": task.name} | row
            journal.finish(named)
            yield named


def report(batch: Batch) -> Summary:
    """Write the reports over everything in the journal."""
    return write_reports(
        batch.journal, batch.report, batch.review_dir, batch.out_dir, f"Repairs of {batch.in_dir.name}"
    )


def _pool(batch: Batch, settings: WorkerSettings) -> WorkerPool | ClusterPool:
    if batch.cluster is None:
        return WorkerPool(run_worker, settings, batch.jobs, batch.limits)
    return ClusterPool(batch.cluster, settings, batch.jobs, batch.limits)


def _open(batch: Batch) -> Journal:
    if batch.resume:
        return go_on(batch.journal, batch.settings())
    journal = begin(batch.journal, batch.settings())
    shutil.rmtree(batch.review_dir, ignore_errors=True)
    return journal


def _tasks(batch: Batch, earlier: Index) -> Iterator[Task]:
    for planned in photos_of(batch):
        kind = earlier.kind(planned.name)
        if kind is None or (batch.retry_failed and kind == FAILED):
            results = dict.fromkeys((planned.output, planned.copy))
            ours = earlier.claims(planned.name).intersection(results)
            yield Task(
                planned,
                batch.in_dir / planned.name,
                batch.out_dir,
                mask_for(batch.masks, planned.name),
                may_replace=batch.overwrite or bool(ours),
                claims=tuple(name for name in results if name in ours or not os.path.lexists(batch.out_dir / name)),
            )
