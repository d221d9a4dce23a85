"""What to train, from which photographs, for how long: the page of a new training."""

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QThreadPool, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from genrepair_desktop.app import ask
from genrepair_desktop.app.dialogs.train_follow import Follower
from genrepair_desktop.app.dialogs.train_recipes import RECIPES, RecipeText, time_advice
from genrepair_desktop.app.dialogs.train_session import Order, count_pictures, free_name, pictures_sentence
from genrepair_desktop.app.widgets.rows import row_label, with_margin
from genrepair_desktop.files import explain
from genrepair_desktop.jobs.context import Cancelled, CancelToken, RunContext
from genrepair_desktop.jobs.training_run import Cut
from genrepair_desktop.registry.store import ModelStore

_CUTS: tuple[tuple[Cut, str], ...] = (
    ("faces", "The faces found in them"),
    ("whole", "Whole pictures (the middle square of each)"),
)
_MINUTES = 30.0
_LONGEST_MINUTES = 60.0 * 24 * 14


class TrainForm(QWidget):
    """Fills an ``Order``.

    start_asked  the user wants the training to begin; see ``order``
    """

    start_asked = Signal()

    _counted = Signal(int, object)

    def __init__(self, place: Path) -> None:
        super().__init__()
        self._place = place
        self._store = ModelStore.installed()
        self._count: int | None = None
        self._asked = 0
        self._counting = CancelToken()
        self._make_fields()
        self._lay_out()
        self._connect()
        self._show_recipe()
        self._show_folders()

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders of photographs chosen so far."""
        return tuple(Path(self.photos.item(row).text()) for row in range(self.photos.count()))

    @property
    def recipe(self) -> RecipeText:
        return RECIPES[self.recipes.currentIndex()]

    def order(self) -> Order:
        """What the fields say."""
        cut: Cut = self.cut.currentData() if self.recipe.takes_faces else "whole"
        return Order(self.recipe.id, self.folders, self.minutes.value(), self.anew.isChecked(), cut, self.name.text())

    def add_folder(self, folder: Path) -> None:
        """Take another folder in and count its pictures."""
        if folder not in self.folders:
            self.photos.addItem(str(folder))
            self.photos.setCurrentRow(self.photos.count() - 1)
        self._show_folders()

    def made_by(self, follower: Follower) -> bool:
        """Whether the installed model of a training's recipe is the one that the training made."""
        recipe = follower.run.recipe
        return self._store.has(recipe) and follower.is_model(self._store.get(recipe).card.training)

    def refresh_models(self) -> None:
        """Models were added or removed."""
        self._store.refresh()
        self._show_recipe()

    def suggest_name(self) -> None:
        """A free name made of the recipe's; the user's own is left alone."""
        if not self.name.isModified():
            self.name.setText(free_name(self._place, self.recipe.title.partition(" (")[0]))

    def give_up(self) -> None:
        """The dialog goes: nobody waits for a count any more."""
        self._counting.cancel()

    def tell(self, problem: str) -> None:
        """Say why the training cannot begin."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    def _make_fields(self) -> None:
        self.recipes = QComboBox()
        for recipe in RECIPES:
            self.recipes.addItem(recipe.title, recipe.id)
        self.help = _quiet()
        self.photos = QListWidget()
        self.photos.setAccessibleName("Folders of photographs")
        self.photos.setFixedHeight(84)
        self.add_button = QPushButton("Add folder…")
        self.remove_button = QPushButton("Take out")
        self.counted = _quiet()
        self.cut = QComboBox()
        for cut, title in _CUTS:
            self.cut.addItem(title, cut)
        self.minutes = QDoubleSpinBox()
        with_margin(self.minutes)
        self.minutes.lineEdit().setAccessibleName("Time")
        self.minutes.setRange(1.0, _LONGEST_MINUTES)
        self.minutes.setDecimals(0)
        self.minutes.setSingleStep(10.0)
        self.minutes.setSuffix(" minutes")
        self.minutes.setValue(_MINUTES)
        self.advice = _quiet()
        self.further = QRadioButton("The model that is installed, taught further")
        self.anew = QRadioButton("Nothing: a new model from scratch")
        self.name = QLineEdit()
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        self.problem.setObjectName("hintLine")
        self.problem.setMargin(8)
        self.start_button = QPushButton("Start training")
        self.start_button.setObjectName("primary")
        for button in (self.add_button, self.remove_button, self.start_button):
            button.setAutoDefault(False)

    def _lay_out(self) -> None:
        buttons = QVBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.add_button)
        buttons.addWidget(self.remove_button)
        buttons.addStretch(1)
        folders = QHBoxLayout()
        folders.setSpacing(8)
        folders.addWidget(self.photos, 1)
        folders.addLayout(buttons)
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.setHorizontalSpacing(16)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        _row(form, "&What for", self.recipes)
        form.addRow("", self.help)
        form.addRow(row_label("&Photographs", self.photos, height=self.recipes.sizeHint().height()), folders)
        form.addRow("", self.counted)
        _row(form, "&Learn from", self.cut)
        begin = QVBoxLayout()
        begin.setSpacing(4)
        begin.addWidget(self.further)
        begin.addWidget(self.anew)
        form.addRow(row_label("&Begin with", self.further), begin)
        _row(form, "&Time", self.minutes)
        form.addRow("", self.advice)
        _row(form, "&Name", self.name)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.start_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(form)
        column.addStretch(1)
        column.addWidget(self.problem)
        column.addLayout(foot)
        self._form = form
        self.tell("")

    def _connect(self) -> None:
        self.recipes.currentIndexChanged.connect(self._show_recipe)
        self.add_button.clicked.connect(self._on_add)
        self.remove_button.clicked.connect(self._on_remove)
        self.photos.currentRowChanged.connect(self._show_remove)
        self.name.textEdited.connect(self._show_start)
        self.start_button.clicked.connect(self.start_asked)
        self._counted.connect(self._take_count)

    def _show_recipe(self) -> None:
        recipe = self.recipe
        self.help.setText(recipe.help)
        self._form.setRowVisible(self.cut, recipe.takes_faces)
        has_model = self._store.has(recipe.id)
        self.further.setEnabled(has_model)
        self.further.setChecked(has_model)
        self.anew.setChecked(not has_model)
        self.advice.setText(time_advice(self._store.get(recipe.id).card.training if has_model else None))
        self.suggest_name()

    def _show_folders(self) -> None:
        """Count the pictures; the last answer counts."""
        self._count = None
        self._asked += 1
        self._counting.cancel()
        self._counting = CancelToken()
        self._show_remove()
        folders = self.folders
        self.counted.setText("Counting pictures…" if folders else "Add one or more folders; their subfolders count.")
        self._show_start()
        if folders:
            QThreadPool.globalInstance().start(partial(self._count_pictures, self._asked, folders, self._counting))

    def _count_pictures(self, asked: int, folders: tuple[Path, ...], token: CancelToken) -> None:
        """On a thread of its own: a drive may take its time, and the engine may be busy with a repair."""
        try:
            answer: int | OSError = count_pictures(folders, RunContext(token=token))
        except Cancelled:
            return
        except OSError as error:
            answer = error
        try:
            self._counted.emit(asked, answer)
        except RuntimeError:  # the dialog is gone meanwhile
            return

    def _take_count(self, asked: int, answer: "int | OSError") -> None:
        if asked != self._asked:
            return  # other folders were chosen meanwhile
        if isinstance(answer, OSError):
            self.counted.setText(f"The folder cannot be read: {', '.join(explain(answer))}.")
            return
        self._count = answer
        problem = pictures_sentence(self.folders, answer)
        self.counted.setText(problem or f"{answer:,} pictures. A tenth or so is held back, to measure with.")
        self._show_start()

    def _show_start(self) -> None:
        is_ready = self._count is not None and not pictures_sentence(self.folders, self._count)
        self.start_button.setEnabled(is_ready and bool(self.name.text().strip()))

    def _show_remove(self) -> None:
        self.remove_button.setEnabled(self.photos.currentRow() >= 0)

    def _on_add(self) -> None:
        folder = ask.open_folder(self, "Folder of photographs")
        if folder is not None:
            self.add_folder(folder)

    def _on_remove(self) -> None:
        self.photos.takeItem(self.photos.currentRow())
        self._show_folders()


def _quiet() -> QLabel:
    label = QLabel()
    label.setObjectName("quiet")
    label.setWordWrap(True)
    return label


def _row(form: QFormLayout, title: str, field: QWidget) -> None:
    field.setAccessibleName(title.replace("&", ""))
    form.addRow(row_label(title, field), field)
