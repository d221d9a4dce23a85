"""Train a model: a new training at the left's top, the others below it; closing the dialog stops none of them."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from genrepair_desktop.app import ask
from genrepair_desktop.app.dialogs.train_follow import Follower
from genrepair_desktop.app.dialogs.train_form import TrainForm
from genrepair_desktop.app.dialogs.train_session import TrainSession
from genrepair_desktop.app.dialogs.train_view import TrainView
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.errors import GenRepairError

_MARKS = {"running": "training", "done": "finished", "failed": "ended early", "stopped": "stopped"}


class TrainDialog(QDialog):
    """Reads a ``TrainSession`` and sends it what the user wants.

    models_changed  another model is in use
    """

    models_changed = Signal()

    def __init__(self, session: TrainSession, place: Path, theme: Theme, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Train a model")
        self._session = session
        self.list = QListWidget()
        self.list.setAccessibleName("Trainings")
        self.list.setFixedWidth(220)
        self.form = TrainForm(place)
        self.view = TrainView(theme)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.form)
        self.pages.addWidget(self.view)
        self.close_button = QPushButton("Close")
        self.close_button.setAutoDefault(False)
        self.close_button.setToolTip("Running trainings go on")
        body = QHBoxLayout()
        body.setSpacing(8)
        body.addWidget(self.list)
        body.addWidget(self.pages, 1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(body, 1)
        column.addLayout(foot)
        self.resize(980, 640)
        self._connect()
        session.find()
        self.refresh()
        self.list.setCurrentRow(1 if session.has_active else 0)

    @property
    def shown(self) -> Follower | None:
        """The training that is looked at; None on the page of a new one."""
        item = self.list.currentItem()
        folder = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return next((f for f in self._session.runs if str(f.folder) == folder), None)

    def done(self, result: int) -> None:
        """Running trainings go on."""
        self.form.give_up()
        super().done(result)

    def refresh(self) -> None:
        """Show what is new of the trainings."""
        runs = self._session.runs
        with QSignalBlocker(self.list):
            self._fill_list(runs)
        follower = self.shown
        if follower is not None:
            in_use = self.form.made_by(follower)
            self.view.show_run(follower, is_installing=self._session.is_installing, in_use=in_use)
        self.pages.setCurrentWidget(self.form if follower is None else self.view)

    def _connect(self) -> None:
        self.list.currentRowChanged.connect(self.refresh)
        self.close_button.clicked.connect(self.reject)
        self.form.start_asked.connect(self._on_start)
        self.view.stop_asked.connect(self._on_stop)
        self.view.resume_asked.connect(self._on_resume)
        self.view.use_asked.connect(self._on_use)
        self.view.delete_asked.connect(self._on_delete)
        self._session.changed.connect(self.refresh)
        self._session.installed.connect(self._on_installed)
        self._session.failed.connect(self._on_failed)

    def _fill_list(self, runs: list[Follower]) -> None:
        """Rows are changed in place, so that the selection stays where it is."""
        wanted = [("New training…", None)] + [(_line(f), str(f.folder)) for f in runs]
        chosen = self.list.currentItem()
        folder = chosen.data(Qt.ItemDataRole.UserRole) if chosen is not None else None
        while self.list.count() > len(wanted):
            self.list.takeItem(self.list.count() - 1)
        for row, (words, place) in enumerate(wanted):
            item = self.list.item(row) if row < self.list.count() else QListWidgetItem(self.list)
            item.setText(words)
            item.setData(Qt.ItemDataRole.UserRole, place)
            if place == folder:
                self.list.setCurrentRow(row)
        if folder is not None and folder not in {place for _, place in wanted}:
            self.list.setCurrentRow(0)

    def _do(self, work: Callable[[], None]) -> bool:
        """Run one of the session's works; what went wrong is said on the page."""
        try:
            work()
        except GenRepairError as error:
            self._on_failed(str(error))
            return False
        return True

    def _on_start(self) -> None:
        started: list[Follower] = []
        self.form.tell("")
        if self._do(lambda: started.append(self._session.start(self.form.order()))):
            self.form.name.setModified(False)
            self.form.suggest_name()
            self.list.setCurrentRow(1 + self._session.runs.index(started[0]))

    def _on_stop(self) -> None:
        follower = self.shown
        if follower is not None:
            self._do(lambda: self._session.stop(follower))

    def _on_resume(self) -> None:
        follower = self.shown
        if follower is not None:
            more = follower.run.minutes if follower.state == "done" else 0.0
            self._do(lambda: self._session.resume(follower, more=more))

    def _on_use(self) -> None:
        follower = self.shown
        if follower is not None:
            self._session.install(follower)

    def _on_delete(self) -> None:
        follower = self.shown
        question = "Delete this training with its checkpoint and samples? This cannot be undone."
        if follower is not None and ask.confirm(self, "Delete training", question, "Delete"):
            self._do(lambda: self._session.forget(follower))

    def _on_installed(self) -> None:
        self.form.refresh_models()
        self.models_changed.emit()
        self.refresh()

    def _on_failed(self, words: str) -> None:
        follower = self.shown
        if follower is None:
            self.form.tell(words)
        else:
            self.view.result.setText(words)
            self.view.result.show()


def _line(follower: Follower) -> str:
    state = follower.state
    words = _MARKS.get(state, state)
    fraction = follower.step.get("fraction")
    if state == "running" and isinstance(fraction, int | float):
        words = f"training, {fraction:.0%}"
    return f"{follower.name}\n{words}"
