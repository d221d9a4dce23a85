"""One line of help at a time for the first repair ever: paint, repair, compare. Never a tour."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton

from genrepair_desktop.app.canvas.compare import CompareState, Comparison
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.mask_session import MaskSession
from genrepair_desktop.app.editor.repair_session import RepairSession
from genrepair_desktop.app.icons import dress
from genrepair_desktop.app.theme import Theme

_PAINT = "Paint over the damage with the brush, or press Find damage. The right button takes paint away."
_REPAIR = "Press Repair (Ctrl+Enter). Only what is painted will change."
_COMPARE = "Hold \\ to see the photo as it was. When it looks right, press Export."
_STEPS = (_PAINT, _REPAIR, _COMPARE)


class HintLine(QFrame):
    """Shows the next step until it was done once; then never again."""

    def __init__(
        self,
        session: DocumentSession,
        mask: MaskSession,
        repair: RepairSession,
        compare: CompareState,
        theme: Theme,
    ) -> None:
        super().__init__()
        self.setObjectName("hintLine")
        self._session, self._mask, self._repair = session, mask, repair
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.close_button = QToolButton()
        dress(self.close_button, "close", theme, side=14)
        self.close_button.setToolTip("No more hints")
        self.close_button.setAccessibleName("No more hints")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 6, 4)
        row.addWidget(self.text, 1)
        row.addWidget(self.close_button)
        self.close_button.clicked.connect(self._on_closed)
        session.opened.connect(self.refresh)
        session.history_changed.connect(self.refresh)
        repair.repaired.connect(self._on_repaired)
        compare.changed.connect(self._on_compared)
        self.refresh()

    def refresh(self) -> None:
        """Show the next thing to do, if hints are wanted and one is left."""
        settings = self._session.settings
        seen = settings.hints_seen
        if seen == 0 and self._mask.has_mask:
            settings.hints_seen = seen = 1
        is_wanted = settings.show_hints and seen < len(_STEPS) and self._session.document is not None
        self.setVisible(is_wanted)
        if is_wanted:
            self.text.setText(_STEPS[seen])
            self.setAccessibleName(_STEPS[seen])

    def _on_repaired(self) -> None:
        if self._session.settings.hints_seen < 2:
            self._session.settings.hints_seen = 2
        self.refresh()

    def _on_compared(self, comparison: Comparison) -> None:
        if self._session.settings.hints_seen == 2 and (comparison.is_held or comparison.mode != "off"):
            self._session.settings.hints_seen = len(_STEPS)
            self.refresh()

    def _on_closed(self) -> None:
        self._session.settings.show_hints = False
        self.refresh()
