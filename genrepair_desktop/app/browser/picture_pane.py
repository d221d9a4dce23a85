"""One picture, as large as its place allows."""

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from genrepair_desktop.app.browser.shelf import Picture
from genrepair_desktop.app.canvas.qimage import to_qimage
from genrepair_desktop.app.theme import Theme


class PicturePane(QWidget):
    """Shows a picture (side, side, c), smoothly enlarged; or a sentence where there is none."""

    def __init__(self, theme: Theme, *, empty: str = "") -> None:
        super().__init__()
        self._theme, self.empty = theme, empty
        self._image: QImage | None = None
        self.setMinimumSize(96, 96)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.show_picture(None)

    def sizeHint(self) -> QSize:
        return QSize(208, 208)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def show_picture(self, picture: Picture | None, words: str = "") -> None:
        """Another picture, and what a screen reader says of it."""
        self._image = None if picture is None else to_qimage(np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8))
        self.setAccessibleName(words or self.empty or "Picture")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._image is None:
            painter.setPen(self._theme.colour("text_quiet"))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(self.rect().adjusted(8, 8, -8, -8), flags, self.empty)
        else:
            side = min(self.width(), self.height())
            place = QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self._image)
        painter.end()
