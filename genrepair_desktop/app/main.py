"""The GUI's start: arguments, log, window; heavy libraries only once something is repaired."""

import argparse
import logging
import logging.handlers
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from genrepair_desktop import __version__, paths

if TYPE_CHECKING:
    from genrepair_desktop.app.composition import Program

_LOG_BYTES = 1_000_000
# a cancelled job answers within a fraction of this; the import of torch does not, and nobody waits for it to quit
_MS_TO_STOP = 1500


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window, on a photo if one is named; returns the exit code."""
    arguments = parse(sys.argv[1:] if argv is None else argv)
    start_log()
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = make_application(arguments.qt)
    from genrepair_desktop.app.composition import Program

    program = Program(application)
    program.start()
    if arguments.sample:
        program.window.files.open_sample()
    elif arguments.photo is not None:
        program.window.files.open_path(arguments.photo.absolute())
    code = 1
    try:
        code = application.exec()
    finally:
        if not program.shut_down(_MS_TO_STOP):
            _leave_at_once(program, code)
    return code


def _leave_at_once(program: "Program", code: int) -> None:
    """End the process around an engine that is deep in a library. Every file is written, every setting kept."""
    program.settings.store.sync()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The command line; what is not known goes to Qt (``-platform``, ``-style``)."""
    parser = argparse.ArgumentParser(prog="genrepair-desktop", description="Repair damaged photographs")
    parser.add_argument("photo", nargs="?", type=Path, help="a photo, or a folder of photos, to open")
    parser.add_argument("--sample", action="store_true", help="open the bundled damaged sample photo")
    parser.add_argument("--version", action="version", version=f"GenRepair Desktop {__version__}")
    arguments, arguments_of_qt = parser.parse_known_args(argv)
    arguments.qt = arguments_of_qt
    return arguments


def make_application(arguments_of_qt: Sequence[str] = ()):
    """The one QApplication, with the names under which settings are kept."""
    from PySide6.QtCore import QCoreApplication
    from PySide6.QtWidgets import QApplication

    from genrepair_desktop.app.memory import share_heaps

    share_heaps()
    QCoreApplication.setOrganizationName(paths.APP_NAME)
    QCoreApplication.setApplicationName(paths.APP_NAME)
    QCoreApplication.setApplicationVersion(__version__)
    return QApplication(["genrepair", *arguments_of_qt])


def start_log() -> None:
    """Write warnings and faults to a file in the user's log folder; without one, to standard error only."""
    root = logging.getLogger("genrepair_desktop")
    if root.handlers:
        return
    root.setLevel(logging.INFO)
    try:
        paths.log_dir().mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            paths.log_dir() / "genrepair.log", maxBytes=_LOG_BYTES, backupCount=3, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)


if __name__ == "__main__":
    sys.exit(main())
