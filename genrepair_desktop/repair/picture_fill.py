"""Fill with a given picture, such as a sample that the user chose: laid on the face, or over the hole.

The picture travels in the recipe as plain samples, so a record makes the same pixels again on any machine, without
the model that once drew it. It is not one of the methods to choose from: without a picture it means nothing.
"""

import base64
import binascii
import re
from dataclasses import dataclass

import numpy as np

from genrepair_desktop.errors import InvalidParameterError
from genrepair_desktop.generate.faces import LEAST_PORTRAIT_SIDE
from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.imaging.colour import as_colour, in_channels
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.masks import bounds_of
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.face_fill import face_around, put_face
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.params import choice, text

METHOD = "picture"
# a record is read from anywhere: a picture in it is no larger than any model here draws
_LARGEST_SIDE = 512
# pixels of the photo around the hole that the picture covers too
_LEAST_RIM = 4
_PICTURE = re.compile(r"([1-9]\d{0,2})x([13]):([A-Za-z0-9+/=]+)")


@dataclass(frozen=True)
class PictureParams:
    """The picture, and where it goes.

    picture  ``SIDExCHANNELS:`` and its 8-bit samples in base64
    place    "auto": on the face around the hole where a portrait finds one, else over the hole
    """

    picture: str = text("", "The picture itself.")
    place: str = choice("auto", ("auto", "face", "hole"), "On the face, or over the hole alone.")


def picture_value(picture: Image) -> str:
    """A picture (side, side, 1 or 3) as the value of the parameter ``picture``."""
    eight = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    return f"{eight.shape[0]}x{eight.shape[2]}:{base64.b64encode(eight.tobytes()).decode('ascii')}"


def picture_of(value: str) -> Image:
    """The inverse of ``picture_value``, up to the rounding to 8 bits.

    Raises:
        InvalidParameterError: the text is no picture.
    """
    found = _PICTURE.fullmatch(value)
    if found is None or int(found[1]) > _LARGEST_SIDE:
        raise InvalidParameterError("The recipe holds no picture to fill with: choose a sample and apply it again.")
    side, channels = int(found[1]), int(found[2])
    try:
        samples = base64.b64decode(found[3], validate=True)
    except binascii.Error:
        samples = b""
    if len(samples) != side * side * channels:
        raise InvalidParameterError("The picture in the recipe is damaged: choose a sample and apply it again.")
    values = np.frombuffer(samples, np.uint8).reshape(side, side, channels)
    return (values.astype(np.float32) / 255).astype(np.float32)


def build(params: PictureParams, models: ModelLoader) -> Repairer:
    """A repairer that lays the recipe's picture in.

    Raises:
        InvalidParameterError: the recipe holds none.
    """
    picture = picture_of(params.picture)

    def repair(patch: Patch, ctx: RunContext) -> Image:
        start = prefill(patch.image, patch.mask)
        ctx.checkpoint(0.2, "looking")
        square = None
        if params.place == "face" or (params.place == "auto" and _is_portrait(picture)):
            square = face_around(as_colour(start), patch.mask, models)
        ctx.checkpoint(0.6, "repairing")
        return put_face(in_channels(picture, start.shape[2]), start, patch.mask, square or _around_hole(patch))

    return repair


def _is_portrait(picture: Image) -> bool:
    return picture.shape[2] == 3 and picture.shape[0] >= LEAST_PORTRAIT_SIDE


def _around_hole(patch: Patch) -> Rect:
    """The square around the hole's middle that holds it and a rim, on which picture and photo are compared."""
    box = bounds_of(patch.mask)
    side = max(box.w, box.h)
    side += 2 * max(_LEAST_RIM, side // 8)
    return Rect(box.x + (box.w - side) // 2, box.y + (box.h - side) // 2, side, side)


SPEC = MethodSpec(
    id=METHOD,
    family="learned",
    task="fill",
    build=build,
    params=PictureParams,
    # a face is found only if it is seen whole
    context=lambda side: max(64, 2 * side),
    adds_grain=True,
)
