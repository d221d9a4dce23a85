"""Saving so that a file is always the old one or the new one, whatever happens meanwhile.

Written beside the target, synced, renamed over it, folder synced. A crash or a kill at any moment leaves the
old file whole; what it leaves besides is one hidden temporary file, which the next save to that folder removes.

Policies: a symbolic link is written through (the link stays, its target changes). The mode of an existing
file is kept. A file with several hard links is replaced under the name it was saved to; its other names keep
the old content. A write-protected file is not replaced, though a rename could. Only regular files are replaced.
"""

import contextlib
import errno
import hashlib
import io
import os
import stat
import sys
import time
from collections.abc import Iterator
from typing import Any, BinaryIO, TypeAlias, cast

from genrepair_desktop.files import FileError, explain

if sys.platform != "win32":
    import fcntl

Bytes: TypeAlias = bytes | bytearray | memoryview

_PREFIX, _SUFFIX = ".genrepair-", ".tmp"
# one target is written by one process at a time; more slots are only for two programs saving at once
_SLOTS = 16
_DAY_S = 86_400
_swept: set[str] = set()


class SaveError(FileError):
    """A file cannot be written. What stood there before is untouched, and no part of the new one is left."""

    action = "Cannot save"


class TargetExistsError(SaveError):
    """The file exists, and overwriting it was not asked for."""


def write_atomic(path: str | os.PathLike[str], data: Bytes, *, overwrite: bool = True) -> None:
    """Write ``data`` as the whole content of ``path``; see ``replacing``."""
    with replacing(path, overwrite=overwrite) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], *, overwrite: bool = True) -> Iterator[BinaryIO]:
    """A new file, open for writing and seeking, that takes the place of ``path`` when the block ends well.

    When the block raises, nothing changes; an ``OSError`` in it becomes a ``SaveError``, others pass.

    Args:
        path: the target; its folder must exist.
        overwrite: False refuses an existing target, also one that appears while the block runs.

    Raises:
        TargetExistsError: the target exists and ``overwrite`` is False.
        SaveError: anything the disk or the system refuses.
    """
    try:
        target = os.path.realpath(path)
        old = _existing(path, target)
        if old and not overwrite:
            raise _exists(path)
        folder = os.path.dirname(target)
        _sweep(folder)
        descriptor, temporary = _create(target)
    except (OSError, ValueError) as error:
        raise _save_error(path, error) from error
    held: int | None = None
    is_moved = False
    try:
        with contextlib.closing(_Descriptor(descriptor)) as raw, io.BufferedWriter(raw) as buffered:
            if sys.platform != "win32":
                # the mark of a living writer lasts until the file has its name, or another writer would reap it
                held = os.dup(descriptor)
            yield cast(BinaryIO, buffered)
            buffered.flush()
            if old and hasattr(os, "fchmod"):
                os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
            os.fsync(descriptor)
        if overwrite:
            os.replace(temporary, target)
            is_moved = True
        else:
            _move_if_free(temporary, target)
        _sync_folder(folder)
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        raise _save_error(path, error) from error
    finally:
        # after a rename the name is free already, or the next writer's
        if not is_moved:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        if held is not None:
            with contextlib.suppress(OSError):
                os.close(held)


class _Descriptor(io.RawIOBase):
    """A raw file over ``os.write``: every byte goes through a function whose failure is tested."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        return os.write(self._descriptor, data)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return os.lseek(self._descriptor, offset, whence)

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._descriptor)


def _save_error(path: str | os.PathLike[str], error: OSError | ValueError) -> SaveError:
    if isinstance(error, OSError):
        return SaveError(path, *explain(error))
    return SaveError(path, "its name holds a character no file name can have", "choose another name")


def _exists(path: str | os.PathLike[str]) -> TargetExistsError:
    return TargetExistsError(path, "a file of this name exists", "choose another name or allow overwriting")


def _existing(path: str | os.PathLike[str], target: str) -> os.stat_result | None:
    """The status of the file to be replaced; None if there is none."""
    try:
        status = os.stat(target)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise SaveError(path, "a folder has this name", "choose another name")
    if not stat.S_ISREG(status.st_mode):
        raise SaveError(path, "it is a device or a pipe, not a file", "choose another name")
    if not os.access(target, os.W_OK):
        raise SaveError(path, "the file is write-protected", "choose another name or lift the protection")
    return status


def _create(target: str) -> tuple[int, str]:
    """A new, locked temporary file beside ``target``: descriptor and path."""
    # hashed: the target's own name may already use all 255 bytes a name can have
    key = hashlib.sha256(os.fsencode(os.path.basename(target))).hexdigest()[:16]
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    for slot in range(_SLOTS):
        temporary = os.path.join(os.path.dirname(target), f"{_PREFIX}{key}-{slot}{_SUFFIX}")
        for _ in range(2):
            try:
                descriptor = os.open(temporary, flags, 0o666)
            except FileExistsError:
                if not _reap(temporary):
                    break
            else:
                is_ours = False
                try:
                    is_ours = _lock(descriptor)
                finally:
                    # one left open would be a living writer's for as long as this process lives
                    if not is_ours:
                        os.close(descriptor)
                if is_ours:
                    return descriptor, temporary
                break
    raise OSError(errno.EBUSY, "every temporary name is in use")


def _lock(descriptor: int) -> bool:
    """Mark the temporary file as being written; the system drops the mark when the process ends, however."""
    if sys.platform == "win32":
        return True  # an open file cannot be unlinked there, which is mark enough
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks: strays stay for a day there
    return os.fstat(descriptor).st_nlink > 0


def _reap(temporary: str) -> bool:
    """Remove a temporary file that no living process writes; True if its name is free now."""
    try:
        if sys.platform != "win32":
            descriptor = os.open(temporary, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                if _is_abandoned(descriptor):
                    os.unlink(temporary)
                else:
                    return False
            finally:
                os.close(descriptor)
        else:
            os.unlink(temporary)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _is_abandoned(descriptor: int) -> bool:
    """True if no living process has this temporary file locked."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # no locks on this file system: only its age can tell, and no save takes a day
        return time.time() - os.fstat(descriptor).st_mtime > _DAY_S
    return True


def _sweep(folder: str) -> None:
    """Reap what earlier crashes left in ``folder``; once a process, so that 100,000 saves do not list it each time."""
    if folder in _swept:
        return
    _swept.add(folder)
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX):
                _reap(entry.path)


def _move_if_free(temporary: str, target: str) -> None:
    """Rename, but raise ``FileExistsError`` where a rename would replace."""
    if sys.platform == "win32":
        os.rename(temporary, target)
        return
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        _replace_placeholder(temporary, target)


def _replace_placeholder(temporary: str, target: str) -> None:
    """For file systems without hard links: claim the name with an empty file, then rename over it."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        os.replace(temporary, target)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(target)
        raise


def _sync_folder(folder: str) -> None:
    """Make the rename itself durable (Qt's QSaveFile leaves this out)."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # some network and FUSE file systems know no sync of folders
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)
