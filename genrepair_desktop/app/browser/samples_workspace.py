"""The Samples workspace: the bar, the gallery over the large picture and its tools, and beside them the map."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from genrepair_desktop.app.browser.bookmark_file import Marked
from genrepair_desktop.app.browser.bookmark_keeper import BookmarkKeeper
from genrepair_desktop.app.browser.gallery_panel import GalleryPanel
from genrepair_desktop.app.browser.large_dialog import LargeDialog
from genrepair_desktop.app.browser.map_panel import MapPanel
from genrepair_desktop.app.browser.mix_panel import MixPanel
from genrepair_desktop.app.browser.parts import SamplesParts
from genrepair_desktop.app.browser.sample_bar import SampleBar
from genrepair_desktop.app.browser.samples_actions import SamplesActions
from genrepair_desktop.app.browser.samples_views import SamplesViews
from genrepair_desktop.app.icons import redress
from genrepair_desktop.app.settings import SAMPLES_VIEWS
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.action_button import ActionButton
from genrepair_desktop.app.widgets.message_bar import MessageBar
from genrepair_desktop.app.widgets.section import separator


class SamplesWorkspace(QWidget):
    """Lays the parts out; built when it is first shown. ``shut_down`` before it goes.

    changed  other commands make sense now
    """

    changed = Signal()

    def __init__(self, parts: SamplesParts, actions: dict[str, QAction], theme: Theme, window: QWidget) -> None:
        super().__init__()
        self.setObjectName("workspace")
        self.setAcceptDrops(True)
        self.parts = parts
        self._theme = theme
        self.bar = SampleBar(parts.samples, theme)
        self.messages = MessageBar(theme)
        self.gallery = GalleryPanel(parts.studio, parts.samples, actions, theme)
        self.map: MapPanel | None = None
        self._is_begun = False
        self._map_place = QLabel("The map comes in a moment…")
        # in turns of their own: built in one with the rest they would hold the window up for longer than a blink
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._add_tools)
        self._map_later = QTimer(self, singleShot=True, interval=0)
        self._map_later.timeout.connect(self._add_map)
        self.panel = MixPanel(parts, actions, theme)
        self.actions_of_menu = SamplesActions(parts, self.panel, window)
        self.large: LargeDialog | None = None
        self.views = SamplesViews(self.gallery, self._map_place, parts.studio.settings)
        self._view_actions = {view: actions[f"samples.view-{view}"] for view in SAMPLES_VIEWS}
        self._lay_out()
        self._show_view()
        self.views.view_changed.connect(self._show_view)
        self.actions_of_menu.view_wanted.connect(self._on_view_wanted)
        parts.studio.noticed.connect(self.messages.show_notice)
        self.gallery.opened.connect(self.open_large)
        for signal in (
            parts.shelf.added, parts.shelf.removed, parts.shelf.selected_changed, parts.samples.models_changed,
            self.panel.shown_changed,
        ):  # fmt: skip
            signal.connect(self.changed)

    def set_theme(self, theme: Theme) -> None:
        """Tint what a style sheet cannot reach."""
        self._theme = theme
        redress(self, theme)
        for part in (self.messages, self.gallery, self.panel, self.map):
            if part is not None:
                part.set_theme(theme)

    def facts(self) -> dict[str, bool]:
        """What decides which commands make sense, by the names of ``AppState``."""
        session = self.panel.session
        return {
            "has_model": self.parts.samples.model is not None,
            "has_gallery": any(entry.kind != "real" for entry in self.parts.shelf.entries()),
            "has_selection": bool(self.parts.shelf.selected),
            "has_shown": self.panel.shown is not None,
            "has_made": session is not None and session.is_made,
        }

    def refresh(self) -> None:
        """Look again at what is installed; called whenever the workspace is shown."""
        self.parts.samples.refresh()
        self.gallery.refresh()

    def take_focus(self) -> None:
        """To the gallery or the map, or where one starts while there is nothing."""
        first = self.gallery.view if self.gallery.gallery.rowCount() else self.bar.button
        if self.map is not None and self.views.view == "map" and len(self.map.session.table):
            first = self.map.view.overlay
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_large(self, key: int | None = None) -> None:
        """Show an entry large, the one selected last unless a key is given."""
        chosen = self.parts.shelf.selected
        wanted = key if key is not None else chosen[-1] if chosen else None
        if wanted is None:
            return
        if self.large is not None:
            self.large.close()
            self.large.deleteLater()
        self.large = LargeDialog(self.parts.shelf, self.gallery.gallery, wanted, self._theme, self)
        self.large.show()

    def shut_down(self) -> None:
        """Wait for thumbnails and previews under way. May be called twice."""
        self.views.keep_sizes()
        self.gallery.shut_down()
        if self.map is not None:
            self.map.shut_down()
        self.parts.shut_down()

    def showEvent(self, event: QShowEvent) -> None:
        """The first time, go on with what takes long: the tools, the map, the chosen model."""
        super().showEvent(event)
        if not self._is_begun:
            self._is_begun = True
            self._later.start()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Photos that are dropped are added as the user's own."""
        self.parts.intake.add_files([Path(u.toLocalFile()) for u in event.mimeData().urls() if u.isLocalFile()])
        event.acceptProposedAction()

    def _lay_out(self) -> None:
        self._map_place.setObjectName("quiet")
        self._map_place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        notices = QVBoxLayout()
        notices.setContentsMargins(8, 0, 8, 0)
        notices.addWidget(self.messages)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.bar)
        column.addWidget(separator())
        column.addLayout(notices)
        column.addWidget(self.views, 1)
        for view in SAMPLES_VIEWS:
            button = ActionButton(self._view_actions[view])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            self.bar.add_before_button(button)

    def _show_view(self) -> None:
        for view, action in self._view_actions.items():
            action.setChecked(view == self.views.view)

    def _on_view_wanted(self, view: str) -> None:
        if view:
            self.views.choose(view)
        else:
            self.views.step()
        # the command has toggled its own mark, whatever view there was
        self._show_view()
        self.take_focus()

    def _add_tools(self) -> None:
        self.views.put_tools(self.panel)
        self._map_later.start()

    def _add_map(self) -> None:
        parts = self.parts
        self.map = MapPanel(parts.shelf, parts.studio.desk, parts.studio.models, self._theme)
        self.map.picture_wanted.connect(self._on_picture_wanted)
        self.map.place_wanted.connect(self._on_place_wanted)
        self.keeper = BookmarkKeeper(self.map.bookmarks, parts.photo, parts.studio, self)
        self.views.put_map(self.map)
        self.parts.samples.warm_up()

    def _on_place_wanted(self, marked: Marked) -> None:
        self.parts.intake.add_latent(marked.latent, marked.name, marked.model_id)

    def _on_picture_wanted(self, latent: np.ndarray) -> None:
        if self.map is None:
            return
        self.parts.intake.add_latent(np.asarray(latent, np.float32), "From the map", self.map.picture_model)
