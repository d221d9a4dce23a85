"""The bar over the canvas: title, undo, compare and zoom."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from genrepair_desktop.app.canvas.compare import CompareState, Comparison
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.status_line import photo_facts
from genrepair_desktop.app.icons import dress
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.action_button import ActionButton
from genrepair_desktop.app.widgets.elided_label import ElidedLabel
from genrepair_desktop.app.widgets.number_field import NumberField

_LEFT = ("edit.undo", "edit.redo")
_HOLD, _EXPORT = "compare.hold", "file.export"
_RIGHT = ("compare.split", "compare.side-by-side", "compare.difference", "view.fit", "view.actual", "view.overlay")


class CompareBar(QWidget):
    """Buttons of commands, and the amplification while differences show."""

    def __init__(
        self, session: DocumentSession, compare: CompareState, actions: dict[str, QAction], theme: Theme
    ) -> None:
        super().__init__()
        self._session, self._compare, self._actions = session, compare, actions
        self.name = ElidedLabel()
        self.name.setObjectName("titleName")
        self.facts = QLabel()
        self.facts.setObjectName("quiet")
        self.gain = NumberField(
            theme, name="Amplification", low=1, high=64, default=8, unit="×",
            help="How many times differences from the opened photo are brightened.",
        )  # fmt: skip
        self.gain.setFixedWidth(200)
        self.hold = self._make_hold(theme)
        self.export = QPushButton("Export…")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(4)
        for command_id in _LEFT:
            row.addWidget(self._button(command_id))
        row.addStretch(1)
        row.addWidget(self.name)
        row.addSpacing(8)
        row.addWidget(self.facts)
        row.addStretch(1)
        row.addWidget(self.gain)
        row.addWidget(self.hold)
        for command_id in _RIGHT:
            row.addWidget(self._button(command_id))
        row.addSpacing(8)
        row.addWidget(self.export)
        self.export.clicked.connect(actions[_EXPORT].trigger)
        self.gain.changed.connect(self._on_gain)
        compare.changed.connect(self._show_comparison)
        session.opened.connect(self.refresh)
        session.history_changed.connect(self.refresh)
        for command_id in (_HOLD, _EXPORT):
            actions[command_id].changed.connect(self._show_tips)
        self._show_tips()
        self._show_comparison(compare.comparison)
        self.refresh()

    def refresh(self) -> None:
        """Show the name of the open photo, with a star while it has unsaved changes."""
        document = self._session.document
        star = "" if self._session.is_clean else " *"
        self.name.setText(f"{self._session.title}{star}" if document is not None else "")
        self.facts.setText(photo_facts(document.pixels) if document is not None else "")

    def _button(self, command_id: str) -> QToolButton:
        button = ActionButton(self._actions[command_id])
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        return button

    def _make_hold(self, theme: Theme) -> QToolButton:
        """For those who look for a button: the key does the same."""
        button = QToolButton()
        dress(button, "original", theme)
        button.setAccessibleName(self._actions[_HOLD].text())
        button.pressed.connect(self._on_hold)
        button.released.connect(self._on_let_go)
        return button

    def _show_tips(self) -> None:
        """The tooltips name the shortcuts, which the user may change."""
        self.hold.setToolTip(self._actions[_HOLD].toolTip())
        self.export.setToolTip(self._actions[_EXPORT].toolTip())

    def _on_hold(self) -> None:
        self._compare.hold(True)

    def _on_let_go(self) -> None:
        self._compare.hold(False)

    def _show_comparison(self, comparison: Comparison) -> None:
        for mode in ("split", "side-by-side", "difference"):
            self._actions[f"compare.{mode}"].setChecked(comparison.mode == mode)
        self.gain.setVisible(comparison.mode == "difference")
        self.gain.set_value(comparison.gain)

    def _on_gain(self, gain: float) -> None:
        self._compare.set_gain(round(gain))
        self._session.settings.difference_gain = round(gain)
