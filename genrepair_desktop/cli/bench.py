"""``genrepair bench``: every fill method side by side in one run."""

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genrepair_desktop.cli.edge import DONE
from genrepair_desktop.cli.options import JsonOption
from genrepair_desktop.cli.progress import counted

if TYPE_CHECKING:
    from genrepair_desktop.repair.bench.run import Measured


def bench(
    method: Annotated[
        list[str] | None, typer.Option("--method", "-m", metavar="ID", help="Only this; may be repeated.")
    ] = None,
    canvas: Annotated[bool, typer.Option("--canvas", help="Measure the window's canvas instead.")] = False,
    networks: Annotated[
        bool, typer.Option("--networks", help="Measure the networks' speed instead, beside LaMa's.")
    ] = False,
    time_limit: Annotated[float, typer.Option("--time-limit", metavar="SECONDS", help="For one measurement.")] = 600,
    as_json: JsonOption = False,
) -> int:
    """Measure all fill methods: seconds, memory, likeness and texture, on scikit-image's photos."""
    if canvas:
        # a process: the command line and the window do not import each other
        command = [sys.executable, "-m", "genrepair_desktop.app.bench_canvas"]
        return subprocess.call([*command, "--json"] if as_json else command)
    if networks:
        return _networks(as_json)
    from genrepair_desktop.cli.loader import model_loader
    from genrepair_desktop.repair.bench.run import methods_to_measure, run_bench

    methods = methods_to_measure(method or [], model_loader())
    rows = []
    with counted("Measuring", len(methods)) as step:
        for row in run_bench(methods, model_loader, time_limit=time_limit):
            rows.append(row)
            step()
    if as_json:
        print(json.dumps([{"method": row.method, "small": row.small, "large": row.large} for row in rows], indent=1))
    else:
        _print_table(rows)
    return DONE


def _networks(as_json: bool) -> int:
    from dataclasses import asdict

    from genrepair_desktop.lab.bench_networks import measure_networks
    from genrepair_desktop.registry.store import ModelStore

    rows = list(measure_networks(ModelStore.installed()))
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return DONE
    print("| network | megapixels | seconds | megapixels a second | times as fast as LaMa's |")
    print("|---|---|---|---|---|")
    lama = next(row.seconds for row in rows if row.name.startswith("LaMa"))
    for row in rows:
        ratio = f"{lama / row.seconds:.1f}" if row.megapixels == rows[0].megapixels else ""
        speed = row.megapixels / row.seconds
        print(f"| {row.name} | {row.megapixels:.2f} | {row.seconds:.3f} | {speed:.2f} | {ratio} |")
    return DONE


def _print_table(rows: list["Measured"]) -> None:
    from rich.console import Console
    from rich.table import Table

    # as wide as it needs, also in a pipe: it goes into the README as it is
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    table = Table(title="Fill methods", caption=_CAPTION, header_style="bold")
    table.add_column("method")
    for head in _HEADS:
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(row.method, *_cells(row))
    console.print(table)


_HEADS = (
    "s, 512 px", "s, 24 MP", "MB, 512 px", "MB, 24 MP", "scratch PSNR", "SSIM", "brush PSNR", "SSIM",
    "texture", "textured photos",
)  # fmt: skip
_CAPTION = (
    "Seconds at 512 px: median over the brush masks (15 % missing); at 24 MP: forty scratches. MB: peak of the whole "
    "process. Texture: sliced Wasserstein distance of patches in the brush holes x 1000, lower is better."
)


def _cells(row: "Measured") -> list[str]:
    small, large = row.small, row.large
    if "problem" in small:
        return [small["problem"], *[""] * (len(_HEADS) - 1)]
    scratch, brush = small["scratch"], small["brush"]
    return [
        f"{brush['seconds']:.2f}",
        large.get("problem") or f"{large['seconds']:.2f}",
        f"{small['peak_mb']:.0f}",
        _number(large, "peak_mb", ".0f"),
        f"{scratch['psnr']:.2f}",
        f"{scratch['ssim']:.3f}",
        f"{brush['psnr']:.2f}",
        f"{brush['ssim']:.3f}",
        f"{1000 * brush['texture']:.2f}",
        f"{1000 * brush['textured']:.2f}",
    ]


def _number(values: dict[str, Any], key: str, form: str) -> str:
    return format(values[key], form) if key in values else ""
