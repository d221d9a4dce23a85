"""A map as a file: a table of its points, or a picture with density, colours, shapes and counts."""

import csv
import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from genrepair_desktop.latent.features import KINDS, FeatureSet, Kind
from genrepair_desktop.latent.ground import ground_of
from genrepair_desktop.latent.map import Points

# Okabe and Ito's colours, told apart by the colour-blind; the shape is a second sign
_COLOURS: dict[Kind, tuple[int, int, int]] = {
    "real": (0, 114, 178),
    "generated": (230, 159, 0),
    "mine": (204, 0, 0),
    "damaged": (120, 94, 240),
    "repaired": (0, 158, 115),
}
_SHAPES: dict[Kind, str] = {
    "real": "circle",
    "generated": "triangle",
    "mine": "star",
    "damaged": "cross",
    "repaired": "square",
}
_GREY, _CELLS = 222, 150
_RADIUS: dict[Kind, float] = {"mine": 7.0}


def map_table(points: Points, features: FeatureSet) -> str:
    """A line a point: x, y, kind, label, and whether missing values were filled in."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("x", "y", "kind", "label", "had_missing_values"))
    for (x, y), kind, label, patched in zip(points, features.kinds, features.labels, features.patched, strict=True):
        writer.writerow((f"{x:.6g}", f"{y:.6g}", kind, label, int(patched)))
    return text.getvalue()


def map_picture(
    points: Points, features: FeatureSet, notes: Sequence[str] = (), size: int = 900
) -> npt.NDArray[np.uint8]:
    """The map as a picture (size + legend, size, 3): empty areas grey, rare kinds drawn last, counts in the legend."""
    ground = ground_of(points, cells=_CELLS)
    left, right, bottom, top = ground.edges
    # white among the points, grey where the map is empty
    shade = (_GREY + (255 - _GREY) * ground.presence).astype(np.uint8)
    background = PillowImage.fromarray(shade).resize((size, size), PillowImage.Resampling.BICUBIC)
    legend = 30 + 20 * len(notes)
    sheet = PillowImage.new("RGB", (size, size + legend), "white")
    sheet.paste(background.convert("RGB"), (0, 0))
    draw = ImageDraw.Draw(sheet)
    across = (points[:, 0] - left) / (right - left) * size
    down = (top - points[:, 1]) / (top - bottom) * size
    counts = features.counts()
    for kind in sorted(KINDS, key=lambda k: -counts.get(k, 0)):
        for i in np.flatnonzero(features.of_kind(kind)):
            _mark(draw, kind, float(across[i]), float(down[i]), is_hollow=bool(features.patched[i]))
    _legend(draw, counts, notes, size)
    return np.asarray(sheet, np.uint8)


def _legend(draw: ImageDraw.ImageDraw, counts: dict[Kind, int], notes: Sequence[str], size: int) -> None:
    font = ImageFont.load_default(14)
    x = 14.0
    for kind in KINDS:
        if kind not in counts:
            continue
        _mark(draw, kind, x, size + 16, is_hollow=False)
        text = f"{kind} {counts.get(kind, 0):,}"
        draw.text((x + 10, size + 7), text, fill="black", font=font)
        x += 34 + draw.textlength(text, font=font)
    for line, note in enumerate(notes):
        draw.text((8, size + 30 + 20 * line), note, fill=(60, 60, 60), font=font)


def _mark(draw: ImageDraw.ImageDraw, kind: Kind, x: float, y: float, *, is_hollow: bool) -> None:
    r, colour, shape = _RADIUS.get(kind, 3.0), _COLOURS[kind], _SHAPES[kind]
    fill = None if is_hollow else colour
    if shape == "circle":
        draw.ellipse((x - r, y - r, x + r, y + r), fill=fill, outline=colour)
    elif shape == "square":
        draw.rectangle((x - r, y - r, x + r, y + r), fill=fill, outline=colour)
    elif shape == "cross":
        draw.line((x - r, y - r, x + r, y + r), fill=colour, width=2)
        draw.line((x - r, y + r, x + r, y - r), fill=colour, width=2)
    else:
        tips, inner = (3, 0.5) if shape == "triangle" else (5, 0.45)
        turns = np.arange(2 * tips) * np.pi / tips - np.pi / 2
        radii = np.where(np.arange(2 * tips) % 2, inner * r, r * 1.3)
        outline = [(x + a * float(np.cos(t)), y + a * float(np.sin(t))) for a, t in zip(radii, turns, strict=True)]
        draw.polygon(outline, fill=fill, outline=colour)
