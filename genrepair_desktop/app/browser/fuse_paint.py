"""Painting on the fused face: where the brush goes, the chosen picture shows."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from genrepair_desktop.app.browser.fusion_session import PartsSession
from genrepair_desktop.app.canvas.qimage import to_qimage
from genrepair_desktop.generate.animation import as_bytes

_SIDE = 152


class PaintPane(QWidget):
    """Shows the collage of a ``PartsSession``; a drag paints with its brush, the right button takes back."""

    def __init__(self, faces: PartsSession) -> None:
        super().__init__()
        self._faces = faces
        self._pointer: QPointF | None = None
        self._is_erasing = False
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumSize(_SIDE, _SIDE)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The face as it is put together")
        self.setAccessibleDescription("Drag to paint with the chosen picture; the right button takes paint away.")
        self.setToolTip("Drag: the chosen picture shows here. Right button: takes paint away")
        faces.preview_changed.connect(self.update)
        faces.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(_SIDE + 40, _SIDE + 40)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._is_erasing = event.button() == Qt.MouseButton.RightButton
            self._paint_at(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        if event.buttons() & (Qt.MouseButton.LeftButton | Qt.MouseButton.RightButton):
            self._paint_at(event.position())
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._pointer = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        picture = self._faces.collage
        if picture is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = self._frame()
        painter.drawImage(frame, to_qimage(as_bytes(picture[None])[0]))
        if self._pointer is not None:
            radius = self._faces.brush * frame.width()
            # dark under light: seen on any picture
            for colour, width in ((QColor(0, 0, 0, 160), 3), (QColor("#f2f2f2"), 1)):
                painter.setPen(QPen(colour, width))
                painter.drawEllipse(self._pointer, radius, radius)
        painter.end()

    def _frame(self) -> QRectF:
        side = min(self.width(), self.height())
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def _paint_at(self, at: QPointF) -> None:
        frame = self._frame()
        x, y = (at.x() - frame.x()) / frame.width(), (at.y() - frame.y()) / frame.height()
        self._faces.paint(x, y, is_erasing=self._is_erasing)
