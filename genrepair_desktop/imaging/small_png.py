"""A small picture of a photo as the bytes of a PNG file, for lists of photos."""

import cv2
import numpy as np

from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.colour import to_eight_bits


def small_png(pixels: Pixels, side: int) -> bytes:
    """8 bits a channel, without alpha, at most ``side`` pixels long; never larger than the photo.

    Raises:
        ValueError: OpenCV could not encode it.
    """
    scale = min(1.0, side / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)).reshape(size[1], size[0], -1)
    small = to_eight_bits(small)
    # blue green red, as OpenCV writes
    colour = small[..., :1] if small.shape[2] <= 2 else np.ascontiguousarray(small[..., 2::-1])
    ok, data = cv2.imencode(".png", colour)
    if not ok:
        raise ValueError("no PNG could be made")
    return data.tobytes()
