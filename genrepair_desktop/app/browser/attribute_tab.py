"""Two groups of pictures, and a slider that pushes another one from what the second has to what the first has."""

from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from genrepair_desktop.app.browser.attribute_session import FARTHEST, LETTERS, SIDES, AttributeSession, Side
from genrepair_desktop.app.browser.bookmark_file import LONGEST_NAME
from genrepair_desktop.app.browser.fuse_tabs import hint_label

_TICKS = 50
_BETWEEN = "Between the groups"


class AttributeTab(QWidget):
    """Reads and writes an ``AttributeSession``. ``actions``: the commands that mark each group."""

    def __init__(self, attribute: AttributeSession, actions: dict[Side, QAction]) -> None:
        super().__init__()
        self._attribute = attribute
        self.hint = hint_label()
        self.counts: dict[Side, QLabel] = {}
        self.marks: dict[Side, QPushButton] = {}
        self.direction = QComboBox()
        self.direction.setEditable(True)
        # the box's own: one that is put in sits lower
        name = self.direction.lineEdit()
        assert name is not None
        self.name: QLineEdit = name
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setAccessibleName("Name of the direction")
        self.direction.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.direction.setAccessibleName("Direction")
        self.direction.setToolTip("What to push along. Write a name and press Keep, to have it again in this project")
        self.keep_button = QPushButton("Keep")
        self.keep_button.setToolTip("Keep this direction under the name beside it; the project holds it once saved")
        self.forget_button = QPushButton("Forget")
        self.forget_button.setToolTip("Forget the kept direction that is chosen")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(-_TICKS, _TICKS)
        self.slider.setAccessibleName("How far to push")
        self.slider.setToolTip(
            "1: as far as the two groups lie apart (along the normal of the boundary between their latents; of fewer "
            "than five pictures a side, along the difference of their means)"
        )
        self.amount = QLabel()
        self.amount.setObjectName("fieldValue")
        self.amount.setMinimumWidth(44)
        self.reset_button = QPushButton("Back to the picture")
        self._lay_out(actions)
        self.slider.valueChanged.connect(self._on_slider)
        self.direction.activated.connect(self._on_choice)
        self.direction.editTextChanged.connect(self._show_buttons)
        self.name.returnPressed.connect(self._on_keep)
        self.keep_button.clicked.connect(self._on_keep)
        self.forget_button.clicked.connect(attribute.forget)
        self.reset_button.clicked.connect(partial(self.slider.setValue, 0))
        attribute.changed.connect(self.refresh)
        attribute.directions_changed.connect(self._show_directions)
        self._show_directions()
        self.refresh()

    def refresh(self) -> None:
        """Show the groups, and how far the picture is pushed."""
        attribute = self._attribute
        obstacle = attribute.obstacle
        self.hint.setText(obstacle)
        self.hint.setVisible(bool(obstacle))
        for side, label in self.counts.items():
            group = attribute.groups.get(side)
            count = 0 if group is None else len(group.latents)
            label.setText("nothing yet" if not count else "1 picture" if count == 1 else f"{count:,} pictures")
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(attribute.amount / FARTHEST * _TICKS))
        for part in (self.slider, self.reset_button):
            part.setEnabled(not obstacle)
        self.amount.setText(f"{attribute.amount:+.1f}" if attribute.amount else "0")

    def _lay_out(self, actions: dict[Side, QAction]) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        for row, side in enumerate(SIDES):
            self.counts[side] = label = QLabel()
            label.setObjectName("quiet")
            self.marks[side] = button = QPushButton("Mark selected")
            button.setAccessibleName(actions[side].text())
            button.setToolTip(actions[side].toolTip())
            button.setEnabled(actions[side].isEnabled())
            button.clicked.connect(actions[side].trigger)
            actions[side].enabledChanged.connect(button.setEnabled)
            grid.addWidget(QLabel(f"Group {LETTERS[side]}, {side} it"), row, 0)
            grid.addWidget(label, row, 1)
            grid.addWidget(button, row, 2)
        kept = QHBoxLayout()
        kept.setSpacing(8)
        for part, stretch in ((self.direction, 1), (self.keep_button, 0), (self.forget_button, 0)):
            kept.addWidget(part, stretch)
        title = QLabel("Along")
        title.setBuddy(self.direction)
        grid.addWidget(title, 2, 0)
        grid.addLayout(kept, 2, 1, 1, 2)
        pushed = QHBoxLayout()
        pushed.setSpacing(8)
        for part, stretch in ((QLabel("B"), 0), (self.slider, 1), (QLabel("A"), 0), (self.amount, 0)):
            pushed.addWidget(part, stretch)
        label = QLabel("Push towards")
        label.setBuddy(self.slider)
        grid.addWidget(label, 3, 0)
        grid.addLayout(pushed, 3, 1, 1, 2)
        grid.setColumnStretch(1, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.reset_button)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 4)
        column.setSpacing(6)
        self.hint.setContentsMargins(0, 0, 0, 0)
        column.addLayout(grid)
        column.addLayout(foot)
        column.addWidget(self.hint)
        column.addStretch(1)

    def _show_directions(self) -> None:
        with QSignalBlocker(self.direction):
            self.direction.clear()
            self.direction.addItem(_BETWEEN, "")
            for one in self._attribute.named:
                self.direction.addItem(one.name, one.name)
            self.direction.setCurrentIndex(max(0, self.direction.findData(self._attribute.chosen)))
        self._show_buttons()

    def _show_buttons(self) -> None:
        written = self.direction.currentText().strip()
        is_new = bool(written) and written not in (_BETWEEN, self._attribute.chosen)
        self.keep_button.setEnabled(is_new and self._attribute.direction is not None)
        self.forget_button.setEnabled(bool(self._attribute.chosen))

    def _on_choice(self, place: int) -> None:
        self._attribute.choose(str(self.direction.itemData(place)))

    def _on_keep(self) -> None:
        if self.keep_button.isEnabled():
            self._attribute.keep(self.direction.currentText())

    def _on_slider(self, value: int) -> None:
        self._attribute.set_amount(value / _TICKS * FARTHEST)
