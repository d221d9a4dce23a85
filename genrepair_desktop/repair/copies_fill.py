"""Fill with pixels that other copies of the photo gave (``repair.merge``).

The pixels travel in the recipe with their places, so a record makes the same photo again on any machine, without the
copies. It is not one of the methods to choose from: without the pixels it means nothing.
"""

import base64
import binascii
import json
import re
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genrepair_desktop.errors import InvalidParameterError, MaskError
from genrepair_desktop.imaging.arrays import Image, Mask, Pixels, full_scale
from genrepair_desktop.imaging.colour import as_colour, from_colour
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.mask_runs import decode_mask, encode_mask
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.params import text

METHOD = "copies"
# above, the pixels are more than a recipe keeps (photos take two to three bytes a pixel): packing them costs seconds
_MOST_PACKED = 12_000_000
_SAMPLES = re.compile(r"([13])x(8|16):([A-Za-z0-9+/=]+)")
_DEPTHS = {8: np.dtype("u1"), 16: np.dtype("<u2")}


@dataclass(frozen=True)
class CopiesParams:
    """Pixels and where they belong.

    place    a mask in JSON, as ``mask_runs`` packs it: above 0 where a copy gives the pixel
    pixels   ``CHANNELSxBITS:`` and the deflated differences of these pixels' samples, row by row, in base64
    sources  which copies gave them: for people
    """

    place: str = text("", "Where the pixels belong.")
    pixels: str = text("", "The pixels themselves.")
    sources: str = text("", "The copies that they come from.")


def copies_params(taken: Mask, pixels: Pixels, sources: str) -> dict[str, str]:
    """The pixels of ``pixels`` (h, w, colour channels of uint8 or uint16) at ``taken`` as the method's parameters."""
    samples = pixels[taken]
    bits = 8 * samples.itemsize
    level = 6 if len(samples) <= _MOST_PACKED else 0
    packed = zlib.compress(_differences(samples.astype(_DEPTHS[bits])).tobytes(), level)
    words = f"{samples.shape[1]}x{bits}:{base64.b64encode(packed).decode('ascii')}"
    place = json.dumps(encode_mask(taken.astype(np.uint8)))
    return {"place": place, "pixels": words, "sources": sources}


def build(params: CopiesParams, models: ModelLoader) -> Repairer:
    """A repairer that lays the recipe's pixels in.

    Raises:
        InvalidParameterError: the recipe holds none, or they are damaged.
    """
    place = _place(params.place)
    samples = _samples(params.pixels, int(np.count_nonzero(place)))
    width = place.shape[1]
    known = np.flatnonzero(place)

    def repair(patch: Patch, ctx: RunContext) -> Image:
        ctx.checkpoint(0.0, "repairing")
        y, x = np.nonzero(patch.mask)
        at = (y + patch.corner[1]) * width + x + patch.corner[0]
        found = np.minimum(np.searchsorted(known, at), len(known) - 1)
        is_known = known[found] == at
        filled = patch.image.copy()
        # where a mask was grown beyond what the copies gave, the photo speaks for itself
        given = samples[found[is_known]]
        if given.shape[1] != filled.shape[2]:
            given = from_colour(as_colour(given), filled)
        filled[y[is_known], x[is_known]] = given
        ctx.checkpoint(1.0, "repairing")
        return filled

    return repair


def _place(words: str) -> Mask:
    try:
        return decode_mask(json.loads(words)) > 0
    except (ValueError, TypeError, KeyError, RecursionError, MaskError):
        raise _damaged() from None


def _samples(words: str, count: int) -> npt.NDArray[np.float32]:
    """(n, c) in [0, 1]. Never unpacks more than the places need."""
    found = _SAMPLES.fullmatch(words)
    if found is None or count == 0:
        raise _damaged()
    channels, depth = int(found[1]), _DEPTHS[int(found[2])]
    size = count * channels * depth.itemsize
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(base64.b64decode(found[3], validate=True), size)
    except (binascii.Error, zlib.error):
        data = b""
    if len(data) != size:
        raise _damaged()
    differences = np.frombuffer(data, depth).reshape(count, channels)
    samples = np.cumsum(differences, axis=0, dtype=depth)
    return samples.astype(np.float32) * np.float32(
        1.0 / full_scale(samples[:1, :, None].astype(depth.newbyteorder("=")))
    )


def _differences(samples: Pixels) -> Pixels:
    """Each sample less the one before, modulo the number range: neighbours are alike, and zeros pack well."""
    return np.diff(samples, axis=0, prepend=np.zeros((1, samples.shape[1]), samples.dtype))


def _damaged() -> InvalidParameterError:
    return InvalidParameterError("The recipe holds no pixels of other copies: merge the copies again.")


SPEC = MethodSpec(
    id=METHOD,
    family="exemplar",
    task="fill",
    build=build,
    params=CopiesParams,
    # nothing around a place is looked at, but a fill never sees a window without a known pixel
    context=lambda side: 8,
)
