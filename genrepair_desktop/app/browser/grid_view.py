"""A grid of equal cells over a list model, laid out by arithmetic.

``QListView`` computes a place for every row whenever one is added: with 10,000 rows that took longer than making
the pictures. Here nothing is kept for a row, and only what is in sight is painted.
"""

from PySide6.QtCore import QItemSelection as Selection
from PySide6.QtCore import QItemSelectionModel as SelectionModel
from PySide6.QtCore import QItemSelectionRange as SelectionRange
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyleOptionViewItem

AnyIndex = QModelIndex | QPersistentModelIndex
Action = QAbstractItemView.CursorAction
_STEPS = {
    Action.MoveLeft: -1,
    Action.MovePrevious: -1,
    Action.MoveRight: 1,
    Action.MoveNext: 1,
}


class GridView(QAbstractItemView):
    """Cells of ``cell`` points in as many columns as fit."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = 104
        self._anchor = 0
        self._hovered = -1
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)

    @property
    def columns(self) -> int:
        """Cells beside each other."""
        return max(1, self.viewport().width() // self.cell)

    @property
    def count(self) -> int:
        model = self.model()
        return model.rowCount() if model is not None else 0

    def set_cell(self, cell: int) -> None:
        """Another size of the cells; the first one in sight stays in sight."""
        first = self.verticalScrollBar().value() // self.cell * self.columns
        self.cell = cell
        self.updateGeometries()
        self.verticalScrollBar().setValue(first // self.columns * cell)
        self.viewport().update()

    def visualRect(self, index: AnyIndex) -> QRect:
        if not index.isValid():
            return QRect()
        down, across = divmod(index.row(), self.columns)
        return QRect(across * self.cell, down * self.cell - self.verticalOffset(), self.cell, self.cell)

    def indexAt(self, point: QPoint) -> QModelIndex:
        across = point.x() // self.cell
        row = (point.y() + self.verticalOffset()) // self.cell * self.columns + across
        if not 0 <= across < self.columns or not 0 <= row < self.count:
            return QModelIndex()
        return self.model().index(row, 0)

    def scrollTo(
        self, index: AnyIndex, hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible
    ) -> None:
        if not index.isValid():
            return
        bar, rect, height = self.verticalScrollBar(), self.visualRect(index), self.viewport().height()
        if hint == QAbstractItemView.ScrollHint.PositionAtCenter:
            bar.setValue(bar.value() + rect.center().y() - height // 2)
        elif rect.top() < 0:
            bar.setValue(bar.value() + rect.top())
        elif rect.bottom() >= height:
            bar.setValue(bar.value() + min(rect.top(), rect.bottom() - height + 1))

    def moveCursor(self, cursorAction: Action, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        if self.count == 0:
            return QModelIndex()
        current = self.currentIndex()
        row = current.row() if current.isValid() else 0
        page = max(1, self.viewport().height() // self.cell) * self.columns
        steps = {
            **_STEPS,
            Action.MoveUp: -self.columns,
            Action.MoveDown: self.columns,
            Action.MovePageUp: -page,
            Action.MovePageDown: page,
            Action.MoveHome: -self.count,
            Action.MoveEnd: self.count,
        }
        moved = row + (steps[cursorAction] if current.isValid() else 0)
        if cursorAction in (Action.MoveUp, Action.MoveDown) and not 0 <= moved < self.count:
            moved = row
        return self.model().index(min(max(moved, 0), self.count - 1), 0)

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.verticalScrollBar().value()

    def isIndexHidden(self, index: AnyIndex) -> bool:
        return False

    def setSelection(self, rect: QRect, command: SelectionModel.SelectionFlag) -> None:
        """A dragged rectangle selects what it touches; Shift selects everything in a row up to the cursor."""
        model, current = self.selectionModel(), self.currentIndex()
        is_dragged = self.state() == QAbstractItemView.State.DragSelectingState
        if command & SelectionModel.SelectionFlag.Current and current.isValid() and not is_dragged:
            low, high = sorted((min(self._anchor, self.count - 1), current.row()))
            model.select(self._rows(low, high), command)
            return
        model.select(self._touched(rect.normalized()), command)
        if current.isValid():
            self._anchor = current.row()

    def visualRegionForSelection(self, selection: Selection) -> QRegion:
        # all that is in sight: asking ten thousand selected rows for their places takes longer
        return QRegion(self.viewport().rect())

    def updateGeometries(self) -> None:
        super().updateGeometries()
        rows = -(-self.count // self.columns)
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self.cell // 2)
        bar.setRange(0, max(0, rows * self.cell - self.viewport().height()))

    def rowsInserted(self, parent: AnyIndex, start: int, end: int) -> None:
        super().rowsInserted(parent, start, end)
        self.updateGeometries()
        self.viewport().update()

    def reset(self) -> None:
        super().reset()
        self.updateGeometries()
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        option = QStyleOptionViewItem()
        self.initViewItemOption(option)
        plain: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        plain &= ~(QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_Selected)
        chosen, current = self.selectionModel(), self.currentIndex().row() if self.hasFocus() else -1
        delegate = self.itemDelegate()
        for row in self._in_sight(event.rect()):
            index = self.model().index(row, 0)
            option.rect = self.visualRect(index)  # pyright: ignore[reportAttributeAccessIssue]
            state = plain
            if chosen.isSelected(index):
                state |= QStyle.StateFlag.State_Selected
            if row == current:
                state |= QStyle.StateFlag.State_HasFocus
            if row == self._hovered:
                state |= QStyle.StateFlag.State_MouseOver
            option.state = state  # pyright: ignore[reportAttributeAccessIssue]
            delegate.paint(painter, option, index)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self.set_hovered(self.indexAt(event.position().toPoint()).row())

    def set_hovered(self, row: int) -> None:
        """Paint the frame of the row that the pointer is over; -1 for none."""
        if row != self._hovered:
            self._hovered = row
            self.viewport().update()

    def _in_sight(self, rect: QRect) -> range:
        top = (rect.top() + self.verticalOffset()) // self.cell
        bottom = (rect.bottom() + self.verticalOffset()) // self.cell
        return range(max(0, top * self.columns), min(self.count, (bottom + 1) * self.columns))

    def _rows(self, first: int, last: int) -> Selection:
        selection = Selection()
        if 0 <= first <= last:
            selection.append(SelectionRange(self.model().index(first, 0), self.model().index(last, 0)))
        return selection

    def _touched(self, rect: QRect) -> Selection:
        selection = Selection()
        left, right = max(0, rect.left() // self.cell), min(self.columns - 1, rect.right() // self.cell)
        top, bottom = ((y + self.verticalOffset()) // self.cell for y in (rect.top(), rect.bottom()))
        for down in range(max(0, top), bottom + 1):
            last = min(down * self.columns + right, self.count - 1)
            if down * self.columns + left <= last and left <= right:
                selection.merge(self._rows(down * self.columns + left, last), SelectionModel.SelectionFlag.Select)
        return selection
