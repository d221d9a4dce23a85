"""Small pictures of the photos opened last, kept as PNG files in the user's folder."""

import hashlib
from pathlib import Path

import cv2
import numpy as np

from genrepair_desktop import paths
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.colour import to_eight_bits

SIDE = 256
_MOST = 64


def thumbnail_path(photo: Path) -> Path:
    """Where the thumbnail of this file lies, or would lie; a file that was changed has another one."""
    try:
        stamp = photo.stat().st_mtime_ns
    except OSError:
        stamp = 0
    name = hashlib.sha256(f"{photo.absolute()}\n{stamp}".encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return paths.user_data_dir() / "thumbnails" / f"{name}.png"


def keep_thumbnail(photo: Path, pixels: Pixels) -> None:
    """Write the thumbnail of an opened photo. A full or read-only disk costs the thumbnail, nothing else."""
    target = thumbnail_path(photo)
    if target.exists():
        return
    ok, data = cv2.imencode(".png", _small(pixels))
    if not ok:
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data.tobytes())
        _forget_oldest(target.parent)
    except OSError:
        return


def _small(pixels: Pixels) -> np.ndarray:
    """8 bits, blue green red, no alpha, at most ``SIDE`` pixels long."""
    scale = min(1.0, SIDE / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)).reshape(size[1], size[0], -1)
    small = to_eight_bits(small)
    return small[..., :1] if small.shape[2] <= 2 else np.ascontiguousarray(small[..., 2::-1])


def _forget_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.png"), key=lambda file: file.stat().st_mtime_ns)
    for file in files[:-_MOST]:
        file.unlink(missing_ok=True)
