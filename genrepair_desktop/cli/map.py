"""``genrepair map``: a 2-D map of a model's samples, photos, or latents from a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genrepair_desktop.cli.edge import DONE
from genrepair_desktop.cli.generate import GenerateUsageError, open_models, read_for, read_latents
from genrepair_desktop.cli.options import OutOption, OverwriteOption, SeedOption
from genrepair_desktop.cli.output import check_target
from genrepair_desktop.cli.progress import watched

if TYPE_CHECKING:
    from genrepair_desktop.jobs.context import RunContext
    from genrepair_desktop.latent.features import FeatureSet
    from genrepair_desktop.latent.map import FittedMap, MapParams, Points


def map_latents(
    source: Annotated[
        str, typer.Argument(metavar="MODEL|FILE.npy", help="A model to sample, or latents that `encode` wrote.")
    ],
    out: OutOption,
    method: Annotated[str, typer.Option("--method", metavar="tsne|pca|umap", help="Kind of map.")] = "tsne",
    count: Annotated[int, typer.Option("-n", "--count", metavar="N", help="Samples of a model.")] = 500,
    perplexity: Annotated[float, typer.Option("--perplexity", help="t-SNE: neighbours that count.")] = 30.0,
    photos: Annotated[
        list[Path] | None, typer.Option("--photo", metavar="PHOTO", help="Your own photo, placed on the map.")
    ] = None,
    seed: SeedOption = 0,
    overwrite: OverwriteOption = False,
) -> int:
    """Lay latents out in two dimensions: a table (.csv) or a picture (.png)."""
    if out.suffix.lower() not in (".csv", ".png"):
        raise GenerateUsageError(f"{out.name}: a map is written as .csv or .png.")
    check_target(out, overwrite=overwrite)
    params = _params(method, perplexity)
    with watched("map", seed) as ctx:
        features, mine = _features(source, count, photos or [], ctx.part(0.0, 0.4))
        points, fitted = _fit(features, mine, params, ctx.part(0.4, 1.0))
    everything = features if mine is None else _joined(features, mine)
    notes = _notes(features, fitted, method)
    _write(points, everything, notes, out, overwrite=overwrite)
    print(f"{out}: {len(points)} points. " + " ".join(notes))
    return DONE


def _params(method: str, perplexity: float) -> "MapParams":
    from genrepair_desktop.latent.map import map_kinds
    from genrepair_desktop.latent.tsne import TsneParams

    kinds = map_kinds()
    if method not in kinds:
        raise GenerateUsageError(f"There is no map {method!r}; choose one of: {', '.join(kinds)}.")
    return TsneParams(perplexity=perplexity) if method == "tsne" else kinds[method]()


def _features(
    source: str, count: int, photos: list[Path], ctx: "RunContext"
) -> "tuple[FeatureSet, FeatureSet | None]":
    """What the map is fitted on, and what is placed on it afterwards."""
    from genrepair_desktop.latent.features import feature_set

    if source.endswith(".npy"):
        if photos:
            raise GenerateUsageError("Photos need a model to encode them: name the model instead of the file.")
        return feature_set(read_latents(Path(source)), kinds="real", source=Path(source).name), None
    model = open_models().open_latent(source)
    latents = model.sample(count, ctx).latents
    if latents is None:
        raise GenerateUsageError(f"{source} has no latents to map.")
    features = feature_set(latents, kinds="generated", labels=[str(i) for i in range(count)], source=source)
    if not photos:
        return features, None
    own = model.encode(read_for(model, photos))
    return features, feature_set(own, kinds="mine", labels=[p.name for p in photos], source=source)


def _fit(
    features: "FeatureSet", mine: "FeatureSet | None", params: "MapParams", ctx: "RunContext"
) -> "tuple[Points, FittedMap]":
    import numpy as np

    from genrepair_desktop.latent.map import fit_map

    fitted = fit_map(features.values, params, ctx)
    if mine is None:
        return fitted.points, fitted
    return np.concatenate([fitted.points, fitted.project(mine.values)]), fitted


def _joined(features: "FeatureSet", mine: "FeatureSet") -> "FeatureSet":
    from genrepair_desktop.latent.features import joined

    return joined([features, mine])


def _notes(features: "FeatureSet", fitted: "FittedMap", method: str) -> list[str]:
    """What a reader needs to judge the map."""
    from genrepair_desktop.latent.quality import trustworthiness

    facts = [f"{name} {value:.3f}" for name, value in fitted.facts.items()]
    if len(features) > 24:
        facts.append(f"trustworthiness {trustworthiness(features.values, fitted.points):.3f}")
    notes = [f"{method} of {features.source}: {', '.join(facts)}."]
    if method != "pca":
        notes.append("Distances between groups mean nothing; who is whose neighbour does.")
    return notes


def _write(points: "Points", features: "FeatureSet", notes: list[str], out: Path, *, overwrite: bool) -> None:
    from PIL import Image as PillowImage

    from genrepair_desktop.atomic import replacing
    from genrepair_desktop.latent.drawing import map_picture, map_table

    with replacing(out, overwrite=overwrite) as file:
        if out.suffix.lower() == ".csv":
            file.write(map_table(points, features).encode())
        else:
            PillowImage.fromarray(map_picture(points, features, notes)).save(file, "PNG")
