"""The JSON of a project: its versions, and the small values beside the pixels, read as from a stranger."""

import os
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from genrepair_desktop.document.document import Embedded
from genrepair_desktop.document.project_archive import LARGEST_PROJECT, ProjectError, ProjectReader
from genrepair_desktop.document.project_parts import ProjectDamagedError, checked_integers
from genrepair_desktop.files import strict_json
from genrepair_desktop.imaging.codecs.photo import SUBSAMPLINGS, JpegEncoding, PhotoMetadata, PhotoSource

SUFFIX = ".genrepair"
VERSION = 1
# how to turn the manifest of an older version into that of the next one: {0: function, 1: function, ...}
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}

MANIFEST = "manifest.json"
FORMAT = "genrepair-project"
MOST_EDITS = 20_000
_LARGEST_MANIFEST = 64 << 20
# the largest real history, 512 MB of small tiles, has 300,000 commas; a parsed value takes some 100 bytes
_MOST_VALUES = 4_000_000
_MOST_NESTS = 1_000_000
_BLOCKS = ("exif", "xmp", "icc", "iptc")
_LARGEST_BLOCK = 64 << 20
_LONGEST_NAME = 4096


def read_manifest(reader: ProjectReader) -> dict[str, Any]:
    """The manifest as JSON gives it, of any version.

    Raises:
        ProjectDamagedError: it is none of a project, or made to be expensive.
        ValueError, RecursionError: as ``files.strict_json``.
    """
    data = reader.take_at_most(MANIFEST, _LARGEST_MANIFEST)
    # counted before parsing: 64 MB of "[[],[],[]..." would become gigabytes of objects
    if data.count(b",") > _MOST_VALUES or data.count(b"[") + data.count(b"{") > _MOST_NESTS:
        raise ProjectDamagedError("the manifest holds more than any real one")
    manifest = strict_json(data, errors="surrogatepass")
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ProjectDamagedError("the manifest is not that of a project")
    return manifest


def migrated(manifest: dict[str, Any], path: str | os.PathLike[str]) -> dict[str, Any]:
    """A manifest of this version from one of any earlier version.

    Raises:
        ProjectError: a newer version made it.
        ProjectDamagedError: it names no version there ever was.
    """
    version = manifest.get("version")
    if type(version) is not int or version < 0:
        raise ProjectDamagedError("the version is no number")
    if version > VERSION:
        raise ProjectError(path, "a newer version of GenRepair made it", "update the program")
    while version < VERSION:
        manifest = MIGRATIONS[version](manifest)
        version += 1
    return manifest


def metadata_values(metadata: PhotoMetadata | None, put: Callable[[str, Iterable[bytes]], None]) -> dict[str, Any]:
    """Write the raw blocks as members and return what the manifest says of them."""
    values: dict[str, Any] = {}
    for name in _BLOCKS if metadata else ():
        block = getattr(metadata, name)
        if block is not None:
            put(f"metadata/{name}.bin", [block])
            values[name] = len(block)
    if metadata and metadata.dpi:
        values["dpi"] = list(metadata.dpi)
    return values


def metadata_from(values: object, take: Callable[[str, int], bytes]) -> PhotoMetadata:
    """The inverse of ``metadata_values``."""
    if not isinstance(values, dict):
        return PhotoMetadata()
    blocks = {
        name: take(f"metadata/{name}.bin", checked_integers([values[name]], 0, _LARGEST_BLOCK)[0])
        for name in _BLOCKS
        if name in values
    }
    dpi = values.get("dpi")
    has_dpi = isinstance(dpi, list) and len(dpi) == 2 and all(type(v) in (int, float) and 0 < v < 1e6 for v in dpi)
    return PhotoMetadata(**blocks, dpi=(float(dpi[0]), float(dpi[1])) if has_dpi and dpi else None)


def source_values(source: PhotoSource | None) -> dict[str, Any] | None:
    """Where the pixels came from, for the manifest."""
    return None if source is None else asdict(source) | {"path": os.fspath(source.path)}


def source_from(values: object) -> PhotoSource | None:
    """The inverse of ``source_values``. The path is what the project says, and may be any."""
    if not isinstance(values, dict):
        return None
    path, name = values.get("path"), values.get("format")
    if not isinstance(path, str) or not isinstance(name, str) or "\0" in path or len(path) > _LONGEST_NAME:
        raise ProjectDamagedError("the photo's name makes no sense")
    jpeg = values.get("jpeg")
    if isinstance(jpeg, dict):
        tables = tuple(tuple(checked_integers(table, 0, 65535)) for table in jpeg.get("tables", ()))
        if len(tables) > 4 or any(len(table) != 64 for table in tables):
            raise ProjectDamagedError("the photo's compression makes no sense")
        sampling = jpeg.get("subsampling")
        known = sampling if sampling in SUBSAMPLINGS else None
        jpeg = JpegEncoding(tables, known, bool(jpeg.get("progressive")))
    bits, size = checked_integers([values.get("bits"), values.get("file_bytes")], 0, 1 << 60)
    return PhotoSource(Path(path), name, bits, size, jpeg if isinstance(jpeg, JpegEncoding) else None)


def source_file_from(manifest: dict[str, Any], project: Path) -> Embedded | None:
    """What a manifest says of the photo's file, or None if it never knew it."""
    values = manifest.get("source_file")
    if not isinstance(values, dict):
        return None
    (size,) = checked_integers([values.get("bytes")], 0, LARGEST_PROJECT)
    sha256 = values.get("sha256")
    if not isinstance(sha256, str) or len(sha256) != 64:
        raise ProjectDamagedError("the photo's hash makes no sense")
    return Embedded(project, sha256, size, is_inside=values.get("is_embedded") is True)
