"""``genrepair evaluate``: methods and models on held-out pictures of your own folders, with 95 % intervals."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from genrepair_desktop.cli.options import SeedOption
from genrepair_desktop.cli.output import check_target
from genrepair_desktop.cli.progress import watched
from genrepair_desktop.errors import GenRepairError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genrepair_desktop.imaging.arrays import Image
    from genrepair_desktop.lab.datasets import Split
    from genrepair_desktop.lab.evaluate import Fill
    from genrepair_desktop.repair.method import ModelLoader

app = typer.Typer(help="Measure methods and models on held-out pictures.", no_args_is_help=True)
PhotosOption = Annotated[
    list[Path], typer.Option("--photos", metavar="DIR", help="A folder of sound photos; may be repeated.")
]


Name = TypeVar("Name", bound=str)
HELD_OUT: "tuple[Split, ...]" = ("test", "val")


class EvaluateUsageError(GenRepairError):
    """There is nothing to measure on."""


@app.command("repair")
def repair(
    photos: PhotosOption,
    method: Annotated[
        list[str] | None, typer.Option("--method", "-m", metavar="ID", help="Only this; may be repeated.")
    ] = None,
    count: Annotated[int, typer.Option("-n", "--count", metavar="N", help="At most so many pictures.")] = 40,
    side: Annotated[
        int, typer.Option("--side", min=64, max=2048, metavar="PIXELS", help="Of the middle squares to measure on.")
    ] = 512,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="MASK", help="Only this kind of mask; may be repeated.")
    ] = None,
    split: Annotated[
        str, typer.Option("--split", metavar="PART", help="test: at the end, once; val: while a model is made.")
    ] = "test",
    seed: SeedOption = 0,
    table: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write all figures too.")] = None,
) -> None:
    """Every fill method on held-out pictures, under thin, medium, thick and scratch masks."""
    from genrepair_desktop.atomic import write_atomic
    from genrepair_desktop.cli.loader import model_loader
    from genrepair_desktop.lab.evaluate import KINDS, as_csv, evaluate_fills
    from genrepair_desktop.lab.evaluate import table as as_table
    from genrepair_desktop.repair.catalog import METHODS, find_method

    if table is not None:
        check_target(table, overwrite=False)
    models = model_loader()
    ready = [m.id for m in METHODS.values() if m.task == "fill" and m.subject == "any" and m.is_ready(models)]
    ids = [find_method(name).id for name in method] if method else ready
    kinds = _chosen(kind or (), KINDS)
    pictures = held_out(photos, count, side, _chosen([split], HELD_OUT)[0])
    with watched(f"Measuring on {len(pictures)} pictures", seed) as ctx:
        rows = evaluate_fills({name: as_fill(name, models) for name in ids}, pictures, kinds, seed=seed, ctx=ctx)
    rivals = [name for name in ids if find_method(name).family in ("deterministic", "exemplar")]
    print(as_table(rows, rivals), end="")
    if table is not None:
        write_atomic(table, as_csv(rows).encode("utf-8"), overwrite=False)


@app.command("generate")
def generate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A generative model's id.")],
    photos: PhotosOption,
    count: Annotated[int, typer.Option("-n", "--count", metavar="N", help="Samples to draw.")] = 1000,
    seed: SeedOption = 0,
) -> None:
    """A generative model's samples against held-out pictures, and a look for copies of training pictures."""
    from genrepair_desktop.lab.evaluate_generate import evaluate_generate
    from genrepair_desktop.registry.store import ModelStore

    with watched(f"Measuring {model}", seed) as ctx:
        scores = evaluate_generate(ModelStore.installed(), model, tuple(photos), _cache(), ctx, n=count)
    for score in scores:
        span = "" if score.low is None or score.high is None else f" ({score.low:.4g} to {score.high:.4g})"
        rival = "" if score.rival_value is None else f"; {score.rival}: {score.rival_value:.4g}"
        print(f"{score.name}: {score.value:.4g} {score.unit}{span}, {score.pictures} pictures{rival}")


def _chosen(names: "Sequence[str]", known: "Sequence[Name]") -> "list[Name]":
    """Those of the known that are named; all where none is.

    Raises:
        EvaluateUsageError: a name is none of them.
    """
    for name in names:
        if name not in known:
            raise EvaluateUsageError(f"There is no {name!r} here: choose one of {', '.join(known)}.")
    return [one for one in known if not names or one in names]


def held_out(folders: "Sequence[Path]", count: int, side: int, split: "Split" = "test") -> "list[Image]":
    """Middle squares of ``side`` pixels of the pictures that no training saw, at most ``count``.

    They are taken from all over the folders, so that every group has its share.

    Raises:
        EvaluateUsageError: the folders hold no such pictures of that size.
    """
    import numpy as np

    from genrepair_desktop.imaging.arrays import to_image
    from genrepair_desktop.lab.datasets import open_photos

    found = open_photos(folders, _cache())
    large = [index for index in found.indices(split).tolist() if min(found.sizes[index]) >= side]
    # the pictures lie group by group: steps over all of them
    steps = np.linspace(0, len(large), min(count, len(large)), endpoint=False).astype(int)
    pictures = []
    for step in steps.tolist():
        photo = found.photo(large[step])
        top, left = (photo.shape[0] - side) // 2, (photo.shape[1] - side) // 2
        pictures.append(to_image(photo[top : top + side, left : left + side]))
    if not pictures:
        raise EvaluateUsageError(
            f"No held-out picture of at least {side} pixels is in these folders: about one in twelve is held out, "
            "so name folders with more photos, or measure on smaller squares with --side."
        )
    return pictures


def as_fill(method: str, models: "ModelLoader") -> "Fill":
    """A method of the catalog as the lab measures it, run through the pipeline at 8 bits as for a photo."""
    import numpy as np

    from genrepair_desktop.imaging.arrays import Image, Mask, to_image
    from genrepair_desktop.jobs.context import RunContext
    from genrepair_desktop.repair.photo_job import repair_pixels
    from genrepair_desktop.repair.recipe import Recipe

    def fill(image: Image, mask: Mask, seed: int) -> Image:
        pixels = np.rint(image * 255).astype(np.uint8)
        coverage = mask.astype(np.uint8) * np.uint8(255)
        return to_image(repair_pixels(pixels, coverage, Recipe(method, seed=seed), RunContext(seed), models).pixels)

    return fill


def _cache() -> Path:
    from genrepair_desktop import paths

    return paths.user_data_dir() / "cache"
