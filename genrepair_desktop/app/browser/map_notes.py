"""What the map says of itself in words: notes a reader has to know, and figures with their meaning. No Qt."""

from collections.abc import Mapping
from dataclasses import dataclass

from genrepair_desktop.app.browser.map_features import FeatureSource
from genrepair_desktop.app.browser.map_table import MapTable

KIND_TITLES = {
    "real": "Real",
    "generated": "Generated",
    "mine": "Mine",
    "damaged": "Damaged",
    "repaired": "Repaired",
}
MAP_TITLES = {"tsne": "t-SNE", "pca": "PCA", "umap": "UMAP"}
MAP_HELP = {
    "tsne": "Keeps neighbours together: the best picture of groups. Distances between groups mean nothing.",
    "pca": "The two directions in which the pictures differ most. Distances are true, but most differences are "
    "not shown.",
    "umap": "Keeps neighbours together and a little more of the whole; slower here.",
}
SETTING_TITLES = {
    "perplexity": "Perplexity",
    "exaggeration": "Exaggeration",
    "learning_rate": "Learning rate",
    "early": "Early iterations",
    "iterations": "Iterations",
    "components": "Components",
    "watch_every": "Look every",
    "first": "Axis across",
    "second": "Axis upwards",
    "neighbours": "Neighbours",
    "min_distance": "Least distance",
}
# one kind so many times as frequent as another: an eye sees only the larger, and averages are theirs
_IMBALANCE = 10


@dataclass(frozen=True)
class FigureText:
    """A figure's short name, how it is written, and what it means in plain words."""

    title: str
    form: str
    help: str


FIGURES: dict[str, FigureText] = {
    "trust": FigureText(
        "Trust",
        "{:.2f}",
        "Trustworthiness: how many of the pictures that lie side by side on the map are alike in truth. 1 is perfect; "
        "below 0.9, check with the neighbours under the map.",
    ),
    "kl": FigureText(
        "KL",
        "{:.2f}",
        "What t-SNE makes small: how much the neighbourhoods on the map differ from the true ones, in nats. Compare "
        "it only between maps of the same pictures.",
    ),
    "explained": FigureText(
        "Shown",
        "{:.0%}",
        "The share of all differences between the pictures that these two axes show.",
    ),
    "told-apart": FigureText(
        "Told apart",
        "{:.0%}",
        "How often a picture's nearest neighbours tell rightly whether it is real or generated. 50 %: no better than "
        "a coin, the generated ones pass; 100 %: always.",
    ),
    "average": FigureText(
        "Way back",
        "{:.2f}",
        "Error of the way from the map back to pictures. 0: a place gives its picture again; 1: one as unlike as any "
        "other. Measured half a neighbour's distance beside known points.",
    ),
}  # fmt: skip


def notes(table: MapTable, source: FeatureSource | None, kind: str, *, said: str, model_id: str) -> tuple[str, ...]:
    """What a reader of the map has to know, in sentences. ``said``: what the fit had to change; ``model_id``: which
    model draws between the points."""
    if source is None:
        return ()
    found: list[str] = []
    if source.kind == "encoder" and model_id and model_id != source.model_id:
        found.append(f"Placed by the encoder of {source.model_id}; pictures in between are drawn by {model_id}.")
    if source.kind == "pixels":
        found.append("No model with an encoder is installed: placed by brightness alone.")
    if said:
        found.append(said)
    found += _imbalance(table)
    if table.newcomers > max(8, table.fitted_on):
        found.append(f"{table.newcomers:,} of {len(table):,} came after the map was made: make it again to be exact.")
    if kind == "tsne" and not found:
        found.append("Who lies beside whom means something; distances between groups do not.")
    return tuple(found)


def figure_words(name: str, value: float, interval: tuple[float, float] | None = None) -> tuple[str, str]:
    """A figure as it is shown, and its meaning."""
    text = FIGURES[name]
    said = f"{text.title} {text.form.format(value)}"
    help = text.help
    if interval is not None:
        help += f" 95 % interval: {interval[0]:.0%} to {interval[1]:.0%}."
    return said, help


def way_back_words(errors: Mapping[str, float], used: str) -> tuple[str, str]:
    """The round-trip error of the way in use, and both in the explanation."""
    said, help = figure_words("average", errors[used])
    return said, f"{help} Average of neighbours: {errors['average']:.2f}; learned: {errors['smooth']:.2f}."


def _imbalance(table: MapTable) -> list[str]:
    counts = {kind: count for kind, count in table.counts().items() if kind in ("real", "generated")}
    if len(counts) < 2:
        return []
    most, least = max(counts, key=lambda k: counts[k]), min(counts, key=lambda k: counts[k])
    if counts[most] < _IMBALANCE * counts[least] or counts[most] < 100:
        return []
    return [
        f"{counts[most]:,} {KIND_TITLES[most].lower()} beside {counts[least]:,} {KIND_TITLES[least].lower()}: "
        "the map is mostly of the former; the comparison of real and generated takes as many of each."
    ]
