"""The .genrepair project: everything needed to go on where one stopped, in one zip file.

manifest.json says what is there; the other members are raw arrays. The opened photo's file travels along byte
for byte (or is named, with its hash). Pixels are stored as they are, not decoded again on opening, so a
project opens to the same pixels whatever a later decoder makes of the photo.
"""

import contextlib
import hashlib
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from genrepair_desktop import __version__
from genrepair_desktop.atomic import replacing
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import Edit
from genrepair_desktop.document.history import History
from genrepair_desktop.document.project_parts import (
    ProjectDamagedError,
    array_bytes,
    checked_integers,
    describe,
    edit_from_values,
    edit_values,
    read_array,
    tiles_from_member,
    tiles_to_member,
)
from genrepair_desktop.files import FileError, OpenError, open_regular, read_regular
from genrepair_desktop.imaging.codecs.photo import SUBSAMPLINGS, JpegEncoding, PhotoMetadata, PhotoSource
from genrepair_desktop.imaging.geometry import Rect, tiles_touching

SUFFIX = ".genrepair"
VERSION = 1
# how to turn the manifest of an older version into that of the next one: {0: function, 1: function, ...}
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}

_MANIFEST = "manifest.json"
_FORMAT = "genrepair-project"
_LARGEST_MANIFEST = 64 << 20
_LARGEST_PROJECT = 64 << 30
_MOST_MEMBERS = 100_000
_BLOCKS = ("exif", "xmp", "icc", "iptc")
# what reading a forged manifest can raise, besides our own word for it
_DAMAGED = (ProjectDamagedError, KeyError, ValueError, IndexError, TypeError, RecursionError, OverflowError)


class ProjectError(FileError):
    """A project file cannot be opened."""

    action = "Cannot open"


@dataclass(frozen=True)
class Project:
    """A project as opened. ``extras`` are JSON values that other rooms stored with it."""

    document: Document
    history: History
    extras: Mapping[str, Any]


@dataclass(frozen=True)
class ProjectCapture:
    """A document's state at one moment, free of the document: it may be written on another thread."""

    manifest: dict[str, Any]
    members: tuple[tuple[str, tuple[bytes, ...]], ...]
    source_path: Path | None


def capture(document: Document, history: History, *, extras: Mapping[str, Any] | None = None) -> ProjectCapture:
    """Copy what a project file holds. ``extras``: JSON values that the caller wants back on opening."""
    members: list[tuple[str, tuple[bytes, ...]]] = []

    def put(name: str, chunks: Iterable[bytes]) -> None:
        members.append((name, tuple(chunks)))

    put("pixels.bin", array_bytes(document.pixels))
    put("mask.bin", array_bytes(document.mask))
    put("donor.bin", array_bytes(document.donor))
    opened = [
        (Rect(x, y, tile.shape[1], tile.shape[0]), tile) for (x, y), tile in sorted(document.opened_tiles().items())
    ]
    manifest = {
        "format": _FORMAT,
        "version": VERSION,
        "program": __version__,
        "pixels": describe(document.pixels),
        "opened": tiles_to_member(opened, "opened.bin", put),
        "metadata": _metadata_values(document.metadata, put),
        "source": _source_values(document.source),
        "edits": [edit_values(edit, f"edits/{i:05d}", put) for i, edit in enumerate(history.entries)],
        "index": history.index,
        "extras": dict(extras or {}),
    }
    return ProjectCapture(manifest, tuple(members), document.source.path if document.source else None)


def save_project(
    path: str | os.PathLike[str], project: ProjectCapture, *, embeds_source: bool = True, keeps_backup: bool = True
) -> None:
    """Write a project beside ``path``, sync it, and put it in its place; the old file becomes ``.bak``.

    Args:
        embeds_source: put the photo's file into the project, byte for byte; otherwise only its path and hash.

    Raises:
        SaveError: the disk or the system refuses. The old file is as it was.
    """
    manifest = dict(project.manifest)
    source = _read_source(project.source_path)
    if source is not None:
        manifest["source_file"] = {
            "name": project.source_path.name if project.source_path else "",
            "sha256": hashlib.sha256(source).hexdigest(),
            "bytes": len(source),
            "is_embedded": embeds_source,
        }
    if keeps_backup:
        _keep_backup(path)
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(_MANIFEST, json.dumps(manifest, allow_nan=False))
        for name, chunks in project.members:
            with archive.open(name, "w", force_zip64=True) as member:
                for chunk in chunks:
                    member.write(chunk)
        if source is not None and embeds_source:
            archive.writestr(zipfile.ZipInfo("source.bin"), source)


def load_project(path: str | os.PathLike[str]) -> Project:
    """Open a project: the same pixels, mask, history and position as when it was saved.

    Members are read by name, each with the size its description demands; nothing is ever extracted.

    Raises:
        ProjectError: the file is not a project, is damaged, or was made by a newer version.
        OpenError: the file cannot be read.
    """
    with _opened_archive(path) as archive:
        reader = _Reader(archive)
        try:
            return _build(_migrated(_read_manifest(reader), path), reader)
        except _DAMAGED as error:
            raise ProjectError(path, f"the project is damaged ({error})", "open its .bak copy instead") from error


def extract_source(path: str | os.PathLike[str]) -> bytes:
    """The photo's file as it was when the project was made, byte for byte.

    Raises:
        ProjectError: the project does not hold it, or not whole.
    """
    with _opened_archive(path) as archive:
        reader = _Reader(archive)
        try:
            values = _migrated(_read_manifest(reader), path).get("source_file")
            if not isinstance(values, dict) or not values.get("is_embedded"):
                raise ProjectError(path, "it does not hold the photo's file", "use the photo itself")
            (size,) = checked_integers([values.get("bytes")], 0, _LARGEST_PROJECT)
            data = reader.take("source.bin", size)
        except _DAMAGED as error:
            raise ProjectError(path, "the project is damaged", "open its .bak copy instead") from error
    if hashlib.sha256(data).hexdigest() != values.get("sha256"):
        raise ProjectError(path, "the photo in it is damaged", "open its .bak copy instead")
    return data


class _Reader:
    """Reads members by name, never more than was asked for."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def take(self, name: str, size: int) -> bytes:
        """All ``size`` bytes of a member.

        Raises:
            ProjectDamagedError: it is missing, doubled, or of another size.
        """
        try:
            info = self._archive.getinfo(name)
        except KeyError:
            raise ProjectDamagedError(f"{name} is missing") from None
        if info.file_size != size:
            raise ProjectDamagedError(f"{name} has {info.file_size} bytes, not {size}")
        return self._read(info, size)

    def take_at_most(self, name: str, limit: int) -> bytes:
        """A member of any size up to ``limit``."""
        try:
            info = self._archive.getinfo(name)
        except KeyError:
            raise ProjectDamagedError(f"{name} is missing") from None
        if info.file_size > limit:
            raise ProjectDamagedError(f"{name} is larger than any real one")
        return self._read(info, info.file_size)

    def _read(self, info: zipfile.ZipInfo, size: int) -> bytes:
        if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ProjectDamagedError(f"{info.filename} is packed in a way projects are not")
        try:
            with self._archive.open(info) as member:
                data = member.read(size + 1)
        except (zlib.error, zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise ProjectDamagedError(f"{info.filename} cannot be unpacked") from error
        if len(data) != size:
            raise ProjectDamagedError(f"{info.filename} is cut off")
        return data


@contextlib.contextmanager
def _opened_archive(path: str | os.PathLike[str]) -> Iterator[zipfile.ZipFile]:
    with open_regular(path, _LARGEST_PROJECT) as file:
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError) as error:
            raise ProjectError(path, "it is not a GenRepair project", "choose a .genrepair file") from error
        with archive:
            names = archive.namelist()
            if len(names) > _MOST_MEMBERS or len(set(names)) != len(names):
                raise ProjectError(path, "its list of parts is not one we write", "open its .bak copy instead")
            yield archive


def _read_manifest(reader: _Reader) -> dict[str, Any]:
    def refuse(word: str) -> float:
        raise ProjectDamagedError(f"{word} is no number")

    text = reader.take_at_most(_MANIFEST, _LARGEST_MANIFEST).decode("utf-8")
    manifest = json.loads(text, parse_constant=refuse)
    if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
        raise ProjectDamagedError("the manifest is not that of a project")
    return manifest


def _migrated(manifest: dict[str, Any], path: str | os.PathLike[str]) -> dict[str, Any]:
    version = manifest.get("version")
    if type(version) is not int or version < 0:
        raise ProjectDamagedError("the version is no number")
    if version > VERSION:
        raise ProjectError(path, "a newer version of GenRepair made it", "update the program")
    while version < VERSION:
        manifest = MIGRATIONS[version](manifest)
        version += 1
    return manifest


def _build(manifest: dict[str, Any], reader: _Reader) -> Project:
    take = reader.take
    source = _source_from(manifest.get("source"))
    pixels = read_array(take, "pixels.bin", manifest["pixels"])
    document = Document(
        pixels,
        path=source.path if source else None,
        metadata=_metadata_from(manifest.get("metadata"), take),
        source=source,
    )
    layer = {"shape": list(pixels.shape[:2]), "dtype": "uint8"}
    opened = {(rect.x, rect.y): tile for rect, tile in tiles_from_member(manifest["opened"], take)}
    _check_opened(opened, document)
    document.restore(
        mask=read_array(take, "mask.bin", layer), donor=read_array(take, "donor.bin", layer), opened_tiles=opened
    )
    edits: list[Edit] = [edit_from_values(values, take) for values in manifest["edits"]]
    (index,) = checked_integers([manifest.get("index")], 0, len(edits))
    history = History(document)
    history.restore(edits, index, is_clean=True)
    extras = manifest.get("extras")
    return Project(document, history, extras if isinstance(extras, dict) else {})


def _check_opened(opened: Mapping[tuple[int, int], Any], document: Document) -> None:
    """The opened tiles must be tiles of this picture, or a later write would go wrong."""
    grid = {(tile.x, tile.y): tile for tile in tiles_touching(document.bounds, document.bounds)}
    for corner, block in opened.items():
        tile = grid.get(corner)
        if tile is None or block.shape != (tile.h, tile.w, document.pixels.shape[2]):
            raise ProjectDamagedError("a tile lies outside the picture")


def _metadata_values(metadata: PhotoMetadata | None, put: Callable[[str, Iterable[bytes]], None]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in _BLOCKS if metadata else ():
        block = getattr(metadata, name)
        if block is not None:
            put(f"metadata/{name}.bin", [block])
            values[name] = len(block)
    if metadata and metadata.dpi:
        values["dpi"] = list(metadata.dpi)
    return values


def _metadata_from(values: object, take: Callable[[str, int], bytes]) -> PhotoMetadata:
    if not isinstance(values, dict):
        return PhotoMetadata()
    blocks = {
        name: take(f"metadata/{name}.bin", checked_integers([values[name]], 0, _LARGEST_MANIFEST)[0])
        for name in _BLOCKS
        if name in values
    }
    dpi = values.get("dpi")
    has_dpi = isinstance(dpi, list) and len(dpi) == 2 and all(isinstance(v, int | float) and v > 0 for v in dpi)
    return PhotoMetadata(**blocks, dpi=(float(dpi[0]), float(dpi[1])) if has_dpi and dpi else None)


def _source_values(source: PhotoSource | None) -> dict[str, Any] | None:
    return None if source is None else asdict(source) | {"path": os.fspath(source.path)}


def _source_from(values: object) -> PhotoSource | None:
    if not isinstance(values, dict):
        return None
    jpeg = values.get("jpeg")
    if isinstance(jpeg, dict):
        tables = tuple(tuple(checked_integers(table, 0, 65535)) for table in jpeg.get("tables", ()))
        sampling = jpeg.get("subsampling")
        known = sampling if sampling in SUBSAMPLINGS else None
        jpeg = JpegEncoding(tables, known, bool(jpeg.get("progressive")))
    bits, size = checked_integers([values.get("bits"), values.get("file_bytes")], 0, 1 << 60)
    encoding = jpeg if isinstance(jpeg, JpegEncoding) else None
    return PhotoSource(Path(str(values.get("path"))), str(values.get("format")), bits, size, encoding)


def _read_source(path: Path | None) -> bytes | None:
    """The photo's file; None if it is gone or cannot be read: the project holds its pixels anyway."""
    if path is None:
        return None
    try:
        return read_regular(path, _LARGEST_PROJECT)
    except OpenError:
        return None


def _keep_backup(path: str | os.PathLike[str]) -> None:
    """Let the present file also be reached as ``.bak``; it stays whole if the save fails."""
    target = os.path.realpath(path)
    backup = f"{target}.bak"
    if not os.path.isfile(target):
        return
    with contextlib.suppress(OSError):
        if os.path.lexists(backup):
            os.unlink(backup)
        try:
            os.link(target, backup)
        except OSError:
            shutil.copy2(target, backup)
