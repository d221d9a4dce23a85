"""A picture in a dialog, as large as there is room for."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from genrepair_desktop.app.canvas.qimage import to_qimage


class PreviewPane(QWidget):
    """A picture as large as its place allows, in its own proportions; or its middle, pixel by pixel."""

    def __init__(self, name: str, least: tuple[int, int], *, is_exact: bool = False) -> None:
        """``name`` for those who do not see it; ``least``: its smallest width and height; ``is_exact``: one pixel of
        the picture for each of the screen."""
        super().__init__()
        self._is_exact = is_exact
        self._pixmap = QPixmap()
        self.setMinimumSize(*least)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)

    def show_pixels(self, pixels: np.ndarray | None) -> None:
        """Another picture, uint8 (h, w, 3), or none."""
        self._pixmap = QPixmap() if pixels is None else QPixmap.fromImage(to_qimage(pixels))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self._pixmap.isNull():
            size = self._pixmap.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
            if self._is_exact:
                size = self._pixmap.size() / self.devicePixelRatioF()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            left, top = (self.width() - size.width()) // 2, (self.height() - size.height()) // 2
            painter.drawPixmap(left, top, size.width(), size.height(), self._pixmap)
        painter.end()
