"""Coverage masks as short text for JSON: runs of equal values, deflated, in base64.

The runs go row by row over the whole mask. A mask of strokes at 24 megapixels takes some kilobytes.
"""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from genrepair_desktop.errors import MaskError
from genrepair_desktop.imaging.codecs.limits import Limits

Coverage = npt.NDArray[np.uint8]
_MOST_PIXELS = Limits().pixels
_RUN_BYTES = 5  # one for the value, four for the length
# 40 million runs: a soft brush all over a photo of 40 megapixels
_MOST_RUNS_BYTES = 40_000_000 * _RUN_BYTES
_RUNS_AT_ONCE = 50_000
# mean length from which runs are laid one by one
_LONG_RUN = 64


def encode_mask(coverage: Coverage) -> dict[str, Any]:
    """A coverage mask, uint8 (h, w), as JSON values: its width, height and runs."""
    flat = np.ascontiguousarray(coverage).reshape(-1)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(flat)) + 1])
    lengths = np.diff(np.append(starts, flat.size)).astype("<u4")
    packed = zlib.compress(flat[starts].tobytes() + lengths.tobytes(), 9)
    height, width = coverage.shape
    return {"width": width, "height": height, "runs": base64.b64encode(packed).decode("ascii")}


def decode_mask(values: Mapping[str, Any]) -> Coverage:
    """The inverse of ``encode_mask``. Never allocates more than the stated size needs.

    Raises:
        MaskError: these are not the runs of a mask of the stated size.
    """
    try:
        width, height, text = int(values["width"]), int(values["height"]), str(values["runs"])
        if width < 1 or height < 1 or width * height > _MOST_PIXELS:
            raise MaskError(f"A stored mask states a size of {width} x {height}, which no photo has.")
        most = min(_RUN_BYTES * width * height, _MOST_RUNS_BYTES)
        data = _inflate(base64.b64decode(text, validate=True), most)
    except (KeyError, TypeError, ValueError, zlib.error, binascii.Error) as error:
        raise MaskError(f"A stored mask cannot be read: {error}.") from None
    runs = len(data) // _RUN_BYTES
    shades = np.frombuffer(data, np.uint8, runs)
    lengths = np.frombuffer(data, "<u4", runs, offset=runs)
    if len(data) != runs * _RUN_BYTES or int(lengths.sum(dtype=np.int64)) != width * height:
        raise MaskError(f"A stored mask does not fill its size of {width} x {height}.")
    return _laid_out(shades, lengths, width * height).reshape(height, width)


def hash_array(array: npt.NDArray[Any]) -> str:
    """SHA-256 of an array's shape, little-endian type and values."""
    little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    digest = hashlib.sha256(f"{little.dtype.str} {array.shape}".encode())
    digest.update(little.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _laid_out(shades: Coverage, lengths: npt.NDArray[np.uint32], size: int) -> Coverage:
    """Each shade as often as its length says, ``size`` in all.

    In parts, since ``np.repeat`` keeps the interpreter's lock: at once, a soft mask of 100 megapixels stopped the
    window for 0.9 s.
    """
    flat = np.empty(size, np.uint8)
    at = 0
    for first in range(0, len(shades), _RUNS_AT_ONCE):
        some, counts = shades[first : first + _RUNS_AT_ONCE], lengths[first : first + _RUNS_AT_ONCE]
        total = int(counts.sum(dtype=np.int64))
        if total < _LONG_RUN * len(some):
            flat[at : at + total] = np.repeat(some, counts)
        else:
            ends = at + np.cumsum(counts, dtype=np.int64)
            for shade, start, end in zip(some.tolist(), (ends - counts).tolist(), ends.tolist(), strict=True):
                flat[start:end] = shade
        at += total
    return flat


def _inflate(packed: bytes, most: int) -> bytes:
    stream = zlib.decompressobj()
    data = stream.decompress(packed, most + 1)  # one more: the end mark is read after the last byte
    if not stream.eof:
        raise ValueError("its runs are longer than its size allows or cut off")
    return data
