"""The bar over the gallery: which model, how many, which seed, how varied, and the button."""

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QSpinBox, QToolButton, QWidget

from genrepair_desktop.app.browser.samples_session import MOST_AT_ONCE, SamplesSession
from genrepair_desktop.app.icons import dress
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.number_field import NumberField
from genrepair_desktop.app.widgets.rows import with_margin

_VARIETY_HELP = (
    "How far the pictures stray from the typical one (the papers' truncation; for a pixel RNN its temperature). "
    "Lower is safer and more alike, 1 is as the model learned."
)


class SampleBar(QWidget):
    """Reads and writes a ``SamplesSession``."""

    def __init__(self, samples: SamplesSession, theme: Theme) -> None:
        super().__init__()
        self._samples = samples
        self.model = QComboBox()
        self.model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.model.setMinimumWidth(180)
        self.count = _box("How many pictures", 1, MOST_AT_ONCE)
        self.seed = _box("Seed", 0, 2**31 - 1)
        self.seed.setToolTip("The same seed gives the same pictures; after each run it steps on by one")
        self.dice = QToolButton()
        dress(self.dice, "dice", theme)
        self.dice.setToolTip("Another seed by chance")
        self.dice.setAccessibleName("Another seed by chance")
        self.variety = NumberField(
            theme, name="Variety", low=0.1, high=1.5, default=1.0, step=0.05, help=_VARIETY_HELP
        )  # fmt: skip
        self.variety.setMaximumWidth(240)
        self.label = QComboBox()
        self.label.setToolTip("Which class of pictures, for models that know classes")
        self.button = QPushButton("Sample")
        self.button.setObjectName("primary")
        self.button.setMinimumWidth(120)
        self._label_words = QLabel("Class")
        self._lay_out()
        self._connect()
        self._on_models()
        self.refresh()

    def refresh(self) -> None:
        """Show the choice, and how far a sampling is."""
        samples, choice = self._samples, self._samples.choice
        facts = samples.model
        with QSignalBlocker(self.model), QSignalBlocker(self.count), QSignalBlocker(self.seed):
            self.model.setCurrentIndex(self.model.findData(choice.model_id))
            self.count.setValue(choice.count)
            self.seed.setValue(choice.seed)
        self.variety.set_value(choice.truncation)
        self.model.setToolTip(facts.summary if facts is not None else "")
        self._show_classes(facts.classes if facts is not None else 0)
        for part in (self.model, self.count, self.seed, self.dice, self.variety, self.label, self.button):
            part.setEnabled(facts is not None)
        self._show_run()

    def add_before_button(self, widget: QWidget) -> None:
        """A place for what belongs to the whole workspace."""
        self._row.insertWidget(self._row.count() - 1, widget)

    def _show_run(self) -> None:
        samples = self._samples
        # the same button stops what it started; its words say which
        if samples.is_running:
            self.button.setText(f"Stop  ({samples.made:,} of {samples.wanted:,})")
        else:
            self.button.setText("Sample")
        if self.button.property("isBusy") != samples.is_running:
            self.button.setProperty("isBusy", samples.is_running)
            self.button.style().unpolish(self.button)
            self.button.style().polish(self.button)

    def _show_classes(self, classes: int) -> None:
        self.label.setVisible(classes > 0)
        self._label_words.setVisible(classes > 0)
        with QSignalBlocker(self.label):
            if self.label.count() != classes + 1:
                self.label.clear()
                self.label.addItem("Any", None)
                for number in range(classes):
                    self.label.addItem(str(number), number)
            label = self._samples.choice.label
            self.label.setCurrentIndex(0 if label is None else label + 1)

    def _lay_out(self) -> None:
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(6)
        for words, part in (
            ("Model", self.model),
            ("How many", self.count),
            ("Seed", self.seed),
            ("", self.dice),
            ("Variety", self.variety),
        ):
            if words:
                label = QLabel(words)
                label.setBuddy(part)
                if row.count():
                    row.addSpacing(6)
                row.addWidget(label)
            row.addWidget(part)
        row.addWidget(self._label_words)
        row.addWidget(self.label)
        row.addStretch(1)
        row.addWidget(self.button)
        self._label_words.setBuddy(self.label)
        self.model.setAccessibleName("Model")
        self.label.setAccessibleName("Class")

    def _connect(self) -> None:
        samples = self._samples
        samples.models_changed.connect(self._on_models)
        samples.choice_changed.connect(self.refresh)
        samples.running_changed.connect(self._show_run)
        self.model.activated.connect(self._on_model)
        self.count.valueChanged.connect(self._on_count)
        self.seed.valueChanged.connect(self._on_seed)
        self.dice.clicked.connect(samples.roll)
        self.variety.changed.connect(self._on_variety)
        self.label.activated.connect(self._on_label)
        self.button.clicked.connect(self._on_button)

    def _on_models(self) -> None:
        with QSignalBlocker(self.model):
            self.model.clear()
            for facts in self._samples.models:
                self.model.addItem(facts.title, facts.id)
                self.model.setItemData(self.model.count() - 1, facts.summary, Qt.ItemDataRole.ToolTipRole)

    def _on_model(self, index: int) -> None:
        self._samples.choose_model(str(self.model.itemData(index)))

    def _on_count(self, count: int) -> None:
        self._samples.choose(count=count)

    def _on_seed(self, seed: int) -> None:
        self._samples.choose(seed=seed)

    def _on_variety(self, variety: float) -> None:
        self._samples.choose(truncation=variety)

    def _on_label(self, index: int) -> None:
        self._samples.choose_label(self.label.itemData(index))

    def _on_button(self) -> None:
        if self._samples.is_running:
            self._samples.cancel()
        else:
            self._samples.sample()


def _box(name: str, low: int, high: int) -> QSpinBox:
    box = QSpinBox()
    with_margin(box)
    box.setRange(low, high)
    box.setKeyboardTracking(False)
    box.setAccessibleName(name)
    box.lineEdit().setAccessibleName(name)
    box.setFixedWidth(84)
    return box
