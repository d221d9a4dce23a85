"""Under the map: the picture that was made or selected, those most like it, and what may be done with it."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QIcon, QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from genrepair_desktop.app.browser.map_notes import KIND_TITLES
from genrepair_desktop.app.browser.map_probe import ProbeSession
from genrepair_desktop.app.browser.map_session import MapSession
from genrepair_desktop.app.browser.shelf import thumbnail_of

_LARGE, _SMALL, _MOST = 60, 42, 8
_HINT = "Click a point to select its picture.\nDrag across the map to make pictures along the way."
_HINT_ONLY_LOOK = "Click a point to select its picture."


class MapStrip(QWidget):
    """Follows the place that is looked at, else the entry that was selected last.

    keep_asked      take the picture of the place into the gallery
    bookmark_asked  remember the place
    """

    keep_asked = Signal()
    bookmark_asked = Signal()

    def __init__(self, session: MapSession, probe: ProbeSession) -> None:
        super().__init__()
        self._session, self._probe, self._shelf = session, probe, session.shelf
        self._near: tuple[int, ...] | None = None
        self.picture = QLabel()
        self.picture.setFixedSize(_LARGE, _LARGE)
        self.words = QLabel()
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.near_title = QLabel("Most like it")
        self.near_title.setObjectName("quiet")
        self.near_title.setToolTip("By their features, not by their places on the map")
        self.keep_button = QPushButton("Keep")
        self.keep_button.setToolTip("Take this picture into the gallery (Enter)")
        self.bookmark_button = QPushButton("Bookmark")
        self.bookmark_button.setToolTip("Remember this place of the map")
        self.near = [_NearButton() for _ in range(_MOST)]
        self._lay_out()
        # always as high, or the map would jump under the pointer
        self.setFixedHeight(_LARGE + 4)
        for button in self.near:
            button.clicked.connect(self._on_near)
            button.pointed.connect(self._shelf.hover)
        self.keep_button.clicked.connect(self.keep_asked)
        self.bookmark_button.clicked.connect(self.bookmark_asked)
        probe.changed.connect(self.refresh)
        session.placed.connect(self.refresh)
        session.aids_changed.connect(self.refresh)
        self._shelf.selected_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the place or the entry."""
        table = self._session.table
        probed, selected = self._probe.shown, self._shelf.selected
        is_place = probed is not None and self._probe.place is not None
        self.keep_button.setVisible(is_place and not self._probe.is_kept)
        self.bookmark_button.setVisible(is_place)
        if probed is not None and is_place:
            picture = thumbnail_of(probed.picture, self._side(_LARGE))
            said = ["A guess, far from all pictures" if probed.is_guess else f"Made here by {probed.model_id}"]
            near: Sequence[int] = probed.neighbours if probed.is_final else (self._near or ())
        elif selected:
            entry = self._shelf.entry(selected[-1])
            picture = self._shelf.thumbnail(entry.key, self._side(_LARGE))
            said = [entry.title, KIND_TITLES[entry.kind]]
            said += [f"{len(selected):,} selected"] if len(selected) > 1 else []
            near = () if self._session.is_fitting else table.neighbours(entry.key, _MOST)
        else:
            picture, said, near = None, [_HINT if self._probe.can_make else _HINT_ONLY_LOOK], ()
        self.picture.setVisible(picture is not None)
        if picture is not None:
            self.picture.setPixmap(self._pixmap(picture))
        self.words.setText("\n".join(said))
        # one of them may have left the shelf since
        self._show_near(tuple(key for key in near if len(table.rows_of((key,)))))

    def _show_near(self, keys: tuple[int, ...]) -> None:
        self.near_title.setVisible(bool(keys))
        is_other, self._near = keys != self._near, keys
        fitting = max(1, self._holder.width() // (_SMALL + 8))
        for place, button in enumerate(self.near):
            button.setVisible(place < min(len(keys), fitting))
            if place < len(keys) and is_other:
                entry = self._shelf.entry(keys[place])
                picture = self._shelf.thumbnail(entry.key, self._side(_SMALL))
                button.show_entry(entry.key, self._pixmap(picture), f"{entry.title}, {KIND_TITLES[entry.kind]}")

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.picture)
        said = QVBoxLayout()
        said.setSpacing(2)
        said.addWidget(self.words)
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        buttons.addWidget(self.keep_button)
        buttons.addWidget(self.bookmark_button)
        said.addLayout(buttons)
        said.addStretch(1)
        row.addLayout(said)
        row.addSpacing(8)
        holder = QWidget()
        # as wide as there is room: the pictures that do not fit are not shown, and the panel can be made narrow
        holder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        near = QVBoxLayout(holder)
        near.setContentsMargins(0, 0, 0, 0)
        near.setSpacing(2)
        near.addWidget(self.near_title)
        pictures = QHBoxLayout()
        pictures.setSpacing(4)
        for button in self.near:
            pictures.addWidget(button)
        pictures.addStretch(1)
        near.addLayout(pictures)
        near.addStretch(1)
        row.addWidget(holder, 1)
        self._holder = holder

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_near(self._near or ())

    def _on_near(self) -> None:
        button = self.sender()
        if isinstance(button, _NearButton):
            self._probe.clear()
            self._shelf.select([button.key])

    def _side(self, points: int) -> int:
        return round(points * self.devicePixelRatioF())

    def _pixmap(self, image: QImage) -> QPixmap:
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        return pixmap


class _NearButton(QToolButton):
    """A neighbour: pointing at it shows it on the map, a click selects it."""

    pointed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.key = -1
        self.setIconSize(QSize(_SMALL, _SMALL))
        self.setFixedSize(_SMALL + 4, _SMALL + 4)
        self.setObjectName("nearPicture")

    def show_entry(self, key: int, picture: QPixmap, words: str) -> None:
        self.key = key
        self.setIcon(QIcon(picture))
        self.setToolTip(words)
        self.setAccessibleName(words)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.pointed.emit(self.key)

    def leaveEvent(self, event: object) -> None:
        self.pointed.emit(None)
