"""Small pictures of the photos opened last, kept as PNG files in the user's folder."""

import hashlib
from pathlib import Path

from genrepair_desktop import paths
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.small_png import small_png

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
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(small_png(pixels, SIDE))
        _forget_oldest(target.parent)
    except OSError:
        return


def _forget_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.png"), key=lambda file: file.stat().st_mtime_ns)
    for file in files[:-_MOST]:
        file.unlink(missing_ok=True)
