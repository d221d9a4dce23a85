"""Whether a hole lies in something that its network never saw the like of: print, a pattern, a computer's drawing."""

import cv2
import numpy as np

from genrepair_desktop.imaging.arrays import Mask, Pixels, colour_channels, to_image
from genrepair_desktop.imaging.colour import as_colour
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.registry.familiar import FEWEST_CELLS
from genrepair_desktop.registry.inference import NetworkFailedError
from genrepair_desktop.repair.method import ModelLoader
from genrepair_desktop.repair.network_call import call_network

# the id of the words for it in a repair's record
UNFAMILIAR = "unfamiliar"
# the measured crops were of this side; a larger hole is looked at in so many places along its rim
_SIDE, _PLACES = 128, 6
_REACH = 40
# features of a network have no bounds; what passes these is no number to reckon with
_ANY = (-1e6, 1e6)


def is_unfamiliar(
    model: str, models: ModelLoader, pixels: Pixels, mask: Mask, hole: Mask, rect: Rect, ctx: RunContext
) -> bool:
    """True where what surrounds a hole is farther from a network's training pictures than 99 of 100 of their like.

    False as well where nobody measured that for the network, or too little is known around the hole.

    Args:
        model: the id of a fill network.
        pixels: uint8 or uint16 (h, w, 1 to 4).
        mask: bool (h, w): all that is not known.
        hole: bool (rect.h, rect.w): this hole's own pixels.
        rect: where those lie.

    Raises:
        Cancelled: at a checkpoint.
        CardError, OpenError: the model's files are damaged.
    """
    familiar = models.familiar(model)
    if familiar is None:
        return False
    network = models.load(model)
    total, cells = np.zeros(len(familiar.mean), np.float64), 0.0
    for place in _places(hole, rect, Rect.of_shape(mask.shape)):
        image = as_colour(to_image(pixels[place.slices][..., : colour_channels(pixels)]))
        planes = [prefill(image, mask[place.slices]), mask[place.slices][..., None].astype(np.float32)]
        try:
            answer = call_network(network, planes, ctx, method="surroundings", expect=_ANY).ravel()
        except NetworkFailedError:
            return True
        if len(answer) != len(familiar.mean) + 1:
            return False
        total += answer[:-1].astype(np.float64) * float(answer[-1])
        cells += float(answer[-1])
    return cells >= FEWEST_CELLS and not familiar.knows((total / cells).astype(np.float32))


def _places(hole: Mask, rect: Rect, bounds: Rect) -> list[Rect]:
    """A small hole with its surroundings; of a large one, squares spread along its rim."""
    whole = rect.grown(_REACH).intersect(bounds)
    if whole.area <= 2 * _SIDE * _SIDE:
        return [whole]
    outlines, _ = cv2.findContours(hole.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    rim = np.concatenate([outline[:, 0] for outline in outlines])
    chosen = rim[np.linspace(0, len(rim), _PLACES, endpoint=False).astype(int)]
    w, h = min(_SIDE, bounds.w), min(_SIDE, bounds.h)
    found = []
    for x, y in chosen.tolist():
        left = min(max(0, rect.x + x - w // 2), bounds.w - w)
        top = min(max(0, rect.y + y - h // 2), bounds.h - h)
        found.append(Rect(left, top, w, h))
    return list(dict.fromkeys(found))
