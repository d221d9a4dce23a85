"""What the fills that know portraits share: finding the face around a hole, cutting it out, putting an answer back."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.generate.face_locator import MODEL as LOCATOR
from genrepair_desktop.generate.face_locator import SURE, locate_face
from genrepair_desktop.generate.faces import cut, find_faces
from genrepair_desktop.generate.model import GenerativeModel
from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.masks import bounds_of
from genrepair_desktop.imaging.one_ink import in_one_ink
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.repair.method import ModelLoader

# Below this share of the hole inside a face's square, the hole is not in the face
_IN_FACE = 0.5
# A face wider than so many holes is wider than any that the locator was measured on
_SMALL_HOLE = 4


class FaceCutting(NamedTuple):
    """A face at a model's size. ``covered`` (side, side): the share of each pixel that is hole, 0 to 1."""

    picture: Image
    covered: npt.NDArray[np.float32]


def face_around(image: Image, mask: Mask, models: ModelLoader | None = None) -> Rect | None:
    """The square of the face that holds most of the hole, or None.

    ``image`` has a first fill in the hole: a face with a smooth patch is still found where one with a black
    hole is not. The trained locator is asked first, if ``models`` has it: of held-out portraits with a round hole of
    42 % of their width it finds 97 % alone and 92 % where the cascade may answer before it, and in photographs
    without a face one in 0.8 % instead of 2.5 %. The cascade answers for holes too small for the locator's views.
    """
    has_locator = models is not None and models.has(LOCATOR)
    if models is not None and has_locator:
        found = locate_face(models.load(LOCATOR), image, mask)
        if found and found.probability >= SURE and holds_hole(found.square, mask):
            return found.square
    hole = bounds_of(mask)
    least = _SMALL_HOLE * max(hole.w, hole.h) if has_locator else 0
    return next((square for square in find_faces(image) if square.w > least and holds_hole(square, mask)), None)


def holds_hole(square: Rect, mask: Mask) -> bool:
    """Whether a face's square holds so much of the hole that the hole is in the face."""
    inside = square.intersect(Rect.of_shape(mask.shape))
    return bool(mask[inside.slices].sum() >= _IN_FACE * mask.sum())


def cut_face(image: Image, mask: Mask, face: Rect, model: GenerativeModel) -> FaceCutting:
    """A face and the hole in it, as the model takes them."""
    covered = cut(mask[..., None].astype(np.float32), face, model.side, 1)[..., 0]
    return FaceCutting(cut(image, face, model.side, model.channels), covered)


def put_face(picture: Image, image: Image, mask: Mask, face: Rect) -> Image:
    """A model's picture of the face, in the hole alone and in the tones of the rim."""
    return in_one_ink(tied_to_rim(_placed(picture, face, image), image, mask), mask)


def tied_to_rim(shown: Image, image: Image, mask: Mask) -> Image:
    """``shown`` in the hole, shifted smoothly so that it meets the photo at the rim: its gradients, the photo's
    tones (as Pérez 2003, with the membrane of the first fill)."""
    # prefill works on pictures in [0, 1]
    difference = prefill(((image - shown) / 2 + 0.5).astype(np.float32), mask) * 2 - 1
    return np.where(mask[..., None], np.clip(shown + difference, 0, 1), image).astype(np.float32)


def _placed(picture: Image, face: Rect, image: Image) -> Image:
    """``image`` with a model's picture laid over the square of the face."""
    large = np.asarray(cv2.resize(picture, (face.w, face.h), interpolation=cv2.INTER_CUBIC), np.float32)
    inside = face.intersect(Rect.of_shape(image.shape))
    made = image.copy()
    made[inside.slices] = np.clip(large.reshape(face.h, face.w, -1)[inside.relative_to(face).slices], 0, 1)
    return made
