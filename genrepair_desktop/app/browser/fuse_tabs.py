"""Fusing: a slider for each selected picture, or a choice of picture for each part of the face."""

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from genrepair_desktop.app.browser.fuse_paint import PaintPane
from genrepair_desktop.app.browser.fusion_session import FusionSession, PartsSession
from genrepair_desktop.app.browser.shelf import Entry, Shelf
from genrepair_desktop.generate.fusion import FACE_PARTS

_TICKS = 100
_THUMBNAIL = 40
_PART_TITLES = {"eyes": "Eyes", "nose": "Nose", "mouth": "Mouth"}


class FuseTab(QWidget):
    """Reads and writes a ``FusionSession``."""

    def __init__(self, fusion: FusionSession, shelf: Shelf) -> None:
        super().__init__()
        self._fusion, self._shelf = fusion, shelf
        self.hint = hint_label()
        self.sliders: list[QSlider] = []
        self._shares: list[QLabel] = []
        self._keys: tuple[int, ...] = ()
        self._body = QWidget()
        self._grid = QGridLayout(self._body)
        self._grid.setContentsMargins(8, 4, 8, 4)
        self._grid.setVerticalSpacing(4)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._body)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.hint)
        column.addWidget(self._scroll, 1)
        fusion.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """A row for each source; rows that stay keep their place under the pointer."""
        fusion = self._fusion
        self.hint.setText(fusion.problem)
        self.hint.setVisible(bool(fusion.problem))
        self._scroll.setVisible(not fusion.problem)
        keys = tuple(entry.key for entry in fusion.sources)
        if keys != self._keys:
            self._keys = keys
            self._build(fusion.sources)
        for slider, weight in zip(self.sliders, fusion.weights, strict=True):
            with QSignalBlocker(slider):
                slider.setValue(round(weight * _TICKS))
        self._show_shares()

    def _build(self, sources: tuple[Entry, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.sliders, self._shares = [], []
        for row, entry in enumerate(sources):
            slider = QSlider(Qt.Orientation.Horizontal)
            slider.setRange(0, _TICKS)
            slider.setProperty("place", row)
            slider.setAccessibleName(f"How much of picture {row + 1}, {entry.title}")
            slider.setToolTip(entry.title)
            slider.valueChanged.connect(self._on_slider)
            share = QLabel()
            share.setObjectName("fieldValue")
            share.setMinimumWidth(44)
            self._grid.addWidget(QLabel(str(row + 1)), row, 0)
            self._grid.addWidget(thumbnail_label(self._shelf, entry), row, 1)
            self._grid.addWidget(slider, row, 2)
            self._grid.addWidget(share, row, 3)
            self.sliders.append(slider)
            self._shares.append(share)
        self._grid.setColumnStretch(2, 1)
        self._grid.setRowStretch(len(sources), 1)

    def _show_shares(self) -> None:
        for label, share in zip(self._shares, self._fusion.shares, strict=True):
            label.setText(f"{share:.0%}")

    def _on_slider(self, value: int) -> None:
        sender = self.sender()
        if sender is not None:
            self._fusion.set_weight(int(sender.property("place")), value / _TICKS)


class PartsTab(QWidget):
    """Reads and writes a ``PartsSession``."""

    def __init__(self, faces: PartsSession) -> None:
        super().__init__()
        self._faces = faces
        self.hint = hint_label()
        self.choices: dict[str, QComboBox] = {}
        self.button = QPushButton("Fuse these parts")
        self.button.setToolTip("Searches the one face of the model that has all these parts; takes some seconds")
        self.pane = PaintPane(faces)
        self.source = QComboBox()
        self.source.setAccessibleName("Paint with picture")
        self.brush = QSlider(Qt.Orientation.Horizontal)
        self.brush.setRange(3, 30)
        self.brush.setAccessibleName("Size of the brush")
        self.brush.setToolTip("Size of the brush, in hundredths of the face")
        self.clear_button = QPushButton("Clear")
        self.clear_button.setToolTip("Take all paint away; the chosen parts stay")
        note = QLabel("All else is picture 1. Paint other shapes.")
        note.setObjectName("quiet")
        note.setWordWrap(True)
        self._body = QWidget()
        across = QHBoxLayout(self._body)
        across.setContentsMargins(8, 4, 8, 4)
        across.setSpacing(12)
        rows = QFormLayout()
        rows.setVerticalSpacing(4)
        across.addLayout(rows, 1)
        across.addWidget(self.pane, 1)
        for part in FACE_PARTS:
            choice = QComboBox()
            choice.setProperty("part", part)
            choice.setAccessibleName(f"{_PART_TITLES[part]} from")
            choice.activated.connect(self._on_choice)
            rows.addRow(f"{_PART_TITLES[part]} from", choice)
            self.choices[part] = choice
        rows.addRow("Paint with", self.source)
        rows.addRow("Brush", self.brush)
        rows.addRow(note)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.button)
        foot.addWidget(self.clear_button)
        foot.addStretch(1)
        rows.addRow(foot)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.hint)
        column.addWidget(self._body, 1)
        self.button.clicked.connect(faces.fuse)
        self.source.activated.connect(faces.paint_with)
        self.brush.valueChanged.connect(self._on_brush)
        self.clear_button.clicked.connect(faces.clear_paint)
        faces.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show which picture gives which part."""
        faces = self._faces
        self.hint.setText(faces.problem)
        self.hint.setVisible(bool(faces.problem))
        self._body.setVisible(not faces.problem)
        for part, choice in self.choices.items():
            with QSignalBlocker(choice):
                choice.clear()
                _add_pictures(choice, faces.sources)
                choice.setCurrentIndex(faces.chosen.get(part, 0))
        with QSignalBlocker(self.source), QSignalBlocker(self.brush):
            self.source.clear()
            _add_pictures(self.source, faces.sources)
            self.source.setCurrentIndex(faces.brush_source)
            self.brush.setValue(round(faces.brush * 100))
        self.clear_button.setEnabled(faces.has_paint and not faces.is_searching)
        self.button.setEnabled(not faces.is_searching)
        self.button.setText("Fusing…" if faces.is_searching else "Fuse these parts")

    def _on_brush(self, value: int) -> None:
        self._faces.set_brush(value / 100)

    def _on_choice(self, place: int) -> None:
        sender = self.sender()
        if sender is not None:
            self._faces.choose(str(sender.property("part")), place)


def _add_pictures(box: QComboBox, sources: tuple[Entry, ...]) -> None:
    """By the numbers that they have in gallery and map; their titles do not fit."""
    for place, entry in enumerate(sources):
        box.addItem(f"Picture {place + 1}")
        box.setItemData(place, entry.title, Qt.ItemDataRole.ToolTipRole)


def hint_label() -> QLabel:
    """A sentence in place of controls that make no sense yet."""
    label = QLabel()
    label.setObjectName("quiet")
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop)
    label.setContentsMargins(8, 8, 8, 8)
    return label


def thumbnail_label(shelf: Shelf, entry: Entry) -> QLabel:
    """A small picture of an entry."""
    label = QLabel()
    ratio = label.devicePixelRatioF()
    picture = QPixmap.fromImage(shelf.thumbnail(entry.key, round(_THUMBNAIL * ratio)))
    picture.setDevicePixelRatio(ratio)
    label.setPixmap(picture)
    label.setFixedSize(_THUMBNAIL, _THUMBNAIL)
    label.setAccessibleName(entry.title)
    return label
