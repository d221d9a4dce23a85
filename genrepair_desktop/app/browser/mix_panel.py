"""Below gallery and map: the large picture, what can be done with it, and the ways to make another of it."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QTabWidget, QToolButton, QVBoxLayout, QWidget

from genrepair_desktop.app.browser.attribute_session import SIDES
from genrepair_desktop.app.browser.attribute_tab import AttributeTab
from genrepair_desktop.app.browser.change_tab import MixTab, PushTab
from genrepair_desktop.app.browser.fuse_tabs import FuseTab, PartsTab
from genrepair_desktop.app.browser.large_dialog import facts_of
from genrepair_desktop.app.browser.parts import SamplesParts
from genrepair_desktop.app.browser.picture_pane import PicturePane
from genrepair_desktop.app.browser.preview_session import PreviewSession
from genrepair_desktop.app.browser.shelf import NO_KEY, Entry, Picture
from genrepair_desktop.app.browser.walk_tab import WalkTab
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.action_button import ActionButton

# the picture is as large as fits: on a low screen it gives way, so that the window does not grow out of it
_SIDE, _LEAST_SIDE = 216, 152
_NOTHING = "Point at a picture to see it large"


class MixPanel(QFrame):
    """Shows what is pointed at, else what the tab in front makes, else what is selected.

    shown_changed  ``shown`` is another picture, or None
    """

    shown_changed = Signal()

    def __init__(self, parts: SamplesParts, actions: dict[str, QAction], theme: Theme) -> None:
        super().__init__()
        self.setObjectName("candidateStrip")
        self._parts, self._shelf = parts, parts.shelf
        self._hovered: int | None = None
        self._frame: Picture | None = None
        self.pane = PicturePane(theme, empty=_NOTHING)
        self.pane.setMinimumSize(QSize(_SIDE, _LEAST_SIDE))
        self.pane.setMaximumSize(QSize(_SIDE, _SIDE))
        self.facts = QLabel()
        self.facts.setObjectName("quiet")
        self.facts.setFixedWidth(_SIDE)
        self.use_button = _words_button(actions["samples.use"])
        self.keep_button = _words_button(actions["samples.keep"])
        self.small = [_button(actions[name]) for name in ("samples.star", "samples.copy", "samples.save")]
        self.small.append(_button(actions["samples.delete"]))
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Ways to make another picture")
        self.fuse, self.faces = FuseTab(parts.fusion, parts.shelf), PartsTab(parts.faces)
        self.walk, self.push, self.mix = WalkTab(parts.walk), PushTab(parts.push), MixTab(parts.mix)
        self.attribute = AttributeTab(parts.attribute, {side: actions[f"samples.group-{side}"] for side in SIDES})
        self._sessions: dict[QWidget, PreviewSession] = {
            self.fuse: parts.fusion,
            self.faces: parts.faces,
            self.push: parts.push,
            self.attribute: parts.attribute,
            self.mix: parts.mix,
        }
        for tab, title, help in (
            (self.fuse, "Fuse", "One picture between the selected ones"),
            (self.faces, "Face parts", "These eyes, that mouth"),
            (self.walk, "Walk", "A transition from one selected picture to the next, as a strip or a film"),
            (self.push, "Change", "Push the picture along what can change in it"),
            (self.attribute, "Attribute", "Push a picture from what one group of pictures has to what another has"),
            (self.mix, "Style", "The shape of one with the surface of another"),
        ):
            self.tabs.addTab(tab, title)
            self.tabs.setTabToolTip(self.tabs.count() - 1, help)
        self._lay_out()
        self._connect()
        self._on_tab()

    @property
    def session(self) -> PreviewSession | None:
        """What the tab in front makes pictures with."""
        return self._sessions.get(self.tabs.currentWidget())

    @property
    def shown(self) -> Entry | None:
        """The picture that "use", "copy" and "save" mean: what the tab made, else the one selected last."""
        session = self.session
        if session is not None and session.is_made and session.preview is not None:
            return Entry(NO_KEY, "generated", session.model_id, session.preview, session.latent, session.title())
        chosen = self._shelf.selected
        return self._shelf.entry(chosen[-1]) if chosen else None

    def show_attribute(self) -> None:
        """Bring the two groups to the front."""
        self.tabs.setCurrentWidget(self.attribute)

    def set_theme(self, theme: Theme) -> None:
        self.pane.set_theme(theme)

    def refresh(self) -> None:
        """Show the picture of the moment."""
        shown = self._shelf.entry(self._hovered) if self._hovered is not None else self.shown
        if self._hovered is None and self._frame is not None and self.tabs.currentWidget() is self.walk:
            self.pane.show_picture(self._frame, "A picture on the way")
            self.facts.setText("On the way")
            return
        self.pane.show_picture(shown.picture if shown is not None else None, shown.title if shown is not None else "")
        words = facts_of(shown) if shown is not None else ""
        self.facts.setText(self.facts.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, _SIDE))
        self.facts.setToolTip(words)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addWidget(self.pane)
        left.addWidget(self.facts)
        left.addStretch(1)
        small = QHBoxLayout()
        small.setSpacing(2)
        for button in self.small:
            small.addWidget(button)
        small.addStretch(1)
        middle = QVBoxLayout()
        middle.setSpacing(8)
        middle.addWidget(self.use_button)
        middle.addWidget(self.keep_button)
        middle.addLayout(small)
        middle.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 8, 8, 8)
        row.setSpacing(12)
        row.addLayout(left)
        row.addLayout(middle)
        row.addWidget(self.tabs, 1)

    def _connect(self) -> None:
        self._shelf.hovered.connect(self._on_hovered)
        self._shelf.selected_changed.connect(self._on_changed)
        for session in self._sessions.values():
            session.preview_changed.connect(self._on_changed)
        self.tabs.currentChanged.connect(self._on_tab)
        self.walk.frame_shown.connect(self._on_frame)

    def _on_tab(self) -> None:
        current = self.tabs.currentWidget()
        for tab, session in self._sessions.items():
            session.set_active(tab is current)
        self.walk.set_playing(current is self.walk)
        self._on_changed()

    def _on_hovered(self, key: int | None) -> None:
        self._hovered = key
        self.refresh()

    def _on_frame(self, picture: Picture) -> None:
        self._frame = picture
        self.refresh()

    def _on_changed(self) -> None:
        self._frame = None
        self.refresh()
        self.shown_changed.emit()


def _words_button(action: QAction) -> QPushButton:
    """A push button that does what a command does, and is enabled with it."""
    button = QPushButton(action.text())
    button.setToolTip(action.toolTip())
    button.setEnabled(action.isEnabled())
    button.clicked.connect(action.trigger)
    action.enabledChanged.connect(button.setEnabled)
    return button


def _button(action: QAction) -> QToolButton:
    button = ActionButton(action)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    return button
