"""The file of the opened photo, so that it can travel in a project byte for byte."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from genrepair_desktop.document.document import Embedded
from genrepair_desktop.document.project_archive import LARGEST_PROJECT, ProjectError, opened_project
from genrepair_desktop.document.project_parts import ProjectDamagedError
from genrepair_desktop.files import OpenError, open_regular
from genrepair_desktop.imaging.codecs.photo import PhotoSource

_BLOCK = 1 << 20


@dataclass(frozen=True)
class PhotoFile:
    """The photo's file, and what it was found to be: in a project, or by itself."""

    path: Path
    is_project: bool
    sha256: str
    size: int

    def blocks(self) -> Iterator[bytes]:
        if self.is_project:
            with opened_project(self.path) as reader:
                yield from reader.blocks("source.bin", self.size)
        else:
            with open_regular(self.path, LARGEST_PROJECT) as file:
                while block := file.read(_BLOCK):
                    yield block


def find_photo(source: PhotoSource | None, kept: Embedded | None, *, is_seen: bool) -> PhotoFile | None:
    """The photo's file; None if it is gone or cannot be read: the project holds its pixels anyway.

    Args:
        source: where the pixels came from.
        kept: what a project knows of the file.
        is_seen: the file itself was read, rather than told of by a project.

    A project names the path of its photo, and whoever made it may have named any file of this computer. So of a
    document that came from a project only a file with the hash that was kept is ever put into another one.
    """
    if kept is not None and kept.is_inside:
        inside = _hashed(PhotoFile(kept.project, True, "", kept.bytes))
        if inside is not None and inside.sha256 == kept.sha256:
            return inside
    if source is None or not (is_seen or kept is not None):
        return None
    beside = _hashed(PhotoFile(source.path, False, "", source.file_bytes))
    if beside is None or beside.size != source.file_bytes or (kept is not None and beside.sha256 != kept.sha256):
        return None
    return beside


def _hashed(photo: PhotoFile) -> PhotoFile | None:
    digest, size = hashlib.sha256(), 0
    try:
        for block in photo.blocks():
            digest.update(block)
            size += len(block)
    except (ProjectError, OpenError, ProjectDamagedError, OSError):
        return None
    return PhotoFile(photo.path, photo.is_project, digest.hexdigest(), size)
