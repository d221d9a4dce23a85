"""A walk: how many steps, there and back, the strip, and its film."""

from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QScrollArea, QSpinBox, QVBoxLayout, QWidget

from genrepair_desktop.app import ask
from genrepair_desktop.app.browser.fuse_tabs import hint_label
from genrepair_desktop.app.browser.shelf import thumbnail_of
from genrepair_desktop.app.browser.walk_session import MOST_STEPS, WalkSession
from genrepair_desktop.app.widgets.rows import with_margin

FILTERS = ("Film (*.gif)", "Film in full colour (*.apng)", "Strip (*.png)")
_SIDE = 72
_FRAME_MS = 80


class WalkTab(QWidget):
    """Reads and writes a ``WalkSession``.

    frame_shown  a picture of the way, while it is played; carries the picture
    """

    frame_shown = Signal(object)

    def __init__(self, walk: WalkSession) -> None:
        super().__init__()
        self._walk = walk
        self._frame = 0
        self.hint = hint_label()
        self.steps = QSpinBox()
        with_margin(self.steps)
        self.steps.setRange(2, MOST_STEPS)
        self.steps.setAccessibleName("Pictures on the way")
        self.steps.lineEdit().setAccessibleName("Pictures on the way")
        self.loop = QCheckBox("Back to the start")
        self.loop.setToolTip("Closes the way to a ring, for a film without an end")
        self.button = QPushButton("Walk")
        self.export_button = QPushButton("Export film or strip…")
        self.strip = QLabel()
        self.strip.setAccessibleName("Pictures on the way")
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._play)
        self._lay_out()
        self.steps.valueChanged.connect(self._on_steps)
        self.loop.toggled.connect(self._on_loop)
        self.button.clicked.connect(walk.walk)
        self.export_button.clicked.connect(self.export)
        walk.changed.connect(self.refresh)
        walk.walked.connect(self._on_walked)
        self.refresh()

    def refresh(self) -> None:
        """Show what can be done now."""
        walk = self._walk
        with QSignalBlocker(self.steps), QSignalBlocker(self.loop):
            self.steps.setValue(walk.steps)
            self.loop.setChecked(walk.is_loop)
        self.hint.setText(walk.problem)
        self.hint.setVisible(bool(walk.problem) and walk.pictures is None)
        self.button.setEnabled(not walk.problem and not walk.is_walking)
        self.button.setToolTip(walk.problem or "Make the pictures between the selected ones, in the order of choice")
        self.button.setText("Walking…" if walk.is_walking else "Walk")
        self.export_button.setEnabled(walk.pictures is not None)

    def set_playing(self, is_playing: bool) -> None:
        """Play the way in the large picture while somebody looks."""
        if is_playing and self._walk.pictures is not None:
            self._timer.start()
        else:
            self._timer.stop()

    def export(self) -> None:
        """Ask for a file and write the way to it."""
        target = ask.save_file(self, "Export the walk", Path("walk.gif"), FILTERS)
        if target is not None:
            self._walk.export(target)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        label = QLabel("Pictures")
        label.setBuddy(self.steps)
        for part in (label, self.steps, self.loop):
            head.addWidget(part)
        head.addStretch(1)
        # in a row of their own: in one they would be wider than the gallery above
        buttons = QHBoxLayout()
        buttons.addWidget(self.button)
        buttons.addWidget(self.export_button)
        buttons.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.strip)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 4)
        column.addLayout(head)
        column.addLayout(buttons)
        column.addWidget(self.hint)
        column.addWidget(scroll, 1)

    def _on_walked(self) -> None:
        pictures = self._walk.pictures
        if pictures is None:
            return
        images = [thumbnail_of(picture, _SIDE) for picture in pictures]
        pixmap = QPixmap(len(images) * (_SIDE + 2), _SIDE)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        for place, image in enumerate(images):
            painter.drawImage(place * (_SIDE + 2), 0, image)
        painter.end()
        self.strip.setPixmap(pixmap)
        self._frame = 0
        self.set_playing(self.isVisible())
        self.refresh()

    def _play(self) -> None:
        """There, and back again unless the way is a ring."""
        pictures = self._walk.pictures
        if pictures is None:
            return
        count = len(pictures)
        period = count if self._walk.is_loop else max(1, 2 * count - 2)
        self._frame = (self._frame + 1) % period
        self.frame_shown.emit(pictures[self._frame if self._frame < count else period - self._frame])

    def _on_steps(self, steps: int) -> None:
        self._walk.choose(steps=steps)

    def _on_loop(self, is_loop: bool) -> None:
        self._walk.choose(is_loop=is_loop)
