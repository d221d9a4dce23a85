"""The one primary button, whose words say what pressing it will do, and the line under it."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from genrepair_desktop.app import texts
from genrepair_desktop.app.workbench import Sessions


class RepairButton(QWidget):
    """Repairs, and cancels while a repair runs. The progress and what a repair changed stand under it."""

    def __init__(self, sessions: Sessions) -> None:
        super().__init__()
        self._session, self._mask, self._repair = sessions.session, sessions.mask, sessions.repair
        self._damage, self._settling = sessions.damage, sessions.settling
        session, mask, repair = self._session, self._mask, self._repair
        self.button = QPushButton()
        self.button.setObjectName("primary")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Repair progress")
        self.line = QLabel()
        self.line.setObjectName("quiet")
        self.line.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for part in (self.button, self.progress, self.line):
            column.addWidget(part)
        self.button.clicked.connect(self._on_clicked)
        mask.facts_changed.connect(self.refresh)
        repair.choice_changed.connect(self.refresh)
        repair.running_changed.connect(self.refresh)
        repair.applied_changed.connect(self.refresh)
        sessions.damage.changed.connect(self.refresh)
        session.opened.connect(self.refresh)
        # once after a burst of changes: a repair of a large photo is laid in by hundreds of tiles
        self._allow_timer = QTimer(self, singleShot=True, interval=0)
        self._allow_timer.timeout.connect(self._allow)
        session.changed.connect(self._allow_soon)
        self.refresh()

    @property
    def treats_whole(self) -> bool:
        """True when the chosen method would treat the whole picture."""
        return self._repair.spec.task != "fill" and not self.has_marks

    @property
    def has_marks(self) -> bool:
        """True when something is marked, or found and shown as if it were."""
        return self._mask.has_mask or self._damage.has_suggestion

    def refresh(self) -> None:
        """Say what is true now."""
        is_running = self._repair.is_running
        facts = self._mask.facts
        is_stopping = self._repair.is_stopping
        if is_running:
            words = "Stopping…" if is_stopping else "Cancel"
        else:
            words = texts.button_title(
                self._repair.choice.method,
                count=facts.places if facts and not self._damage.has_suggestion else None,
                is_whole=self.treats_whole,
            )
        self.button.setText(words)
        self.button.setToolTip(
            "Stop; the photo stays as it was (Esc)" if is_running else "Repair what is marked (Ctrl+Enter)"
        )
        can_repair = self._session.document is not None and (self.has_marks or self.treats_whole)
        self.button.setEnabled(not is_stopping and (is_running or can_repair))
        if self.button.property("isBusy") != is_running:
            self.button.setProperty("isBusy", is_running)
            self.button.style().unpolish(self.button)
            self.button.style().polish(self.button)
        self._show_line(is_running)

    def _show_line(self, is_running: bool) -> None:
        progress = self._repair.progress
        self.progress.setVisible(is_running)
        self.progress.setValue(round(1000 * progress.fraction) if progress is not None else 0)
        if is_running:
            words = texts.stage_title(progress.stage if progress is not None else "")
            if progress is not None and progress.seconds_left is not None:
                words += f", {texts.duration(progress.seconds_left)} left"
            self.line.setText(words)
        elif self._repair.applied is not None:
            self.line.setText(texts.changed_sentence(self._repair.applied.changed).capitalize() + ".")
        else:
            self.line.clear()
        self.line.setVisible(bool(self.line.text()))

    def _allow_soon(self) -> None:
        self._allow_timer.start()

    def _allow(self) -> None:
        """The mask is measured a moment after the last stroke; what can be done is told at once."""
        if not self._repair.is_running:
            has_work = self.has_marks or self.treats_whole
            self.button.setEnabled(self._session.document is not None and has_work)

    def _on_clicked(self) -> None:
        if self._repair.is_running:
            self._repair.cancel()
        else:
            self._settling.settle()
            self._settling.then(self._repair.repair)
