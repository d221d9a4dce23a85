"""Views of damaged pictures with and without a face, and where the face is: what the face locator learns from.

Three sorts of views. Portraits in their own surroundings, their faces found by the cascade while they are whole.
Aligned portraits laid into other photographs at any size, with soft edges. Photographs without a face, into some of
which a piece of another is laid in the same way, so that soft edges alone tell nothing.
"""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.generate.face_locator import MOST_OFFSET, SHARES, framed
from genrepair_desktop.generate.faces import cut, find_faces
from genrepair_desktop.imaging.arrays import Image, Mask, to_image
from genrepair_desktop.imaging.colour import luma
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.lab.augment import vary_tone
from genrepair_desktop.lab.datasets import Bytes, CropSource
from genrepair_desktop.lab.masks import irregular_strokes

# Groups whose pictures are aligned portraits, edge to edge, and groups that show no people
ALIGNED = frozenset({"faces128", "A_pd_age", "A_usgov_cpd", "B_bioguide", "B_congress_gov", "B_died30_54"})
FACELESS = frozenset({"flowers_ccby", "clothing_cc0", "grocery_mit", "wallpaper_tiles", "caltech101_declared_ccby"})
_PORTRAIT_SHARE, _PASTED_SHARE = 0.3, 0.35
# Beyond what the locator answers for, by these factors, an answer may be either
_UNSURE_SHARE, _UNSURE_OFFSET = 1.3, 1.4
# the cascade looks at portraits this large: their faces are large, and its time grows with the pixels
_LOOKED_AT = 260
_LEAST_FACE, _MOST_FACE = 0.35, 1.2
# Half of a hole's longer side over the face's side
_HOLE = (0.12, 0.5)
_LARGEST_HOLE = 0.28


class FaceView(NamedTuple):
    """A view (side, side, 2), where the face is in it, and what may be learned of it.

    place  the face's middle x, y from the view's middle, in sides of the view; the logarithm of its side over
           the view's
    odds   1 a face to be found, 0 none; negative where either answer is right
    """

    view: npt.NDArray[np.float32]
    place: tuple[float, float, float]
    odds: int


class FacePictures:
    """The pictures of one part by what they show; the cascade is asked once a portrait."""

    def __init__(self, source: CropSource) -> None:
        self._source = source
        groups = {sort: [] for sort in ("aligned", "none", "portrait")}
        for index in source.indices:
            group = source.group(int(index))
            sort = "aligned" if group in ALIGNED else "none" if group in FACELESS else "portrait"
            groups[sort].append(int(index))
        self.aligned, self.faceless, self.portraits = groups["aligned"], groups["none"], groups["portrait"]
        self._faces: dict[int, Rect | None] = {}

    def picture(self, index: int) -> Bytes:
        """A picture of the set, uint8 (h, w, 3)."""
        return self._source.photo(index)

    def face(self, index: int) -> Rect | None:
        """The aligned square of an undamaged portrait's face, where the cascade finds a likely one."""
        if index not in self._faces:
            self._faces[index] = likely_face(self.picture(index))
        return self._faces[index]


def likely_face(picture: Bytes) -> Rect | None:
    """The largest face that the cascade finds, if it is as large as a portrait's and inside the picture."""
    h, w = picture.shape[:2]
    factor = min(1.0, _LOOKED_AT / max(h, w))
    small = cv2.resize(picture, (round(w * factor), round(h * factor)), interpolation=cv2.INTER_AREA)
    for found in find_faces(to_image(np.asarray(small, np.uint8))):
        square = Rect(*(round(value / factor) for value in found))
        x, y = (square.x + square.w / 2) / w, (square.y + square.h / 2) / h
        if _LEAST_FACE <= square.w / w <= _MOST_FACE and 0.15 <= x <= 0.85 and 0.1 <= y <= 0.8:
            return square
    return None


def draw_views(pictures: FacePictures, count: int, side: int, rng: np.random.Generator) -> list[FaceView]:
    """``count`` views, alike for a like generator."""
    return [_draw(pictures, side, rng) for _ in range(count)]


def _draw(pictures: FacePictures, side: int, rng: np.random.Generator) -> FaceView:
    sort = rng.random()
    drawn = None
    if pictures.portraits and (sort < _PORTRAIT_SHARE or not (pictures.aligned or pictures.faceless)):
        drawn = _portrait(pictures, side, rng)
    if drawn is None and pictures.aligned and sort < _PORTRAIT_SHARE + _PASTED_SHARE:
        drawn = _pasted(pictures, side, rng)
    grey, place = drawn or (_faceless(pictures, side, rng), None)
    if rng.random() < 0.5:
        grey = grey[:, ::-1]
        place = (-place[0], *place[1:]) if place else None
    share = np.exp(place[2]) if place else rng.uniform(*SHARES)
    hole = _hole(side, float(share), rng)
    return FaceView(framed(_worn(grey, rng), hole), place or (0.0, 0.0, 0.0), _odds(place))


def _odds(place: tuple[float, float, float] | None) -> int:
    if place is None:
        return 0
    share, offset = float(np.exp(place[2])), max(abs(place[0]), abs(place[1]))
    if SHARES[0] <= share <= SHARES[1] and offset <= MOST_OFFSET:
        return 1
    is_near = SHARES[0] / _UNSURE_SHARE <= share <= SHARES[1] * _UNSURE_SHARE
    return -1 if is_near and offset <= MOST_OFFSET * _UNSURE_OFFSET else 0


def _place(rng: np.random.Generator) -> tuple[float, float, float]:
    """Where a face stands in a view: mostly where the locator must find it."""
    low, high = SHARES if rng.random() < 0.85 else (SHARES[0] / 2, SHARES[1] * 1.6)
    share = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    # a view's middle is the hole's: in the face it is no farther off than half the face
    most = min(MOST_OFFSET, 0.42 * share) if rng.random() < 0.75 else 2 * MOST_OFFSET
    dx, dy = rng.uniform(-most, most, 2)
    return float(dx), float(dy), float(np.log(share))


def _portrait(
    pictures: FacePictures, side: int, rng: np.random.Generator
) -> tuple[Image, tuple[float, float, float]] | None:
    index = int(rng.choice(pictures.portraits))
    face = pictures.face(index)
    if face is None:
        return None
    dx, dy, size = _place(rng)
    window = face.w / np.exp(size)
    x, y = face.x + face.w / 2 - dx * window, face.y + face.h / 2 - dy * window
    square = Rect(round(x - window / 2), round(y - window / 2), max(2, round(window)), max(2, round(window)))
    picture = pictures.picture(index)
    if square.grown(-square.w // 8).intersect(Rect.of_shape(picture.shape)).is_empty:
        return None
    return _grey(_cut(picture, square, side), rng), (dx, dy, size)


def _pasted(pictures: FacePictures, side: int, rng: np.random.Generator) -> tuple[Image, tuple[float, float, float]]:
    place = _place(rng)
    face = to_image(pictures.picture(int(rng.choice(pictures.aligned))))
    return _laid(_faceless(pictures, side, rng, is_bare=True), _grey(face, rng), place, rng), place


def _faceless(pictures: FacePictures, side: int, rng: np.random.Generator, *, is_bare: bool = False) -> Image:
    """A square of a photograph without a face, half of the time with a piece of another laid in."""
    ground = _grey(_square(pictures, side, rng), rng)
    if is_bare or rng.random() < 0.5:
        return ground
    return _laid(ground, _grey(_square(pictures, side, rng), rng), _place(rng), rng)


def _square(pictures: FacePictures, side: int, rng: np.random.Generator) -> Image:
    """A random square, which may reach beyond the photo's edge, as the locator's views do."""
    if not pictures.faceless:
        return np.broadcast_to(rng.random((1, 1, 3), np.float32), (side, side, 3))
    picture = pictures.picture(int(rng.choice(pictures.faceless)))
    h, w = picture.shape[:2]
    length = round(min(h, w) * float(np.exp(rng.uniform(np.log(0.25), np.log(1.6)))))
    x, y = (round(n * float(rng.uniform(0.2, 0.8)) - length / 2) for n in (w, h))
    return _cut(picture, Rect(x, y, length, length), side)


def _cut(picture: Bytes, square: Rect, side: int) -> Image:
    """``cut`` of a picture that is reduced first to about twice what is needed: most of the time goes there."""
    factor = 2 * side / square.w
    if factor < 1:
        h, w = (max(1, round(n * factor)) for n in picture.shape[:2])
        picture = np.asarray(cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA), np.uint8)
        square = Rect(round(square.x * factor), round(square.y * factor), 2 * side, 2 * side)
    return cut(to_image(picture), square, side, 3)


def _laid(ground: Image, piece: Image, place: tuple[float, float, float], rng: np.random.Generator) -> Image:
    """A grey piece in a grey ground, its edge fading over some of its width."""
    side = ground.shape[0]
    size = max(4, round(side * float(np.exp(place[2]))))
    x, y = (round(side * (0.5 + offset) - size / 2) for offset in place[:2])
    how = cv2.INTER_AREA if size < piece.shape[0] else cv2.INTER_CUBIC
    fitted = np.asarray(cv2.resize(piece, (size, size), interpolation=how), np.float32).reshape(size, size)
    # brought nearer to the ground's tone by a random share: a portrait's background is not another photo's
    fitted = fitted + float(rng.uniform(0, 0.8)) * (float(ground.mean()) - float(fitted.mean()))
    square = Rect(x, y, size, size)
    inside = square.intersect(Rect(0, 0, side, side))
    part = inside.relative_to(square).slices
    weight = _soft(size, float(rng.uniform(0.02, 0.3)), round_off=bool(rng.random() < 0.5))[part]
    made = ground[..., 0].copy()
    made[inside.slices] += weight * (np.clip(fitted, 0, 1)[part] - made[inside.slices])
    return made[..., None]


def _soft(size: int, fade: float, *, round_off: bool) -> npt.NDArray[np.float32]:
    """1 in the middle, falling to 0 at the edge over ``fade`` of the width: of the square, or of the disc in it."""
    line = np.abs((np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1)
    distance = np.hypot(line[:, None], line[None]) if round_off else np.maximum(line[:, None], line[None])
    return np.clip((1.05 - distance) / (2 * fade), 0, 1).astype(np.float32)


def _grey(picture: Image, rng: np.random.Generator) -> Image:
    """A picture in grey, (h, w, 1), in another tone now and then."""
    eight = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    return luma(to_image(vary_tone(eight, rng)))[..., None]


def _worn(grey: Image, rng: np.random.Generator) -> Image:
    """The picture a little soft or grainy, some of the time."""
    made = np.ascontiguousarray(grey[..., 0])
    if rng.random() < 0.3:
        made = np.asarray(cv2.GaussianBlur(made, (0, 0), float(rng.uniform(0.4, 1.2))), np.float32)
    if rng.random() < 0.3:
        made = made + rng.standard_normal(made.shape, np.float32) * np.float32(rng.uniform(0.005, 0.04))
    return np.clip(made, 0, 1).astype(np.float32)[..., None]


def _hole(side: int, share: float, rng: np.random.Generator) -> Mask:
    """A hole with its middle in the middle of the view; seldom none. ``share``: of a face in the view."""
    canvas = np.zeros((side, side), np.uint8)
    sort = rng.random()
    if sort < 0.06:
        return canvas.astype(bool)
    radius = side * min(share * float(rng.uniform(*_HOLE)), _LARGEST_HOLE)
    middle = (side // 2, side // 2)
    if sort < 0.5:
        axes = (max(1, round(radius)), max(1, round(radius * float(rng.uniform(0.4, 1)))))
        cv2.ellipse(canvas, middle, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
    elif sort < 0.65:
        rx, ry = (max(1, round(radius * float(rng.uniform(0.5, 1)))) for _ in range(2))
        cv2.rectangle(canvas, (middle[0] - rx, middle[1] - ry), (middle[0] + rx, middle[1] + ry), 1, -1)
    else:
        return _blot(side, radius, rng)
    return canvas.astype(bool)


def _blot(side: int, radius: float, rng: np.random.Generator) -> Mask:
    """An irregular hole of strokes, fitted into a square of twice the radius."""
    canvas = np.zeros((64, 64), np.uint8)
    irregular_strokes(canvas, rng, 0.25, count=(2, 5), max_width=60, max_length=120)
    x, y, w, h = cv2.boundingRect(canvas)
    longer = max(w, h)
    shape = (max(1, round(2 * radius * w / longer)), max(1, round(2 * radius * h / longer)))
    small = cv2.resize(canvas[y : y + h, x : x + w], shape, interpolation=cv2.INTER_NEAREST)
    hole = np.zeros((side, side), bool)
    top, left = (side - shape[1]) // 2, (side - shape[0]) // 2
    hole[top : top + shape[1], left : left + shape[0]] = np.asarray(small).reshape(shape[1], shape[0]) > 0
    return hole


@lru_cache(maxsize=2)
def pictures_of(source: CropSource) -> FacePictures:
    """The pictures of a part, sorted once: a batch is drawn many times from the same part."""
    return FacePictures(source)
