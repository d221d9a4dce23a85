"""A curve: one figure over the minutes trained, to be read off, zoomed with the wheel and dragged."""

from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from genrepair_desktop.app.dialogs.train_follow import Series
from genrepair_desktop.app.theme import Theme

# of the values, the share at each end that does not set the scale: the first steps of a training are far off
_OUTLYING = 0.02
# with fewer points than this each is a dot of its own
_FEW = 30
_DOT, _LINE = 5, 1.6


class CurveWidget(QWidget):
    """Shows a ``Series``: a line, with dots where there are few points."""

    def __init__(self, theme: Theme) -> None:
        # half a second to import: paid by those who train
        import pyqtgraph

        super().__init__()
        self._theme = theme
        self._heading = QLabel()
        self._empty = QLabel("No figures yet")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setObjectName("quiet")
        self._pg: Any = pyqtgraph
        # its ground is the dialog's
        self._plot: Any = self._pg.PlotWidget(background=None)
        self._curve: Any = self._plot.plot(antialias=True)
        self._plot.hideButtons()
        self._plot.setMenuEnabled(False)
        self._plot.showGrid(x=False, y=True, alpha=0.25)
        self._plot.getAxis("bottom").setLabel("minutes")
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._heading)
        layout.addWidget(self._empty, 1)
        layout.addWidget(self._plot, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(120)
        self._dress()
        self.show_series("", Series())

    def show_series(self, title: str, series: Series) -> None:
        """Draw another curve, or more of the same."""
        newest = f", now {series.values[-1]:.4g} after {series.minutes[-1]:.0f} minutes" if series.values else ""
        self.setAccessibleName(f"Curve of {title}{newest}")
        self._heading.setText(title)
        self._empty.setVisible(not series.values)
        self._plot.setVisible(bool(series.values))
        if not series.values:
            return
        dots = {"symbol": "o"} if len(series.values) < _FEW else {"symbol": None}
        self._curve.setData(series.minutes, series.values, **dots)
        self._plot.setYRange(*scale_of(series.values), padding=0)
        self._plot.setXRange(0, max(series.minutes[-1], 1e-9), padding=0.02)

    def shown(self) -> tuple[list[float], list[float]]:
        """The minutes and the values that are drawn."""
        minutes, values = self._curve.getData()
        return ([], []) if minutes is None else (list(minutes), list(values))

    def range_shown(self) -> tuple[float, float]:
        """The lowest and the highest value that there is room for."""
        low, high = self._plot.viewRange()[1]
        return float(low), float(high)

    def sizeHint(self) -> QSize:
        return QSize(360, 150)

    def _dress(self) -> None:
        line, quiet = self._theme.colour("accent_line"), self._theme.colour("text_quiet")
        self._curve.setPen(self._pg.mkPen(line, width=_LINE))
        self._curve.setSymbolBrush(line)
        self._curve.setSymbolPen(None)
        self._curve.setSymbolSize(_DOT)
        for name in ("left", "bottom"):
            axis = self._plot.getAxis(name)
            axis.setPen(self._theme.colour("line"))
            axis.setTextPen(quiet)


def scale_of(values: list[float]) -> tuple[float, float]:
    """The range to draw: of all values but the outlying ones, never empty."""
    ordered = sorted(values)
    cut = int(len(ordered) * _OUTLYING)
    low, high = ordered[cut], ordered[len(ordered) - 1 - cut]
    # the newest value is always in sight
    low, high = min(low, values[-1]), max(high, values[-1])
    room = max((high - low) * 0.05, abs(high) * 1e-3, 1e-9)
    return low - room, high + room
