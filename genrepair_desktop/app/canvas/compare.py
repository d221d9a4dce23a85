"""Which comparison the canvas shows: state without widgets."""

from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QObject, Signal

CompareMode = Literal["off", "split", "side-by-side", "difference"]


@dataclass(frozen=True)
class Comparison:
    """mode    what the canvas shows when nothing is held down
    is_held   True while the user holds the compare key: the opened photo shows, whatever the mode
    split     where the handle stands, 0 (left) to 1 (right) of the picture
    gain      how many times differences are amplified
    """

    mode: CompareMode = "off"
    is_held: bool = False
    split: float = 0.5
    gain: int = 8


class CompareState(QObject):
    """Holds the comparison; ``changed`` carries it."""

    changed = Signal(object)

    def __init__(self, gain: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.comparison = Comparison(gain=gain)

    def toggle(self, mode: CompareMode) -> None:
        """Show this comparison, or none if it shows already."""
        self._set(replace(self.comparison, mode="off" if self.comparison.mode == mode else mode))

    def hold(self, is_held: bool) -> None:
        """Show the opened photo while the key is down."""
        self._set(replace(self.comparison, is_held=is_held))

    def set_split(self, split: float) -> None:
        self._set(replace(self.comparison, split=min(1.0, max(0.0, split))))

    def set_gain(self, gain: int) -> None:
        self._set(replace(self.comparison, gain=gain))

    def reset(self) -> None:
        """No comparison, for a newly opened photo."""
        self._set(replace(self.comparison, mode="off", is_held=False, split=0.5))

    def _set(self, comparison: Comparison) -> None:
        if comparison != self.comparison:
            self.comparison = comparison
            self.changed.emit(comparison)
