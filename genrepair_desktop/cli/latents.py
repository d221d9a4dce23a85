"""Latents in and out of files, and photos brought to a model's size."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from genrepair_desktop.errors import GenRepairError

if TYPE_CHECKING:
    from genrepair_desktop.generate.model import GenerativeModel, Latents, Pictures

_MOST_BYTES = 2 * 2**30


class LatentsError(GenRepairError):
    """A file holds no latents, or those of another model."""


def read_latents(path: Path, dim: int | None = None) -> "Latents":
    """Latents (n, d) of a ``.npy`` file; ``dim`` is the d a model needs.

    Raises:
        OpenError: the file cannot be read.
        LatentsError: it holds anything else.
    """
    import numpy as np

    from genrepair_desktop.files import read_regular

    content = read_regular(path, _MOST_BYTES)
    try:
        values = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, OSError, SyntaxError) as error:
        raise LatentsError(f"{path.name} is no file of latents: {' '.join(str(error).split())}.") from None
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.dtype.kind != "f" or not values.size:
        raise LatentsError(f"{path.name} is no file of latents: it has to hold rows of numbers.")
    if dim is not None and values.shape[1] != dim:
        raise LatentsError(f"The latents in {path.name} have {values.shape[1]} numbers; the model's have {dim}.")
    if not np.isfinite(values).all():
        raise LatentsError(f"Some latents in {path.name} are not finite numbers.")
    return values.astype(np.float32)


def write_latents(path: Path, latents: "Latents", *, overwrite: bool) -> None:
    """Latents as a ``.npy`` file, and a line that says so."""
    import numpy as np

    from genrepair_desktop.atomic import replacing

    with replacing(path, overwrite=overwrite) as file:
        np.save(file, latents, allow_pickle=False)
    print(f"{path}: {len(latents)} latents of {latents.shape[1]} numbers")


def to_model_pictures(photos: Sequence[Path], model: "GenerativeModel") -> "Pictures":
    """The middle squares of photos at the model's size and channels, (n, side, side, c)."""
    import cv2
    import numpy as np

    from genrepair_desktop.imaging.arrays import to_image
    from genrepair_desktop.imaging.codecs import read_photo

    pictures = []
    for path in photos:
        image = to_image(read_photo(path).pixels)
        side = min(image.shape[:2])
        top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
        square = image[top : top + side, left : left + side]
        how = cv2.INTER_AREA if side > model.side else cv2.INTER_CUBIC
        sized = cv2.resize(square, (model.side, model.side), interpolation=how).reshape(model.side, model.side, -1)
        if sized.shape[2] != model.channels:
            sized = sized.mean(axis=2, keepdims=True) if model.channels == 1 else np.repeat(sized, 3, axis=2)
        pictures.append(np.clip(sized, 0, 1).astype(np.float32))
    return np.stack(pictures)
