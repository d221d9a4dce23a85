"""The Method part of the right panel: which method, its parameters, how the fill is laid in."""

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from genrepair_desktop.app import texts
from genrepair_desktop.app.editor.repair_session import RepairSession
from genrepair_desktop.app.forms import ParamsForm
from genrepair_desktop.app.icons import dress
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.number_field import NumberField
from genrepair_desktop.app.widgets.rows import add_row, panel_form
from genrepair_desktop.repair.catalog import METHODS, all_methods
from genrepair_desktop.repair.method import MethodSpec

_LARGEST_SEED = 2**31 - 1
# a method's own strength does what the Strength of every repair does; only the latter moves a finished repair too
_LIVE = frozenset(("strength",))


class RepairPanel(QWidget):
    """Reads and writes a ``RepairSession``; holds no state of its own.

    race_asked  the user wants the methods compared on this photo
    """

    race_asked = Signal()

    def __init__(self, repair: RepairSession, theme: Theme) -> None:
        super().__init__()
        self._repair = repair
        self._theme = theme
        self.method = self._make_method_box()
        self.help = QLabel()
        self.help.setObjectName("quiet")
        self.help.setWordWrap(True)
        self.form = ParamsForm(repair.spec.params, theme, repair.choice.params, without=_LIVE)
        self.race_button = QPushButton("Compare methods…")
        self.race_button.setToolTip(
            "Hides sound parts of this photo near the damage, repairs them with every method, and shows which came "
            "closest"
        )
        self._form_place = QVBoxLayout()
        self._laying = self._make_laying_rows()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.method)
        column.addWidget(self.help)
        column.addLayout(self._form_place)
        column.addWidget(self._laying)
        column.addWidget(self.race_button)
        self.method.currentIndexChanged.connect(self._on_method)
        self.race_button.clicked.connect(self.race_asked)
        repair.choice_changed.connect(self._show_choice)
        repair.methods_changed.connect(self._on_methods)
        self._shown_method = ""
        self._show_choice()

    def _make_method_box(self) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName("Repair method")
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(12)
        self._fill_method_box(box)
        return box

    def _fill_method_box(self, box: QComboBox) -> None:
        """What one tries first stands on top, what treats the whole picture below a line, the user's own last."""
        ready = [spec for spec in all_methods().values() if spec.is_ready(self._repair.models.loader)]
        own = [spec for spec in ready if spec.id not in METHODS]
        before = 0
        for spec in [*sorted((spec for spec in ready if spec not in own), key=_rank), *own]:
            if spec.id in METHODS and _rank(spec) != before:
                box.insertSeparator(box.count())
                before = _rank(spec)
            box.addItem(texts.method_title(spec.id), spec.id)
            box.setItemData(box.count() - 1, texts.method_help(spec.id), Qt.ItemDataRole.ToolTipRole)

    def _make_laying_rows(self) -> QWidget:
        """How the fill is laid in: the same for every method."""
        body = QWidget()
        rows = panel_form(body)
        self.grow = NumberField(
            self._theme, name="Margin", low=0, high=64, default=0, unit="px",
            help="Repairs this much around what is painted too, fading out. Raise it when a rim of the damage "
            "stays visible.",
        )  # fmt: skip
        self.grain = NumberField(
            self._theme, name="Grain", low=0, high=100, default=100, step=5, unit="%",
            help="How much film grain or noise of the surroundings is laid over smooth fills. Lower it when a "
            "repair looks rougher than its surroundings.",
        )  # fmt: skip
        self.strength = NumberField(
            self._theme, name="Strength", low=0, high=100, default=100, unit="%",
            help="How much of the repair shows. Moves the last repair too, as long as it is the newest step.",
        )  # fmt: skip
        self.seed = NumberField(
            self._theme, name="Seed", low=0, high=_LARGEST_SEED, default=0,
            help="Another number gives another fill; the same number gives the same fill again.",
        )  # fmt: skip
        self.seed.slider.hide()
        self.seed.box.setFixedWidth(112)
        self.dice = QToolButton()
        dress(self.dice, "dice", self._theme, side=18)
        self.dice.setToolTip("Take the next seed: another fill")
        self.dice.setAccessibleName("Next seed")
        self._seed_row = QWidget()
        seed_row = QHBoxLayout(self._seed_row)
        seed_row.setContentsMargins(0, 0, 0, 0)
        seed_row.setSpacing(4)
        seed_row.addWidget(self.seed)
        seed_row.addWidget(self.dice)
        seed_row.addStretch(1)
        self._rows = rows
        for title, field in (("Margin", self.grow), ("Grain", self.grain), ("Strength", self.strength)):
            add_row(rows, title, field)
        add_row(rows, "Seed", self._seed_row, buddy=self.seed)
        self.grow.changed.connect(self._on_laying)
        self.grain.changed.connect(self._on_laying)
        self.seed.changed.connect(self._on_laying)
        self.strength.changed.connect(self._on_strength)
        self.dice.clicked.connect(self._on_dice)
        return body

    def _show_choice(self) -> None:
        choice, spec = self._repair.choice, self._repair.spec
        with QSignalBlocker(self.method):
            self.method.setCurrentIndex(self.method.findData(choice.method))
        self.help.setText(texts.method_help(choice.method))
        if self._shown_method != choice.method:
            self._shown_method = choice.method
            self._swap_form(spec)
        else:
            self.form.set_values(choice.params)
        self.grow.set_value(choice.grow)
        self.grain.set_value(round(choice.grain * 100))
        self.strength.set_value(round(choice.strength * 100))
        self.seed.set_value(choice.seed)
        self._rows.setRowVisible(self.grain, spec.adds_grain or spec.id == "auto")
        self._rows.setRowVisible(self._seed_row, spec.is_seeded)
        self._rows.setRowVisible(self.grow, spec.task == "fill")
        self._rows.setRowVisible(self.strength, spec.task != "enlarge")
        self.race_button.setVisible(spec.task == "fill")

    def _swap_form(self, spec: MethodSpec) -> None:
        self.form.setParent(None)
        self.form.deleteLater()
        self.form = ParamsForm(spec.params, self._theme, self._repair.choice.params, without=_LIVE)
        self.form.changed.connect(self._on_params)
        self.form.setVisible(not self.form.is_empty)
        self._form_place.addWidget(self.form)

    def _on_methods(self) -> None:
        """Models were added or removed: the list follows, the choice stays."""
        with QSignalBlocker(self.method):
            self.method.clear()
            self._fill_method_box(self.method)
        self._show_choice()

    def _on_method(self) -> None:
        self._repair.choose_method(str(self.method.currentData()))

    def _on_params(self) -> None:
        self._repair.choose(params=self.form.values())

    def _on_laying(self) -> None:
        self._repair.choose(grow=round(self.grow.value), grain=self.grain.value / 100, seed=round(self.seed.value))

    def _on_strength(self, percent: float) -> None:
        self._repair.set_strength(percent / 100)

    def _on_dice(self) -> None:
        self._repair.choose(seed=(self._repair.choice.seed + 1) % _LARGEST_SEED)


def _rank(spec: MethodSpec) -> int:
    """Which group of the list a method stands in."""
    if spec.task != "fill":
        return 3
    return {"automatic": 0, "learned": 1, "exemplar": 1, "deterministic": 2}[spec.family]
