"""Folders of photographs, decoded once into a memory map, split by hash of their keys.

A picture's key decides its split. It is the file name, or what ``keys.csv`` (columns ``file,key``) beside the
files says: the person of a portrait, the photograph of a tile; so one person or photograph is in one part only.
"""

import csv
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as PillowImage
from PIL import ImageOps, UnidentifiedImageError

from genrepair_desktop.errors import GenRepairError

Split = Literal["train", "val", "test"]
Bytes = npt.NDArray[np.uint8]
_SUFFIXES = {".webp", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp"}
_TEST_SHARE, _VAL_SHARE = 0.08, 0.04
# fewer pictures than these are no folder to learn from
_LEAST_DIVIDED = 8
# Larger pictures are reduced while they are read: a fine-tuning folder of scans must fit on a disk
_MAX_SIDE = 2048
# Below this short side a picture is a small web copy, compressed once: see ``crop_scale``
_SHARP_SIDE = 360


class NoPhotosError(GenRepairError):
    """A training folder holds no readable photographs, or too few."""


@dataclass(frozen=True)
class PhotoSet:
    """Decoded photographs: one flat uint8 array and where each picture lies in it."""

    pixels: Bytes
    offsets: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int32]  # (n, 2): height, width
    groups: tuple[str, ...]
    names: tuple[str, ...]
    keys: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def photo(self, index: int) -> Bytes:
        """Picture ``index`` as uint8 (h, w, 3), a view of the memory map."""
        h, w = (int(v) for v in self.sizes[index])
        start = int(self.offsets[index])
        return self.pixels[start : start + h * w * 3].reshape(h, w, 3)

    def indices(self, split: Split) -> npt.NDArray[np.int64]:
        """The pictures of one split, in a fixed order."""
        return np.array([i for i, key in enumerate(self.keys) if split_of(key) == split], np.int64)


def split_of(key: str) -> Split:
    """The split that a key's SHA-256 puts it in: 8 % test, 4 % validation, the rest training.

    A key such as ``test:0042`` names its split itself: for sets whose parts are agreed elsewhere.
    """
    for named in ("train", "val", "test"):
        if key.startswith(f"{named}:"):
            return named
    place = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64
    if place < _TEST_SHARE:
        return "test"
    return "val" if place < _TEST_SHARE + _VAL_SHARE else "train"


def open_photos(folders: Sequence[Path], cache: Path) -> PhotoSet:
    """All photographs below ``folders``, decoded once into files in ``cache``.

    A picture's group is the first folder below the one given, or the given one itself. Unreadable files are left
    out.

    Raises:
        NoPhotosError: nothing readable is there.
    """
    files = {f: _group(f, folder) for folder in folders for f in picture_files(folder)}
    if not files:
        raise NoPhotosError(f"No photographs in {', '.join(map(str, folders))}: choose a folder that holds some.")
    name = hashlib.sha256(
        "\n".join(f"{f}|{f.stat().st_size}|{f.stat().st_mtime_ns}" for f in files).encode()
    ).hexdigest()[:16]
    index_path = cache / f"{name}.json"
    if not index_path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _decode(files, cache / f"{name}.bin", index_path)
    index = json.loads(index_path.read_text())
    sizes = np.array(index["sizes"], np.int32).reshape(-1, 2)
    if not len(sizes):
        raise NoPhotosError(f"No file in {', '.join(map(str, folders))} can be read as a picture.")
    lengths = sizes.astype(np.int64).prod(axis=1) * 3
    return PhotoSet(
        pixels=np.memmap(cache / f"{name}.bin", np.uint8, "r"),
        offsets=np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64),
        sizes=sizes,
        groups=tuple(index["groups"]),
        names=tuple(index["names"]),
        keys=_with_held_out(tuple(index["keys"])),
    )


def _with_held_out(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The keys, of which some name the held-out part where chance put none of a small folder there."""
    if len(set(keys)) < _LEAST_DIVIDED or any(split_of(key) != "train" for key in keys):
        return keys
    order = sorted(set(keys), key=lambda key: hashlib.sha256(key.encode()).digest())
    kept_back = set(order[: max(1, len(order) // 10)])
    return tuple(f"val:{key}" if key in kept_back else key for key in keys)


def picture_files(folder: Path) -> list[Path]:
    """All files below a folder whose names end like those of pictures, in order."""
    return sorted(f for f in folder.rglob("*") if f.suffix.lower() in _SUFFIXES)


def _group(file: Path, folder: Path) -> str:
    parts = file.relative_to(folder).parts
    return parts[0] if len(parts) > 1 else folder.name


def _decode(files: Mapping[Path, str], pixels_path: Path, index_path: Path) -> None:
    """Write the pixels first and the index last, so that an index vouches for complete pixels."""
    keys = _read_keys({f.parent for f in files})
    index: dict[str, list[object]] = {"sizes": [], "groups": [], "names": [], "keys": []}
    part = pixels_path.with_suffix(".part")
    with part.open("wb") as out:
        for file, pixels in readable_pictures(files):
            out.write(pixels.tobytes())
            index["sizes"].append(list(pixels.shape[:2]))
            index["groups"].append(files[file])
            index["names"].append(file.name)
            index["keys"].append(keys.get(file, file.name))
    os.replace(part, pixels_path)
    index_part = index_path.with_suffix(".json.part")
    index_part.write_text(json.dumps(index))
    os.replace(index_part, index_path)


def _read_keys(folders: set[Path]) -> dict[Path, str]:
    keys: dict[Path, str] = {}
    for folder in folders:
        # keys.csv may stand one level up, for groups that have sub-folders
        for place in (folder, folder.parent):
            if (place / "keys.csv").exists():
                with (place / "keys.csv").open(newline="") as file:
                    keys.update({place / row["file"]: row["key"] for row in csv.DictReader(file)})
    return keys


def readable_pictures(files: Iterable[Path]) -> Iterator[tuple[Path, Bytes]]:
    """The files that can be read, each with its pixels: upright, uint8 (h, w, 3), at most 2048 a side."""
    for file in files:
        try:
            with PillowImage.open(file) as picture:
                picture.thumbnail((_MAX_SIDE, _MAX_SIDE), PillowImage.Resampling.LANCZOS)
                upright = ImageOps.exif_transpose(picture)
                yield file, np.asarray(upright.convert("RGB"))
        except (OSError, UnidentifiedImageError, ValueError):
            continue


def crop_scale(h: int, w: int, size: int, rng: np.random.Generator) -> float:
    """How much to reduce an h x w picture before a crop of ``size`` is cut from it.

    Small web copies are reduced by 0.6 to 0.9, which removes most of their own compression, so that a network
    does not learn it; sharp pictures by 0.5 to 1. Never so much that the crop no longer fits.
    """
    low, high = (0.5, 1.0) if min(h, w) >= _SHARP_SIDE else (0.6, 0.9)
    return max(size / min(h, w), float(rng.uniform(low, high)))


def random_crop(photo: Bytes, size: int, rng: np.random.Generator) -> Bytes:
    """A reduced, flipped and turned (size, size, 3) crop of a photo."""
    h, w = photo.shape[:2]
    scale = crop_scale(h, w, size, rng)
    side = min(round(size / scale), h, w)
    y, x = int(rng.integers(0, h - side + 1)), int(rng.integers(0, w - side + 1))
    crop = photo[y : y + side, x : x + side]
    if side != size:
        shrinks = side > size
        crop = cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    # A quarter turn is rare among photographs, yet scratches and textures have no upright
    if rng.random() < 0.25:
        crop = np.rot90(crop, int(rng.integers(1, 4)))
    return np.ascontiguousarray(crop, np.uint8)


class CropSource:
    """Draws crops of one split; groups are drawn by weight, pictures within a group alike."""

    def __init__(self, photos: PhotoSet, split: Split = "train", weights: dict[str, float] | None = None) -> None:
        self._photos = photos
        self._split: Split = split
        groups = np.array(photos.groups)
        chosen = photos.indices(split)
        self._members: list[npt.NDArray[np.int64]] = []
        shares: list[float] = []
        for group in sorted(set(groups[chosen])):
            members = chosen[groups[chosen] == group]
            # Without a weight, a group counts by the root of its size: small groups are not drowned
            share = (weights or {}).get(group, float(np.sqrt(len(members))))
            if share > 0:
                self._members.append(members)
                shares.append(share)
        if not shares:
            raise NoPhotosError(f"No photographs for the {split} part: add some more to the folder.")
        self._shares = np.array(shares) / np.sum(shares)
        self.indices = np.sort(np.concatenate(self._members))

    def only(self, groups: Sequence[str]) -> "CropSource | None":
        """The same part of some groups alone; None if it has no picture of them."""
        here = {self._photos.groups[i] for i in self.indices}
        if here.isdisjoint(groups):
            return None
        others = {g: 0.0 for g in here if g not in groups}
        return CropSource(self._photos, self._split, others)

    def crop(self, size: int, rng: np.random.Generator) -> Bytes:
        """One crop, uint8 (size, size, 3)."""
        members = self._members[int(rng.choice(len(self._members), p=self._shares))]
        return random_crop(self._photos.photo(int(rng.choice(members))), size, rng)

    def crops(self, count: int, size: int, rng: np.random.Generator) -> Bytes:
        """``count`` crops, uint8 (count, size, size, 3)."""
        return np.stack([self.crop(size, rng) for _ in range(count)])

    def whole(self, index: int, side: int) -> Bytes:
        """The middle square of picture ``index`` (of the set, see ``indices``), scaled to (side, side, 3)."""
        photo = self._photos.photo(index)
        h, w = photo.shape[:2]
        short = min(h, w)
        y, x = (h - short) // 2, (w - short) // 2
        square = photo[y : y + short, x : x + short]
        if short == side:
            return square
        how = cv2.INTER_AREA if short > side else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(square, (side, side), interpolation=how), np.uint8)

    def photo(self, index: int) -> Bytes:
        """Picture ``index`` (of the set, see ``indices``) as it is, uint8 (h, w, 3)."""
        return self._photos.photo(index)

    def group(self, index: int) -> str:
        """The group of picture ``index``: the folder it lies in."""
        return self._photos.groups[index]

    def key(self, index: int) -> str:
        """The key of picture ``index``, which decided its split."""
        return self._photos.keys[index]
