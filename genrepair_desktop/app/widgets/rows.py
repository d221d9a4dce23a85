"""Rows of a form that line up: titles of one width, standing in the middle of their fields."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QFormLayout, QLabel, QWidget

# the longest short title; longer ones get a line of their own above the field
_WIDEST = "Sensitivity"
# the style sheet's padding does not reach the number inside a spin box
_BOX_MARGIN = 5


def panel_form(body: QWidget) -> QFormLayout:
    """The layout of a panel's rows, on ``body``."""
    form = QFormLayout(body)
    form.setContentsMargins(0, 0, 0, 0)
    form.setVerticalSpacing(4)
    form.setHorizontalSpacing(8)
    form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    return form


def add_row(form: QFormLayout, title: str, field: QWidget, *, buddy: QWidget | None = None, help: str = "") -> QLabel:
    """Add ``field`` under its title. ``buddy`` takes the focus that the title is given; the field unless named."""
    label = row_label(title, buddy or field, height=field.sizeHint().height())
    label.setMinimumWidth(label.fontMetrics().horizontalAdvance(_WIDEST) + 8)
    label.setToolTip(help)
    form.addRow(label, field)
    return label


def row_label(title: str, buddy: QWidget, *, height: int | None = None) -> QLabel:
    """A title as high as what stands beside it."""
    label = QLabel(title)
    label.setBuddy(buddy)
    label.setMinimumHeight(buddy.sizeHint().height() if height is None else height)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    return label


def with_margin(box: QAbstractSpinBox) -> None:
    """Set the number of a spin box off from its frame, as the text of other fields is."""
    box.lineEdit().setTextMargins(_BOX_MARGIN, 0, 0, 0)
