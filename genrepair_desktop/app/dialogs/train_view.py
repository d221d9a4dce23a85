"""One training to look at: how far it is, its curves, the newest sheet of samples, and what came of it."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImageReader, QPixmap, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from genrepair_desktop.app import texts
from genrepair_desktop.app.dialogs.train_curve import CurveWidget
from genrepair_desktop.app.dialogs.train_follow import Follower, State, is_better, scores_of
from genrepair_desktop.app.dialogs.train_recipes import recipe_title
from genrepair_desktop.app.theme import Theme

_STATES: dict[State, str] = {
    "starting": "Getting ready: reading the photographs",
    "preparing": "Looking for faces in the photographs",
    "running": "Training",
    "stopping": "Stopping: keeping what was learned so far",
    "comparing": "Trained; now measured against the model it began from",
    "stopped": "Stopped; it can go on from here",
    "done": "Finished",
    "failed": "Ended early",
}
_FIGURES = {"loss": "Loss", "generator": "Loss of the generator", "nats": "Nats", "psnr": "Likeness of copies, dB"}


class TrainView(QWidget):
    """Shows a ``Follower``; its buttons only ask.

    stop_asked, resume_asked, use_asked, delete_asked  what the user wants with the training shown
    """

    stop_asked = Signal()
    resume_asked = Signal()
    use_asked = Signal()
    delete_asked = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._make_labels()
        self.loss_curve = CurveWidget(theme)
        self.score_curve = CurveWidget(theme)
        self.sheet = SheetView()
        self.stop_button = QPushButton("Stop")
        self.stop_button.setToolTip("Ends at the next step and keeps what was learned; it can go on later")
        self.resume_button = QPushButton("Go on")
        self.use_button = QPushButton("Use the new model")
        self.delete_button = QPushButton("Delete")
        self.delete_button.setToolTip("Deletes this training's files; a model that is in use stays")
        self._lay_out()
        self.stop_button.clicked.connect(self.stop_asked)
        self.resume_button.clicked.connect(self.resume_asked)
        self.use_button.clicked.connect(self.use_asked)
        self.delete_button.clicked.connect(self.delete_asked)

    def show_run(self, follower: Follower, *, is_installing: bool, in_use: bool) -> None:
        """Everything that is known of a training now."""
        state = follower.state
        self.title.setText(follower.name)
        minutes = texts.duration(follower.run.minutes * 60)
        self.subtitle.setText(f"{recipe_title(follower.run.recipe)}  ·  {minutes} of training")
        self.state.setText(follower.problem or _STATES[state])
        self.state.setObjectName("hintLine" if follower.problem else "")
        self.state.setMargin(8 if follower.problem else 0)
        _polish(self.state)
        self._show_bar(follower, state)
        self.figures.setText(figures_of(follower))
        self.figures.setVisible(bool(follower.step))
        name = _FIGURES.get(follower.loss_name, follower.loss_name.replace("_", " ") or "Loss")
        self.loss_curve.show_series(f"{name} while training", follower.loss)
        self.score_curve.show_series("Score on held-out pictures, higher is better", follower.scores)
        self.sheet.follow(str(follower.sheet))
        self._show_result(follower, in_use=in_use)
        self._show_buttons(follower, is_installing=is_installing, in_use=in_use)

    def _make_labels(self) -> None:
        self.title, self.subtitle, self.state = QLabel(), QLabel(), QLabel()
        self.title.setObjectName("emptyTitle")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.subtitle.setObjectName("quiet")
        self.state.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the training")
        self.figures, self.result = QLabel(), QLabel()
        self.figures.setObjectName("quiet")
        self.result.setWordWrap(True)
        self.result.setObjectName("hintLine")
        self.result.setMargin(8)

    def _lay_out(self) -> None:
        plots = QGridLayout()
        plots.setSpacing(12)
        plots.addWidget(self.loss_curve, 0, 0)
        plots.addWidget(self.score_curve, 1, 0)
        plots.addWidget(self.sheet, 0, 1, 2, 1)
        plots.setColumnStretch(0, 3)
        plots.setColumnStretch(1, 2)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.delete_button)
        foot.addStretch(1)
        for button in (self.stop_button, self.resume_button, self.use_button):
            foot.addWidget(button)
        for button in (self.delete_button, self.stop_button, self.resume_button, self.use_button):
            button.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 0, 0, 0)
        column.setSpacing(10)
        for part in (self.title, self.subtitle, self.state, self.bar, self.figures):
            column.addWidget(part)
        column.addLayout(plots, 1)
        column.addWidget(self.result)
        column.addLayout(foot)

    def _show_bar(self, follower: Follower, state: State) -> None:
        is_unknown = state in ("starting", "comparing", "stopping")
        self.bar.setRange(0, 0 if is_unknown else 1000)
        fraction = follower.preparing if state == "preparing" else float(follower.step.get("fraction") or 0.0)
        if not is_unknown:
            self.bar.setValue(1000 if state == "done" else round(1000 * min(1.0, fraction)))
        self.bar.setVisible(state != "failed")

    def _show_result(self, follower: Follower, *, in_use: bool) -> None:
        words = result_sentence(follower)
        if in_use:
            words += "\nIt is in use now; under “Tools, Models” you can go back."
        self.result.setText(words.strip())
        self.result.setVisible(bool(words) and not follower.is_active)

    def _show_buttons(self, follower: Follower, *, is_installing: bool, in_use: bool) -> None:
        state, is_active = follower.state, follower.is_active
        self.stop_button.setVisible(is_active)
        self.stop_button.setEnabled(state in ("starting", "preparing", "running"))
        self.resume_button.setVisible(follower.can_resume or state == "done")
        self.resume_button.setText("Train as long again" if state == "done" else "Go on")
        can_use = not is_active and follower.has_weights and state != "failed"
        self.use_button.setVisible(can_use)
        self.use_button.setEnabled(not is_installing and not in_use)
        self.use_button.setText("Installing…" if is_installing else "In use" if in_use else "Use the new model")
        verdict = is_better(follower.comparison) if follower.comparison else None
        self.use_button.setObjectName("" if verdict is False else "primary")
        _polish(self.use_button)
        self.delete_button.setVisible(not is_active)


class SheetView(QLabel):
    """The newest sheet of samples, as large as there is room; read again when the file was changed."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(QSize(180, 200))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setObjectName("quiet")
        self._stamp: tuple[str, int] = ("", 0)
        self._picture = QPixmap()
        self._fit()

    def follow(self, path: str) -> None:
        """Show the file's picture, if there is a new one."""
        file = Path(path)
        stamp = (path, file.stat().st_mtime_ns if file.exists() else 0)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        self._picture = QPixmap.fromImage(QImageReader(path).read()) if stamp[1] else QPixmap()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._picture.isNull():
            self.setText("Samples appear here\nwith the first checkpoint")
            self.setAccessibleName("Samples: none yet")
            return
        ratio = self.devicePixelRatioF()
        fitted = self._picture.scaled(
            self.size() * ratio, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        fitted.setDevicePixelRatio(ratio)
        self.setPixmap(fitted)
        self.setAccessibleName("Newest samples of the training")


def figures_of(follower: Follower) -> str:
    """Rate, time left, threads and steps, in one line."""
    step = follower.step
    if not step:
        return ""
    parts = [f"{float(step.get('images_per_s') or 0):,.0f} pictures a second"]
    eta = step.get("eta_s")
    if isinstance(eta, int | float) and follower.state == "running":
        parts.append(f"{texts.duration(float(eta))} left")
    threads = step.get("threads")
    if isinstance(threads, int):
        parts.append("1 thread" if threads == 1 else f"{threads} threads")
    parts.append(f"step {int(step.get('step') or 0):,}")
    waiting = float(step.get("wait_share") or 0.0)
    if waiting >= 0.1:
        parts.append(f"{waiting:.0%} of the time waiting for pictures")
    return "  ·  ".join(parts)


def result_sentence(follower: Follower) -> str:
    """What the comparison at the end found; empty while there is nothing to say."""
    if follower.comparison is None:
        has_end = follower.state == "done" and follower.has_weights
        return "There was no installed model to compare with: look at the samples." if has_end else ""
    scores = scores_of(follower.comparison)
    if scores is None:
        return ""
    before, after = scores
    verdict = "better" if is_better(follower.comparison) else "not better: keep the old one"
    count = follower.comparison.get("pictures")
    pictures = f"{count} pictures" if isinstance(count, int) and count > 1 else "pictures"
    return (
        f"On {pictures} of your folder that were held back, the score was {before:.3f} before and is {after:.3f} now: "
        f"the new model is {verdict}."
    )


def _polish(widget: QWidget) -> None:
    """Let the style sheet see another object name."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
