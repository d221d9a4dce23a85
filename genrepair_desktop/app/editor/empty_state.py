"""What stands where no photo is open: a place to drop one, ways to open one, the photos of last time."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from genrepair_desktop.app.editor.thumbnails import thumbnail_path
from genrepair_desktop.app.icons import svg_pixmap
from genrepair_desktop.app.theme import Theme

_SHOWN = 6
_COLUMNS = 3
_THUMB = QSize(148, 100)


class EmptyState(QWidget):
    """Drop area, Open, Paste, sample, recent photos.

    recent_chosen  one of the recent photos; carries its path
    """

    recent_chosen = Signal(object)

    def __init__(self, actions: dict[str, QAction], theme: Theme) -> None:
        super().__init__()
        self._actions = actions
        self._theme = theme
        self.area = QFrame()
        self.area.setObjectName("dropArea")
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._recent_title = QLabel("Recent photos")
        self._recent_title.setObjectName("sectionTitle")
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        self._grid.setColumnStretch(_COLUMNS, 1)
        self._recent: list[QToolButton] = []
        self._fill_area()
        centre = QVBoxLayout()
        centre.setSpacing(16)
        centre.addStretch(1)
        centre.addWidget(self.area)
        centre.addWidget(self._recent_title)
        centre.addLayout(self._grid)
        centre.addStretch(1)
        row = QHBoxLayout(self)
        row.addStretch(1)
        row.addLayout(centre)
        row.addStretch(1)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._picture.setPixmap(
            svg_pixmap("photo", theme.colour("text_quiet"), side=56, ratio=self.devicePixelRatioF())
        )

    def show_recent(self, photos: list[Path]) -> None:
        """Show the photos of last time with their thumbnails."""
        for button in self._recent:
            self._grid.removeWidget(button)
            button.deleteLater()
        self._recent = [self._recent_button(path) for path in photos[:_SHOWN]]
        for place, button in enumerate(self._recent):
            self._grid.addWidget(button, place // _COLUMNS, place % _COLUMNS)
        self._recent_title.setVisible(bool(self._recent))

    def _fill_area(self) -> None:
        title = QLabel("Drop a photo here")
        title.setObjectName("emptyTitle")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        line = QLabel("Paint over the damage, press Repair, compare, export.\nNothing leaves this computer.")
        line.setObjectName("quiet")
        line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self.area)
        column.setContentsMargins(64, 40, 64, 40)
        column.setSpacing(12)
        column.addWidget(self._picture)
        column.addWidget(title)
        column.addWidget(line)
        column.addSpacing(8)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        for command_id, words in (
            ("file.open", "Open photo…"),
            ("file.paste", "Paste"),
            ("file.sample", "Try a damaged sample"),
        ):
            buttons.addWidget(self._button(command_id, words))
        buttons.addStretch(1)
        column.addLayout(buttons)

    def _button(self, command_id: str, words: str) -> QPushButton:
        action = self._actions[command_id]
        button = QPushButton(words)
        if command_id == "file.open":
            button.setObjectName("primary")
        button.setToolTip(action.toolTip())
        button.clicked.connect(action.trigger)
        return button

    def _recent_button(self, path: Path) -> QToolButton:
        button = QToolButton()
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(_THUMB)
        button.setFixedSize(_THUMB.width() + 16, _THUMB.height() + 36)
        picture = QPixmap(str(thumbnail_path(path))) if thumbnail_path(path).is_file() else QPixmap()
        if picture.isNull():
            picture = svg_pixmap("photo", self._theme.colour("text_off"), side=48, ratio=self.devicePixelRatioF())
        button.setIcon(QIcon(picture))
        name = button.fontMetrics().elidedText(path.name, Qt.TextElideMode.ElideMiddle, _THUMB.width())
        button.setText(name)
        button.setToolTip(str(path))
        button.setAccessibleName(f"Open {path.name}")
        button.setProperty("path", str(path))
        button.clicked.connect(self._on_recent)
        return button

    def _on_recent(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.recent_chosen.emit(Path(sender.property("path")))
