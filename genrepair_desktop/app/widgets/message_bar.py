"""The quiet bar above the photo: what happened, what was kept, one button that helps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton

from genrepair_desktop.app.icons import dress, svg_pixmap
from genrepair_desktop.app.theme import Theme


@dataclass(frozen=True)
class Notice:
    """Something the user should know. ``action`` is called by the button that says ``action_title``."""

    text: str
    kind: Literal["info", "error"] = "info"
    action_title: str = ""
    action: Callable[[], None] | None = None


class MessageBar(QFrame):
    """Shows one notice at a time; hidden when there is none."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("messageBar")
        self._theme = theme
        self._picture = QLabel()
        self.text = QLabel()
        self.text.setWordWrap(True)
        # a path has no spaces to break at: it must not decide how wide the window is
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton()
        self.close_button = QToolButton()
        dress(self.close_button, "close", theme, side=14)
        self.close_button.setAccessibleName("Dismiss message")
        self.close_button.setToolTip("Dismiss")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 6, 6)
        row.setSpacing(10)
        row.addWidget(self._picture)
        row.addWidget(self.text, 1)
        row.addWidget(self.button)
        row.addWidget(self.close_button)
        self._action: Callable[[], None] | None = None
        self.button.clicked.connect(self._run)
        self.close_button.clicked.connect(self.clear)
        self.clear()

    def show_notice(self, notice: Notice) -> None:
        """Replace what the bar says."""
        self.setProperty("kind", notice.kind)
        self.style().unpolish(self)
        self.style().polish(self)
        self._draw_picture()
        self.text.setText(notice.text)
        self.setAccessibleName(notice.text)
        self._action = notice.action
        self.button.setText(notice.action_title)
        self.button.setVisible(notice.action is not None)
        self.show()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        dress(self.close_button, "close", theme, side=14)
        self._draw_picture()

    def clear(self) -> None:
        """Say nothing."""
        self._action = None
        self.hide()

    def _draw_picture(self) -> None:
        name = "warning" if self.property("kind") == "error" else "info"
        ratio = self.devicePixelRatioF()
        self._picture.setPixmap(svg_pixmap(name, self._theme.colour("text"), side=18, ratio=ratio))

    def _run(self) -> None:
        action = self._action
        self.clear()
        if action is not None:
            action()
