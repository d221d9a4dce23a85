"""Whether a hole takes so much of a face that only a model of faces can fill it."""

import cv2
import numpy as np

from genrepair_desktop.imaging.arrays import Mask, Pixels, colour_channels, to_image
from genrepair_desktop.imaging.colour import as_colour
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.repair.face_fill import face_around
from genrepair_desktop.repair.manifold_fill import PATCHES, PORTRAITS
from genrepair_desktop.repair.method import ModelLoader

# how far around a hole a face is looked for, by the hole's longer side, and the most pixels a side it is looked at
_REACH, _SIDE = 2.0, 480
# a smaller hole, by the width of the face, leaves enough of eye, nose or mouth to be continued
_LEAST = 0.12


def is_in_face(models: ModelLoader, pixels: Pixels, mask: Mask, hole: Mask, rect: Rect) -> bool:
    """True if the models of faces are installed, and a face that holds most of the hole misses much of itself.

    Args:
        pixels: uint8 or uint16 (h, w, 1 to 4).
        mask: bool (h, w): all that is not known.
        hole: bool (rect.h, rect.w): this hole's own pixels.
        rect: where those lie.
    """
    if not (models.has(PORTRAITS) and models.has(PATCHES)):
        return False
    reach = int(_REACH * max(rect.w, rect.h))
    area = rect.grown(reach).intersect(Rect.of_shape(mask.shape))
    image = as_colour(to_image(pixels[area.slices][..., : colour_channels(pixels)]))
    own = np.zeros((area.h, area.w), np.bool_)
    own[rect.relative_to(area).slices] = hole
    seen = mask[area.slices]
    scale = min(1.0, _SIDE / max(seen.shape))
    if scale < 1.0:
        size = (max(1, round(area.w * scale)), max(1, round(area.h * scale)))
        image = np.asarray(cv2.resize(prefill(image, seen), size, interpolation=cv2.INTER_AREA), np.float32)
        own, seen = (cv2.resize(m.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0 for m in (own, seen))
    if not own.any() or seen.all():
        return False
    face = face_around(prefill(image, seen), own, models)
    return face is not None and float(own.sum()) ** 0.5 >= _LEAST * face.w
