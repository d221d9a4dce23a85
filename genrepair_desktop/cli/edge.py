"""The edge to the shell: every way a command can end becomes an exit code and at most one line.

Exit codes: 0 done, 1 some of it failed, 2 wrong use or unreadable input, 130 stopped by the user.
"""

import logging
import os
import sys
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path

from typer import Abort, TyperException

from genrepair_desktop import paths
from genrepair_desktop.errors import GenRepairError

DONE, SOME_FAILED, WRONG_USE, STOPPED = 0, 1, 2, 130
_LOG_BYTES = 2 * 2**20
_log = logging.getLogger(__name__)


def run_command(command: Callable[[], int | None]) -> int:
    """Run a command and say in one line on standard error what went wrong, if anything did."""
    log_file = start_log()
    try:
        return command() or DONE
    except (GenRepairError, TyperException) as error:
        say_error(error.format_message() if isinstance(error, TyperException) else str(error))
        return WRONG_USE
    except SystemExit as ended:  # a forwarded command's own reader of words
        return ended.code if isinstance(ended.code, int) else WRONG_USE
    except (KeyboardInterrupt, Abort):
        say_error("Stopped.")
        return STOPPED
    except BrokenPipeError:
        # the reader of our output went away (`| head`): what is still buffered goes nowhere, without a word
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:
        _log.exception("the system refused")
        where = f"{error.filename}: " if error.filename else ""
        say_error(f"{where}{error.strerror or error}.")
        return WRONG_USE
    except MemoryError:
        _log.exception("out of memory")
        say_error("There is not enough memory for this picture: close other programs or use a smaller one.")
        return SOME_FAILED
    except Exception as error:  # noqa: BLE001  the shell is an edge: a user never sees a traceback
        _log.exception("unexpected")
        say_error(f"An unexpected problem ({type(error).__name__}) stopped the command; see {log_file}.")
        return SOME_FAILED


def say_error(message: str) -> None:
    """One line on standard error, whatever line breaks and control characters the message holds."""
    line = " ".join(message.split())
    printable = "".join(character if character.isprintable() else "?" for character in line)
    encoding = sys.stderr.encoding or "utf-8"
    print(f"genrepair: {printable.encode(encoding, 'replace').decode(encoding)}", file=sys.stderr)


def start_log() -> Path:
    """Send log records and warnings to the log file, which is made when there is something to write."""
    path = paths.log_dir() / "genrepair.log"
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, _LogFile):
            if handler.baseFilename == os.path.abspath(path):
                return path
            root.removeHandler(handler)
            handler.close()
    root.addHandler(_LogFile(path))
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    return path


class _LogFile(RotatingFileHandler):
    """A log that makes its folder with its first record, and never complains when it cannot be written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=_LOG_BYTES, backupCount=3, encoding="utf-8", delay=True, errors="replace")
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            return
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk must not turn a warning into a failure."""
