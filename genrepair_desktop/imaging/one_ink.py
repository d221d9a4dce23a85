"""Photographs in one ink: grey, sepia, cyanotype. A fill must not bring colours in that the print cannot have."""

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.colour import luma

# A photo whose colours stray less from a function of its brightness is printed in one ink (1.0 is white)
_ONE_INK = 0.015
# From fewer pixels, or from one tone, no curve can be drawn; from more it becomes no better
_ENOUGH_KNOWN, _ENOUGH_RANGE, _AT_MOST = 64, 0.05, 4096


def in_one_ink(filled: Image, mask: Mask) -> Image:
    """``filled`` with the hole in the photo's one ink, if it has but one; otherwise as it came.

    Each channel of such a photo is a parabola of its brightness, fitted to the known pixels.

    Args:
        filled: float32 (h, w, 1 or 3) in [0, 1]. With one channel there is nothing to do.
        mask: bool (h, w), the hole. Pixels outside it come back bit for bit.
    """
    places = np.flatnonzero(~mask)
    if filled.shape[2] == 1 or len(places) == mask.size or len(places) < _ENOUGH_KNOWN:
        return filled
    known = filled.reshape(-1, 3)[places[:: -(-len(places) // _AT_MOST)]]
    brightness = luma(known[None])[0]
    if np.ptp(brightness) < _ENOUGH_RANGE:
        return filled
    powers = _powers(brightness)
    inks = np.linalg.lstsq(powers, known, rcond=None)[0]
    if float(np.sqrt(np.mean(np.square(powers @ inks - known)))) > _ONE_INK:
        return filled
    result = filled.copy()
    inked = _powers(luma(filled[mask][None])[0]) @ inks
    result[mask] = np.clip(inked, 0, 1)
    return result


def _powers(brightness: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.stack([np.ones_like(brightness), brightness, brightness**2], axis=1)
