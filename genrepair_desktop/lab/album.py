"""A person's own folder as training pictures: faces found and cut out of it, and sets too small to be divided."""

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from genrepair_desktop.generate.faces import cut
from genrepair_desktop.generate.sure_faces import sure_faces
from genrepair_desktop.imaging.arrays import to_image
from genrepair_desktop.lab.datasets import NoPhotosError, picture_files, readable_pictures

# twice what the portrait models see: a crop may still be moved and mirrored
FACE_SIDE = 128
# smaller ones hold no detail that could be learned
_SMALLEST_FACE = 48
LEAST_FACES = 20
_LIST_FILE, _KEYS_FILE = "cut.json", "keys.csv"
Told = Callable[[float], None]


def cut_faces(folders: Sequence[Path], out: Path, tell: Told = lambda fraction: None) -> Path:
    """Find the faces in all photographs below ``folders`` and write each as a square picture into ``out``.

    Done once: a second call with the same photographs finds the faces there. Faces of one photograph share its
    key, so that they stand in one split together. ``tell`` hears how far it is and may raise to end it.

    Raises:
        NoPhotosError: there are no photographs, or too few faces in them.
    """
    files = sorted({file for folder in folders for file in picture_files(folder)})
    if not files:
        raise NoPhotosError(f"No photographs in {', '.join(map(str, folders))}: choose a folder that holds some.")
    seen = [[str(file), file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    done = out / _LIST_FILE
    if not (done.exists() and json.loads(done.read_text())["photos"] == seen):
        out.mkdir(parents=True, exist_ok=True)
        keys = list(_write_faces(files, out, tell))
        with (out / _KEYS_FILE).open("w", newline="") as table:
            csv.writer(table).writerows([("file", "key"), *keys])
        # last: it vouches for the faces
        done.write_text(json.dumps({"photos": seen, "faces": len(keys)}))
    found = json.loads(done.read_text())["faces"]
    if found < LEAST_FACES:
        raise NoPhotosError(
            f"Only {found} faces were found in {len(files)} photographs and {LEAST_FACES} are needed: add more, or "
            "learn from whole pictures."
        )
    return out


def _write_faces(files: Sequence[Path], out: Path, tell: Told) -> list[tuple[str, str]]:
    keys: list[tuple[str, str]] = []
    for number, (file, pixels) in enumerate(readable_pictures(files)):
        tell(number / len(files))
        image = to_image(pixels)
        for place, square in enumerate(face for face in sure_faces(image) if face.w >= _SMALLEST_FACE):
            name = f"{number:06d}-{place}.png"
            face = np.rint(cut(image, square, FACE_SIDE, 3) * 255).astype(np.uint8)
            PillowImage.fromarray(face).save(out / name)
            keys.append((name, file.name))
    tell(1.0)
    return keys
