"""Finds faces in a photo, and cuts photos to what a model knows.

The finder is scikit-image's cascade of local binary patterns (Ahonen 2004; trained by OpenCV's authors), which
comes with the library. On 60 of the aligned training portraits, drawn at random, it found every face, with its
middle at (0.50 +- 0.05, 0.50 +- 0.02) of the aligned square and its width at 0.65 +- 0.05 of the square's side:
that is how a finding becomes a square here.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np

from genrepair_desktop.generate.model import GenerateError, GenerativeModel
from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.imaging.colour import in_channels, luma
from genrepair_desktop.imaging.geometry import Rect

_SHARE = 0.652
# The cascade's time grows with the pixels: faces that matter are large in a photo
_WORKING_SIDE = 480
_SMALLEST, _SCALE_STEP = 32, 1.15
LEAST_PORTRAIT_SIDE = 64


class ModelPicture(NamedTuple):
    """A part of a photo in a model's form, and where it lies in the photo (may reach beyond its edges)."""

    picture: Image
    square: Rect


def find_faces(image: Image) -> list[Rect]:
    """Squares around the faces of ``image``, as the portraits were cut that the models learned; largest first.

    They may reach a little beyond the photo.
    """
    h, w = image.shape[:2]
    factor = min(1.0, _WORKING_SIDE / max(h, w))
    size = (max(1, round(w * factor)), max(1, round(h * factor)))
    small = np.asarray(cv2.resize(luma(image), size, interpolation=cv2.INTER_AREA), np.float32)
    if min(small.shape) <= _SMALLEST:
        return []
    grey = np.repeat(np.rint(small * 255).astype(np.uint8)[..., None], 3, axis=2)
    found = _cascade().detect_multi_scale(
        grey, _SCALE_STEP, 1, min_size=(_SMALLEST, _SMALLEST), max_size=tuple(small.shape)
    )
    squares = []
    for box in found:
        side = round(box["width"] / _SHARE / factor)
        x, y = (box["c"] + box["width"] / 2) / factor, (box["r"] + box["height"] / 2) / factor
        squares.append(Rect(round(x - side / 2), round(y - side / 2), side, side))
    return sorted(squares, key=lambda s: (-s.w, s.y, s.x))


def knows_portraits(model: GenerativeModel) -> bool:
    """Whether a model's pictures are aligned portraits: of those that are made here, all in colour from 64 pixels,
    unless a person trained it on whole pictures."""
    return model.learned_faces and model.channels == 3 and model.side >= LEAST_PORTRAIT_SIDE


def model_picture(image: Image, model: GenerativeModel) -> ModelPicture:
    """The part of a photo that a model can take: the largest face, or for models of other things the middle square.

    Raises:
        GenerateError: a portrait model was given a photo without a face that is large enough.
    """
    if knows_portraits(model):
        faces = find_faces(image)
        if not faces:
            raise GenerateError("No face was found in the photo: choose one that shows a face from the front.")
        return ModelPicture(cut(image, faces[0], model.side, model.channels), faces[0])
    h, w = image.shape[:2]
    side = min(h, w)
    square = Rect((w - side) // 2, (h - side) // 2, side, side)
    return ModelPicture(cut(image, square, model.side, model.channels), square)


def cut(image: Image, square: Rect, side: int, channels: int) -> Image:
    """A square of ``image`` scaled to (side, side, channels); beyond the photo its edge is continued."""
    inside = square.intersect(Rect.of_shape(image.shape))
    if inside.is_empty:
        raise GenerateError("The square lies outside the photo.")
    part = image[inside.slices]
    edges = (inside.y - square.y, square.bottom - inside.bottom, inside.x - square.x, square.right - inside.right)
    part = cv2.copyMakeBorder(part, *edges, cv2.BORDER_REPLICATE).reshape(square.h, square.w, image.shape[2])
    how = cv2.INTER_AREA if square.w > side else cv2.INTER_CUBIC
    small = np.asarray(cv2.resize(part, (side, side), interpolation=how), np.float32).reshape(side, side, -1)
    return in_channels(np.clip(small, 0, 1), channels)


@lru_cache(maxsize=1)
def _cascade() -> Any:
    from skimage import data
    from skimage.feature import Cascade

    return Cascade(data.lbp_frontal_face_cascade_filename())
