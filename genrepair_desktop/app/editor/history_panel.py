"""The edits of the open photo as a list; a click goes to that state."""

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from genrepair_desktop.app.editor.document_session import DocumentSession, entry_details, entry_titles
from genrepair_desktop.app.theme import Theme


class HistoryPanel(QWidget):
    """Oldest on top; what can be redone stands quiet and slanted below the current state."""

    def __init__(self, session: DocumentSession, theme: Theme) -> None:
        super().__init__()
        self._session = session
        self._theme = theme
        self.list = QListWidget()
        self.list.setAccessibleName("History")
        self.list.setToolTip("Click a step to go back or forward to it")
        self.list.setMinimumHeight(96)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list)
        self.list.currentRowChanged.connect(self._on_row)
        session.history_changed.connect(self.refresh)
        session.opened.connect(self.refresh)
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.refresh()

    def refresh(self) -> None:
        """Show the history as it is."""
        history = self._session.history
        titles, details = entry_titles(history), entry_details(history)
        with QSignalBlocker(self.list):
            while self.list.count() > len(titles):
                self.list.takeItem(self.list.count() - 1)
            for row, title in enumerate(titles):
                self._show_row(row, title, details[row], is_undone=history is not None and row > history.index)
            if history is not None:
                self.list.setCurrentRow(history.index)
                self.list.scrollToItem(self.list.currentItem())

    def _show_row(self, row: int, title: str, detail: str, *, is_undone: bool) -> None:
        item = self.list.item(row)
        if item is None:
            item = QListWidgetItem()
            self.list.addItem(item)
        item.setText(title)
        item.setToolTip(detail)
        # it can still be clicked, so it must be read: quiet and slanted, not as faint as what is disabled
        item.setForeground(QColor(self._theme.text_quiet if is_undone else self._theme.text))
        font = item.font()
        font.setItalic(is_undone)
        item.setFont(font)
        item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, "undone" if is_undone else detail)

    def _on_row(self, row: int) -> None:
        if row >= 0:
            self._session.jump(row)
