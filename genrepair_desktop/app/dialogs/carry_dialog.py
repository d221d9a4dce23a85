"""Tone and grain of another photo: choose it, see what comes of it, say how much."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from genrepair_desktop.app import ask
from genrepair_desktop.app.dialogs.carry_session import CarrySession
from genrepair_desktop.app.widgets.elided_label import ElidedLabel
from genrepair_desktop.app.widgets.preview_pane import PreviewPane
from genrepair_desktop.imaging.codecs import READABLE_SUFFIXES

_FILTERS = ("Photos (" + " ".join(f"*{s} *{s.upper()}" for s in READABLE_SUFFIXES) + ")", "All files (*)")
_EXPLANATION = (
    "For photos that should look alike, such as those of one album: brightness, contrast and colour come from the "
    "other photo, and as much of its film grain as this one lacks. What the photo shows stays as it is."
)
_TICKS = 100


class CarryDialog(QDialog):
    """Reads and writes a ``CarrySession``. Accepted: the change was started."""

    def __init__(self, session: CarrySession, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Tone and grain of another photo")
        self.setAcceptDrops(True)
        self._session = session
        self.choose_button = QPushButton("Choose a photo…")
        self.choose_button.setToolTip("The photo that this one is to look like; it may also be dropped here")
        self.name = ElidedLabel("")
        self.name.setObjectName("quiet")
        self.tone = _slider("Tone", "How much of its brightness, contrast and colour")
        self.grain = _slider("Grain", "How much of the grain that it has and this photo lacks; seen at 100 %")
        self.values = {slider: QLabel() for slider in (self.tone, self.grain)}
        self.other = PreviewPane("The other photo", (200, 150))
        self.whole = PreviewPane("This photo as it would be", (320, 260))
        self.detail = PreviewPane("The middle of this photo, at 100 %", (200, 150), is_exact=True)
        self.line = QLabel()
        self.line.setWordWrap(True)
        self.line.setTextFormat(Qt.TextFormat.PlainText)
        self.apply_button = QPushButton("Apply")
        self.apply_button.setObjectName("primary")
        self.apply_button.setToolTip("One step, which can be undone")
        self.cancel_button = QPushButton("Cancel")
        self._lay_out()
        self.choose_button.clicked.connect(self._on_choose)
        self.tone.valueChanged.connect(self._on_tone)
        self.grain.valueChanged.connect(self._on_grain)
        self.apply_button.clicked.connect(self._on_apply)
        self.cancel_button.clicked.connect(self.reject)
        session.changed.connect(self.refresh)
        self.refresh()

    def done(self, result: int) -> None:
        """Closing gives up what is still being looked at."""
        self._session.cancel()
        super().done(result)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self._session.choose(paths[0])
        event.acceptProposedAction()

    def refresh(self) -> None:
        """Show the other photo, and what would come of it."""
        session, preview = self._session, self._session.preview
        self.name.setText(session.path.name if session.path is not None else "No photo is chosen yet.")
        self.other.show_pixels(preview.other if preview is not None else None)
        self.whole.show_pixels(preview.whole if preview is not None else None)
        self.detail.show_pixels(preview.detail if preview is not None else None)
        for slider, amount in ((self.tone, session.tone), (self.grain, session.grain)):
            slider.setEnabled(preview is not None)
            self.values[slider].setText(f"{amount:.0%}")
        self.apply_button.setEnabled(session.can_apply)
        self.line.setText(self._words())

    def _words(self) -> str:
        session = self._session
        if session.problem:
            return session.problem
        if session.preview is None:
            return "Looking at both photos…" if session.is_looking else "Which photo is this one to look like?"
        words = "The whole photo will be changed; what is marked stays marked."
        if not session.has_colour:
            words += " Its file holds no colour, so it takes brightness, contrast and grain alone."
        return words

    def _lay_out(self) -> None:
        explanation = QLabel(_EXPLANATION)
        explanation.setObjectName("quiet")
        explanation.setWordWrap(True)
        head = QHBoxLayout()
        head.addWidget(self.choose_button)
        head.addWidget(self.name, 1)
        side = QVBoxLayout()
        for title, pane in (("The other photo", self.other), ("This one, its middle at 100 %", self.detail)):
            side.addWidget(_quiet(title))
            side.addWidget(pane, 1)
        shown = QVBoxLayout()
        shown.addWidget(_quiet("This one as it would be"))
        shown.addWidget(self.whole, 1)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addLayout(shown, 3)
        middle.addLayout(side, 2)
        amounts = QGridLayout()
        amounts.setHorizontalSpacing(12)
        for row, (title, slider) in enumerate((("Tone", self.tone), ("Grain", self.grain))):
            label = QLabel(title)
            label.setBuddy(slider)
            self.values[slider].setObjectName("fieldValue")
            self.values[slider].setMinimumWidth(44)
            for place, part in enumerate((label, slider, self.values[slider])):
                amounts.addWidget(part, row, place)
        foot = QHBoxLayout()
        foot.addWidget(self.line, 1)
        for button in (self.cancel_button, self.apply_button):
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(explanation)
        column.addLayout(head)
        column.addLayout(middle, 1)
        column.addLayout(amounts)
        column.addLayout(foot)
        self.resize(860, 620)

    def _on_choose(self) -> None:
        path = ask.open_file(self, "The photo to look like", self._session.last_folder, _FILTERS)
        if path is not None:
            self._session.choose(path)

    def _on_tone(self, value: int) -> None:
        self._session.set_amounts(tone=value / _TICKS)

    def _on_grain(self, value: int) -> None:
        self._session.set_amounts(grain=value / _TICKS)

    def _on_apply(self) -> None:
        if self._session.apply():
            self.accept()


def _slider(name: str, help: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setRange(0, _TICKS)
    slider.setValue(_TICKS)
    slider.setAccessibleName(name)
    slider.setToolTip(help)
    return slider


def _quiet(words: str) -> QLabel:
    label = QLabel(words)
    label.setObjectName("quiet")
    return label
