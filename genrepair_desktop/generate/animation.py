"""Paths as files: a strip, a GIF or an animated PNG."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from genrepair_desktop.atomic import replacing
from genrepair_desktop.generate.model import GenerateError, Pictures
from genrepair_desktop.imaging.arrays import Pixels

_ANIMATED = {".gif": "GIF", ".apng": "PNG"}
_STRIP = {".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}


def sheet(pictures: Pictures, columns: int, *, gap: int = 2) -> Pixels:
    """Pictures (n, h, w, c) row by row on white, with a gap between: uint8 (H, W, c)."""
    n, h, w, c = pictures.shape
    rows = -(-n // columns)
    made = np.full((rows * (h + gap) - gap, columns * (w + gap) - gap, c), 255, np.uint8)
    for i, picture in enumerate(as_bytes(pictures)):
        y, x = i // columns * (h + gap), i % columns * (w + gap)
        made[y : y + h, x : x + w] = picture
    return made


def as_bytes(pictures: Pictures) -> Pixels:
    """[0, 1] to uint8, rounded."""
    return np.rint(np.clip(pictures, 0, 1) * 255).astype(np.uint8)


def write_pictures(
    pictures: Pictures, path: Path, *, columns: int | None = None, milliseconds: int = 60, overwrite: bool = False
) -> None:
    """A path of pictures as what the file name says: ``.gif`` and ``.apng`` move, others are one sheet.

    Raises:
        GenerateError: a file type that is neither.
        SaveError: the file exists already, or cannot be written.
    """
    check_writable(path)
    suffix = path.suffix.lower()
    with replacing(path, overwrite=overwrite) as file:
        if suffix in _ANIMATED:
            frames = _frames(as_bytes(pictures))
            frames[0].save(
                file,
                _ANIMATED[suffix],
                save_all=True,
                append_images=frames[1:],
                duration=milliseconds,
                loop=0,
            )
        else:
            _frames([sheet(pictures, columns or len(pictures))])[0].save(file, _STRIP[suffix])


def _frames(pictures: Sequence[Pixels] | Pixels) -> list[PillowImage.Image]:
    return [PillowImage.fromarray(p[..., 0] if p.shape[2] == 1 else p) for p in pictures]


def check_writable(path: Path) -> None:
    """Raise ``GenerateError`` if the file name does not say a kind of file that can be written."""
    if path.suffix.lower() not in _ANIMATED | _STRIP:
        known = ", ".join(sorted(_ANIMATED | _STRIP))
        raise GenerateError(f"{path.name}: pictures are written as one of {known}.")
