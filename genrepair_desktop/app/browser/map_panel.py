"""The latent map of the Samples workspace: bar, legend, the map itself, figures and neighbours."""

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from genrepair_desktop.app.browser.map_bar import MapBar
from genrepair_desktop.app.browser.map_bookmarks import Bookmark, MapBookmarks
from genrepair_desktop.app.browser.map_facts import MapFacts
from genrepair_desktop.app.browser.map_legend import MapLegend
from genrepair_desktop.app.browser.map_overlay import MapTool
from genrepair_desktop.app.browser.map_places import MapPlaces
from genrepair_desktop.app.browser.map_probe import Probed, ProbeSession
from genrepair_desktop.app.browser.map_session import MapSession
from genrepair_desktop.app.browser.map_strip import MapStrip
from genrepair_desktop.app.browser.map_view import MapView
from genrepair_desktop.app.browser.shelf import Shelf
from genrepair_desktop.app.engine_thread import JobDesk
from genrepair_desktop.app.icons import dress, redress
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.message_bar import MessageBar, Notice
from genrepair_desktop.generate.catalog import GenerativeModels

_TOOLS: tuple[tuple[MapTool, str, str], ...] = (
    ("explore", "explore", "Explore: click a point to select it, drag to make pictures (Shift-drag: lasso)"),
    ("lasso", "lasso", "Lasso: draw around points to select them (Ctrl adds)"),
    ("pan", "hand", "Move the map (also with the right button in every tool; the wheel zooms)"),
)
_EMPTY = "Sample some pictures, or add your own.\nThey appear here as points: alike pictures lie side by side."


class MapPanel(QWidget):
    """The map with all that belongs to it.

    picture_wanted  the user made a picture on the map and let go; carries its latent (d,), which belongs to
                    ``picture_model``
    place_wanted    the picture of a bookmarked place is wanted; carries its ``Marked``
    """

    picture_wanted = Signal(object)
    place_wanted = Signal(object)

    def __init__(self, shelf: Shelf, desk: JobDesk, models: GenerativeModels, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("mapPanel")
        self._theme = theme
        self.session = MapSession(shelf, desk, models, self)
        self.probe = ProbeSession(self.session, self)
        self.bookmarks = MapBookmarks(self.session, desk, self)
        self.bar = MapBar(self.session, theme)
        self.legend = MapLegend(theme)
        self.view = MapView(self.session, self.probe, theme)
        self.facts = MapFacts(self.session, self.probe)
        self.strip = MapStrip(self.session, self.probe)
        self.message = MessageBar(theme)
        self.tools: dict[MapTool, QToolButton] = {}
        self.empty = QLabel(_EMPTY)
        self.places = MapPlaces(self.bookmarks)
        self._places_menu = QMenu(self)
        self._lay_out()
        self._connect()
        self.choose_tool("explore")
        self._refresh()

    @property
    def picture_model(self) -> str:
        """The model whose latents ``picture_wanted`` carries, "" while there is none."""
        return self.session.picture_model

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for part in (self.bar, self.legend, self.view, self.message):
            part.set_theme(theme)
        redress(self, theme)

    def choose_tool(self, tool: MapTool) -> None:
        """What the left button does on the map."""
        for name, button in self.tools.items():
            button.setChecked(name == tool)
        self.view.overlay.set_tool(tool)

    def shut_down(self) -> None:
        """Wait for the picture that is being made, if any."""
        self.probe.shut_down()

    def _connect(self) -> None:
        session = self.session
        self.legend.changed.connect(self.view.hide_kinds)
        session.placed.connect(self._refresh)
        session.state_changed.connect(self._on_state)
        session.shelf.added.connect(self.bar.refresh)
        self.probe.settled.connect(self._on_settled)
        self.probe.changed.connect(self._on_probe)
        self.strip.keep_asked.connect(self.probe.keep)
        self.strip.bookmark_asked.connect(self._on_bookmark)
        self.bookmarks.changed.connect(self._on_bookmarks)
        self.places.go_asked.connect(self._go_to)
        self.places.take_asked.connect(self._on_take)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 4)
        column.setSpacing(3)
        column.addWidget(self.bar)
        column.addWidget(self.message)
        column.addWidget(self.legend)
        head = QVBoxLayout()
        head.setSpacing(2)
        for tool, icon, words in _TOOLS:
            self.tools[tool] = button = self._button(icon, words)
            button.setCheckable(True)
            button.clicked.connect(partial(self.choose_tool, tool))
            head.addWidget(button)
        self.all_button = self._button("fit", "Show the whole map (0)")
        self.all_button.clicked.connect(self.view.show_all)
        self.pictures_button = self._button("photo", "Pictures in place of points where there is room for them")
        self.pictures_button.setCheckable(True)
        self.pictures_button.setChecked(True)
        self.pictures_button.toggled.connect(self.view.show_thumbnails)
        self.places_button = self._button("bookmark", "Bookmarked places")
        self.places_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        holder = QWidgetAction(self._places_menu)
        holder.setDefaultWidget(self.places)
        self._places_menu.addAction(holder)
        self.places_button.setMenu(self._places_menu)
        for button in (self.all_button, self.pictures_button, self.places_button):
            head.addWidget(button)
        head.addStretch(1)
        frame = QFrame()
        self._stack = QStackedLayout(frame)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setObjectName("quiet")
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.view)
        middle = QHBoxLayout()
        middle.setSpacing(4)
        middle.addLayout(head)
        middle.addWidget(frame, 1)
        column.addLayout(middle, 1)
        column.addWidget(self.strip)
        column.addWidget(self.facts)

    def _button(self, icon: str, words: str) -> QToolButton:
        button = QToolButton()
        dress(button, icon, self._theme)
        button.setToolTip(words)
        button.setAccessibleName(words.partition(":")[0])
        return button

    def _refresh(self) -> None:
        table = self.session.table
        self.legend.show_counts(table)
        self._stack.setCurrentWidget(self.view if len(table) else self.empty)
        self.strip.setVisible(len(table) > 0)
        for button in (*self.tools.values(), self.all_button, self.pictures_button):
            button.setEnabled(len(table) > 0)
        if not len(table):
            self.empty.setText("Placing the pictures…" if self.session.is_fitting else _EMPTY)

    def _on_state(self) -> None:
        self._refresh()
        if self.session.problem:
            self.message.show_notice(Notice(self.session.problem, "error"))
        else:
            self.message.clear()

    def _on_probe(self) -> None:
        if self.probe.problem:
            self.message.show_notice(Notice(self.probe.problem, "error"))

    def _on_settled(self, probed: Probed) -> None:
        self.picture_wanted.emit(probed.latent)

    def _on_bookmark(self) -> None:
        if self.probe.shown is not None:
            self.bookmarks.add(self.probe.shown)

    def _on_bookmarks(self) -> None:
        known = [(one.place, one.name) for one in self.bookmarks.bookmarks if one.place is not None]
        self.view.show_bookmarks(known)

    def _go_to(self, bookmark: Bookmark) -> None:
        self._places_menu.close()
        if bookmark.place is not None:
            self.view.go_to(bookmark.place)
            self.probe.look(bookmark.place)

    def _on_take(self, bookmark: Bookmark) -> None:
        self.place_wanted.emit(bookmark.marked)
