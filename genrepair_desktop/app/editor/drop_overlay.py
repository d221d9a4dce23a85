"""What shows while something is dragged over an open photo: two halves, one opens it, the other marks with it."""

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from genrepair_desktop.app.theme import Theme


class DropOverlay(QWidget):
    """Covers the canvas during a drag.

    dropped  the dropped mime data is taken as (event data, as mask)
    """

    dropped = Signal(object, bool)

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self._covered = parent
        self._theme = theme
        self._is_right = False
        self.has_photo = False
        self.setAcceptDrops(True)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme

    def cover(self, *, has_photo: bool) -> None:
        """Show over the whole parent; with no photo open there is only one thing a drop can mean."""
        self.has_photo = has_photo
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()

    def is_mask_place(self, at: QPointF) -> bool:
        """True where a drop is taken as a mask: the right half, once a photo is open."""
        return self.has_photo and at.x() > self.width() / 2

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._is_right = self.is_mask_place(event.position())
        self.update()
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        as_mask = self.is_mask_place(event.position())
        self.hide()
        event.acceptProposedAction()
        self.dropped.emit(event.mimeData(), as_mask)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(self._theme.window)
        veil.setAlpha(190)
        painter.fillRect(self.rect(), veil)
        whole = QRectF(self.rect()).adjusted(16, 16, -16, -16)
        half = whole.width() / 2 - 8
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 1.6)
        font.setBold(True)
        painter.setFont(font)
        words = ("Open photo", "Use as mask") if self.has_photo else ("Open photo",)
        for place, text in enumerate(words):
            left = whole.left() + place * (half + 16)
            area = QRectF(left, whole.top(), half, whole.height()) if self.has_photo else whole
            is_target = bool(place) == self._is_right
            colour = QColor(self._theme.accent_line if is_target else self._theme.line_strong)
            painter.setPen(colour)
            painter.drawRoundedRect(area, 12, 12)
            painter.setPen(QColor(self._theme.text))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
