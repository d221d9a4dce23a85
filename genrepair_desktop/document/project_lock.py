"""One writer at a time for a project file: a small file beside it says who has it open.

Two marks stand behind it, because neither is enough alone. The system's own lock on the file ends with the process
that holds it, however it ends, but many network drives do not carry it from one computer to another. The text in
the file (computer, user, process, a secret) is seen everywhere, but outlives a crash. So on one computer the
system's lock decides, and between computers the file's age does: the one who holds it touches it now and then.
"""

import contextlib
import json
import os
import socket
import sys
import uuid
import weakref
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from genrepair_desktop.files import FileError, OpenError, read_regular, shown_name

if sys.platform != "win32":
    import fcntl

# how often the holder should call ``refresh``, and after how long an untouched mark of another computer is nobody's
REFRESH_S = 60
STALE_S = 600
_LARGEST = 4096


class ProjectInUseError(FileError):
    """Another window or another person has the project open. ``holder`` says who."""

    action = "Cannot open for writing"

    def __init__(self, path: str | os.PathLike[str], holder: "Holder") -> None:
        super().__init__(path, f"{holder.who} has it open", "close it there or work on a copy")
        self.holder = holder


@dataclass(frozen=True)
class Holder:
    """Who has a project open: computer, user, process (id and start time, seconds), and a secret of that opening."""

    host: str
    user: str
    pid: int
    started: float
    secret: str

    @property
    def who(self) -> str:
        """For the user's sentence."""
        user = shown_name(self.user) or "somebody"
        if self.host != socket.gethostname():
            return f"{user} on {shown_name(self.host) or 'another computer'}"
        return "another window on this computer" if self.user == _user() else f"{user} on this computer"

    @property
    def is_alive(self) -> bool:
        """True if the process is one of this computer and still runs."""
        try:
            return abs(psutil.Process(self.pid).create_time() - self.started) < 2
        except psutil.AccessDenied:
            return True
        except (psutil.Error, ValueError, OverflowError):
            return False


class ProjectLock:
    """A project held for writing. ``release`` it, or let it go out of sight."""

    def __init__(self, project: Path, mark: Path, holder: Holder, descriptor: int) -> None:
        self.project = project
        self._mark, self._holder = mark, holder
        self._end = weakref.finalize(self, _let_go, mark, holder, descriptor)

    @property
    def is_ours(self) -> bool:
        """False once another took it over, as after this computer slept for longer than a mark lives."""
        return _read(self._mark) == self._holder

    def refresh(self) -> None:
        """Say that the project is still open; a drive that is gone for the moment is waited for in silence."""
        with contextlib.suppress(OSError):
            if self.is_ours:
                os.utime(self._mark)

    def release(self) -> None:
        """Let others have it. May be called twice."""
        self._end()


def mark_path(project: str | os.PathLike[str]) -> Path:
    """Where the mark of a project lies; two links to one project have one mark."""
    real = Path(os.path.realpath(project))
    return real.with_name(f".{real.name}.lock")


def lock_project(project: str | os.PathLike[str]) -> ProjectLock | None:
    """Hold a project for writing. None where no mark can be made: nobody can save there either.

    Raises:
        ProjectInUseError: another window or another person holds it.
    """
    mark = mark_path(project)
    holder = Holder(socket.gethostname(), _user(), os.getpid(), psutil.Process().create_time(), uuid.uuid4().hex)
    # a second round follows where a stale mark was cleared away, or went away by itself in between
    for _ in range(4):
        try:
            descriptor = os.open(mark, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
        except PermissionError:
            _refuse_if_held(project, mark)
            return None
        except OSError:
            return None
        if _claim(descriptor, mark, project):
            _write(descriptor, holder)
            return ProjectLock(Path(project), mark, holder, descriptor)
    raise ProjectInUseError(project, _read(mark) or Holder("", "", 0, 0, ""))


def _claim(descriptor: int, mark: Path, project: str | os.PathLike[str]) -> bool:
    """Take the opened mark; False (and closed) if it must be opened once more.

    Raises:
        ProjectInUseError: it is somebody's.
    """
    is_claimed = False
    try:
        has_locks = _flock(descriptor)
        before = _read(mark)
        if has_locks is False or (before is not None and _is_held(before, mark, has_locks=has_locks is True)):
            raise ProjectInUseError(project, before or Holder(socket.gethostname(), _user(), 0, 0, ""))
        # whoever let it go unlinked it: a lock on a file without a name holds nothing
        is_claimed = os.fstat(descriptor).st_nlink > 0
        return is_claimed
    finally:
        if not is_claimed:
            os.close(descriptor)


def _is_held(holder: Holder, mark: Path, *, has_locks: bool) -> bool:
    """Whether the one named in a mark, whose lock is free or unknown, still has the project open."""
    if holder.host == socket.gethostname():
        return not has_locks and holder.is_alive
    try:
        # both times are the drive's own: the clocks of two computers need not agree
        written = os.stat(mark).st_mtime
        return _drive_time(mark.parent) - written < STALE_S
    except OSError:
        return True


def _drive_time(folder: Path) -> float:
    probe = folder / f".genrepair-{uuid.uuid4().hex}.tmp"
    os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        return os.stat(probe).st_mtime
    finally:
        os.unlink(probe)


def _flock(descriptor: int) -> bool | None:
    """True: locked. False: another has it. None: this system or drive knows no locks."""
    if sys.platform == "win32":
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _refuse_if_held(project: str | os.PathLike[str], mark: Path) -> None:
    """In a folder that is not ours to write: somebody who may write there may still have the project open."""
    holder = _read(mark)
    if holder is None:
        return
    has_locks: bool | None = None
    with contextlib.suppress(OSError):
        descriptor = os.open(mark, os.O_RDONLY)
        try:
            has_locks = _flock(descriptor)
        finally:
            os.close(descriptor)
    if has_locks is False or (has_locks is None and holder.host == socket.gethostname() and holder.is_alive):
        raise ProjectInUseError(project, holder)


def _write(descriptor: int, holder: Holder) -> None:
    with contextlib.suppress(OSError):  # a full disk: the system's lock holds all the same
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps(asdict(holder)).encode())


def _read(mark: Path) -> Holder | None:
    """The holder named in a mark; None if it names none that makes sense."""
    try:
        values: Any = json.loads(read_regular(mark, _LARGEST))
        names = [values[key] for key in ("host", "user", "secret")]
        pid, started = values["pid"], values["started"]
    except (OpenError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not all(isinstance(name, str) for name in names) or type(pid) is not int:
        return None
    if not isinstance(started, int | float):
        return None
    return Holder(names[0][:64], names[1][:64], pid, float(started), names[2])


def _let_go(mark: Path, holder: Holder, descriptor: int) -> None:
    is_ours = _read(mark) == holder
    if sys.platform == "win32":
        os.close(descriptor)  # an open file cannot be unlinked there
    # elsewhere the name goes first, while the lock still holds: nobody can have taken it over in between
    if is_ours:
        with contextlib.suppress(OSError):
            os.unlink(mark)
    if sys.platform != "win32":
        os.close(descriptor)


def _user() -> str:
    return os.environ.get("USER") or os.environ.get("USERNAME") or ""
