"""What happens when something happens that nobody foresaw: a log entry, one dialog with a report, and on we go."""

import gc
import logging
import platform
import sys
import threading
import traceback
from types import FunctionType, TracebackType

from PySide6.QtCore import QObject, Qt, Signal, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from genrepair_desktop import paths

_log = logging.getLogger(__name__)
_REPORTS_KEPT = 20
# PySide 6.11.3 now and then gives up one reference too many of an override that raised: in a core file a class's own
# dictionary held a paintEvent that was gone, and the next collection of garbage crashed. So with each fault the
# functions that it came through are held once more
_held: list[FunctionType] = []


class ExceptionCatcher(QObject):
    """Takes exceptions from any thread and shows them in the GUI thread; one dialog at a time.

    caught  an unexpected exception, as a report; always delivered in the GUI thread when connected to a method
            of a QObject
    """

    caught = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        """Catch what would end on standard error; ``remove`` gives the hooks back."""
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception

    def remove(self) -> None:
        sys.excepthook, threading.excepthook = self._before

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        _log.critical("unexpected exception", exc_info=(kind, error, trace))
        _hold_functions(trace)
        try:
            self.caught.emit(report(error))
        except RuntimeError:  # the window is gone; the log has it
            return

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._on_exception(args.exc_type, args.exc_value, args.exc_traceback)


def _hold_functions(trace: TracebackType | None) -> None:
    while trace is not None:
        frame = trace.tb_frame
        known = (found for found in gc.get_referents(frame) if isinstance(found, FunctionType))
        # other functions that it knows, such as closures, would keep a closed window
        _held.extend(found for found in known if found.__code__ is frame.f_code)
        trace = trace.tb_next


def report(error: BaseException) -> str:
    """What a developer needs: versions, system and traceback; no file names but the program's own."""
    lines = [
        f"{paths.APP_NAME} Desktop, Python {platform.python_version()}, Qt {qVersion()}",
        f"{platform.system()} {platform.release()} {platform.machine()}",
        "",
        *traceback.format_exception(error),
    ]
    return "\n".join(line.rstrip("\n") for line in lines)


class ErrorDialogs(QObject):
    """Shows caught exceptions: the first opens a dialog, further ones are added to it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.dialog: ErrorDialog | None = None
        self._reports: list[str] = []

    def show_report(self, text: str) -> None:
        """Show a report without stopping the program."""
        self._reports = [*self._reports, text][-_REPORTS_KEPT:]
        if self.dialog is None:
            self.dialog = ErrorDialog(self._window)
            self.dialog.finished.connect(self._on_closed)
        self.dialog.report.setPlainText("\n\n".join(self._reports))
        self.dialog.show()

    def show_rescued(self) -> None:
        """A recovery copy of the open photo is on the disk: say so in the open dialog."""
        if self.dialog is not None:
            self.dialog.rescued.setText("A recovery copy was saved: should the program end, it is offered again.")

    def _on_closed(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
        self.dialog, self._reports = None, []


class ErrorDialog(QDialog):
    """Says what happened and what was kept; the report can be copied."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Something went wrong")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        words = QLabel(
            "The program met a fault of its own and caught it. Your photo and its history are still open; saving "
            "now is a good idea. The report below helps to mend it: it holds no picture and no file of yours."
        )
        words.setWordWrap(True)
        self.rescued = QLabel()
        self.rescued.setWordWrap(True)
        self.rescued.setObjectName("quiet")
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        self.report.setAccessibleName("Report")
        self.report.setMinimumSize(560, 240)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy_button = QPushButton("Copy report")
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(words)
        column.addWidget(self.rescued)
        column.addWidget(self.report, 1)
        column.addWidget(buttons)
        buttons.rejected.connect(self.reject)
        self.copy_button.clicked.connect(self._copy)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.report.toPlainText())
