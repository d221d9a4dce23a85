"""What earlier runs left behind, to choose from: a small picture, the name, when it was last worked on."""

from PySide6.QtCore import QDateTime, QLocale, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from genrepair_desktop.app import ask
from genrepair_desktop.app.editor.recovery_session import RecoverySession
from genrepair_desktop.document.recovery import Recoverable

_PICTURE = QSize(96, 72)


class RecoveryDialog(QDialog):
    """Lists what ``RecoverySession`` found, the newest work first.

    chosen  the user wants this back; carries a ``Recoverable``
    """

    chosen = Signal(object)

    def __init__(self, recovery: RecoverySession, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Recover unsaved work")
        self._recovery = recovery
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.list = QListWidget()
        self.list.setIconSize(_PICTURE)
        self.list.setSpacing(4)
        self.list.setAccessibleName("Unsaved work")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.recover_button = QPushButton("Recover")
        self.recover_button.setDefault(True)
        self.recover_button.setObjectName("primary")
        self.discard_button = QPushButton("Discard…")
        buttons.addButton(self.recover_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(self.discard_button, QDialogButtonBox.ButtonRole.DestructiveRole)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.words)
        column.addWidget(self.list, 1)
        column.addWidget(buttons)
        self.resize(520, 400)
        buttons.rejected.connect(self.reject)
        self.recover_button.clicked.connect(self._recover)
        self.discard_button.clicked.connect(self._discard)
        self.list.itemActivated.connect(self._recover)
        recovery.found.connect(self._show)
        self._show(recovery.entries)
        recovery.look()

    def _show(self, entries: list[Recoverable]) -> None:
        self.list.clear()
        for entry in entries:
            item = QListWidgetItem(_picture(entry), f"{entry.title}\n{_place(entry)}\n{_time(entry)}")
            item.setData(Qt.ItemDataRole.UserRole, entry)
            item.setToolTip(str(entry.project) if entry.project is not None else entry.title)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        has_some = bool(entries)
        self.words.setText(
            "These were open when the program last ended without being closed. Every step is kept."
            if has_some
            else "There is nothing to recover: all work was saved, exported or closed."
        )
        self.recover_button.setEnabled(has_some)
        self.discard_button.setEnabled(has_some)

    def _current(self) -> Recoverable | None:
        item = self.list.currentItem()
        return item.data(Qt.ItemDataRole.UserRole) if item is not None else None

    def _recover(self) -> None:
        entry = self._current()
        if entry is not None:
            self.accept()
            self.chosen.emit(entry)

    def _discard(self) -> None:
        entry = self._current()
        question = "" if entry is None else f"Discard the unsaved work on “{entry.title}” for good?"
        if entry is not None and ask.confirm(self, "Discard unsaved work", question, "Discard"):
            self._recovery.discard(entry)
            self._show(self._recovery.entries)


def _picture(entry: Recoverable) -> QIcon:
    # not scaled up, and centred on one size, so that the names stand in a column
    kept = QPixmap(str(entry.picture)) if entry.picture is not None else QPixmap()
    small = kept if kept.isNull() else kept.scaled(
        _PICTURE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )  # fmt: skip
    return QIcon(small)


def _place(entry: Recoverable) -> str:
    return f"Project {entry.project.name}" if entry.project is not None else "In no project file yet"


def _time(entry: Recoverable) -> str:
    moment = QDateTime.fromSecsSinceEpoch(int(entry.changed))
    return "Last step " + QLocale().toString(moment, QLocale.FormatType.ShortFormat)
