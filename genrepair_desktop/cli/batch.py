"""``genrepair batch``: a folder of photos, a bar, a report."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrepair_desktop.cli.edge import DONE, SOME_FAILED
from genrepair_desktop.cli.options import (
    GrowOption,
    MethodOption,
    OverwriteOption,
    ParamOption,
    SeedOption,
    StrengthOption,
    read_params,
)
from genrepair_desktop.cli.progress import counted, say_note
from genrepair_desktop.errors import InvalidParameterError

if TYPE_CHECKING:
    from genrepair_desktop.repair.batch.plan import MaskSource
    from genrepair_desktop.repair.batch.run import Batch


def batch(
    in_dir: Annotated[Path, typer.Argument(metavar="IN_DIR", help="The folder with the photos.")],
    out_dir: Annotated[Path, typer.Option("-o", "--output", metavar="OUT_DIR", help="Where the results go.")],
    mask: Annotated[Path | None, typer.Option("--mask", metavar="FILE", help="One mask for all photos.")] = None,
    mask_dir: Annotated[
        Path | None, typer.Option("--mask-dir", metavar="DIR", help="A mask for each photo, of the same name.")
    ] = None,
    detect: Annotated[bool, typer.Option("--detect", help="Find the damage in each photo.")] = False,
    method: MethodOption = "auto",
    param: ParamOption = None,
    seed: SeedOption = 0,
    grow: GrowOption = 0,
    strength: StrengthOption = 1.0,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="CSV", help="Beside it: .jsonl and .html. Default: OUT_DIR/report.csv."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", help="Worker processes; 0: one a core.")] = 1,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", metavar="ADDRESS", help='Spread over a Dask cluster; "local": N workers here.'),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the batch that OUT_DIR holds.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="With --resume: failed files again.")] = False,
    time_limit: Annotated[float, typer.Option("--time-limit", metavar="SECONDS", help="For each file.")] = 600,
    memory_limit: Annotated[int, typer.Option("--memory-limit", metavar="MB", help="For each worker.")] = 4096,
    overwrite: OverwriteOption = False,
) -> int:
    """Repair all photos of a folder. Goes on after a bad file; exit code 1 if any failed."""
    from genrepair_desktop.cli.loader import model_loader
    from genrepair_desktop.repair.batch.pool import Limits
    from genrepair_desktop.repair.batch.run import Batch, check
    from genrepair_desktop.repair.recipe import Recipe

    if time_limit <= 0 or memory_limit <= 0 or jobs < 0:
        raise InvalidParameterError("--time-limit and --memory-limit are above 0, and --jobs is 0 or more.")
    wanted = Batch(
        in_dir=in_dir,
        out_dir=out_dir,
        masks=_mask_source(mask, mask_dir, detect=detect),
        recipe=Recipe(method, read_params(param), seed, grow=grow, strength=strength),
        report=report or out_dir / "report.csv",
        make_models=model_loader,
        jobs=jobs or os.cpu_count() or 1,
        limits=Limits(time_limit, memory_limit * 2**20),
        resume=resume or retry_failed,
        retry_failed=retry_failed,
        overwrite=overwrite,
        cluster=cluster,
    )
    check(wanted)
    return _run(wanted)


def _mask_source(mask: Path | None, mask_dir: Path | None, *, detect: bool) -> "MaskSource":
    from genrepair_desktop.repair.batch.plan import MaskSource

    if (mask is not None) + (mask_dir is not None) + detect > 1:
        raise InvalidParameterError("Give only one of --mask, --mask-dir and --detect.")
    if mask is not None:
        return MaskSource("file", mask)
    if mask_dir is not None:
        return MaskSource("folder", mask_dir)
    return MaskSource("detect" if detect else "none")


def _run(wanted: "Batch") -> int:
    from genrepair_desktop.repair.batch.run import photos_of, report, run_batch

    try:
        with counted("Repairing", sum(1 for _ in photos_of(wanted))) as step:
            for row in run_batch(wanted):
                if row["status"] == "failed":
                    say_note(f"{row['name']}: {row['reason']}")
                step()
    except KeyboardInterrupt:
        report(wanted)
        say_note(f"Stopped; what was done is kept. Go on with --resume; report so far: {wanted.report}")
        raise
    summary = report(wanted)
    print(
        f"{summary.total} files: {summary.repaired} repaired ({summary.flagged} to be looked at), "
        f"{summary.unchanged} without damage, {summary.failed} failed; report: {wanted.report}"
    )
    return SOME_FAILED if summary.failed else DONE
