"""What runs inside a worker process: one photo after the other, each ending in a row, never in a traceback."""

import multiprocessing
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path, PurePosixPath

import numpy as np

from genrepair_desktop.atomic import replacing
from genrepair_desktop.errors import GenRepairError, MaskError
from genrepair_desktop.files import explain, open_regular, shown_name
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.codecs import read_photo, write_photo
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.batch.journal import FAILED, Row
from genrepair_desktop.repair.batch.plan import MaskMode, Task
from genrepair_desktop.repair.batch.pool import READY
from genrepair_desktop.repair.batch.review import write_strip
from genrepair_desktop.repair.method import ModelLoader
from genrepair_desktop.repair.photo_job import Repaired, read_mask, repair_pixels
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.request import Coverage

# Above these a repair is more invention than repair, so that a person should look at it: the share of the picture
# that was missing, and a hole's mean width as a share of the picture's shorter side
_LARGE_SHARE = 0.20
_WIDE_HOLE = 0.10


@dataclass(frozen=True)
class WorkerSettings:
    """What every worker of a batch is told. ``review_dir`` takes the before/after strips."""

    recipe: Recipe
    mask_mode: MaskMode
    review_dir: Path
    make_models: Callable[[], ModelLoader]


def run_worker(pipe: Connection, settings: WorkerSettings) -> None:
    """Answer tasks with rows until the other end of the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # decoders print warnings of their own; they would tear the progress bar
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno() if sys.stderr else 2)
    models = settings.make_models()
    try:
        pipe.send(READY)
        while True:
            pipe.send(row_for(pipe.recv(), settings, models))
    except (EOFError, OSError):
        return  # the batch is over, or its process is gone


def _end_with_parent() -> None:
    """A batch that is killed takes its workers with it: nobody would be left to stop one that hangs."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def row_for(task: Task, settings: WorkerSettings, models: ModelLoader) -> Row:
    """Do one task. Whatever goes wrong becomes a row with the reason."""
    started = time.perf_counter()
    try:
        row = _repair(task, settings, models)
    except GenRepairError as error:
        row = _failure(str(error))
    except MemoryError:
        row = _failure("There was not enough memory for this picture.")
    except OSError as error:
        reason, remedy = explain(error)
        row = _failure(f"Its result or its strip could not be kept: {reason}; {remedy}.")
    except Exception as error:  # noqa: BLE001  the edge of the process: one bad file must not stop the batch
        row = _failure(f"An unexpected problem ({type(error).__name__}); see the log.")
        row["traceback"] = traceback.format_exc()
    return row | {"seconds": round(time.perf_counter() - started, 3)}


def _repair(task: Task, settings: WorkerSettings, models: ModelLoader) -> Row:
    photo = read_photo(task.photo)
    coverage = _coverage_for(task, settings.mask_mode, photo.pixels, models)
    if coverage is not None and not coverage.any():
        return _copy(task)
    done = repair_pixels(photo.pixels, coverage, settings.recipe, RunContext(settings.recipe.seed), models)
    output = _place_for(task, task.planned.output)
    # the picture last: a row that says "failed" then means that there is none
    strip = write_strip(settings.review_dir, task.name, photo.pixels, done)
    notices = write_photo(output, done.pixels, photo.metadata, photo.source, overwrite=task.may_replace)
    row = _row_of(coverage, done) | {"strip": strip, "output": task.planned.output}
    return row | {"reason": " ".join((*photo.notices, *notices, *_naming(task, task.planned.output)))}


def _coverage_for(task: Task, mode: MaskMode, pixels: Pixels, models: ModelLoader) -> Coverage | None:
    """The mask of a photo; all zero where there is nothing to repair; None for the whole picture."""
    if mode == "none":
        return None
    if mode == "detect":
        from genrepair_desktop.repair.detect import find_damage

        return find_damage(pixels, models, RunContext())
    if task.mask is None:
        raise MaskError("There is no mask with this photo's name in the folder of masks.")
    return read_mask(task.mask, pixels, may_be_empty=mode == "folder")


def _copy(task: Task) -> Row:
    """Nothing is damaged: the result is the photo, byte for byte, also in a format that we only read."""
    output = _place_for(task, task.planned.copy)
    with open_regular(task.photo) as source, replacing(output, overwrite=task.may_replace) as target:
        shutil.copyfileobj(source, target)
    return {
        "status": "unchanged",
        "reason": " ".join(("No damage is marked: the photo was copied.", *_naming(task, task.planned.copy))),
        "output": task.planned.copy,
    }


def _place_for(task: Task, output: str) -> Path:
    place = task.out_dir / output
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _naming(task: Task, output: str) -> Iterator[str]:
    """What an archivist must know about a result that does not have its photo's name."""
    name = PurePosixPath(output).name
    own = PurePosixPath(task.name).name
    if name == own:
        return
    if name == own + ".png":
        yield f"Saved as PNG: {PurePosixPath(own).suffix[1:].upper()} is only read here."
    else:
        yield f'Saved as "{shown_name(name)}": the result of another photo in its folder has the plain name.'


def _row_of(coverage: Coverage | None, done: Repaired) -> Row:
    methods = sorted({hole.method for hole in done.result.holes}) or [done.result.recipe.method]
    share = 1.0 if coverage is None else float(np.count_nonzero(coverage)) / coverage.size
    return {
        "status": "repaired",
        "method": "+".join(methods),
        "holes": len(done.result.holes),
        "masked_share": round(share, 6),
        "changed": done.result.changed,
        "flags": _flags(coverage, done),
    }


def _flags(coverage: Coverage | None, done: Repaired) -> list[str]:
    """Why a person should look at this repair; empty for most."""
    flags = sorted({hole.note for hole in done.result.holes if hole.is_doubtful})
    if coverage is None:
        return flags
    if np.count_nonzero(coverage) > _LARGE_SHARE * coverage.size:
        flags.append("much-missing")
    shorter = min(coverage.shape)
    if any(hole.area > _WIDE_HOLE * shorter * max(hole.rect.w, hole.rect.h) for hole in done.result.holes):
        flags.append("large-hole")
    return flags


def _failure(reason: str) -> Row:
    return {"status": FAILED, "reason": reason}
