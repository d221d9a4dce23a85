"""A number one can drag, type and reset."""

import math

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QToolButton, QWidget

from genrepair_desktop.app.icons import dress
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.rows import with_margin

_TICKS = 1000
_LOG_FROM = 1000


class NumberField(QWidget):
    """Slider, spin box with unit, and a reset button that appears once the value is not the default.

    ``is_log`` spreads small values over the slider: right for sizes from 1 to 2000. Fractions over three
    decades are spread so by themselves.
    """

    changed = Signal(float)

    def __init__(
        self,
        theme: Theme,
        *,
        name: str,
        low: float,
        high: float,
        default: float,
        step: float = 1.0,
        unit: str = "",
        help: str = "",
        is_log: bool = False,
    ) -> None:
        super().__init__()
        self._low, self._high, self._default, self._step = low, high, default, step
        self._is_log = is_log or (low > 0 and high / low >= _LOG_FROM and step < 1)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setMinimumWidth(64)
        self.slider.setRange(0, min(_TICKS, self._steps()))
        self.box = self._make_box(unit)
        self.reset_button = QToolButton()
        dress(self.reset_button, "reset", theme, side=14)
        self.reset_button.setToolTip(f"Back to {self.box.textFromValue(default)}{self.box.suffix()}")
        policy = self.reset_button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset_button.setSizePolicy(policy)
        self._name_parts(name, help)
        self._lay_out()
        self.box.valueChanged.connect(self._on_box)
        self.slider.valueChanged.connect(self._on_slider)
        self.reset_button.clicked.connect(self.reset)
        self.set_value(default)

    @property
    def value(self) -> float:
        return self.box.value()

    def set_value(self, value: float) -> None:
        """Show a value without telling anybody."""
        with QSignalBlocker(self.box):
            self.box.setValue(value)
        self._show()

    def reset(self) -> None:
        """Back to the default."""
        self.box.setValue(self._default)

    def _steps(self) -> int:
        return _TICKS if self._is_log else max(1, math.ceil((self._high - self._low) / self._step - 1e-9))

    def _make_box(self, unit: str) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setDecimals(max(_decimals(self._step), _decimals(self._low)))
        box.setRange(self._low, self._high)
        box.setSingleStep(self._step)
        box.setSuffix(f" {unit}" if unit else "")
        box.setKeyboardTracking(False)
        box.setFixedWidth(84)
        with_margin(box)
        return box

    def _name_parts(self, name: str, help: str) -> None:
        self.box.setAccessibleName(name)
        self.box.lineEdit().setAccessibleName(name)
        self.slider.setAccessibleName(f"{name}, slider")
        self.reset_button.setAccessibleName(f"Reset {name}")
        for part in (self.box, self.slider):
            part.setToolTip(help)
            part.setAccessibleDescription(help)
        self.setFocusProxy(self.box)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.slider, 1)
        row.addWidget(self.box)
        row.addWidget(self.reset_button)

    def _on_box(self, value: float) -> None:
        self._show()
        self.changed.emit(value)

    def _on_slider(self, position: int) -> None:
        share = position / max(1, self.slider.maximum())
        if self._is_log:
            value = self._low * (self._high / self._low) ** share
        else:
            value = self._low + (self._high - self._low) * share
        if self._step >= 1 or not self._is_log:
            value = self._low + round((value - self._low) / self._step) * self._step
        if value != self.box.value():
            self.box.setValue(value)

    def _show(self) -> None:
        value = self.box.value()
        if self._is_log:
            share = math.log(value / self._low) / math.log(self._high / self._low)
        else:
            share = (value - self._low) / ((self._high - self._low) or 1)
        with QSignalBlocker(self.slider):
            self.slider.setValue(round(share * self.slider.maximum()))
        self.reset_button.setVisible(not math.isclose(value, self._default, abs_tol=self._step / 100))


def _decimals(value: float) -> int:
    """How many decimals it takes to show a positive value; whole numbers and 0 take none."""
    if value <= 0 or value == round(value):
        return 0
    shown = 0
    while shown < 9 and not math.isclose(value, round(value, shown), rel_tol=1e-6):
        shown += 1
    return shown
