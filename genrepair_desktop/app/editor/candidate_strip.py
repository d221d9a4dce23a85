"""The strip of fills under the canvas."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from genrepair_desktop.app.canvas.qimage import to_qimage
from genrepair_desktop.app.editor.candidate_map import CandidateMap
from genrepair_desktop.app.editor.candidate_map_session import LEAST, CandidateMapSession
from genrepair_desktop.app.editor.candidate_tile import TILE_SIDE, CandidateTile
from genrepair_desktop.app.editor.candidates_session import Candidate, CandidatesSession
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.imaging.arrays import Pixels

_CAPTION_WIDTH = 132


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
        self.waiting.setWordWrap(True)
        self.waiting.setFixedWidth(_CAPTION_WIDTH)
        self.apply_button = QPushButton("Apply")
        self.apply_button.setToolTip("Put the selected fill into the photo (Enter)")
        self.more_button = QPushButton("More fills")
        self.more_button.setToolTip("Make other fills; starred ones stay")
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("Keep what is in the photo and put the strip away (Esc)")
        self.map_session = CandidateMapSession(candidates, candidates.desk, self)
        self.map = CandidateMap(self.map_session, theme)
        self.map.hide()
        self.map_button = QPushButton("Map")
        self.map_button.setCheckable(True)
        self.map_button.setToolTip(f"Arrange the fills so that alike ones lie side by side (from {LEAST} on)")
        self._row = QHBoxLayout()
        self._scroll = QScrollArea()
        self._lay_out()
        self.apply_button.clicked.connect(candidates.apply)
        self.more_button.clicked.connect(candidates.more)
        self.close_button.clicked.connect(candidates.clear)
        self.map_button.toggled.connect(self._on_map)
        candidates.changed.connect(self.refresh)
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.map.set_theme(theme)
        for tile in self.tiles.values():
            tile.set_theme(theme)

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
        self.waiting.setText(self._caption(count))
        self.apply_button.setEnabled(session.has_choice)
        self.more_button.setEnabled(not session.is_making)
        self.map_button.setVisible(self.map_session.can_show)
        if not self.map_session.can_show:
            self.map_button.setChecked(False)
        self.setVisible(len(session.candidates) + count > 1)

    def _caption(self, count: int) -> str:
        """What is under way, or what can be done."""
        session = self._session
        if session.has_choice:
            return f"Fill {session.selected} is shown. Apply keeps it, Esc goes back."
        if count:
            return f"{count} more to come…"
        return "Point at a fill to see it in the photo; click to choose it."

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
        self._row.addStretch(1)
        scroll = self._scroll
        scroll.setWidgetResizable(True)
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(body)
        scroll.setFixedHeight(TILE_SIDE + 24)
        buttons = QVBoxLayout()
        buttons.setContentsMargins(0, 8, 8, 8)
        buttons.setSpacing(6)
        for button in (self.apply_button, self.more_button, self.map_button, self.close_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(scroll, 1)
        row.addWidget(self.map, 1)
        row.addWidget(self.waiting)
        row.addLayout(buttons)

    def _add(self, candidate: Candidate) -> None:
        cut_out = self._session.close_up(candidate)
        if cut_out is None:
            return
        picture = thumbnail(cut_out, self.devicePixelRatioF())
        tile = CandidateTile(candidate.number, picture, self._theme, misses=candidate.misses)
        tile.hovered.connect(self._session.hover)
        tile.left.connect(self._on_left)
        tile.clicked.connect(self._on_clicked)
        tile.star_clicked.connect(self._session.star)
        tile.apply_asked.connect(self._on_apply_asked)
        self.tiles[candidate.number] = tile
        self._row.insertWidget(len(self.tiles) - 1, tile)

    def _on_map(self, is_map: bool) -> None:
        self.map_button.setText("Strip" if is_map else "Map")
        self._scroll.setVisible(not is_map)
        self.map.setVisible(is_map)
        self.map_session.show(is_map)

    def _on_left(self) -> None:
        self._session.hover(None)

    def _on_clicked(self) -> None:
        tile = self.sender()
        if isinstance(tile, CandidateTile):
            self._session.select(tile.number)

    def _on_apply_asked(self, number: int) -> None:
        self._session.select(number)
        self._session.apply()


def thumbnail(pixels: Pixels, ratio: float) -> QPixmap:
    """A square cut-out as a tile's picture."""
    side = round(TILE_SIDE * ratio)
    scaled = to_qimage(pixels).scaled(
        side, side, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    picture = QPixmap.fromImage(scaled)
    picture.setDevicePixelRatio(ratio)
    return picture
