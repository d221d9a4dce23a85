"""The line of figures under the map, and what a reader has to know of it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from genrepair_desktop.app import texts
from genrepair_desktop.app.browser.map_notes import FIGURES, figure_words, way_back_words
from genrepair_desktop.app.browser.map_probe import ProbeSession
from genrepair_desktop.app.browser.map_session import MapSession

_ORDER = ("trust", "kl", "explained", "told-apart")


class MapFacts(QWidget):
    """Reads a ``MapSession``; chooses the way back of a ``ProbeSession``."""

    def __init__(self, session: MapSession, probe: ProbeSession) -> None:
        super().__init__()
        self._session, self._probe = session, probe
        self.figures: dict[str, QLabel] = {}
        row = QHBoxLayout()
        row.setSpacing(14)
        self.stage = QLabel()
        row.addWidget(self.stage)
        for name in (*_ORDER, "average"):
            label = QLabel()
            label.setToolTip(FIGURES[name].help)
            self.figures[name] = label
            row.addWidget(label)
        self.way_back = QComboBox()
        self.way_back.setAccessibleName("How a place becomes a picture")
        self.way_back.setToolTip(
            "How a place of the map becomes a picture. Average: between the latents of the nearest points; never far "
            "from a real one. Learned: a smooth surface through many; livelier between groups."
        )
        for title, kind in (("Automatic", None), ("Average", "average"), ("Learned", "smooth")):
            self.way_back.addItem(title, kind)
        # room for it also while it is away
        policy = self.way_back.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.way_back.setSizePolicy(policy)
        row.addWidget(self.way_back)
        row.addStretch(1)
        self.notes = QLabel()
        self.notes.setObjectName("quiet")
        # one line always, or the map would jump when a note comes; the tooltip has all of it
        self.notes.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.notes.setMinimumHeight(self.notes.fontMetrics().lineSpacing() + 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.notes)
        self.way_back.currentIndexChanged.connect(self._on_way_back)
        session.aids_changed.connect(self.refresh)
        session.state_changed.connect(self._refresh_state)
        probe.changed.connect(self._refresh_way_back)
        self.refresh()

    def refresh(self) -> None:
        """Show what was measured; what cannot be measured is not there."""
        aids = self._session.aids
        for name in _ORDER:
            label = self.figures[name]
            value = aids.figures.get(name) if aids is not None else None
            label.setVisible(value is not None)
            if aids is not None and value is not None:
                words, help = figure_words(name, value, aids.range if name == "told-apart" else None)
                label.setText(words)
                label.setToolTip(help)
        self._refresh_way_back()
        self._refresh_state()

    def _refresh_state(self) -> None:
        session = self._session
        self.stage.setVisible(session.is_fitting or session.is_paused)
        if session.is_paused:
            self.stage.setText("Paused")
        elif session.progress is not None:
            self.stage.setText(f"{texts.stage_title(session.progress.stage)}…")
        self._refresh_notes()

    def _refresh_way_back(self) -> None:
        aids, label = self._session.aids, self.figures["average"]
        way_back = aids.way_back if aids is not None else None
        label.setVisible(way_back is not None)
        self.way_back.setVisible(way_back is not None)
        if way_back is not None:
            words, help = way_back_words(way_back.errors, self._probe.inverse)
            if label.text() != words:
                label.setText(words)
            label.setToolTip(help)

    def _refresh_notes(self) -> None:
        said = " ".join(self._session.notes())
        self.notes.setToolTip(said)
        self.notes.setText(self.notes.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._refresh_notes()

    def _on_way_back(self) -> None:
        self._probe.choose_inverse(self.way_back.currentData())
