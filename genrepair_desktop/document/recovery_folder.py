"""The folder in which one open document is kept, its files, and who holds it.

about.json says what it is; ``source.bin`` or ``base.genrepair`` what it was when keeping began; ``journal.bin``
every step since; ``extras.json`` what belongs to it beside its steps and is in no project yet; ``rescue.genrepair``
what it was at a fault, with the length of the journal then; ``saved.json`` the length of the journal when it was last
saved; ``small.png`` what it looks like; ``lock`` is held by the living program.
"""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genrepair_desktop.atomic import write_atomic

if sys.platform != "win32":
    import fcntl

ABOUT, LOCK, JOURNAL = "about.json", "lock", "journal.bin"
EXTRAS = "extras.json"
SOURCE, PROJECT, RESCUE, SAVED, SMALL = "source.bin", "base.genrepair", "rescue.genrepair", "saved.json", "small.png"
_LARGEST_JSON = 1 << 20


def read_json(path: Path, most: int = _LARGEST_JSON) -> dict[str, Any]:
    """A file of ours of at most so many bytes; {} if it is missing or damaged."""
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(most))
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def next_counter(root: Path) -> int:
    """One more than any document here ever had; clocks go back, counters do not.

    Raises:
        SaveError: the folder cannot be written.
    """
    with _alone(root / "counter.lock"):
        path = root / "counter"
        counter = 0
        with contextlib.suppress(OSError, ValueError):
            counter = int(path.read_text())
        # the file may be lost while the documents are not
        for about in root.glob(f"*/{ABOUT}"):
            with contextlib.suppress(ValueError, TypeError):
                counter = max(counter, int(read_json(about).get("counter", 0)))
        write_atomic(path, str(counter + 1).encode())
        return counter + 1


def hold(path: Path) -> int | None:
    """Open and lock a file; the system lets go when the process ends, however it ends. None: another holds it.

    Raises:
        OSError: the file cannot be opened.
    """
    if sys.platform == "win32" and is_held(path):
        return None
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError:
            return descriptor  # a file system without locks
    return descriptor


def is_held(path: Path) -> bool:
    """True while a living program holds the file."""
    if sys.platform == "win32":
        try:
            os.rename(path, path)  # fails while a program has it open
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def release(descriptor: int) -> None:
    """Let a held file go."""
    with contextlib.suppress(OSError):
        os.close(descriptor)


def remove(folder: Path, lock: int | None) -> None:
    """Take away a folder that this process holds, and let the lock go."""
    if sys.platform == "win32" and lock is not None:
        release(lock)  # an open file cannot be removed there
    shutil.rmtree(folder, ignore_errors=True)
    if sys.platform != "win32" and lock is not None:
        release(lock)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One program at a time, for the milliseconds it takes."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
