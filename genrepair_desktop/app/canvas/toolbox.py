"""Which tool is in hand and how it is set: the state that tool bar, panel and canvas share."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.canvas.errands import Errands
from genrepair_desktop.app.canvas.tools import (
    MAX_BRUSH,
    MIN_BRUSH,
    TOOLS,
    BrushSettings,
    Tool,
    WandSettings,
)
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import Edit
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.masks import CombineMode, Coverage

if TYPE_CHECKING:
    from genrepair_desktop.app.canvas.canvas_widget import CanvasWidget

T = TypeVar("T")
# widget units within which a click counts as "on" a point
_REACH = 8.0
_SIZE_STEP = 1.15
_HARDNESS_STEP = 0.1


class ToolBox(QObject):
    """Holds the tools of one canvas and is what they see of it."""

    tool_changed = Signal(str)
    brush_changed = Signal(object)
    wand_changed = Signal(object)
    mode_changed = Signal(object)

    def __init__(self, canvas: "CanvasWidget") -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._errands = Errands(self)
        self._tools: dict[str, Tool] = {name: kind(self) for name, kind in TOOLS.items()}
        self.tool = self._tools["brush"]
        self.brush = BrushSettings()
        self.wand = WandSettings()
        self.mode = CombineMode.ADD

    @property
    def document(self) -> Document | None:
        return self._canvas.document

    @property
    def reach(self) -> float:
        view = self._canvas.viewport
        return _REACH * view.ratio / view.zoom

    def choose(self, tool_id: str) -> None:
        """Take another tool in hand; what the old one had begun is abandoned.

        Raises:
            KeyError: there is no such tool.
        """
        tool = self._tools[tool_id]
        if tool is self.tool:
            return
        self._canvas.cancel()
        self.tool = tool
        self._canvas.pointer_state_changed()
        self.tool_changed.emit(tool_id)

    def set_brush(self, brush: BrushSettings) -> None:
        """Values outside their range become the nearest inside."""
        size = min(max(brush.size, MIN_BRUSH), MAX_BRUSH)
        fitted = replace(brush, size=size, hardness=min(max(brush.hardness, 0.0), 1.0))
        if fitted != self.brush:
            self.brush = fitted
            self._canvas.ring_changed()
            self.brush_changed.emit(fitted)

    def set_brush_size(self, size: float) -> None:
        self.set_brush(replace(self.brush, size=size))

    def set_hardness(self, hardness: float) -> None:
        self.set_brush(replace(self.brush, hardness=hardness))

    def step_brush_size(self, steps: int) -> None:
        """Larger (+) or smaller (-) by a noticeable step: 15 %, at least a pixel."""
        size = self.brush.size * _SIZE_STEP**steps
        self.set_brush_size(max(size, self.brush.size + 1) if steps > 0 else min(size, self.brush.size - 1))

    def step_hardness(self, steps: int) -> None:
        """Harder (+) or softer (-) by a tenth."""
        self.set_hardness(round(self.brush.hardness + steps * _HARDNESS_STEP, 3))

    def set_wand(self, wand: WandSettings) -> None:
        if wand != self.wand:
            self.wand = wand
            self.wand_changed.emit(wand)

    def set_mode(self, mode: CombineMode) -> None:
        """How strokes and shapes join the mask when no key says otherwise."""
        if mode is not self.mode:
            self.mode = mode
            self.mode_changed.emit(mode)

    def commit(self, edit: Edit | None) -> None:
        self._canvas.record(edit)

    def show_stencil(self, stencil: Coverage | None, rect: Rect) -> None:
        self._canvas.show_stencil(stencil, rect)

    def refresh(self) -> None:
        self._canvas.refresh()

    def work_aside(self, work: Callable[[], T], use: Callable[[T | None], Iterator[None]]) -> None:
        self._errands.run(work, use)
