"""The bar over the map: which map, of which features, and making, pausing and stopping it."""

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from genrepair_desktop.app.browser.map_features import FeatureSource
from genrepair_desktop.app.browser.map_notes import MAP_HELP, MAP_TITLES
from genrepair_desktop.app.browser.map_session import MapSession
from genrepair_desktop.app.browser.map_settings import MapSettingsForm
from genrepair_desktop.app.icons import dress
from genrepair_desktop.app.theme import Theme


class MapBar(QWidget):
    """Reads and writes a ``MapSession``."""

    def __init__(self, session: MapSession, theme: Theme) -> None:
        super().__init__()
        self._session, self._theme = session, theme
        self.kind = QComboBox()
        self.kind.setAccessibleName("Kind of map")
        for kind, title in MAP_TITLES.items():
            self.kind.addItem(title, kind)
        self.source = QComboBox()
        self.source.setAccessibleName("Features that place the pictures")
        self.source.setToolTip("What makes two pictures alike: the features that place them on the map")
        self.source.setMinimumContentsLength(14)
        self.source.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.fit_button = QPushButton("Make map")
        self.fit_button.setToolTip("Place all pictures anew, with these settings")
        self.pause_button = _tool("pause", "Pause", theme)
        self.stop_button = _tool("stop", "Stop: keep the map as it is now", theme)
        self.settings_button = _tool("settings", "Settings of this map", theme)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Making the map")
        # room for it always, or the map would jump when it comes
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill_menu)
        self.settings_button.setMenu(self._menu)
        self.settings_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._form: MapSettingsForm | None = None
        self._column = QVBoxLayout(self)
        self._sources: tuple[FeatureSource, ...] = ()
        self._lay_out()
        self.kind.currentIndexChanged.connect(self._on_kind)
        self.source.currentIndexChanged.connect(self._on_source)
        self.fit_button.clicked.connect(session.fit)
        self.pause_button.clicked.connect(self._on_pause)
        self.stop_button.clicked.connect(session.stop)
        session.state_changed.connect(self.refresh)
        session.placed.connect(self._refresh_button)
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme

    @property
    def form(self) -> MapSettingsForm | None:
        """The fields of the chosen kind, once the settings were opened."""
        return self._form

    def refresh(self) -> None:
        """Show what is chosen and what runs."""
        session = self._session
        with QSignalBlocker(self.kind):
            self.kind.setCurrentIndex(self.kind.findData(session.kind))
        self.kind.setToolTip(MAP_HELP[session.kind])
        self._refresh_sources()
        self._refresh_button()
        is_under_way = session.is_fitting or session.is_paused
        self.pause_button.setVisible(session.can_pause or session.is_paused)
        self.stop_button.setVisible(is_under_way)
        words = "Resume" if session.is_paused else "Pause"
        dress(self.pause_button, "resume" if session.is_paused else "pause", self._theme)
        self.pause_button.setToolTip(words)
        self.pause_button.setAccessibleName(words)
        self.progress.setVisible(is_under_way)
        if session.progress is not None:
            self.progress.setValue(round(1000 * session.progress.fraction))

    def _refresh_button(self) -> None:
        self.fit_button.setText("Make again" if len(self._session.table) else "Make map")
        self.fit_button.setEnabled(not self._session.is_fitting and len(self._session.shelf.entries()) > 3)

    def _refresh_sources(self) -> None:
        sources = self._session.sources()
        suited = self._session.source or self._session.suited_source()
        first = f"{suited.title} (automatic)"
        if sources == self._sources and self.source.itemText(0) == first:
            return
        self._sources = sources
        with QSignalBlocker(self.source):
            self.source.clear()
            self.source.addItem(first if self._session.chosen_source is None else "Automatic", None)
            for one in sources:
                self.source.addItem(one.title, one)
            chosen = self._session.chosen_source
            self.source.setCurrentIndex(0 if chosen is None else sources.index(chosen) + 1)

    def _lay_out(self) -> None:
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget in (self.kind, self.source, self.settings_button):
            row.addWidget(widget, 1 if widget is self.source else 0)
        row.addSpacing(4)
        for widget in (self.pause_button, self.stop_button, self.fit_button):
            row.addWidget(widget)
        self._column.addLayout(row)
        self._column.addWidget(self.progress)

    def _on_kind(self) -> None:
        self._session.choose_kind(str(self.kind.currentData()))

    def _on_source(self) -> None:
        self._session.choose_source(self.source.currentData())
        if len(self._session.table):
            self._session.fit()

    def _on_pause(self) -> None:
        if self._session.is_paused:
            self._session.resume()
        else:
            self._session.pause()

    def _fill_menu(self) -> None:
        """The fields of the chosen kind, as they are now."""
        kind = self._session.kind
        self._menu.clear()
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(12, 8, 12, 8)
        title = QLabel(f"Settings of {MAP_TITLES[kind]}, used by the next map")
        title.setObjectName("quiet")
        column.addWidget(title)
        self._form = MapSettingsForm(self._session.params[kind], self._theme)
        self._form.setMinimumWidth(360)
        self._form.changed.connect(self._session.choose_params)
        column.addWidget(self._form)
        holder = QWidgetAction(self._menu)
        holder.setDefaultWidget(body)
        self._menu.addAction(holder)


def _tool(icon: str, words: str, theme: Theme) -> QToolButton:
    button = QToolButton()
    dress(button, icon, theme)
    button.setToolTip(words)
    button.setAccessibleName(words)
    return button
