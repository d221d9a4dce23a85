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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genrepair_desktop import __version__
from genrepair_desktop.atomic import replacing
from genrepair_desktop.document.document import Document, Embedded
from genrepair_desktop.document.edits import Edit
from genrepair_desktop.document.history import DEFAULT_BUDGET, History
from genrepair_desktop.document.manifest import (
    FORMAT,
    MANIFEST,
    MOST_EDITS,
    SUFFIX,
    VERSION,
    metadata_from,
    metadata_values,
    migrated,
    read_manifest,
    source_file_from,
    source_from,
    source_values,
)
from genrepair_desktop.document.photo_file import find_photo
from genrepair_desktop.document.project_archive import ProjectError, ProjectReader, opened_project
from genrepair_desktop.document.project_parts import (
    Array,
    Form,
    ProjectDamagedError,
    array_bytes,
    checked_integers,
    describe,
    edit_from_values,
    edit_values,
    form_after,
    read_array,
    tiles_from_member,
    tiles_to_member,
)
from genrepair_desktop.document.snapshot import Snapshot
from genrepair_desktop.imaging.codecs.limits import Limits
from genrepair_desktop.imaging.codecs.photo import PhotoMetadata, PhotoSource
from genrepair_desktop.imaging.geometry import Rect, tiles_touching

__all__ = ["SUFFIX", "Project", "ProjectCapture", "ProjectError", "capture", "extract_source", "load_project",
           "project_extras", "save_project"]  # fmt: skip

# what reading a forged manifest can raise, besides our own word for it
_DAMAGED = (ProjectDamagedError, KeyError, ValueError, IndexError, TypeError, AttributeError, RecursionError,
            OverflowError)  # fmt: skip


@dataclass(frozen=True)
class Project:
    """A project as opened. ``extras`` are JSON values that other rooms stored with it."""

    document: Document
    history: History
    extras: Mapping[str, Any]


@dataclass(frozen=True)
class ProjectCapture:
    """A document's state at one moment, to be written on another thread while the document is worked on."""

    pixels: Array
    mask: Array
    donor: Array
    snapshot: Snapshot
    opened: tuple[tuple[Rect, Array], ...]
    edits: tuple[Edit, ...]
    index: int
    metadata: PhotoMetadata | None
    source: PhotoSource | None
    embedded: Embedded | None
    is_source_seen: bool
    extras: Mapping[str, Any]


def capture(document: Document, history: History, *, extras: Mapping[str, Any] | None = None) -> ProjectCapture:
    """What a project file holds; copies nothing. ``extras``: JSON values that the caller wants back on opening."""
    edits = [edit.shared() for edit in history.entries]
    tiles = sorted(document.opened_tiles().items())
    index = history.index
    # older steps than a reader takes are left out, as the history itself forgets them
    spare = min(max(0, len(edits) - MOST_EDITS), index)
    return ProjectCapture(
        document.pixels,
        document.mask,
        document.donor,
        document.snapshot(array for edit in edits for array in edit.layer_arrays()),
        tuple((Rect(x, y, tile.shape[1], tile.shape[0]), tile) for (x, y), tile in tiles),
        tuple(edits[spare : spare + MOST_EDITS]),
        index - spare,
        document.metadata,
        document.source,
        document.embedded,
        document.is_source_seen,
        dict(extras or {}),
    )


def save_project(
    path: str | os.PathLike[str], project: ProjectCapture, *, embeds_source: bool = True, keeps_backup: bool = True
) -> Embedded | None:
    """Write a project beside ``path``, sync it, and put it in its place; the old file becomes ``.bak``.

    Args:
        embeds_source: put the photo's file into the project, byte for byte; otherwise only its path and hash.

    Returns:
        Where the photo's file lies now, or None if it is not in the project.

    Raises:
        SaveError: the disk or the system refuses. The old file is as it was.
    """
    photo = find_photo(project.source, project.embedded, is_seen=project.is_source_seen)
    if keeps_backup:
        _keep_backup(path)
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:

        def put(name: str, chunks: Iterable[bytes]) -> None:
            with archive.open(name, "w", force_zip64=True) as member:
                for chunk in chunks:
                    member.write(chunk)

        manifest = _write_members(project, put)
        if photo is not None:
            manifest["source_file"] = {
                "name": project.source.path.name if project.source else "",
                "sha256": photo.sha256,
                "bytes": photo.size,
                "is_embedded": embeds_source,
            }
        if photo is not None and embeds_source:
            with archive.open(zipfile.ZipInfo("source.bin"), "w", force_zip64=True) as member:
                for block in photo.blocks():
                    member.write(block)
        archive.writestr(MANIFEST, json.dumps(manifest, allow_nan=False))
    return Embedded(Path(path), photo.sha256, photo.size) if photo is not None and embeds_source else None


def load_project(
    path: str | os.PathLike[str], *, limits: Limits | None = None, history_budget: int = DEFAULT_BUDGET
) -> Project:
    """Open a project: the same pixels, mask, history and position as when it was saved.

    Members are read by name, each with the size its description demands; nothing is ever extracted.

    Args:
        limits: how large a picture may be; the default is that of ``read_photo``.
        history_budget: bytes for undo steps; the oldest are left out beyond it.

    Raises:
        ProjectError: the file is not a project, is damaged, or was made by a newer version.
        OpenError: the file cannot be read.
    """
    with opened_project(path) as reader:
        try:
            manifest = migrated(read_manifest(reader), path)
            return _build(manifest, reader, Path(path), limits or Limits(), history_budget)
        except MemoryError as error:
            raise ProjectError(
                path, "there is not enough memory for it", "close other programs and try again"
            ) from error
        except _DAMAGED as error:
            raise ProjectError(path, f"the project is damaged ({error})", "open its .bak copy instead") from error


def extract_source(path: str | os.PathLike[str]) -> bytes:
    """The photo's file as it was when the project was made, byte for byte.

    Raises:
        ProjectError: the project does not hold it, or not whole.
    """
    with opened_project(path) as reader:
        try:
            photo = source_file_from(migrated(read_manifest(reader), path), Path(path))
            if photo is None or not photo.is_inside:
                raise ProjectError(path, "it does not hold the photo's file", "use the photo itself")
            data = reader.take("source.bin", photo.bytes)
        except _DAMAGED as error:
            raise ProjectError(path, "the project is damaged", "open its .bak copy instead") from error
    if hashlib.sha256(data).hexdigest() != photo.sha256:
        raise ProjectError(path, "the photo in it is damaged", "open its .bak copy instead")
    return data


def project_extras(path: str | os.PathLike[str]) -> Mapping[str, Any]:
    """The JSON values that other rooms stored with a project, without opening its pictures.

    Raises:
        ProjectError: the file is not a project, is damaged, or was made by a newer version.
        OpenError: the file cannot be read.
    """
    with opened_project(path) as reader:
        try:
            return _extras_of(migrated(read_manifest(reader), path))
        except _DAMAGED as error:
            raise ProjectError(path, f"the project is damaged ({error})", "open its .bak copy instead") from error


def _extras_of(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    extras = manifest.get("extras")
    return extras if isinstance(extras, dict) else {}


def _write_members(project: ProjectCapture, put: Any) -> dict[str, Any]:
    """Write every array and return the manifest."""
    bands = project.snapshot.bands
    put("pixels.bin", array_bytes(bands(project.pixels)))
    put("mask.bin", array_bytes(bands(project.mask)))
    put("donor.bin", array_bytes(bands(project.donor)))
    return {
        "format": FORMAT,
        "version": VERSION,
        "program": __version__,
        "pixels": describe(project.pixels),
        "opened": tiles_to_member(project.opened, "opened.bin", put),
        "metadata": metadata_values(project.metadata, put),
        "source": source_values(project.source),
        "edits": [edit_values(edit, f"edits/{i:05d}", put, bands) for i, edit in enumerate(project.edits)],
        "index": project.index,
        "extras": dict(project.extras),
    }


def _build(
    manifest: dict[str, Any], reader: ProjectReader, path: Path, limits: Limits, history_budget: int
) -> Project:
    take = reader.open
    source = source_from(manifest.get("source"))
    pixels = read_array(take, "pixels.bin", manifest["pixels"], limits)
    document = Document(
        pixels,
        path=source.path if source else None,
        metadata=metadata_from(manifest.get("metadata"), reader.take),
        source=source,
    )
    document.embedded, document.is_source_seen = source_file_from(manifest, path), False
    layer = {"shape": list(pixels.shape[:2]), "dtype": "uint8"}
    opened = {(rect.x, rect.y): tile for rect, tile in tiles_from_member(manifest["opened"], take, limits)}
    _check_opened(opened, document)
    document.restore(
        mask=read_array(take, "mask.bin", layer, limits),
        donor=read_array(take, "donor.bin", layer, limits),
        opened_tiles=opened,
    )
    history = _read_history(manifest, reader, document, limits, history_budget)
    return Project(document, history, _extras_of(manifest))


def _read_history(
    manifest: dict[str, Any], reader: ProjectReader, document: Document, limits: Limits, budget: int
) -> History:
    """The steps nearest to the present first, as far as the budget goes."""
    values = manifest["edits"]
    if not isinstance(values, list) or len(values) > MOST_EDITS:
        raise ProjectDamagedError("the history is not described")
    (index,) = checked_integers([manifest.get("index")], 0, len(values))
    form = Form(document.pixels.shape, document.pixels.dtype.name)
    left = budget
    sides: list[list[Edit]] = [[], []]
    for side, described in zip(sides, (values[:index][::-1], values[index:]), strict=True):
        reached = form
        for one in described:
            edit = edit_from_values(one, reader.open, limits)
            reached = form_after(edit, reached)
            left -= edit.nbytes
            if left < 0 and any(sides):
                break
            side.append(edit)
    past, coming = sides
    history = History(document, budget)
    history.restore(past[::-1] + coming, len(past), is_clean=True)
    return history


def _check_opened(opened: Mapping[tuple[int, int], Array], document: Document) -> None:
    """The opened tiles must be tiles of this picture, or a later write would go wrong."""
    grid = {(tile.x, tile.y): tile for tile in tiles_touching(document.bounds, document.bounds)}
    for corner, block in opened.items():
        tile = grid.get(corner)
        if tile is None or block.shape != (tile.h, tile.w, document.pixels.shape[2]):
            raise ProjectDamagedError("a tile lies outside the picture")
        if block.dtype != document.pixels.dtype:
            raise ProjectDamagedError("a tile has another sample type")


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
