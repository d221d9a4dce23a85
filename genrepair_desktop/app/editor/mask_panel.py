"""The Mask part of the right panel: the tool's options, growing and feathering with live preview, mask files."""

from dataclasses import replace

from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from genrepair_desktop.app.canvas.toolbox import ToolBox
from genrepair_desktop.app.canvas.tools import MAX_BRUSH, MIN_BRUSH
from genrepair_desktop.app.editor.mask_session import MaskSession
from genrepair_desktop.app.icons import dress
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.widgets.action_button import ActionButton
from genrepair_desktop.app.widgets.number_field import NumberField
from genrepair_desktop.app.widgets.rows import add_row, panel_form
from genrepair_desktop.imaging.masks import CombineMode

_MODES = (
    (CombineMode.ADD, "plus", "Add to the mask"),
    (CombineMode.SUBTRACT, "minus", "Take away from the mask (right button, Alt)"),
    (CombineMode.INTERSECT, "intersect", "Keep only what is in both"),
)
_ADJUST_LIMIT = 64
# what is done to the whole mask, then where masks come from and go to
_ACTIONS = (
    ("mask.all", "mask.invert", "mask.none"),
    ("mask.import", "mask.export", "mask.bring-back", "mask.clear-donor"),
)
_WITH_MODE = ("brush", "rectangle", "ellipse", "lasso", "polygon", "wand")


class MaskPanel(QWidget):
    """Reads and writes the canvas's ``ToolBox`` and ``MaskSession``."""

    def __init__(self, tools: ToolBox, mask: MaskSession, actions: dict[str, QAction], theme: Theme) -> None:
        super().__init__()
        self._tools, self._mask = tools, mask
        self._theme = theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._make_tool_rows())
        column.addWidget(self._make_adjust_rows())
        column.addLayout(_action_row([[actions[name] for name in group] for group in _ACTIONS]))
        for changed in (tools.tool_changed, tools.brush_changed, tools.wand_changed, tools.mode_changed):
            changed.connect(self._show_tool)
        mask.preview_changed.connect(self._show_adjust)
        self._show_tool()
        self._show_adjust()

    def _make_tool_rows(self) -> QWidget:
        self.brush_size = NumberField(
            self._theme, name="Size", low=MIN_BRUSH, high=MAX_BRUSH, default=40, unit="px", is_log=True,
            help="Diameter of the brush in photo pixels. Keys [ and ], Alt and the wheel.",
        )  # fmt: skip
        self.hardness = NumberField(
            self._theme, name="Hardness", low=0, high=100, default=90, step=5, unit="%",
            help="How sharp the brush's edge is. A soft edge blends the fill into the photo. Shift and [ or ].",
        )  # fmt: skip
        self.tolerance = NumberField(
            self._theme, name="Tolerance", low=0, high=255, default=24,
            help="How far colours may differ from the one clicked, of 255.",
        )  # fmt: skip
        self.contiguous = QCheckBox("Joined pixels only")
        self.contiguous.setToolTip("Off: marks every pixel of the photo with such a colour")
        self._mode_row = self._make_mode_row()
        body = QWidget()
        self._rows = panel_form(body)
        self._rows.addRow(self._mode_row)
        for title, field in (("Size", self.brush_size), ("Hardness", self.hardness), ("Tolerance", self.tolerance)):
            add_row(self._rows, title, field)
        self._rows.addRow(self.contiguous)
        self.brush_size.changed.connect(self._on_size)
        self.hardness.changed.connect(self._on_hardness)
        self.tolerance.changed.connect(self._on_tolerance)
        self.contiguous.toggled.connect(self._on_contiguous)
        return body

    def _make_mode_row(self) -> QWidget:
        self.modes: dict[CombineMode, QToolButton] = {}
        group = QButtonGroup(self)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for mode, picture, words in _MODES:
            button = QToolButton()
            button.setCheckable(True)
            dress(button, picture, self._theme, side=16)
            button.setToolTip(words)
            button.setAccessibleName(words)
            button.setProperty("mode", mode.value)
            button.clicked.connect(self._on_mode)
            group.addButton(button)
            row.addWidget(button)
            self.modes[mode] = button
        row.addStretch(1)
        return body

    def _make_adjust_rows(self) -> QWidget:
        self.grow = NumberField(
            self._theme, name="Grow or shrink", low=-_ADJUST_LIMIT, high=_ADJUST_LIMIT, default=0, unit="px",
            help="Makes the whole mask larger, or smaller below zero. Shows at once; Apply writes it.",
        )  # fmt: skip
        self.feather = NumberField(
            self._theme, name="Feather", low=0, high=_ADJUST_LIMIT, default=0, unit="px",
            help="Fades the mask out around its edge, so that repairs blend in. Shows at once; Apply writes it.",
        )  # fmt: skip
        self.apply_button = QPushButton("Apply")
        self.discard_button = QPushButton("Discard")
        body = QWidget()
        rows = panel_form(body)
        for title, field in (("Grow mask", self.grow), ("Feather", self.feather)):
            add_row(rows, title, field)
        self._adjust_buttons = QWidget()
        buttons = QHBoxLayout(self._adjust_buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(8)
        buttons.addWidget(self.apply_button)
        buttons.addWidget(self.discard_button)
        rows.addRow(self._adjust_buttons)
        self.grow.changed.connect(self._on_adjust)
        self.feather.changed.connect(self._on_adjust)
        self.apply_button.clicked.connect(self._on_apply)
        self.discard_button.clicked.connect(self._on_discard)
        return body

    def _show_tool(self) -> None:
        tools = self._tools
        self.brush_size.set_value(tools.brush.size)
        self.hardness.set_value(round(100 * tools.brush.hardness))
        self.tolerance.set_value(tools.wand.tolerance)
        if self.contiguous.isChecked() != tools.wand.is_contiguous:
            self.contiguous.setChecked(tools.wand.is_contiguous)
        self.modes[tools.mode].setChecked(True)
        for field in (self.brush_size, self.hardness):
            self._rows.setRowVisible(field, tools.tool.has_ring)
        for field in (self.tolerance, self.contiguous):
            self._rows.setRowVisible(field, tools.tool.id == "wand")
        self._rows.setRowVisible(self._mode_row, tools.tool.id in _WITH_MODE)

    def _show_adjust(self) -> None:
        if not self._mask.is_adjusting:  # written or given up, maybe not by the buttons here
            self.grow.set_value(0)
            self.feather.set_value(0)
        is_adjusting = (self.grow.value, self.feather.value) != (0, 0)
        self._adjust_buttons.setVisible(is_adjusting)

    def _on_size(self, size: float) -> None:
        self._tools.set_brush_size(size)

    def _on_hardness(self, percent: float) -> None:
        self._tools.set_hardness(percent / 100)

    def _on_tolerance(self, tolerance: float) -> None:
        self._tools.set_wand(replace(self._tools.wand, tolerance=tolerance))

    def _on_contiguous(self, is_contiguous: bool) -> None:
        self._tools.set_wand(replace(self._tools.wand, is_contiguous=is_contiguous))

    def _on_mode(self) -> None:
        sender = self.sender()
        if sender is not None:
            self._tools.set_mode(CombineMode(sender.property("mode")))

    def _on_adjust(self) -> None:
        self._mask.adjust(round(self.grow.value), round(self.feather.value))
        self._show_adjust()

    def _on_apply(self) -> None:
        self._mask.apply_adjust()

    def _on_discard(self) -> None:
        self._mask.discard_adjust()
        self._show_adjust()


def _action_row(groups: list[list[QAction]]) -> QHBoxLayout:
    """Icon buttons of commands: name, tooltip and state come from the command table."""
    row = QHBoxLayout()
    row.setSpacing(4)
    for group in groups:
        for action in group:
            row.addWidget(ActionButton(action))
        row.addSpacing(12)
    row.addStretch(1)
    return row
