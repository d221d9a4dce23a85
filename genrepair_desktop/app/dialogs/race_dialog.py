"""Compare methods: a contact sheet of what each made of hidden parts of this photo, with its scores."""

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from genrepair_desktop.app import texts
from genrepair_desktop.app.canvas.qimage import to_qimage
from genrepair_desktop.app.editor.race_session import RaceSession
from genrepair_desktop.imaging.arrays import Mask, Pixels, full_scale, has_alpha
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.masks import bounds_of
from genrepair_desktop.repair.race import Entry, Place, Race

_SIDE = 112
_MARGIN = 12
_AMBER = (1.0, 0.69, 0.0)
_EXPLANATION = (
    "Sound parts of this photo near the damage are hidden under the same shape, repaired by every method, and held "
    "against the truth. The method that did best stands first; look at its pictures before you take it."
)
# the words of a person, the paper's in the tooltip
_SCORES = (
    ("Closeness", "PSNR in decibels: how close the pixels come. Higher is better; smooth answers are favoured"),
    ("Likeness", "SSIM, up to 1: how alike the structures are. Higher is better; smooth answers are favoured"),
    ("Grain off", "Distance between the textures: how unlike grain and fine detail are. Lower is better"),
    ("Time", "For all hidden places together"),
)


class RaceDialog(QDialog):
    """Starts the race when shown; not modal, so the photo stays in reach."""

    def __init__(self, session: RaceSession, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Compare methods")
        self._session = session
        self.use_buttons: dict[str, QPushButton] = {}
        explanation = QLabel(_EXPLANATION)
        explanation.setObjectName("quiet")
        explanation.setWordWrap(True)
        self.line = QLabel()
        self.line.setWordWrap(True)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the comparison")
        self.sheet = QScrollArea()
        self.sheet.setWidgetResizable(True)
        self.cancel_button = QPushButton("Cancel")
        self.again_button = QPushButton("Again")
        self.close_button = QPushButton("Close")
        self.close_button.setAutoDefault(False)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.line, 1)
        for button in (self.again_button, self.cancel_button, self.close_button):
            button.setAutoDefault(False)
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(explanation)
        column.addWidget(self.progress)
        column.addWidget(self.sheet, 1)
        column.addLayout(foot)
        self.resize(960, 640)
        self.again_button.clicked.connect(session.start)
        self.cancel_button.clicked.connect(session.cancel)
        self.close_button.clicked.connect(self.reject)
        session.changed.connect(self.refresh)
        self._shown: Race | None = None
        self.refresh()

    def done(self, result: int) -> None:
        """Closing gives up a race that still runs."""
        self._session.cancel()
        super().done(result)

    def refresh(self) -> None:
        """Show how far the race is, or how it ended."""
        session = self._session
        progress = session.progress
        self.progress.setVisible(session.is_running)
        self.progress.setValue(round(1000 * progress.fraction) if progress is not None else 0)
        self.cancel_button.setVisible(session.is_running)
        self.again_button.setVisible(not session.is_running)
        if session.is_running:
            left = progress.seconds_left if progress is not None else None
            self.line.setText("Comparing" + (f", {texts.duration(left)} left" if left is not None else "…"))
        elif session.problem:
            self.line.setText(session.problem)
        elif session.race is not None:
            winner = texts.method_title(session.race.winner.method)
            best = f"Best here: {winner}, over {texts.places(len(session.race.places))}."
            self.line.setText(" ".join(filter(None, (best, session.race.doubt))))
        else:
            self.line.setText("Cancelled." if self._shown is None else "")
        if session.race is not self._shown and session.race is not None:
            self._shown = session.race
            self.sheet.setWidget(self._sheet(session.race))

    def _sheet(self, race: Race) -> QWidget:
        sheet = QWidget()
        grid = QGridLayout(sheet)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(10)
        shown = min(len(race.places), 3)
        for column, (title, help) in enumerate((("Method", ""), *_SCORES)):
            head = _quiet(title)
            head.setToolTip(help)
            grid.addWidget(head, 0, column)
        grid.addWidget(_quiet("What it made of the hidden places"), 0, len(_SCORES) + 1, 1, shown)
        grid.addWidget(QLabel("The photo itself"), 1, 0)
        for place in range(shown):
            picture = _picture(race.truths[place], race.places[place], is_tinted=True)
            grid.addWidget(picture, 1, len(_SCORES) + 1 + place)
        for row, entry in enumerate(race.entries, start=2):
            self._add_entry(grid, row, entry, race, shown)
        grid.setColumnStretch(len(_SCORES) + 1 + shown, 1)
        grid.setRowStretch(len(race.entries) + 2, 1)
        return sheet

    def _add_entry(self, grid: QGridLayout, row: int, entry: Entry, race: Race, shown: int) -> None:
        name = QLabel(texts.method_title(entry.method))
        name.setToolTip(texts.method_help(entry.method))
        if row == 2:
            name.setObjectName("sectionTitle")
        grid.addWidget(name, row, 0)
        if entry.problem:
            words = _quiet(entry.problem)
            words.setWordWrap(True)
            grid.addWidget(words, row, 1, 1, len(_SCORES) + shown)
            return
        scores = (
            f"{entry.psnr:.1f} dB",
            f"{entry.ssim:.3f}",
            f"{entry.texture:.4f}",
            f"{entry.seconds:.2f} s",
        )
        for column, words in enumerate(scores, start=1):
            grid.addWidget(QLabel(words), row, column)
        for place in range(shown):
            grid.addWidget(_picture(entry.fills[place], race.places[place]), row, len(_SCORES) + 1 + place)
        button = QPushButton("Use this")
        button.setAutoDefault(False)
        if row == 2:
            button.setObjectName("primary")
        button.setAccessibleName(f"Use {texts.method_title(entry.method)}")
        button.setProperty("method", entry.method)
        button.clicked.connect(self._on_use)
        self.use_buttons[entry.method] = button
        grid.addWidget(
            button, row, len(_SCORES) + 1 + shown, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )

    def _on_use(self) -> None:
        sender = self.sender()
        if sender is not None:
            self._session.choose(str(sender.property("method")))
            self.accept()


def _quiet(words: str) -> QLabel:
    label = QLabel(words)
    label.setObjectName("quiet")
    return label


def _picture(pixels: Pixels, place: Place, *, is_tinted: bool = False) -> QLabel:
    """The hidden part and a little around it; tinted where it was hidden."""
    window = bounds_of(place.hidden).grown(_MARGIN).intersect(Rect.of_shape(pixels.shape)).slices
    part = pixels[window]
    image = to_qimage(_tinted(part, place.hidden[window]) if is_tinted else part)
    label = QLabel()
    label.setFixedSize(QSize(_SIDE, _SIDE))
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setPixmap(
        QPixmap.fromImage(
            image.scaled(
                QSize(_SIDE, _SIDE), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        )
    )
    return label


def _tinted(pixels: Pixels, hidden: Mask) -> Pixels:
    """The picture with what was hidden tinted amber."""
    shown = pixels.astype(np.float32)
    colours = shown.shape[2] - (1 if has_alpha(pixels) else 0)
    amber = np.array(_AMBER[:colours] if colours == 3 else [0.7], np.float32) * full_scale(pixels)
    shown[hidden, :colours] = 0.4 * shown[hidden, :colours] + 0.6 * amber
    return shown.astype(pixels.dtype)
