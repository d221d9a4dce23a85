"""One fill in the strip: its thumbnail, its number, its star."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QIcon, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QToolButton

from genrepair_desktop.app import texts
from genrepair_desktop.app.icons import svg_pixmap
from genrepair_desktop.app.theme import Theme

TILE_SIDE = 92
_MISSES = "The model of faces {misses} around the hole: the less the more like; over 12 % it knows no such face"


class CandidateTile(QAbstractButton):
    """A picture button: hovering previews, a click selects, a double click applies; the corner star keeps."""

    hovered = Signal(int)
    left = Signal(int)
    star_clicked = Signal(int)
    apply_asked = Signal(int)

    def __init__(self, number: int, picture: QPixmap, theme: Theme, *, misses: float | None = None) -> None:
        """``misses``: how far what the model shows is from the known pixels, 0 to 1, where that is known."""
        super().__init__()
        self._misses = misses
        self.number = number
        self._picture = picture
        self._theme = theme
        self._is_applied = self._is_starred = False
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedSize(self.sizeHint())
        words = "Hover to preview, click to select, Enter to apply, S to keep it with a star"
        self.setToolTip(words if misses is None else f"{words}. {_MISSES.format(misses=texts.misses_words(misses))}")
        self.star = QToolButton(self)
        self.star.setObjectName("tileStar")
        self.star.setCheckable(True)
        self.star.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.star.setFixedSize(24, 24)
        self.star.move(TILE_SIDE - 24, 4)
        self.star.clicked.connect(self._on_star)
        self.show_state(is_applied=False, is_selected=False, is_starred=False)

    def set_theme(self, theme: Theme) -> None:
        """Frame and star in the colours of another theme."""
        self._theme = theme
        self._draw_star()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(TILE_SIDE + 4, TILE_SIDE + 4)

    def show_state(self, *, is_applied: bool, is_selected: bool, is_starred: bool) -> None:
        """Show what the fill is: in the photo, selected, kept."""
        self._is_applied, self._is_starred = is_applied, is_starred
        self.setChecked(is_selected)
        self.star.setChecked(is_starred)
        self._draw_star()
        self.star.setToolTip("Let go" if is_starred else "Keep when more are made")
        self.star.setAccessibleName(f"Star fill {self.number}")
        said = [f"Fill {self.number}"]
        said += ["in the photo"] if is_applied else []
        said += ["selected"] if is_selected else []
        said += ["starred"] if is_starred else []
        said += [texts.misses_words(self._misses)] if self._misses is not None else []
        self.setAccessibleName(", ".join(said))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(2, 2, TILE_SIDE, TILE_SIDE)
        painter.drawPixmap(frame.toRect(), self._picture)
        if self.hasFocus() or self.isChecked() or self.underMouse():
            colour = self._theme.accent_line if self.isChecked() or self.hasFocus() else self._theme.line_strong
            painter.setPen(QPen(QColor(colour), 3 if self.isChecked() else 2))
            painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        self._paint_badge(painter)
        painter.end()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.hovered.emit(self.number)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.left.emit(self.number)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.apply_asked.emit(self.number)

    def nextCheckState(self) -> None:
        """The session decides what is selected; the tile only shows it."""

    def _draw_star(self) -> None:
        # on a dark plate of its own: the picture under it may have any colour
        colour = QColor(self._theme.accent) if self._is_starred else QColor("#f2f2f2")
        name, ratio = "star-filled" if self._is_starred else "star", self.devicePixelRatioF()
        self.star.setIcon(QIcon(svg_pixmap(name, colour, side=16, ratio=ratio)))

    def _paint_badge(self, painter: QPainter) -> None:
        self._paint_words(painter, f"{self.number}  in photo" if self._is_applied else str(self.number), 20)
        if self._misses is not None:
            self._paint_words(painter, f"misses {self._misses:.0%}", 40)

    def _paint_words(self, painter: QPainter, words: str, above: int) -> None:
        """On a plate that begins so many pixels above the lower edge."""
        badge = QRectF(6, TILE_SIDE - above, painter.fontMetrics().horizontalAdvance(words) + 12, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(20, 20, 20, 200))
        painter.drawRoundedRect(badge, 4, 4)
        painter.setPen(QColor("#f2f2f2"))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, words)

    def _on_star(self) -> None:
        self.star_clicked.emit(self.number)
