"""Finds the face around a hole with a trained network: a hole that hides an eye and the nose blinds the cascade.

The network sees small grey views of the photo, all with the hole in their middle and each larger than the one
before, and says of each whether a face stands in it and where its aligned square is (``networks.face_locator``).
The views are made here for training and for use, so that both are alike.
"""

import copy
import math
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.generate.faces import cut
from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.colour import luma
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.masks import bounds_of
from genrepair_desktop.imaging.prefill import prefill

if TYPE_CHECKING:
    from genrepair_desktop.networks.face_locator import FaceLocator

MODEL = "face-locator"
# A face is believed from this probability on: of 142 photographs without one, 2 % reach it (validation part), and
# of 36 portraits with a round hole over 42 % of the face's width, 94 %
SURE = 0.85
# The face's side as a share of the view's: what the network learned to answer for
SHARES = (0.36, 0.95)
# and how far its middle may lie from the view's, in sides of the view
MOST_OFFSET = 0.32
# Side of the smallest view, in sides of the hole: what is hidden beyond this cannot be told
_FIRST_VIEW, _VIEW_STEP, _VIEWS = 1.8, 1.3, 8
# Larger than this, in longer sides of the photo, a view shows mostly nothing
_LARGEST_VIEW = 2.5
_ALIKE = 0.5
_WORKING_SIDE = 320
# A pixel of which more than this is hole is hole
_KNOWN = 1e-3
# Beyond these sizes, in logarithms of the view's side, an answer is nonsense
_LEAST_LOG, _MOST_LOG = math.log(0.1), math.log(2.0)


class Located(NamedTuple):
    """The aligned square of a face (may reach beyond the photo), and how likely there is one, 0 to 1."""

    square: Rect
    probability: float


def locate_face(network: "FaceLocator", image: Image, mask: Mask) -> Located | None:
    """The likeliest face about the hole, however unlikely; None only where there is no hole.

    ``image`` (h, w, 1 or 3) and ``mask`` (h, w); what lies under the mask is not looked at.
    """
    import torch

    grey, hole, factor = _reduced(image, mask)
    windows = views_around(hole)
    if not windows:
        return None
    views = np.stack([view_of(grey, hole, window, network.side) for window in windows])
    planes = torch.from_numpy(np.ascontiguousarray(views.transpose(0, 3, 1, 2)))
    device = next(network.parameters()).device
    with torch.inference_mode():
        # a place needs digits that bfloat16 drops, and the network is small
        answers = copy.deepcopy(network).float()(planes.to(device)).cpu().numpy()
    return _agreed([_in_photo(answer, window, factor) for answer, window in zip(answers, windows, strict=True)])


def _reduced(image: Image, mask: Mask) -> tuple[Image, Mask, float]:
    """The photo in grey and its mask, small, and their size as a share of the photo's. What is hidden is 0."""
    h, w = mask.shape
    factor = min(1.0, _WORKING_SIDE / max(h, w))
    grey = np.where(mask, np.float32(0), luma(image))
    if factor == 1.0:
        return grey[..., None], mask, factor
    size = (max(1, round(w * factor)), max(1, round(h * factor)))
    small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)
    covered = np.asarray(cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
    # a pixel that mixes known and hidden ones is hidden
    return small[..., None], covered > _KNOWN, factor


def views_around(mask: Mask) -> list[Rect]:
    """The squares that the network looks at, smallest first: the middle of each is the middle of the hole."""
    hole = bounds_of(mask)
    if hole.is_empty:
        return []
    x, y = hole.x + hole.w / 2, hole.y + hole.h / 2
    sides = [max(hole.w, hole.h) * _FIRST_VIEW * _VIEW_STEP**step for step in range(_VIEWS)]
    kept = [side for side in sides if side <= _LARGEST_VIEW * max(mask.shape)]
    return [Rect(round(x - s / 2), round(y - s / 2), max(2, round(s)), max(2, round(s))) for s in kept]


def view_of(image: Image, mask: Mask, window: Rect, side: int) -> npt.NDArray[np.float32]:
    """A square of the photo as the network sees it: (side, side, 2), grey with a first fill, and the hole."""
    hole = cut(mask[..., None].astype(np.float32), window, side, 1)[..., 0] > _KNOWN
    return framed(cut(image, window, side, 1), hole)


def framed(grey: Image, hole: Mask) -> npt.NDArray[np.float32]:
    """A grey picture (side, side, 1) and its hole as a view."""
    return np.concatenate([prefill(grey, hole), hole[..., None].astype(np.float32)], axis=2)


def overlap(a: Rect, b: Rect) -> float:
    """Intersection over union of two squares, 0 to 1."""
    shared = a.intersect(b).area
    return shared / max(1, a.area + b.area - shared)


def _in_photo(answer: npt.NDArray[np.float32], window: Rect, factor: float) -> Located:
    """An answer of the network about a view of the reduced photo, in pixels of the photo."""
    odds, dx, dy, size = (float(value) for value in answer)
    side = window.w * math.exp(min(max(size, _LEAST_LOG), _MOST_LOG)) / factor
    x, y = (window.x + window.w * (0.5 + dx)) / factor, (window.y + window.h * (0.5 + dy)) / factor
    square = Rect(round(x - side / 2), round(y - side / 2), max(1, round(side)), max(1, round(side)))
    return Located(square, 1 / (1 + math.exp(-min(max(odds, -50.0), 50.0))))


def _agreed(found: list[Located]) -> Located:
    """The likeliest answer, its square averaged with those of the other views that mean the same face.

    Its probability is the mean of the two surest of them: a face is seen in several views, a chance likeness in one.
    """
    best = max(found, key=lambda f: f.probability)
    same = [f for f in found if overlap(f.square, best.square) > _ALIKE]
    weights = np.array([f.probability for f in same])
    x, y, side = np.average(
        [(f.square.x + f.square.w / 2, f.square.y + f.square.h / 2, f.square.w) for f in same], axis=0, weights=weights
    )
    surest = sorted(weights, reverse=True)[:2]
    return Located(Rect(round(x - side / 2), round(y - side / 2), round(side), round(side)), float(sum(surest)) / 2)
