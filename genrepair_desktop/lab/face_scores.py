"""How often the face around a hole is found, by the locator and by the cascade it stands beside, for its card."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from torch import nn

from genrepair_desktop.generate.face_locator import SURE, locate_face, overlap
from genrepair_desktop.generate.faces import find_faces
from genrepair_desktop.imaging.arrays import Image, Mask, to_image
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.lab.datasets import CropSource
from genrepair_desktop.lab.face_views import FacePictures
from genrepair_desktop.lab.masks import draw_mask
from genrepair_desktop.lab.metrics import Interval, interval
from genrepair_desktop.networks.face_locator import FaceLocator
from genrepair_desktop.registry.card import Score
from genrepair_desktop.repair.face_fill import holds_hole

_ALIKE = 0.5
_MOST_PORTRAITS, _MOST_PHOTOGRAPHS = 60, 120
# Holes, as the side of the disc of the same width over the face's side
_SMALL, _MEDIUM, _LARGE = 0.25, 0.42, 0.6
Finder = Callable[[Image, Mask], Rect | None]


class HoledFace(NamedTuple):
    """A damaged portrait, its hole, and the square of its face as the cascade found it undamaged."""

    picture: Image
    mask: Mask
    face: Rect


def locator_scores(net: nn.Module, source: CropSource) -> tuple[Score, ...]:
    """Shares of faces found, for discs of three sizes and strokes, and of finds in photographs that have none."""
    assert isinstance(net, FaceLocator)
    finders: dict[str, Finder] = {
        "locator": lambda image, mask: _by_locator(net, image, mask),
        "cascade": _by_cascade,
        "both": lambda image, mask: _by_cascade(image, mask) or _by_locator(net, image, mask),
    }
    pictures = FacePictures(source)
    scores: list[Score] = []
    for name, width in (("a quarter", _SMALL), ("42 %", _MEDIUM), ("60 %", _LARGE), ("strokes", None)):
        cases = holed_faces(pictures, width, np.random.default_rng(41))
        if cases:
            what = "strokes over the face" if width is None else f"a round hole as wide as {name} of the face"
            scores += _rows(f"{what}: faces found", [_found(cases, find) for find in finders.values()])
    bare = _holed_photographs(pictures, np.random.default_rng(42))
    if bare:
        rows = [interval([100.0 * (find(*case) is not None) for case in bare]) for find in finders.values()]
        scores += _rows("photographs without a face: finds", rows)
    return tuple(scores)


def holed_faces(pictures: FacePictures, width: float | None, rng: np.random.Generator) -> list[HoledFace]:
    """Damaged portraits: a disc about the middle of the face, ``width`` of its side wide, or else thick strokes."""
    cases = []
    for index in pictures.portraits:
        face = pictures.face(index)
        if face is None:
            continue
        picture = to_image(pictures.picture(index))
        x, y = (face.x + face.w * rng.uniform(0.35, 0.65), face.y + face.h * rng.uniform(0.35, 0.6))
        mask = _disc(picture.shape, x, y, face.w * width / 2) if width else _strokes(picture.shape, face, rng)
        if mask.any():
            cases.append(HoledFace(prefill(picture, mask), mask, face))
        if len(cases) == _MOST_PORTRAITS:
            break
    return cases


def _holed_photographs(pictures: FacePictures, rng: np.random.Generator) -> list[tuple[Image, Mask]]:
    chosen = rng.permutation(pictures.faceless)[:_MOST_PHOTOGRAPHS]
    cases = []
    for index in chosen:
        picture = to_image(pictures.picture(int(index)))
        h, w = picture.shape[:2]
        radius = min(h, w) * float(rng.uniform(0.06, 0.18))
        mask = _disc(picture.shape, w * float(rng.uniform(0.2, 0.8)), h * float(rng.uniform(0.2, 0.8)), radius)
        cases.append((prefill(picture, mask), mask))
    return cases


def _by_locator(net: FaceLocator, image: Image, mask: Mask) -> Rect | None:
    found = locate_face(net, image, mask)
    return found.square if found and found.probability >= SURE and holds_hole(found.square, mask) else None


def _by_cascade(image: Image, mask: Mask) -> Rect | None:
    return next((square for square in find_faces(image) if holds_hole(square, mask)), None)


def _found(cases: Sequence[HoledFace], find: Finder) -> Interval:
    """The share of cases, in percent, in which the square found is the face's."""
    squares = [find(case.picture, case.mask) for case in cases]
    return interval(
        [100.0 * (s is not None and overlap(s, c.face) > _ALIKE) for s, c in zip(squares, cases, strict=True)]
    )


def _rows(name: str, figures: Sequence[Interval]) -> list[Score]:
    """The locator, and both in turn, each beside the cascade alone."""
    alone, cascade, both = figures
    return [
        Score(f"{name}{how}", f.mean, "%", f.count, "the cascade", cascade.mean, f.low, f.high)
        for how, f in (("", alone), (", the cascade asked first", both))
    ]


def _disc(shape: tuple[int, ...], x: float, y: float, radius: float) -> Mask:
    canvas = np.zeros(shape[:2], np.uint8)
    cv2.circle(canvas, (round(x), round(y)), max(1, round(radius)), 1, -1)
    return canvas.astype(bool)


def _strokes(shape: tuple[int, ...], face: Rect, rng: np.random.Generator) -> Mask:
    """Thick strokes inside the face's square."""
    mask = np.zeros(shape[:2], bool)
    inside = face.intersect(Rect.of_shape(shape))
    mask[inside.slices] = draw_mask("thick", (face.h, face.w), rng)[inside.relative_to(face).slices]
    return mask
