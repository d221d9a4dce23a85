"""A command of ``genrepair`` as a process of its own, for work that needs what the window does not load."""

import sys
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QObject, QProcess, Signal

_LONGEST_END_MS = 3000


class GenrepairProcess(QObject):
    """Runs one command at a time; ends with the program.

    ended  (exit code, last line on standard error or of standard output)
    """

    ended = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.stop)

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def start(self, words: Sequence[str]) -> None:
        """Begin ``genrepair WORDS``; one that runs already is left alone."""
        if self._process is not None:
            return
        process = QProcess(self)
        self._process = process
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        process.start(sys.executable, ["-m", "genrepair_desktop.cli", *words])

    def stop(self) -> None:
        """End the command, if one runs; nobody is told."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.waitForFinished(_LONGEST_END_MS)
            process.deleteLater()

    def _on_finished(self, code: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        said = process.readAllStandardError() if code else process.readAllStandardOutput()
        lines = bytes(said.data()).decode("utf-8", "replace").strip().splitlines()
        process.deleteLater()
        self.ended.emit(code, lines[-1].removeprefix("genrepair: ") if lines else "The command ended without a word.")

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            self._process.deleteLater()
            self._process = None
            self.ended.emit(1, "The system gives no process for this; close some programs and try again.")
