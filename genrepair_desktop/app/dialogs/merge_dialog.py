"""Merge copies: other scans or prints of the open photo fill its damage, after a look at what each gives."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
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

from genrepair_desktop.app import ask, texts
from genrepair_desktop.app.dialogs.merge_session import COLOURS, CopyFile, Damage, MergeSession
from genrepair_desktop.app.widgets.elided_label import ElidedLabel
from genrepair_desktop.app.widgets.preview_pane import PreviewPane
from genrepair_desktop.imaging.codecs import READABLE_SUFFIXES
from genrepair_desktop.imaging.masks import label_holes

_FILTERS = ("Photos (" + " ".join(f"*{s} *{s.upper()}" for s in READABLE_SUFFIXES) + ")", "All files (*)")
_MASK_FILTERS = ("Mask pictures (*.png *.PNG *.tif *.tiff *.bmp)", "All files (*)")
_DAMAGE: tuple[tuple[str, Damage], ...] = (
    ("Look for its damage", "find"),
    ("It has no damage", "none"),
    ("Mask from a file…", "file"),
)
_EXPLANATION = (
    "Another scan or print of the same picture shows what is damaged here. Each copy is aligned with the photo and "
    "brought to its tones; only what is marked in the photo is taken from it, and only where the copy is sound."
)


class MergeDialog(QDialog):
    """Reads and writes a ``MergeSession``. Accepted: the merge was started."""

    def __init__(self, session: MergeSession, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Merge copies")
        self.setAcceptDrops(True)
        self._session = session
        self._files: tuple[CopyFile, ...] | None = None
        self.states: list[QLabel] = []
        self.damages: list[QComboBox] = []
        self.removes: list[QPushButton] = []
        self.add_button = QPushButton("Add copies…")
        self.add_button.setToolTip("Choose one or more files; they may also be dropped here")
        self.tint = QCheckBox("Show which copy gives what")
        self.tint.setChecked(True)
        self.tint.setToolTip("Each copy in the colour of its number; amber is what no copy shows")
        self.preview = PreviewPane("Preview of the merged photo", (280, 220))
        self.line = QLabel()
        self.line.setWordWrap(True)
        self.line.setTextFormat(Qt.TextFormat.PlainText)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Progress of the alignment")
        self.merge_button = QPushButton("Merge")
        self.merge_button.setObjectName("primary")
        self.merge_button.setToolTip("One step, which can be undone; what no copy shows stays marked")
        self.cancel_button = QPushButton("Cancel")
        self._list = QScrollArea()
        self._list.setWidgetResizable(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._lay_out()
        self.add_button.clicked.connect(self._on_add)
        self.tint.toggled.connect(self.refresh)
        self.merge_button.clicked.connect(self._on_merge)
        self.cancel_button.clicked.connect(self.reject)
        session.changed.connect(self.refresh)
        self.refresh()

    def done(self, result: int) -> None:
        """Closing gives up an alignment that still runs."""
        self._session.cancel()
        super().done(result)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and not self._session.obstacle:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self._session.add([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])
        event.acceptProposedAction()

    def refresh(self) -> None:
        """Show the copies, what each gives, and what would come of it."""
        session = self._session
        if session.files != self._files:
            self._files = session.files
            self._list.setWidget(self._rows(session.files))
        for place, state in enumerate(self.states):
            state.setText(self._state(place))
        self.preview.show_pixels(session.sources if self.tint.isChecked() else session.merged)
        self.tint.setEnabled(session.plan is not None)
        self.add_button.setEnabled(not session.obstacle)
        self.merge_button.setEnabled(session.plan is not None)
        self.progress.setVisible(session.is_running)
        self.progress.setValue(round(1000 * session.progress.fraction) if session.progress is not None else 0)
        self.line.setText(self._words())

    def _words(self) -> str:
        session = self._session
        if session.obstacle or session.problem:
            return session.obstacle or session.problem
        if session.is_running:
            return "Aligning the copies…"
        if session.plan is None:
            return "Add the other scans or prints of this picture."
        taken, left = (int(np.count_nonzero(part)) for part in (session.plan.taken, session.plan.left))
        share = taken / max(1, taken + left)
        words = f"The copies give {share:.0%} of what is marked ({taken:,} pixels)."
        if not session.plan.recipe.can_be_kept:
            words += " That is more than a record holds: the step can be undone, but not replayed elsewhere."
        if not left:
            return words
        holes = texts.places(len(label_holes(session.plan.left)[1]))
        return f"{words} {holes} that no copy shows will stay marked, for Repair."

    def _state(self, place: int) -> str:
        given = self._session.given(place)
        if given is None:
            return ""
        if not given.is_used:
            return "Left out: it does not show the same picture."
        fit = "Lies well on the photo" if given.likeness >= 0.8 else "Lies on the photo, but differs"
        return f"{fit} ({given.likeness:.0%} alike), gives {given.pixels:,} pixels."

    def _lay_out(self) -> None:
        explanation = QLabel(_EXPLANATION)
        explanation.setObjectName("quiet")
        explanation.setWordWrap(True)
        side = QVBoxLayout()
        side.addWidget(self._list, 1)
        side.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)
        shown = QVBoxLayout()
        shown.addWidget(self.preview, 1)
        shown.addWidget(self.tint, 0, Qt.AlignmentFlag.AlignHCenter)
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addLayout(side, 2)
        middle.addLayout(shown, 3)
        foot = QHBoxLayout()
        foot.addWidget(self.line, 1)
        for button in (self.cancel_button, self.merge_button):
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(explanation)
        column.addLayout(middle, 1)
        column.addWidget(self.progress)
        column.addLayout(foot)
        self.resize(900, 560)

    def _rows(self, files: tuple[CopyFile, ...]) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(14)
        self.states, self.damages, self.removes = [], [], []
        for place, one in enumerate(files):
            column.addLayout(self._row(place, one))
        column.addStretch(1)
        return body

    def _row(self, place: int, one: CopyFile) -> QGridLayout:
        row = QGridLayout()
        row.setVerticalSpacing(4)
        name = ElidedLabel(one.path.name)
        name.setToolTip(str(one.path))
        damage = QComboBox()
        damage.setAccessibleName(f"Damage of copy {place + 1}, {one.path.name}")
        for title, kind in _DAMAGE:
            shown = f"Mask: {one.mask.name}" if kind == "file" and one.mask is not None else title
            damage.addItem(shown, kind)
        damage.setCurrentIndex(next(i for i, (_, kind) in enumerate(_DAMAGE) if kind == one.damage))
        damage.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        damage.setProperty("place", place)
        damage.activated.connect(self._on_damage)
        remove = QPushButton("Remove")
        remove.setAccessibleName(f"Remove copy {place + 1}, {one.path.name}")
        remove.setProperty("place", place)
        remove.clicked.connect(self._on_remove)
        state = QLabel()
        state.setObjectName("quiet")
        state.setWordWrap(True)
        row.addWidget(_number(place), 0, 0)
        row.addWidget(name, 0, 1, 1, 2)
        row.addWidget(damage, 1, 1)
        row.addWidget(remove, 1, 2)
        row.addWidget(state, 2, 1, 1, 2)
        row.setColumnStretch(1, 1)
        self.states.append(state)
        self.damages.append(damage)
        self.removes.append(remove)
        return row

    def _on_add(self) -> None:
        self._session.add(ask.open_files(self, "Add copies", self._session.last_folder, _FILTERS))

    def _on_remove(self) -> None:
        self._session.remove(int(self.sender().property("place")))

    def _on_damage(self, index: int) -> None:
        place = int(self.sender().property("place"))
        kind = _DAMAGE[index][1]
        mask = None
        if kind == "file":
            mask = ask.open_file(self, "Mask of this copy", str(self._session.files[place].path.parent), _MASK_FILTERS)
            if mask is None:
                now = self._session.files[place].damage
                with QSignalBlocker(self.damages[place]):
                    self.damages[place].setCurrentIndex(next(i for i, (_, k) in enumerate(_DAMAGE) if k == now))
                return
        self._session.set_damage(place, kind, mask)

    def _on_merge(self) -> None:
        if self._session.apply():
            self.accept()


def _number(place: int) -> QLabel:
    """The copy's number on its colour."""
    colour = QColor(*COLOURS[place % len(COLOURS)])
    side = 20
    label = QLabel()
    ratio = label.devicePixelRatioF()
    picture = QPixmap(QSize(round(side * ratio), round(side * ratio)))
    picture.setDevicePixelRatio(ratio)
    picture.fill(colour)
    painter = QPainter(picture)
    painter.setPen(QColor("black" if colour.lightnessF() > 0.45 else "white"))
    painter.drawText(0, 0, side, side, int(Qt.AlignmentFlag.AlignCenter), str(place + 1))
    painter.end()
    label.setPixmap(picture)
    label.setFixedSize(side, side)
    label.setAccessibleName(f"Copy {place + 1}")
    return label
