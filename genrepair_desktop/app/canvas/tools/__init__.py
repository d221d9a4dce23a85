"""The tools, by id, in the order of the tool bar."""

from genrepair_desktop.app.canvas.tools.base import (
    MAX_BRUSH,
    MIN_BRUSH,
    BrushSettings,
    Outline,
    Pointer,
    Tool,
    ToolHost,
    WandSettings,
)
from genrepair_desktop.app.canvas.tools.brushes import BrushTool, DonorTool, EraserTool, RestoreTool
from genrepair_desktop.app.canvas.tools.shapes import (
    EllipseTool,
    LassoTool,
    PanTool,
    PolygonTool,
    RectangleTool,
)
from genrepair_desktop.app.canvas.tools.wand import WandTool

TOOLS: dict[str, type[Tool]] = {
    tool.id: tool
    for tool in (
        BrushTool,
        EraserTool,
        RectangleTool,
        EllipseTool,
        LassoTool,
        PolygonTool,
        WandTool,
        DonorTool,
        RestoreTool,
        PanTool,
    )
}

__all__ = [
    "MAX_BRUSH",
    "MIN_BRUSH",
    "TOOLS",
    "BrushSettings",
    "Outline",
    "Pointer",
    "Tool",
    "ToolHost",
    "WandSettings",
]
