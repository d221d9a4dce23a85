"""Changing one picture: sliders for what can change in it, and the surface of another."""

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from genrepair_desktop.app.browser.fuse_tabs import hint_label
from genrepair_desktop.app.browser.push_session import DIRECTIONS, FARTHEST, MixSession, PushSession

_TICKS = 60


class PushTab(QWidget):
    """Reads and writes a ``PushSession``."""

    def __init__(self, push: PushSession) -> None:
        super().__init__()
        self._push = push
        self.hint = hint_label()
        self.sliders: list[QSlider] = []
        self.reset_button = QPushButton("Back to the picture")
        self._body = QWidget()
        grid = QGridLayout(self._body)
        grid.setContentsMargins(8, 4, 8, 4)
        grid.setHorizontalSpacing(12)
        for place in range(DIRECTIONS):
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setRange(-_TICKS, _TICKS)
            slider.setProperty("place", place)
            slider.setAccessibleName(f"Change {place + 1}")
            slider.setToolTip("What changes most at this picture comes first (tangent of the manifold)")
            slider.valueChanged.connect(self._on_slider)
            label = QLabel(f"Change {place + 1}")
            label.setBuddy(slider)
            row, column = place % (DIRECTIONS // 2), 2 * (place // (DIRECTIONS // 2))
            grid.addWidget(label, row, column)
            grid.addWidget(slider, row, column + 1)
            self.sliders.append(slider)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.reset_button)
        foot.addStretch(1)
        grid.addLayout(foot, DIRECTIONS // 2, 0, 1, 4)
        grid.setRowStretch(DIRECTIONS // 2 + 1, 1)
        column_of_all = QVBoxLayout(self)
        column_of_all.setContentsMargins(0, 0, 0, 0)
        column_of_all.addWidget(self.hint)
        column_of_all.addWidget(self._body, 1)
        self.reset_button.clicked.connect(push.reset)
        push.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show how far each change is pushed."""
        push = self._push
        is_looking = not push.problem and push.tangent is None
        self.hint.setText("Finding what can change…" if is_looking else push.problem)
        self.hint.setVisible(bool(push.problem) or is_looking)
        self._body.setVisible(not push.problem and not is_looking)
        found = len(push.tangent.directions) if push.tangent is not None else 0
        for place, slider in enumerate(self.sliders):
            with QSignalBlocker(slider):
                slider.setValue(round(push.amounts[place] / FARTHEST * _TICKS))
            slider.setEnabled(place < found)

    def _on_slider(self, value: int) -> None:
        sender = self.sender()
        if sender is not None:
            self._push.set_amount(int(sender.property("place")), value / _TICKS * FARTHEST)


class MixTab(QWidget):
    """Reads and writes a ``MixSession``."""

    def __init__(self, mix: MixSession) -> None:
        super().__init__()
        self._mix = mix
        self.hint = hint_label()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setPageStep(1)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setTickInterval(1)
        self.slider.setAccessibleName("Layer from which on the style is picture 2")
        self.slider.setToolTip("Style mixing: the first layers draw the shape, the last ones skin, hair and light")
        self.words = QLabel()
        self.words.setObjectName("quiet")
        self.words.setWordWrap(True)
        self._body = QWidget()
        row = QHBoxLayout()
        row.addWidget(QLabel("All of picture 2"))
        row.addWidget(self.slider, 1)
        row.addWidget(QLabel("All of picture 1"))
        body = QVBoxLayout(self._body)
        body.setContentsMargins(8, 8, 8, 8)
        body.addLayout(row)
        body.addWidget(self.words)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.hint)
        column.addWidget(self._body)
        column.addStretch(1)
        self.slider.valueChanged.connect(mix.set_layer)
        mix.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show which layers follow which picture."""
        mix = self._mix
        self.hint.setText(mix.problem)
        self.hint.setVisible(bool(mix.problem))
        self._body.setVisible(not mix.problem)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, mix.layers)
            self.slider.setValue(mix.layer)
        self.words.setText(_layers_in_words(mix.layer, mix.layers))


def _layers_in_words(layer: int, layers: int) -> str:
    if layer == 0:
        return "All layers follow picture 2."
    if layer == layers:
        return "All layers follow picture 1."
    return (
        f"Layers 0 to {layer - 1}, which draw the shape, follow picture 1; layers {layer} to {layers - 1}, which draw "
        f"the surface, picture 2 (genrepair fuse --style-from {layer})."
    )
