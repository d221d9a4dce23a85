"""``genrepair race``: which method is best on this photo."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genrepair_desktop.cli.options import JsonOption, SeedOption
from genrepair_desktop.cli.progress import watched

if TYPE_CHECKING:
    from genrepair_desktop.repair.race import Entry


def race(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="The damaged photo.")],
    mask: Annotated[Path, typer.Option("--mask", metavar="MASK", help="White is what to repair.")],
    method: Annotated[
        list[str] | None, typer.Option("--method", "-m", metavar="ID", help="Only this; may be repeated.")
    ] = None,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Hide sound pixels near the damage, repair them with every method, and rank the methods."""
    from genrepair_desktop.cli.loader import model_loader
    from genrepair_desktop.imaging.codecs import read_photo
    from genrepair_desktop.repair.catalog import find_method
    from genrepair_desktop.repair.photo_job import read_mask
    from genrepair_desktop.repair.race import race as run_race

    methods = [find_method(name).id for name in method] if method else None
    opened = read_photo(photo)
    coverage = read_mask(mask, opened.pixels)
    with watched(f"Racing on {photo.name}", seed) as ctx:
        result = run_race(opened.pixels, coverage, ctx, model_loader(), methods=methods)
    if as_json:
        places = [[*place.window] for place in result.places]
        methods_found = [_values(entry) for entry in result.entries]
        print(json.dumps({"places": places, "note": result.doubt, "methods": methods_found}, indent=1))
    else:
        _print_table(result.entries, len(result.places))
        if result.doubt:
            print(result.doubt)


def _values(entry: "Entry") -> dict[str, Any]:
    if entry.problem:
        return {"method": entry.method, "problem": entry.problem}
    return {
        "method": entry.method,
        "rank": round(entry.rank, 3),
        "psnr": round(entry.psnr, 4),
        "ssim": round(entry.ssim, 5),
        "texture": round(entry.texture, 6),
    }


def _print_table(entries: tuple["Entry", ...], places: int) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("method", "PSNR", "SSIM", "texture x1000", "seconds", box=None, header_style="bold")
    for entry in entries:
        if entry.problem:
            table.add_row(entry.method, entry.problem)
            continue
        scores = (f"{entry.psnr:.2f}", f"{entry.ssim:.3f}", f"{1000 * entry.texture:.2f}", f"{entry.seconds:.2f}")
        table.add_row(entry.method, *scores)
    console = Console(highlight=False)
    console.print(table)
    console.print(f"Best first, over {places} hidden places; texture: lower is better.")
