"""The gallery: thousands of pictures in a grid, of which only those in sight are painted."""

from collections.abc import Iterable

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from genrepair_desktop.app.browser.gallery_model import KEY_ROLE, GalleryModel
from genrepair_desktop.app.browser.grid_view import GridView
from genrepair_desktop.app.browser.shelf import Shelf
from genrepair_desktop.app.browser.thumbnails import ThumbnailMaker
from genrepair_desktop.app.icons import svg_pixmap
from genrepair_desktop.app.theme import Theme

DEFAULT_SIDE = 96
_MARGIN = 4
_BADGE = 18
# more numbers than these would tell nothing
_MOST_NUMBERED = 9


class GalleryDelegate(QStyledItemDelegate):
    """Paints one picture: its frame when selected, its place in the choice, its star, a dot for one's own."""

    def __init__(self, shelf: Shelf, maker: ThumbnailMaker, theme: Theme) -> None:
        super().__init__()
        self._shelf, self._maker, self._theme = shelf, maker, theme
        self._star = QIcon()
        self.side = DEFAULT_SIDE
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._star = QIcon()
        for ratio in (1, 2):
            self._star.addPixmap(svg_pixmap("star-filled", theme.colour("accent"), side=14, ratio=ratio))

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(self.side + 2 * _MARGIN, self.side + 2 * _MARGIN)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        key = index.data(KEY_ROLE)
        if key is None or not self._shelf.has(key):
            return
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        frame = QRect(rect.x() + _MARGIN, rect.y() + _MARGIN, self.side, self.side)
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        image = self._maker.get(key, round(self.side * ratio), self._shelf.entry(key).made)
        if image is None:
            painter.fillRect(frame, self._theme.colour("raised"))
        else:
            painter.drawImage(frame, image)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_state(painter, frame, state, key)
        painter.restore()

    def _paint_state(self, painter: QPainter, frame: QRect, state: QStyle.StateFlag, key: int) -> None:
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        has_focus = bool(state & QStyle.StateFlag.State_HasFocus)
        if is_selected or has_focus or state & QStyle.StateFlag.State_MouseOver:
            colour = "accent_line" if is_selected else "text" if has_focus else "line_strong"
            painter.setPen(QPen(self._theme.colour(colour), 3 if is_selected else 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(frame).adjusted(-1, -1, 1, 1), 3, 3)
        if is_selected:
            self._paint_number(painter, frame, key)
        if self._shelf.is_starred(key):
            corner = QRect(frame.right() - _BADGE - 1, frame.top() + 2, _BADGE, _BADGE)
            self._paint_plate(painter, QRectF(corner))
            self._star.paint(painter, corner.adjusted(2, 2, -2, -2))
        if self._shelf.entry(key).kind == "mine":
            self._paint_words(painter, QRectF(frame.left() + 3, frame.bottom() - _BADGE - 2, 34, _BADGE), "mine")

    def _paint_number(self, painter: QPainter, frame: QRect, key: int) -> None:
        chosen = self._shelf.selected
        if 1 < len(chosen) <= _MOST_NUMBERED and key in chosen:
            place = QRectF(frame.left() + 3, frame.top() + 3, _BADGE, _BADGE)
            self._paint_words(painter, place, str(chosen.index(key) + 1))

    def _paint_words(self, painter: QPainter, place: QRectF, words: str) -> None:
        self._paint_plate(painter, place)
        painter.setPen(QColor("#f2f2f2"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_plate(self, painter: QPainter, place: QRectF) -> None:
        # dark in both themes: the picture under it may have any colour
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(20, 20, 20, 190))
        painter.drawRoundedRect(place, 4, 4)


class GalleryView(GridView):
    """Shows a ``GalleryModel``; selection and pointer are the shelf's.

    opened       an entry was double-clicked, or Enter was pressed on it
    menu_wanted  a menu at this global point
    """

    opened = Signal(object)
    menu_wanted = Signal(QPoint)

    def __init__(self, shelf: Shelf, gallery: GalleryModel, maker: ThumbnailMaker, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("gallery")
        self.setAccessibleName("Gallery")
        self._shelf, self._gallery, self._maker = shelf, gallery, maker
        self._is_following = False
        self.delegate = GalleryDelegate(shelf, maker, theme)
        self.setModel(gallery)
        self.setItemDelegate(self.delegate)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu)
        self.doubleClicked.connect(self._on_opened)
        maker.made.connect(self._on_made)
        shelf.selected_changed.connect(self._follow_shelf)
        gallery.modelReset.connect(self._follow_shelf)
        self.set_side(DEFAULT_SIDE)

    def set_theme(self, theme: Theme) -> None:
        self.delegate.set_theme(theme)
        self.viewport().update()

    def set_side(self, side: int) -> None:
        """Show pictures of so many points."""
        self.delegate.side = side
        self.set_cell(side + 2 * _MARGIN)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Tell the shelf, in the order of choice."""
        super().selectionChanged(selected, deselected)
        if self._is_following:
            return
        gone = set(self._keys_of(deselected))
        new = self._keys_of(selected)
        kept = [key for key in self._shelf.selected if key not in gone]
        self._is_following = True
        self._shelf.select([*kept, *new])
        self._is_following = False
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self._on_opened(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Letters are commands here, not the first letters of titles."""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._shelf.hover(self._gallery.key(self.indexAt(event.position().toPoint())))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.set_hovered(-1)
        self._shelf.hover(None)

    def _keys_of(self, selection: QItemSelection) -> list[int]:
        keys = self._gallery.keys()
        ranges = [selection.at(i) for i in range(selection.count())]
        rows = sorted((r.top(), r.bottom()) for r in ranges)
        return [key for top, bottom in rows for key in keys[top : bottom + 1]]

    def _follow_shelf(self) -> None:
        if self._is_following:
            return
        self._is_following = True
        selection = selection_of(self._gallery, self._shelf.selected)
        self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        self._is_following = False
        self.viewport().update()

    def _on_made(self, keys: set[int]) -> None:
        self.viewport().update()

    def _on_opened(self, index: QModelIndex) -> None:
        key = self._gallery.key(index)
        if key is not None:
            self.opened.emit(key)

    def _on_menu(self, where: QPoint) -> None:
        self.menu_wanted.emit(self.viewport().mapToGlobal(where))


def selection_of(gallery: GalleryModel, keys: Iterable[int]) -> QItemSelection:
    """Keys as ranges of rows: ten thousand single ones take Qt seconds."""
    rows = sorted(row for key in keys if (row := gallery.row(key)) is not None)
    selection = QItemSelection()
    start = 0
    for i in range(1, len(rows) + 1):
        if i == len(rows) or rows[i] != rows[i - 1] + 1:
            selection.append(_range(gallery, rows[start], rows[i - 1]))
            start = i
    return selection


def _range(gallery: GalleryModel, first: int, last: int) -> QItemSelectionRange:
    return QItemSelectionRange(gallery.index(first), gallery.index(last))
