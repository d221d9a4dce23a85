"""Which method fills a hole: the one asked for, or what ``auto`` finds best there after a look at the picture."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Mask, Pixels
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.auto import IF_IN_FACE, IF_UNFAMILIAR, STRIP, THIN
from genrepair_desktop.repair.catalog import find_method
from genrepair_desktop.repair.hole_facts import Hole
from genrepair_desktop.repair.in_face import is_in_face
from genrepair_desktop.repair.method import MethodSpec, ModelLoader
from genrepair_desktop.repair.unfamiliar import UNFAMILIAR, is_unfamiliar


class Place(NamedTuple):
    """A hole in its picture.

    pixels  uint8 or uint16 (h, w, 1 to 4)
    mask    bool (h, w): all that is not known
    labels  int32 (h, w): the number of each pixel's hole
    """

    pixels: Pixels
    mask: Mask
    labels: npt.NDArray[np.int32]
    hole: Hole

    @property
    def own(self) -> Mask:
        """This hole's own pixels, as large as its rectangle."""
        return self.labels[self.hole.rect.slices] == self.hole.label


def choose_method(spec: MethodSpec, place: Place, models: ModelLoader, ctx: RunContext) -> tuple[str, str]:
    """The method's id, and the id of the words for anything unusual about the place, or an empty string.

    Raises:
        Cancelled: at a checkpoint.
        CardError, OpenError: a model's files are damaged.
    """
    pixels, mask, hole = place.pixels, place.mask, place.hole
    is_routed = spec.route is not None and hole.facts is not None
    method = spec.route(hole.facts, models) if spec.route and hole.facts else spec.id
    # both sides of thin damage say what was between, whatever the picture shows
    if hole.thickness <= THIN:
        return method, ""
    if is_routed and hole.thickness > STRIP:
        ctx.checkpoint(0.0, "looking")
        if is_in_face(models, pixels, mask, place.own, hole.rect):
            return IF_IN_FACE, ""
    for model in find_method(method).models:
        if is_unfamiliar(model, models, pixels, mask, place.own, hole.rect, ctx):
            return (IF_UNFAMILIAR if is_routed else method), UNFAMILIAR
    return method, ""
