"""Running and waiting work, each with its progress, its time left and a way to cancel it."""

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from genrepair_desktop.app import texts
from genrepair_desktop.app.engine_thread import JobDesk
from genrepair_desktop.app.icons import dress
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.elided_label import ElidedLabel
from genrepair_desktop.jobs.queue import (
    JobCancelled,
    JobEvent,
    JobFailed,
    JobFinished,
    JobId,
    JobProgress,
    JobQueued,
    JobStarted,
)


@dataclass
class JobRow:
    """The widgets of one job."""

    widget: QWidget
    title: QLabel
    line: QLabel
    bar: QProgressBar


class QueuePanel(QWidget):
    """Listens to the job desk.

    summary_changed  one line for the status bar; empty when nothing runs
    """

    summary_changed = Signal(str, int)

    def __init__(self, desk: JobDesk, theme: Theme) -> None:
        super().__init__()
        self._desk = desk
        self._theme = theme
        self.rows: dict[JobId, JobRow] = {}
        self._empty = QLabel("Nothing is running.")
        self._empty.setObjectName("quiet")
        self.cancel_all = QPushButton("Cancel all")
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        body = QWidget()
        inner = QVBoxLayout(body)
        inner.setContentsMargins(8, 8, 8, 8)
        inner.addWidget(self._empty)
        inner.addLayout(self._list)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(body)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.addWidget(scroll, 1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.setContentsMargins(8, 0, 8, 0)
        foot.addStretch(1)
        foot.addWidget(self.cancel_all)
        column.addLayout(foot)
        self.cancel_all.clicked.connect(desk.cancel_all)
        desk.job_event.connect(self._on_event)
        self._refresh()

    def _on_event(self, event: JobEvent) -> None:
        if isinstance(event, JobQueued):
            self._add(event)
        elif isinstance(event, JobStarted) and event.job in self.rows:
            self.rows[event.job].line.setText("Starting")
        elif isinstance(event, JobProgress) and event.job in self.rows:
            self._show_progress(self.rows[event.job], event)
        elif isinstance(event, JobFinished | JobFailed | JobCancelled):
            self._remove(event.job)
        self._refresh()

    def _add(self, event: JobQueued) -> None:
        row = JobRow(QWidget(), ElidedLabel(event.title), QLabel("Waiting"), QProgressBar())
        row.line.setObjectName("quiet")
        row.bar.setRange(0, 1000)
        row.bar.setTextVisible(False)
        row.bar.setAccessibleName(f"Progress of {event.title}")
        cancel = QToolButton()
        dress(cancel, "close", self._theme, side=14)
        cancel.setToolTip(f"Cancel: {event.title}")
        cancel.setAccessibleName(f"Cancel {event.title}")
        cancel.setProperty("job", event.job)
        cancel.clicked.connect(self._on_cancel)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(row.title)
        words.addWidget(row.bar)
        words.addWidget(row.line)
        line = QHBoxLayout(row.widget)
        line.setContentsMargins(0, 0, 0, 0)
        line.addLayout(words, 1)
        line.addWidget(cancel, 0, Qt.AlignmentFlag.AlignTop)
        self._list.addWidget(row.widget)
        self.rows[event.job] = row

    def _remove(self, job: JobId) -> None:
        row = self.rows.pop(job, None)
        if row is not None:
            self._list.removeWidget(row.widget)
            row.widget.hide()
            row.widget.deleteLater()

    def _show_progress(self, row: JobRow, event: JobProgress) -> None:
        row.bar.setValue(round(1000 * event.fraction))
        left = f", {texts.duration(event.seconds_left)} left" if event.seconds_left is not None else ""
        row.line.setText(f"{texts.stage_title(event.stage)}{left}")

    def _refresh(self) -> None:
        self._empty.setVisible(not self.rows)
        self.cancel_all.setEnabled(bool(self.rows))
        first = next(iter(self.rows.values()), None)
        if first is None:
            self.summary_changed.emit("", 0)
            return
        more = f", {len(self.rows) - 1} more waiting" if len(self.rows) > 1 else ""
        self.summary_changed.emit(f"{first.title.text()}: {first.line.text()}{more}", first.bar.value())

    def _on_cancel(self) -> None:
        sender = self.sender()
        if sender is not None:
            self._desk.cancel(sender.property("job"))
