"""The menu of photos opened last."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.file_actions import FileActions


class RecentMenu(QObject):
    """Filled anew each time it opens: files come and go."""

    def __init__(self, menu: QMenu, session: DocumentSession, files: FileActions) -> None:
        super().__init__(menu)
        self._menu, self._session, self._files = menu, session, files
        menu.aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        self._menu.clear()
        recent = self._session.settings.recent_files
        for path in recent:
            action = QAction(f"{path.name}  ({path.parent})", self._menu)
            action.setData(str(path))
            action.triggered.connect(self._on_chosen)
            self._menu.addAction(action)
        if not recent:
            none = self._menu.addAction("No photos yet")
            none.setEnabled(False)
            return
        self._menu.addSeparator()
        self._menu.addAction("Clear list").triggered.connect(self._session.settings.clear_recent_files)

    def _on_chosen(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self._files.open_path(Path(action.data()))
