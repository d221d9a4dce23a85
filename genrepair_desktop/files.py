"""Opening files that nobody vouches for, and saying in one sentence why a file could not be opened or saved.

A path from a user may name a named pipe (a plain ``open`` waits on it forever), a device, a folder or a file
of 64 sparse gigabytes. Everything that reads a user's file goes through ``open_regular``.
"""

import errno
import json
import math
import os
import stat
import unicodedata
from pathlib import Path
from typing import Any, BinaryIO, Literal

from genrepair_desktop.errors import GenRepairError

_SHOWN_LENGTH = 80
_SHOWN_TEXT = 160

_REASONS: dict[int, tuple[str, str]] = {
    errno.ENOENT: ("there is no such file or folder", "check the name and that the drive is connected"),
    errno.ENOTDIR: ("a part of its path is not a folder", "check the path"),
    errno.EISDIR: ("it is a folder", "choose a file"),
    errno.EACCES: ("you have no permission", "change the permissions or choose another place"),
    errno.EPERM: ("you have no permission", "change the permissions or choose another place"),
    errno.EROFS: ("the disk is read-only", "choose another folder"),
    errno.ENOSPC: ("the disk is full", "free some space or choose another disk"),
    errno.EDQUOT: ("your disk quota is used up", "free some space or choose another disk"),
    errno.EFBIG: ("the file would be larger than this disk or account allows", "choose another disk"),
    errno.EIO: ("the disk reported an input/output error", "check the disk or choose another one"),
    errno.EMFILE: ("too many files are open", "close some windows and try again"),
    errno.ENFILE: ("too many files are open on this computer", "close some programs and try again"),
    errno.ENOMEM: ("there is not enough memory", "close some programs and try again"),
    errno.ELOOP: ("its links lead in a circle", "choose the file itself"),
    errno.ENAMETOOLONG: ("its name is too long", "choose a shorter name"),
    errno.EBUSY: ("another program is using it", "close that program and try again"),
    errno.ENXIO: ("it is not a regular file", "choose a file on a disk"),
    errno.ENODEV: ("the drive is gone", "connect it again"),
    errno.ESTALE: ("the network drive lost it", "connect the drive again"),
    errno.ETIMEDOUT: ("the network drive does not answer", "check the connection and try again"),
}


class FileError(GenRepairError):
    """A file cannot be used.

    Attributes:
        path: the file, as it was asked for.
        reason: why, a clause without capital and full stop.
        remedy: what the user can do, likewise.
    """

    action = "Cannot use"

    def __init__(self, path: str | os.PathLike[str], reason: str, remedy: str) -> None:
        super().__init__(f'{self.action} "{shown_name(path)}": {shown_text(reason)}; {remedy}.')
        self.path = Path(path)
        self.reason = reason
        self.remedy = remedy


class OpenError(FileError):
    """A file cannot be opened or read."""

    action = "Cannot open"


def shown_name(path: str | os.PathLike[str]) -> str:
    """The last part of ``path``, safe to show: no control, direction or undecodable characters, at most 80 long."""
    text = os.fspath(path)
    name = os.path.basename(text.rstrip("/\\")) or text
    safe = "".join(_shown_character(character) for character in name)
    if len(safe) > _SHOWN_LENGTH:
        half = _SHOWN_LENGTH // 2
        safe = f"{safe[: half - 1]}…{safe[-half:]}"
    return safe


def shown_text(text: str) -> str:
    """Words of a hostile file, safe to show in a sentence: no control or direction characters, at most 160 long."""
    if len(text) > _SHOWN_TEXT:
        text = f"{text[: _SHOWN_TEXT - 40]}…{text[-39:]}"
    return "".join(_shown_character(character) for character in text)


def strict_json(content: bytes | str, *, errors: Literal["strict", "surrogatepass"] = "strict") -> Any:
    """The values of a JSON text that nobody vouches for.

    Args:
        errors: "surrogatepass" for a text with paths in it: a name of bytes that are no UTF-8 holds lone surrogates.

    Raises:
        ValueError: it is no JSON in UTF-8, names a thing twice (readers differ on which counts), or holds a number
            that is not finite or a text that no encoding knows.
        RecursionError: it is nested absurdly deep.
    """
    text = content.decode("utf-8") if isinstance(content, bytes) else content
    if errors == "strict" and ("\\ud" in text or "\\uD" in text):
        # a lone surrogate passes the parser and fails wherever it is shown or saved
        json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8")
    return json.loads(text, object_pairs_hook=_named_once, parse_constant=_no_number, parse_float=_finite)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return values


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is not a number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _shown_character(character: str) -> str:
    # Cf holds the direction overrides that make "gpj.exe" read as "exe.jpg"; Cs are undecodable bytes
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return "\N{REPLACEMENT CHARACTER}"
    return character


def explain(error: OSError) -> tuple[str, str]:
    """Reason and remedy of a failed file operation, fit for ``FileError``."""
    known = _REASONS.get(error.errno or 0)
    if known:
        return known
    text = (error.strerror or str(error) or type(error).__name__).strip().rstrip(".")
    return f"the system reported: {text}", "check the disk and try again"


def open_regular(path: str | os.PathLike[str], max_bytes: int | None = None) -> BinaryIO:
    """Open a regular file for reading in binary; never waits, never opens a pipe or a device.

    Args:
        path: the file; symbolic links are followed.
        max_bytes: refuse a file that is larger.

    Raises:
        OpenError: missing, not regular, empty, too large, not permitted.
    """
    try:
        _refuse_special(path, os.stat(path))
        # a pipe that took the file's place since the stat above must still not block
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(path, flags | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise OpenError(path, *explain(error)) from error
    except ValueError as error:
        raise OpenError(path, "its name holds a character no file name can have", "check the name") from error
    try:
        status = os.fstat(descriptor)
        _refuse_special(path, status)
        _refuse_size(path, status.st_size, max_bytes)
        return os.fdopen(descriptor, "rb")
    except OSError as error:
        os.close(descriptor)
        raise OpenError(path, *explain(error)) from error
    except OpenError:
        os.close(descriptor)
        raise


def read_regular(path: str | os.PathLike[str], max_bytes: int) -> bytes:
    """The content of a regular file of at most ``max_bytes``.

    Raises:
        OpenError: as ``open_regular``, or the file grew past the limit or could not be read.
    """
    with open_regular(path, max_bytes) as file:
        try:
            # one byte past what it says: a read of the limit itself would reserve that much memory
            size = os.fstat(file.fileno()).st_size
            content = file.read(min(size, max_bytes) + 1)
        except OSError as error:
            raise OpenError(path, *explain(error)) from error
    _refuse_size(path, len(content), max_bytes)
    return content


def _refuse_special(path: str | os.PathLike[str], status: os.stat_result) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    if stat.S_ISDIR(status.st_mode):
        raise OpenError(path, "it is a folder", "choose a file in it")
    kind = "a pipe" if stat.S_ISFIFO(status.st_mode) else "a device or socket"
    raise OpenError(path, f"it is {kind}, not a file", "choose a file on a disk")


def _refuse_size(path: str | os.PathLike[str], size: int, max_bytes: int | None) -> None:
    if size == 0:
        raise OpenError(path, "the file is empty", "copy it again from where it came from")
    if max_bytes is not None and size > max_bytes:
        raise OpenError(
            path,
            f"the file has {size / 2**20:,.0f} MiB and the limit is {max_bytes / 2**20:,.0f} MiB",
            "make it smaller or raise the limit in the settings",
        )
