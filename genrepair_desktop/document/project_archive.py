"""The zip around a project, read as a file that nobody vouches for.

The list of members is checked before a zip library sees it: its size and count, and that no two members share
bytes of the file. After that a member is read by name, at the size its description demands, never extracted.
"""

import contextlib
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from genrepair_desktop.document.project_parts import ProjectDamagedError
from genrepair_desktop.files import FileError, open_regular

LARGEST_PROJECT = 64 << 30
# each edit is at most four members, and a save keeps at most 20,000 edits
MOST_MEMBERS = 100_000
# 46 bytes an entry, its name (ours are under 40) and up to 28 for large files; the library believes the length alone
_LARGEST_ENTRY = 128
_END = struct.Struct("<4s4H2LH")
_END64_PLACE = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCAL_HEADER = 30
_BLOCK = 1 << 20


class ProjectError(FileError):
    """A project file cannot be opened."""

    action = "Cannot open"


class ProjectReader:
    """Reads members by name, never more than was asked for."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    @contextlib.contextmanager
    def open(self, name: str, size: int) -> Iterator[BinaryIO]:
        """A member of exactly ``size`` bytes; fails at the end of the block if it holds more or less.

        Raises:
            ProjectDamagedError: it is missing, of another size, or cannot be unpacked.
        """
        info = self._info(name)
        if info.file_size != size:
            raise ProjectDamagedError(f"{name} has {info.file_size} bytes, not {size}")
        if info.flag_bits & 0x1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ProjectDamagedError(f"{name} is packed in a way projects are not")
        try:
            with self._archive.open(info) as member:
                yield member  # pyright: ignore[reportReturnType]  read() is all that is used of it
                if member.read(1):
                    raise ProjectDamagedError(f"{name} is longer than it says")
        except (zlib.error, zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise ProjectDamagedError(f"{name} cannot be unpacked") from error

    def take(self, name: str, size: int) -> bytes:
        """All ``size`` bytes of a member.

        Raises:
            ProjectDamagedError: as ``open``.
        """
        with self.open(name, size) as member:
            data = member.read(size)
        if len(data) != size:
            raise ProjectDamagedError(f"{name} is cut off")
        return data

    def take_at_most(self, name: str, limit: int) -> bytes:
        """A member of any size up to ``limit``."""
        size = self._info(name).file_size
        if size > limit:
            raise ProjectDamagedError(f"{name} is larger than any real one")
        return self.take(name, size)

    def blocks(self, name: str, size: int) -> Iterator[bytes]:
        """A member of exactly ``size`` bytes, a mebibyte at a time."""
        left = size
        with self.open(name, size) as member:
            while left > 0:
                block = member.read(min(left, _BLOCK))
                if not block:
                    raise ProjectDamagedError(f"{name} is cut off")
                left -= len(block)
                yield block

    def _info(self, name: str) -> zipfile.ZipInfo:
        try:
            return self._archive.getinfo(name)
        except KeyError:
            raise ProjectDamagedError(f"{name} is missing") from None


@contextlib.contextmanager
def opened_project(path: str | os.PathLike[str]) -> Iterator[ProjectReader]:
    """The members of a project file.

    Raises:
        ProjectError: the file is no zip, or its list of members is not one we write.
        OpenError: the file cannot be read.
    """
    with open_regular(path, LARGEST_PROJECT) as file:
        try:
            _check_directory(file)
            archive = zipfile.ZipFile(file)
        except ProjectDamagedError as error:
            raise _forged(path) from error
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError, struct.error) as error:
            raise ProjectError(path, "it is not a GenRepair project", "choose a .genrepair file") from error
        with archive:
            if not _is_plain(archive, Path(path)):
                raise _forged(path)
            yield ProjectReader(archive)


def _forged(path: str | os.PathLike[str]) -> ProjectError:
    return ProjectError(path, "its list of parts is not one we write", "open its .bak copy instead")


def _check_directory(file: BinaryIO) -> None:
    """The library reads the list of members in one piece and believes its length: look at that first."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END.size))
    record = file.read(_END.size)
    # we write no comment behind the record, so it is the last thing in the file
    if len(record) < _END.size or record[:4] != b"PK\x05\x06":
        raise zipfile.BadZipFile("no end record")
    *_, count, length, offset, _ = _END.unpack(record)
    if count == 0xFFFF or 0xFFFFFFFF in (length, offset):
        count, length = _large_counts(file, size)
    if count > MOST_MEMBERS or length > count * _LARGEST_ENTRY:
        raise ProjectDamagedError("the list of parts is too long")
    file.seek(0)


def _large_counts(file: BinaryIO, size: int) -> tuple[int, int]:
    """Count and length of the list where the short record has no room for them."""
    file.seek(max(0, size - _END.size - _END64_PLACE.size))
    magic, _, place, _ = _END64_PLACE.unpack(file.read(_END64_PLACE.size))
    if magic != b"PK\x06\x07" or place > size - _END64.size:
        raise ProjectDamagedError("the large end record is missing")
    file.seek(place)
    magic, *_, count, length, _ = _END64.unpack(file.read(_END64.size))
    if magic != b"PK\x06\x06":
        raise ProjectDamagedError("the large end record is missing")
    return count, length


def _is_plain(archive: zipfile.ZipFile, path: Path) -> bool:
    """Names once each, and no byte of the file in two members."""
    infos = archive.infolist()
    if len({info.filename for info in infos}) != len(infos) or len(infos) > MOST_MEMBERS:
        return False
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            return False
        end = info.header_offset + _LOCAL_HEADER + len(os.fsencode(info.orig_filename)) + info.compress_size
    return end <= path.stat().st_size
