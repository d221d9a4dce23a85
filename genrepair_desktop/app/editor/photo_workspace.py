"""The Photo workspace: tools at the left, the photo in the middle, the panel at the right."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from genrepair_desktop.app.canvas.canvas_widget import CanvasWidget
from genrepair_desktop.app.canvas.decorations import Look
from genrepair_desktop.app.commands import CommandTable
from genrepair_desktop.app.editor.candidate_strip import CandidateStrip
from genrepair_desktop.app.editor.compare_bar import CompareBar
from genrepair_desktop.app.editor.drop_overlay import DropOverlay
from genrepair_desktop.app.editor.empty_state import EmptyState
from genrepair_desktop.app.editor.hints import HintLine
from genrepair_desktop.app.editor.photo_panel import PhotoPanel
from genrepair_desktop.app.icons import redress
from genrepair_desktop.app.menus import make_tool_column
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.message_bar import MessageBar
from genrepair_desktop.app.workbench import Sessions


class PhotoWorkspace(QWidget):
    """Lays the parts out and passes state from the sessions to the canvas.

    dropped  something was dropped: (mime data, as mask)
    """

    dropped = Signal(object, bool)

    def __init__(self, sessions: Sessions, canvas: CanvasWidget, table: CommandTable, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("workspace")
        self.setAcceptDrops(True)
        self._sessions, self.canvas = sessions, canvas
        actions = {row.id: table.action(row.id) for row in table.rows}
        self.tools = make_tool_column(table)
        self.bar = CompareBar(sessions.session, sessions.compare, actions, theme)
        self.hint = HintLine(sessions.session, sessions.mask, sessions.repair, sessions.compare, theme)
        self.messages = MessageBar(theme)
        self.empty = EmptyState(actions, theme)
        self.strip = CandidateStrip(sessions.candidates, theme)
        self.panel = PhotoPanel(sessions, canvas.toolbox, actions, theme)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.stack.addWidget(canvas)
        self._lay_out()
        self.overlay = DropOverlay(self, theme)
        self.overlay.dropped.connect(self.dropped)
        self._connect()
        self.set_theme(theme)
        self._on_opened()

    def set_theme(self, theme: Theme) -> None:
        """Tint what a style sheet cannot reach."""
        redress(self, theme)
        for part in (self.messages, self.empty, self.strip, self.panel.history, self.overlay):
            part.set_theme(theme)
        self.canvas.set_look(Look(background=theme.canvas, accent=theme.accent, text=theme.text, plate=theme.panel))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        mime = event.mimeData()
        if mime.hasUrls() or mime.hasImage():
            event.acceptProposedAction()
            self.overlay.cover(has_photo=self._sessions.session.document is not None)

    def _lay_out(self) -> None:
        middle = QVBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        notices = QVBoxLayout()
        notices.setContentsMargins(8, 0, 8, 0)
        notices.setSpacing(4)
        notices.addWidget(self.messages)
        notices.addWidget(self.hint)
        middle.addWidget(self.bar)
        middle.addLayout(notices)
        middle.addWidget(self.stack, 1)
        middle.addWidget(self.strip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.tools)
        row.addLayout(middle, 1)
        row.addWidget(self.panel)

    def _connect(self) -> None:
        sessions, canvas = self._sessions, self.canvas
        sessions.session.opened.connect(self._on_opened)
        sessions.session.noticed.connect(self.messages.show_notice)
        sessions.mask.preview_changed.connect(self._on_mask_preview)
        sessions.candidates.preview_changed.connect(self._on_candidate)
        sessions.compare.changed.connect(canvas.set_comparison)
        sessions.repair.running_changed.connect(self._on_progress)
        canvas.split_dragged.connect(sessions.compare.set_split)

    def _on_opened(self) -> None:
        session = self._sessions.session
        has_photo = session.document is not None
        self.canvas.set_document(session.document, session.history)
        self.stack.setCurrentWidget(self.canvas if has_photo else self.empty)
        self.bar.setVisible(has_photo)
        self.panel.setVisible(has_photo)
        self.tools.setVisible(has_photo)
        self.messages.clear()
        self._sessions.compare.reset()
        if has_photo:
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.empty.show_recent(session.settings.recent_files)

    def _on_mask_preview(self) -> None:
        self.canvas.set_mask_preview(self._sessions.mask.preview)

    def _on_candidate(self) -> None:
        self.canvas.set_preview(self._sessions.candidates.preview)

    def _on_progress(self) -> None:
        repair = self._sessions.repair
        fraction = repair.progress.fraction if repair.progress is not None else 0.0
        self.canvas.set_progress(repair.working_rects, fraction)
