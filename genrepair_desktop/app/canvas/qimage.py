"""The only numpy <-> QImage code.

Qt shares the array's memory: it ignores numpy's read-only flag, so nobody may open a QPainter on a wrapped image,
and it does not copy, so the array must outlive the image. PySide6 holds the array; each function here also hangs
it on the image, which survives a change of that habit.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

_FORMATS = {
    1: QImage.Format.Format_Grayscale8,
    3: QImage.Format.Format_RGB888,
    4: QImage.Format.Format_RGBA8888,
}


def wrap(array: npt.NDArray[np.uint8], format_: QImage.Format) -> QImage:
    """A QImage over the array's own memory, uint8 (h, w) or (h, w, bytes per pixel); over a copy of a cut view.

    Raises:
        TypeError: the array is not uint8.
    """
    if array.dtype != np.uint8:
        raise TypeError(f"a QImage shares uint8 only, got {array.dtype}")
    buffer = np.ascontiguousarray(array)  # Qt takes no strided views
    # bytesPerLine always: without it Qt assumes rows of whole 4 bytes and shears the picture
    data: Any = buffer  # PySide6 takes any buffer; its stubs name only bytes
    image = QImage(data, buffer.shape[1], buffer.shape[0], buffer.strides[0], format_)
    image.array = buffer  # pyright: ignore[reportAttributeAccessIssue]  # the lifetime, see above
    return image


def wrap_screen(array: npt.NDArray[np.uint8], *, has_alpha: bool) -> QImage:
    """An image over (h, w, 4) bytes in Qt's fastest order: blue, green, red, alpha (premultiplied) or nothing."""
    kind = QImage.Format.Format_ARGB32_Premultiplied if has_alpha else QImage.Format.Format_RGB32
    return wrap(array, kind)


def wrap_indexed(indices: npt.NDArray[np.uint8], colours: Sequence[int]) -> QImage:
    """An image over (h, w) indices into up to 256 ARGB colours."""
    image = wrap(indices, QImage.Format.Format_Indexed8)
    image.setColorTable(list(colours))
    return image


def to_qimage(pixels: npt.NDArray[Any]) -> QImage:
    """A QImage of its own memory from uint8 or uint16 pixels, (h, w, 1 to 4); 16 bits are shown as 8."""
    narrow = pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
    if narrow.shape[2] == 2:
        grey, alpha = narrow[..., :1], narrow[..., 1:]
        narrow = np.concatenate([grey, grey, grey, alpha], axis=2)
    return wrap(np.ascontiguousarray(narrow), _FORMATS[narrow.shape[2]]).copy()


def from_qimage(image: QImage) -> npt.NDArray[np.uint8]:
    """The image as uint8 (h, w, 3), or (h, w, 4) where it has alpha (not premultiplied); a copy."""
    has_alpha = image.hasAlphaChannel()
    plain = image.convertToFormat(_FORMATS[4] if has_alpha else _FORMATS[3])
    channels = 4 if has_alpha else 3
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : plain.width() * channels].reshape(plain.height(), plain.width(), channels).copy()
