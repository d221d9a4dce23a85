"""Finding damage: the photo is looked at once, then a sensitivity only draws the line elsewhere. No widgets."""

from functools import partial

import numpy as np
from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.mask_session import MaskSession
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.document.document import Change, Coverage, Document
from genrepair_desktop.document.edits import edit_from_patch
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.damage import Map, threshold_map
from genrepair_desktop.repair.detect import damage_probability
from genrepair_desktop.repair.method import ModelLoader

DEFAULT_SENSITIVITY = 50


class DamageSession(QObject):
    """A suggestion of what to mark, shown as a preview of the mask until it is applied or discarded.

    changed  it started, has something to show, or ended
    """

    changed = Signal()

    def __init__(
        self, session: DocumentSession, mask: MaskSession, models: ModelLoader, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._mask, self._models = session, mask, models
        self.sensitivity = DEFAULT_SENSITIVITY
        self._likely: Map | None = None
        self._suggestion: Coverage | None = None
        self._is_looking = False
        session.opened.connect(self.discard)
        session.changed.connect(self._on_change)

    @property
    def is_active(self) -> bool:
        """True while damage is being looked for or a suggestion is shown."""
        return self._is_looking or self._likely is not None

    @property
    def has_suggestion(self) -> bool:
        """True while a mask is shown that is not in the photo's yet."""
        return self._suggestion is not None

    @property
    def is_looking(self) -> bool:
        """True until there is something to show."""
        return self._is_looking

    def find(self) -> None:
        """Look at the photo as it is now."""
        document = self._session.document
        if document is None or self._is_looking:
            return
        self.discard()
        self._is_looking = True
        task = partial(_look, document.pixels.copy(), self._models)
        watch = Watch(partial(self._on_map, document), self._on_failed, self.discard)
        self._session.desk.ask("damage", task, watch, title="Finding damage")
        self.changed.emit()

    def set_sensitivity(self, percent: int) -> None:
        """0 marks next to nothing, 100 whatever stands out at all; what was seen is not looked at again."""
        self.sensitivity = percent
        document = self._session.document
        if self._likely is None or document is None:
            return
        task = partial(_suggest, self._likely, 1.0 - percent / 100, document.mask.copy())
        watch = Watch(done=partial(self._on_suggestion, document), failed=self._on_failed)
        self._session.desk.ask("damage-line", task, watch, title="Drawing the line")

    def apply(self) -> None:
        """Add the suggestion to the mask, as one undo step."""
        document, suggestion = self._session.document, self._suggestion
        if document is None or suggestion is None:
            return
        self.discard()
        self._session.push(edit_from_patch(document, "mask", document.bounds, suggestion, label="mask-find"))

    def discard(self) -> None:
        """Show the mask as it is."""
        was_active = self.is_active
        self._likely, self._suggestion, self._is_looking = None, None, False
        self._mask.show_preview(None)
        if was_active:
            self.changed.emit()

    def _on_map(self, document: Document, likely: Map) -> None:
        if document is not self._session.document or not self._is_looking:
            return
        self._likely, self._is_looking = likely, False
        self.set_sensitivity(self.sensitivity)

    def _on_suggestion(self, document: Document, suggestion: Coverage) -> None:
        if document is not self._session.document or self._likely is None:
            return
        self._suggestion = suggestion
        self._mask.show_preview(suggestion)
        if np.array_equal(suggestion, document.mask):
            self._session.tell(Notice("Nothing more looks damaged at this sensitivity: raise it, or paint by hand."))
        self.changed.emit()

    def _on_failed(self, error: Exception) -> None:
        self.discard()
        self._session.tell_error(error)

    def _on_change(self, change: Change) -> None:
        """A stroke joins the suggestion; other pixels make it stale."""
        if not self.is_active:
            return
        if change.layer == "mask" and not change.is_resized:
            self.set_sensitivity(self.sensitivity)
        elif change.layer == "pixels" or change.is_resized:
            self.discard()


def _look(pixels: Pixels, models: ModelLoader, ctx: RunContext) -> Map:
    return damage_probability(pixels, models, ctx)


def _suggest(likely: Map, threshold: float, mask: Coverage, ctx: RunContext) -> Coverage:
    ctx.checkpoint(0.0, "looking")
    # a threshold of 0 would mark everything: even the most sensitive line asks for something to stand out
    return np.maximum(mask, threshold_map(likely, max(0.02, threshold)))
