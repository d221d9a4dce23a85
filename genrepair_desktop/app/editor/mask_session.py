"""What can be done to the mask besides painting it: whole-mask edits, live adjusting, import, facts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.engine_thread import Watch
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.atomic import write_atomic
from genrepair_desktop.document.document import Change, Document, Layer
from genrepair_desktop.document.edits import edit_from_patch
from genrepair_desktop.errors import MaskError
from genrepair_desktop.imaging import masks
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.codecs import read_photo
from genrepair_desktop.imaging.geometry import Rect, Size
from genrepair_desktop.jobs.context import RunContext

# long enough that a stroke in progress is not measured dab by dab
_FACTS_DELAY_MS = 150


@dataclass(frozen=True)
class MaskFacts:
    """share   of the picture that is marked, 0 to 1
    places  connected parts
    """

    share: float = 0.0
    places: int = 0


class MaskSession(QObject):
    """The mask of the open document.

    facts_changed    the mask was measured again: ``facts``, or None while it is not known
    preview_changed  ``preview`` is the mask as it would be after adjusting, or None
    """

    facts_changed = Signal()
    preview_changed = Signal()

    def __init__(self, session: DocumentSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.facts: MaskFacts | None = MaskFacts()
        self.preview: masks.Coverage | None = None
        self._adjust: tuple[int, int] = (0, 0)
        self._applies_when_ready = False
        # whether a layer has any mark, as far as it is known
        self._marks: dict[Layer, bool] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_FACTS_DELAY_MS)
        self._timer.timeout.connect(self._measure)
        session.changed.connect(self._on_change)
        session.opened.connect(self._on_opened)

    @property
    def has_mask(self) -> bool:
        """True when something is marked."""
        return self._has_marks("mask")

    @property
    def has_donor(self) -> bool:
        """True when a source area is painted."""
        return self._has_marks("donor")

    def mark_all(self) -> None:
        self._replace("mask-all", lambda mask: np.full_like(mask, masks.FULL))

    def clear(self) -> None:
        self._replace("mask-none", np.zeros_like)

    def invert(self) -> None:
        self._replace("mask-invert", masks.invert)

    def clear_donor(self) -> None:
        self._replace("donor-clear", np.zeros_like, layer="donor")

    def bring_back(self) -> None:
        """Mark again what the last repair, or the photo before, had marked."""
        document, kept = self._session.document, self._session.last_mask
        if document is None or kept is None:
            return
        size = Size(document.bounds.w, document.bounds.h)
        if kept.shape == document.mask.shape:
            self._replace("mask-reuse", lambda mask: np.maximum(mask, kept))
            return
        try:
            fitted = masks.fit_mask(kept > 0, size)
        except MaskError as error:
            # the kept mask is the array of a photo that may have been written to since
            self._session.tell_error(error)
            return
        self._replace("mask-reuse", lambda mask: np.maximum(mask, fitted.coverage))
        self._session.tell(Notice(f"The mask was made for another size: it was {fitted.how} to fit."))

    def import_file(self, path: Path, *, and_then: Callable[[], None] | None = None) -> None:
        """Add a mask from any picture file: white is marked."""
        self._import(partial(_read_mask, path), f"Reading mask {path.name}", and_then)

    def import_pixels(self, pixels: Pixels) -> None:
        """Add a mask from a picture in memory, such as a pasted one."""
        self._import(lambda ctx: pixels, "Fitting the mask", None)

    def export_file(self, path: Path) -> None:
        """Write the mask as a grey PNG, white where marked; an existing file is replaced."""
        document = self._session.document
        if document is None:
            return
        task = partial(_write_mask, document.mask.copy(), path)
        watch = Watch(done=self._on_exported, failed=self._session.tell_error)
        self._session.desk.submit(task, watch, title=f"Writing mask {path.name}")

    @property
    def is_adjusting(self) -> bool:
        """True from ``adjust`` until that is written or given up."""
        return self._adjust != (0, 0)

    def adjust(self, grow: int, feather: int) -> None:
        """Show the mask grown (shrunk where negative) and feathered by so many pixels; nothing is written yet."""
        document = self._session.document
        self._adjust = (grow, feather)
        if document is None or (grow, feather) == (0, 0):
            self.discard_adjust()
            return
        task = partial(_adjusted, document.mask.copy(), grow, feather)
        watch = Watch(done=self._on_preview, failed=self._session.tell_error)
        self._session.desk.ask("mask-preview", task, watch, title="Adjusting the mask")

    def apply_adjust(self) -> None:
        """Write what ``adjust`` shows, as one undo step; waits for it if it is still being made."""
        grow, feather = self._adjust
        if (grow, feather) == (0, 0):
            return
        if self.preview is None:
            self._applies_when_ready = True
            return
        label = "mask-grow" if grow > 0 else "mask-shrink" if grow < 0 else "mask-feather"
        adjusted = self.preview
        self.discard_adjust()
        self._replace(label, lambda mask: adjusted)

    def show_preview(self, coverage: masks.Coverage | None) -> None:
        """Show another mask for now, such as found damage; None shows the mask as it is."""
        if coverage is not None or self.preview is not None:
            self.preview = coverage
            self.preview_changed.emit()

    def discard_adjust(self) -> None:
        """Show the mask as it is."""
        self._adjust, self._applies_when_ready = (0, 0), False
        if self.preview is not None:
            self.preview = None
            self.preview_changed.emit()

    def _replace(
        self, label: str, function: Callable[[masks.Coverage], masks.Coverage], *, layer: Layer = "mask"
    ) -> None:
        document = self._session.document
        if document is None:
            return
        new = function(document.layer(layer))
        self._session.push(edit_from_patch(document, layer, document.bounds, new, label=label))

    def _import(self, read: Callable[[RunContext], Pixels], title: str, and_then: Callable[[], None] | None) -> None:
        document = self._session.document
        if document is None:
            return
        task = partial(_fitted, read, Size(document.bounds.w, document.bounds.h))
        watch = Watch(done=partial(self._on_fitted, document, and_then), failed=self._session.tell_error)
        self._session.desk.ask("mask-import", task, watch, title=title)

    def _on_fitted(self, document: Document, and_then: Callable[[], None] | None, fitted: masks.FittedMask) -> None:
        if document is not self._session.document:
            return
        if fitted.coverage.shape != document.mask.shape:
            self._session.tell(Notice("The photo became another size while the mask was read: import it again."))
            return
        self._replace("mask-import", lambda mask: np.maximum(mask, fitted.coverage))
        if fitted.how != "same":
            self._session.tell(Notice(f"The mask had another size: it was {fitted.how} to fit the photo."))
        if and_then is not None:
            and_then()

    def _has_marks(self, layer: Layer) -> bool:
        known = self._marks.get(layer)
        if known is None:
            document = self._session.document
            known = document is not None and cv2.countNonZero(document.layer(layer)) > 0
            self._marks[layer] = known
        return known

    def _note_marks(self, change: Change) -> None:
        """Keep what is known of a layer: a stroke at 24 megapixels must not look at the whole of it."""
        document = self._session.document
        if change.is_resized or document is None:
            self._marks.clear()
        elif change.layer != "pixels":
            if document.layer(change.layer)[change.rect.slices].any():
                self._marks[change.layer] = True
            elif self._marks.get(change.layer):
                self._marks.pop(change.layer)

    def _on_preview(self, result: tuple[int, int, masks.Coverage]) -> None:
        grow, feather, coverage = result
        if (grow, feather) != self._adjust:
            return
        self.preview = coverage
        self.preview_changed.emit()
        if self._applies_when_ready:
            self.apply_adjust()

    def _on_exported(self, path: Path) -> None:
        self._session.tell(Notice(f"The mask is in {path}."))

    def _on_change(self, change: Change) -> None:
        self._note_marks(change)
        if change.layer == "mask" or change.is_resized:
            self._timer.start()

    def _on_opened(self) -> None:
        self.discard_adjust()
        self._marks.clear()
        self.facts = MaskFacts()
        self.facts_changed.emit()

    def _measure(self) -> None:
        document = self._session.document
        if document is None:
            return
        box = masks.bounds_of(document.mask)
        if box.is_empty:
            self._on_facts(MaskFacts())
            return
        task = partial(_facts, document.mask[box.slices].copy(), document.bounds)
        self._session.desk.ask("mask-facts", task, Watch(done=self._on_facts), title="Looking at the mask")

    def _on_facts(self, facts: MaskFacts) -> None:
        self.facts = facts
        self.facts_changed.emit()


def _facts(block: masks.Coverage, bounds: Rect, ctx: RunContext) -> MaskFacts:
    ctx.checkpoint(0.0, "measuring")
    _, holes = masks.label_holes(block)
    return MaskFacts(sum(hole.area for hole in holes) / bounds.area, len(holes))


def _adjusted(mask: masks.Coverage, grow: int, feather: int, ctx: RunContext) -> tuple[int, int, masks.Coverage]:
    ctx.checkpoint(0.0, "measuring")
    moved = masks.grow(mask, grow) if grow > 0 else masks.shrink(mask, -grow) if grow < 0 else mask
    ctx.checkpoint(0.5, "measuring")
    return grow, feather, masks.feather(moved, feather) if feather > 0 else moved


def _read_mask(path: Path, ctx: RunContext) -> Pixels:
    ctx.checkpoint(0.0, "reading")
    return read_photo(path).pixels


def _fitted(read: Callable[[RunContext], Pixels], size: Size, ctx: RunContext) -> masks.FittedMask:
    return masks.fit_mask(read(ctx), size)


def _write_mask(mask: masks.Coverage, path: Path, ctx: RunContext) -> Path:
    ctx.checkpoint(0.0, "writing")
    _, data = cv2.imencode(".png", mask)
    write_atomic(path, data.tobytes())
    return path
