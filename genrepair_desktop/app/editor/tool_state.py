"""Which tool is in hand and how it is set: state without widgets, remembered between starts."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.canvas.tools import MAX_BRUSH, MIN_BRUSH, TOOLS, BrushSettings, WandSettings
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.imaging.masks import CombineMode

# a key press changes the size by this factor: even steps for the eye at 3 pixels and at 2000
_SIZE_STEP = 1.15
_HARDNESS_STEP = 0.1


class ToolState(QObject):
    """``changed`` carries nothing: read what you show."""

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.tool = "brush"
        self.mode = CombineMode.ADD
        self.brush = BrushSettings(settings.brush_size, settings.brush_hardness)
        self.wand = WandSettings(settings.wand_tolerance)

    @property
    def has_brush(self) -> bool:
        """True when the tool in hand has a size."""
        return TOOLS[self.tool].has_ring

    def choose_tool(self, tool: str) -> None:
        """Take another tool.

        Raises:
            KeyError: there is no such tool.
        """
        TOOLS[tool]
        if tool != self.tool:
            self.tool = tool
            self.changed.emit()

    def swap_eraser(self) -> None:
        """From brush to eraser, and from anything else to the brush."""
        self.choose_tool("eraser" if self.tool == "brush" else "brush")

    def set_mode(self, mode: CombineMode) -> None:
        """How shapes and strokes join the mask."""
        self.mode = mode
        self.changed.emit()

    def set_brush(self, *, size: float | None = None, hardness: float | None = None) -> None:
        """Change the brush; values outside its range are cut to it."""
        brush = self.brush
        if size is not None:
            brush = replace(brush, size=min(MAX_BRUSH, max(MIN_BRUSH, size)))
        if hardness is not None:
            brush = replace(brush, hardness=min(1.0, max(0.0, hardness)))
        if brush != self.brush:
            self.brush = brush
            self._settings.brush_size, self._settings.brush_hardness = brush.size, brush.hardness
            self.changed.emit()

    def step_size(self, steps: int) -> None:
        """Larger (or smaller, for negative ``steps``) by what the eye sees as even steps, at least a pixel."""
        size = self.brush.size * _SIZE_STEP**steps
        self.set_brush(size=round(max(size, self.brush.size + 1) if steps > 0 else min(size, self.brush.size - 1)))

    def step_hardness(self, steps: int) -> None:
        self.set_brush(hardness=round(self.brush.hardness + _HARDNESS_STEP * steps, 2))

    def set_wand(self, *, tolerance: float | None = None, is_contiguous: bool | None = None) -> None:
        """Change the magic wand."""
        if tolerance is not None:
            self.wand = replace(self.wand, tolerance=tolerance)
            self._settings.wand_tolerance = round(tolerance)
        if is_contiguous is not None:
            self.wand = replace(self.wand, is_contiguous=is_contiguous)
        self.changed.emit()
