"""The strip of fills under the canvas."""

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from genrepair_desktop.app.canvas.qimage import to_qimage
from genrepair_desktop.app.editor.candidate_tile import TILE_SIDE, CandidateTile
from genrepair_desktop.app.editor.candidates_session import Candidate, CandidatesSession
from genrepair_desktop.app.editor.repair_work import Piece
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.imaging import masks
from genrepair_desktop.repair.pipeline import RepairRequest


class CandidateStrip(QFrame):
    """Shows a ``CandidatesSession``; hidden when there is nothing to choose from."""

    def __init__(self, candidates: CandidatesSession, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("candidateStrip")
        self.setAccessibleName("Fills to choose from")
        self._session = candidates
        self._theme = theme
        self.tiles: dict[int, CandidateTile] = {}
        self.waiting = QLabel()
        self.waiting.setObjectName("quiet")
        self.apply_button = QPushButton("Apply")
        self.apply_button.setToolTip("Put the selected fill into the photo (Enter)")
        self.more_button = QPushButton("More fills")
        self.more_button.setToolTip("Make other fills; starred ones stay")
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("Keep what is in the photo and put the strip away (Esc)")
        self._row = QHBoxLayout()
        self._lay_out()
        self.apply_button.clicked.connect(candidates.apply)
        self.more_button.clicked.connect(candidates.more)
        self.close_button.clicked.connect(candidates.clear)
        candidates.changed.connect(self.refresh)
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme

    def refresh(self) -> None:
        """Show the fills there are, without touching the tiles that stay."""
        session = self._session
        wanted = {one.number: one for one in session.candidates}
        for number in [number for number in self.tiles if number not in wanted]:
            tile = self.tiles.pop(number)
            self._row.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        for one in session.candidates:
            if one.number not in self.tiles:
                self._add(one)
            self.tiles[one.number].show_state(
                is_applied=one.number == session.applied,
                is_selected=one.number == session.selected,
                is_starred=one.is_starred,
            )
        count = session.waiting
        self.waiting.setText(f"{count} more to come…" if count else "")
        self.apply_button.setEnabled(session.selected not in (None, session.applied))
        self.more_button.setEnabled(not session.is_making)
        self.setVisible(len(session.candidates) + count > 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._session.select_next(1 if key == Qt.Key.Key_Right else -1)
            tile = self.tiles.get(self._session.selected or 0)
            if tile is not None:
                tile.setFocus()
        elif key == Qt.Key.Key_S and self._session.selected is not None:
            self._session.star(self._session.selected)
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        body = QWidget()
        body.setLayout(self._row)
        self._row.setContentsMargins(8, 4, 8, 4)
        self._row.setSpacing(8)
        self._row.addWidget(self.waiting)
        self._row.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        scroll.setFixedHeight(TILE_SIDE + 24)
        buttons = QVBoxLayout()
        buttons.setContentsMargins(0, 8, 8, 8)
        for button in (self.apply_button, self.more_button, self.close_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(scroll, 1)
        row.addLayout(buttons)

    def _add(self, candidate: Candidate) -> None:
        request = self._session.request
        if request is None:
            return
        picture = thumbnail(request, self._session.pieces(candidate), self.devicePixelRatioF())
        tile = CandidateTile(candidate.number, picture, self._theme)
        tile.hovered.connect(self._session.hover)
        tile.left.connect(self._on_left)
        tile.clicked.connect(self._on_clicked)
        tile.star_clicked.connect(self._session.star)
        tile.apply_asked.connect(self._on_apply_asked)
        self.tiles[candidate.number] = tile
        self._row.insertWidget(len(self.tiles) - 1, tile)

    def _on_left(self) -> None:
        self._session.hover(None)

    def _on_clicked(self) -> None:
        tile = self.sender()
        if isinstance(tile, CandidateTile):
            self._session.select(tile.number)

    def _on_apply_asked(self, number: int) -> None:
        self._session.select(number)
        self._session.apply()


def thumbnail(request: RepairRequest, pieces: tuple[Piece, ...], ratio: float) -> QPixmap:
    """The largest hole of a repair with a little of its surroundings, square, as a fill shows it."""
    side = round(TILE_SIDE * ratio)
    if not pieces:
        return QPixmap(QSize(side, side))
    index = int(np.argmax([np.count_nonzero(box.coverage) for box in request.boxes]))
    box, (_, piece) = request.boxes[index], pieces[index]
    _, holes = masks.label_holes(box.coverage)
    hole = max(holes, key=lambda one: one.area).rect
    margin = max(8, max(hole.w, hole.h) // 4)
    length = min(max(hole.w, hole.h) + 2 * margin, piece.shape[0], piece.shape[1])
    x = min(max(0, hole.x + hole.w // 2 - length // 2), piece.shape[1] - length)
    y = min(max(0, hole.y + hole.h // 2 - length // 2), piece.shape[0] - length)
    image = to_qimage(piece[y : y + length, x : x + length])
    scaled = image.scaled(side, side, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    picture = QPixmap.fromImage(scaled)
    picture.setDevicePixelRatio(ratio)
    return picture
