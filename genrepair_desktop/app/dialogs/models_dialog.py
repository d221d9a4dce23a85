"""Models: what is installed, where it came from, and adding other people's."""

from datetime import date
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from genrepair_desktop.app import ask
from genrepair_desktop.app.dialogs.models_session import ListedModel, ModelsSession
from genrepair_desktop.registry.added import CONSENT

_KINDS = {
    "fill": "Fills holes", "denoise": "Takes away noise", "upscale": "Makes larger", "detect": "Finds damage",
    "generate": "Makes pictures", "features": "Measures pictures", "restore": "Restores pictures",
    "face": "Restores faces", "locate": "Finds faces",
}  # fmt: skip
_FILTERS = ("Model files (*.safetensors *.pth *.pt *.ckpt)", "All files (*)")
_COLUMNS = ("Model", "What it does", "From", "Weights")


class ModelsDialog(QDialog):
    """Reads a ``ModelsSession``.

    models_changed  another model is installed, or one less
    """

    models_changed = Signal()

    def __init__(self, session: ModelsSession, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Models")
        self._session = session
        self._models: tuple[ListedModel, ...] = ()
        self.table = self._make_table()
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.facts.setObjectName("quiet")
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.facts.setMinimumHeight(120)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setMargin(8)
        self.note.setObjectName("messageBar")
        self.note.hide()
        self.add_button = QPushButton("Add model file…")
        self.add_button.setToolTip(
            "A fill, denoiser, restorer or enlarger made by other people, as .safetensors or .pth"
        )
        self.remove_button = QPushButton("Remove")
        self.close_button = QPushButton("Close")
        self._lay_out()
        self.table.currentCellChanged.connect(self._show_facts)
        self.add_button.clicked.connect(self._on_add)
        self.remove_button.clicked.connect(self._on_remove)
        self.close_button.clicked.connect(self.reject)
        session.changed.connect(self._on_changed)
        session.busy_changed.connect(self._show_busy)
        session.consent_asked.connect(self._on_consent)
        session.told.connect(self._tell)
        session.refresh()

    @property
    def shown(self) -> ListedModel | None:
        """The model whose facts are shown."""
        row = self.table.currentRow()
        return self._models[row] if 0 <= row < len(self._models) else None

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, len(_COLUMNS))
        table.setAccessibleName("Installed models")
        table.setHorizontalHeaderLabels(list(_COLUMNS))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        return table

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.add_button)
        foot.addWidget(self.remove_button)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        for button in (self.add_button, self.remove_button, self.close_button):
            button.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.table, 1)
        column.addWidget(self.facts)
        column.addWidget(self.note)
        column.addLayout(foot)
        self.resize(720, 520)

    def _on_changed(self) -> None:
        shown = self.shown
        self._models = self._session.models()
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(self._models))
            for row, model in enumerate(self._models):
                for column, words in enumerate(cells(model)):
                    self.table.setItem(row, column, QTableWidgetItem(words))
        ids = [model.card.id for model in self._models]
        self.table.setCurrentCell(ids.index(shown.card.id) if shown and shown.card.id in ids else 0, 0)
        self._show_facts()
        self._show_busy()
        self.models_changed.emit()

    def _show_facts(self) -> None:
        model = self.shown
        self.facts.setText(facts_of(model) if model else "")
        self.remove_button.setEnabled(model is not None and model.is_own)
        why = "" if self.remove_button.isEnabled() else "This one came with the program and stays"
        self.remove_button.setToolTip(why)

    def _show_busy(self) -> None:
        is_busy = self._session.is_busy
        self.add_button.setEnabled(not is_busy)
        if is_busy:
            self._tell("Looking at the file, and trying the network once…", is_failure=False)

    def _tell(self, words: str, is_failure: bool) -> None:
        self.note.setText(words)
        self.note.setProperty("kind", "error" if is_failure else "info")
        self.note.style().unpolish(self.note)
        self.note.style().polish(self.note)
        self.note.show()

    def _on_add(self) -> None:
        path = ask.open_file(self, "Add model file", "", _FILTERS)
        if path is not None:
            self._session.add(path)

    def _on_consent(self, path: Path) -> None:
        if ask.confirm(self, "This file is a program", f"{path.name}\n\n{CONSENT}", "Add this program"):
            self._session.add(path, consent=True)
        else:
            self._tell(f"{path.name} was not added.", is_failure=False)

    def _on_remove(self) -> None:
        model = self.shown
        if model is None:
            return
        if ask.confirm(self, "Remove model", f"Remove {model.card.id}? Its file is deleted.", "Remove"):
            self._session.remove(model.card.id)


def cells(model: ListedModel) -> tuple[str, str, str, str]:
    """One row of the table."""
    origin = "you, added" if model.is_foreign else "you, trained" if model.is_own else "the program"
    does = _KINDS.get(model.card.kind, model.card.kind)
    count = model.card.parameters
    return model.card.id, does, origin, f"{count / 1e6:.1f} million" if count >= 50_000 else f"{count:,}"


def facts_of(model: ListedModel) -> str:
    """What the card says that matters to a person."""
    card = model.card
    lines = [
        card.summary.rstrip(".") + ".",
        f"Use: {card.intended_use}",
        *(f"Limit: {words}" for words in card.limits),
    ]
    lines.append(f"Licence: {card.licence}.")
    if model.is_foreign:
        added, source = card.training.get("added on", ""), card.training.get("added from", "")
        lines.append(f"Added on {_day(str(added))} from {source}.")
    lines.append(f"SHA-256 {card.weights.sha256[:16]}…, {card.weights.bytes / 1e6:.1f} MB")
    return "\n".join(lines)


def _day(text: str) -> str:
    try:
        return f"{date.fromisoformat(text):%d %B %Y}"
    except ValueError:
        return text
