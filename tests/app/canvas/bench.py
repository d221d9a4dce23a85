"""A canvas over a small photo, pointer events in image pixels, and what the screen shows as an array."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.canvas.canvas_widget import CanvasWidget
from genrepair_desktop.app.canvas.qimage import from_qimage
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.history import History
from genrepair_desktop.imaging.arrays import Pixels

Button = Qt.MouseButton
Modifier = Qt.KeyboardModifier


@dataclass
class Bench:
    """One canvas and its document."""

    canvas: CanvasWidget
    document: Document
    history: History
    qtbot: QtBot

    def send(
        self,
        kind: QEvent.Type,
        at: tuple[float, float],
        button: Qt.MouseButton = Button.LeftButton,
        modifiers: Qt.KeyboardModifier = Modifier.NoModifier,
        *,
        also_held: Qt.MouseButton = Button.NoButton,
    ) -> None:
        """A mouse event at an image point."""
        place = QPointF(*self.canvas.viewport.to_widget(*at))
        held = Button.NoButton if kind == QEvent.Type.MouseButtonRelease else button
        which = Button.NoButton if kind == QEvent.Type.MouseMove else button
        event = QMouseEvent(kind, place, place, which, held | also_held, modifiers)
        QCoreApplication.sendEvent(self.canvas, event)

    def drag(
        self,
        *points: tuple[float, float],
        button: Qt.MouseButton = Button.LeftButton,
        modifiers: Qt.KeyboardModifier = Modifier.NoModifier,
    ) -> None:
        """Press at the first point, move over the others, release at the last."""
        self.send(QEvent.Type.MouseButtonPress, points[0], button, modifiers)
        for point in points[1:]:
            self.send(QEvent.Type.MouseMove, point, button, modifiers)
        self.send(QEvent.Type.MouseButtonRelease, points[-1], button, modifiers)

    def click(self, x: float, y: float, button: Qt.MouseButton = Button.LeftButton) -> None:
        self.drag((x, y), button=button)

    def look_at(self, zoom: float, x: float, y: float) -> None:
        """An exact zoom about an image point, painted in full."""
        self.canvas.zoom_by(zoom / self.canvas.viewport.zoom)
        view = self.canvas.viewport
        self.canvas.pan((view.cx - x) * view.zoom / view.ratio, (view.cy - y) * view.zoom / view.ratio)
        self.settle()

    def settle(self) -> None:
        self.canvas.repaint()
        self.qtbot.waitUntil(lambda: self.canvas.is_sharp, timeout=5000)

    def shown(self) -> npt.NDArray[np.uint8]:
        """The canvas as it is painted: (h, w, 3)."""
        self.settle()
        return from_qimage(self.canvas.grab().toImage())[..., :3]

    def shown_at(self, x: float, y: float) -> tuple[int, ...]:
        """The colour painted at an image point."""
        left, top = self.canvas.viewport.origin
        zoom = self.canvas.viewport.zoom
        return tuple(int(v) for v in self.shown()[int(y * zoom + top), int(x * zoom + left)])


def photo(h: int = 120, w: int = 160, channels: int = 3, dtype: type = np.uint8) -> Pixels:
    """Noise: every pixel is its own."""
    top = np.iinfo(dtype).max
    return np.random.default_rng(3).integers(0, top, (h, w, channels), dtype, endpoint=True)
