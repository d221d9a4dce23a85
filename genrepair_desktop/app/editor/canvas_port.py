"""What the Photo workspace asks of the canvas: the one seam between the two rooms.

The workspace holds the state (document, history, comparison, candidates); the canvas paints it and turns the
pointer into edits of the mask, the donor area and, for the restore brush, the pixels.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from genrepair_desktop.app.editor.compare import Comparison
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.history import History
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.geometry import Rect


class CanvasPort(Protocol):
    """Calls only; the canvas tells back by Qt signals (view changed, pointer moved, tool changed, split dragged)."""

    def set_document(self, document: Document | None, history: History | None) -> None:
        """Show another document, fitted to the window; finished strokes go to ``history.push_applied``."""
        ...

    def set_preview(self, pieces: Sequence[tuple[Rect, Pixels]] | None) -> None:
        """Paint these pixels over the document without changing it (a candidate under the pointer)."""
        ...

    def set_mask_preview(self, coverage: np.ndarray | None) -> None:
        """Show this mask in place of the document's (grow, shrink and feather while the slider moves)."""
        ...

    def set_comparison(self, comparison: Comparison) -> None:
        """Hold, split, side by side or amplified difference against ``Document.opened``."""
        ...

    def set_progress(self, rects: Sequence[Rect], fraction: float) -> None:
        """Show on the holes being repaired how far the work is; no rects: nothing runs."""
        ...
