"""A widget that shows a document through a viewport: photo, mask, comparison, previews, progress. No tools."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from genrepair_desktop.app.canvas import decorations
from genrepair_desktop.app.canvas.compare import Comparison
from genrepair_desktop.app.canvas.decorations import Look
from genrepair_desktop.app.canvas.device import device_part, to_device_pixels, widget_part
from genrepair_desktop.app.canvas.overlay import Tint
from genrepair_desktop.app.canvas.panes import Pane, lay_out, split_at, split_x, viewport_width
from genrepair_desktop.app.canvas.pyramid import Pyramid
from genrepair_desktop.app.canvas.scene import DEFAULT_MEMORY, Scene
from genrepair_desktop.app.canvas.sources import Piece, ToDisplay
from genrepair_desktop.app.canvas.zoom_view import ZoomView
from genrepair_desktop.document.document import Change, Document
from genrepair_desktop.imaging.colour import display_transform
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.masks import Coverage

# building levels may take this long in one repaint; the rest follows in the next
_BUILD_SECONDS = 0.012
_MARCH_MILLISECONDS = 140


def _nothing() -> None:
    """In place of a subscription."""


def display_of(document: Document) -> ToDisplay:
    """The conversion of a document's samples, by its own colour profile, to the screen's sRGB."""
    return display_transform(getattr(document.metadata, "icc", None))


class PhotoView(ZoomView):
    """Shows one document.

    split_dragged   float, 0 to 1 of the picture: the handle asks to be moved there
    """

    split_dragged = Signal(float)

    def __init__(
        self, parent: QWidget | None = None, *, display_for: Callable[[Document], ToDisplay] = display_of
    ) -> None:
        """``display_for`` gives the conversion of a document's samples (and profile) to the screen's sRGB."""
        super().__init__(parent)
        self._display_for = display_for
        self._document: Document | None = None
        self._scene: Scene | None = None
        self._memory = DEFAULT_MEMORY
        self._unsubscribe: Callable[[], None] = _nothing
        self._comparison = Comparison()
        self._progress: tuple[tuple[Rect, ...], float] = ((), 0.0)
        self._has_preview = False
        self._is_building = False
        self._is_marching = True
        self._is_overlay_shown = True
        self._tints = {"mask": Tint("#ffb000", 0.45), "donor": Tint("#34d17c", 0.55, is_hatched=True)}
        self._phase = 0
        self.look = Look()
        self._build_timer = QTimer(self, singleShot=True, interval=0)
        self._build_timer.timeout.connect(self._build_on)
        self._march_timer = QTimer(self, interval=_MARCH_MILLISECONDS)
        self._march_timer.timeout.connect(self._march)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(64, 64)

    # ---- what is shown ----

    @property
    def document(self) -> Document | None:
        return self._document

    @property
    def comparison(self) -> Comparison:
        return self._comparison

    @property
    def has_preview(self) -> bool:
        """A candidate is shown over the document."""
        return self._has_preview

    @property
    def is_sharp(self) -> bool:
        """False until what is in sight has been painted in full; before that, parts of it show as a sketch."""
        return not self._is_building

    def show_document(self, document: Document | None) -> None:
        """Show another document, fitted to the widget; None for an empty canvas."""
        self._unsubscribe()
        self._unsubscribe = _nothing
        self._document, self._scene = document, None
        self._progress, self._has_preview, self._is_building = ((), 0.0), False, True
        if document is not None:
            self._scene = Scene(document, self._display_for(document), self._comparison.gain, memory=self._memory)
            self._unsubscribe = document.subscribe(self._on_change)
            self._dress_layers()
            self._fit_to_document()
        self.update()

    def set_memory(self, memory: int) -> None:
        """Bytes that smaller copies of the photo may take."""
        self._memory = memory
        if self._scene is not None:
            self._scene.set_memory(memory)

    def set_preview(self, pieces: Sequence[Piece] | None, strength: float = 1.0) -> None:
        """Paint these pixels over the document without changing it; the mask steps aside meanwhile."""
        if self._scene is None:
            return
        touched = self._scene.set_pieces(pieces or (), strength, self._level)
        if self._has_preview == bool(pieces):
            self.refresh_image(touched)
        else:
            self._has_preview = bool(pieces)
            self.update()

    def set_mask_preview(self, coverage: Coverage | None) -> None:
        """Show this mask in place of the document's."""
        if self._scene is not None:
            self.refresh_image(self._scene.set_mask_preview(coverage, self._level))

    def set_comparison(self, comparison: Comparison) -> None:
        """Show the opened photo, a split, both side by side, or their amplified difference."""
        if comparison == self._comparison:
            return
        self._comparison = comparison
        if self._scene is not None:
            self._scene.set_gain(comparison.gain)
        self._resize_viewport()
        self.update()

    def set_progress(self, rects: Sequence[Rect], fraction: float) -> None:
        """Show on the holes being repaired how far the work is; no rects: nothing runs."""
        framed = (*self._progress[0], *rects)
        self._progress = (tuple(rects), fraction)
        room = round(decorations.PROGRESS_ROOM * self.viewport.ratio)
        for rect in framed:
            self._refresh_device(self.viewport.to_device_rect(rect).grown(room))

    def set_look(self, look: Look) -> None:
        """Colours of the theme."""
        self.look = look
        self._tints["donor"] = replace(self._tints["donor"], colour=look.donor)
        self._dress_layers()

    def set_overlay(self, colour: str, opacity: float) -> None:
        """How the mask is tinted: ``#rrggbb`` and 0 to 1."""
        self._tints["mask"] = replace(self._tints["mask"], colour=colour, opacity=opacity)
        self._dress_layers()

    @property
    def is_overlay_shown(self) -> bool:
        return self._is_overlay_shown

    def show_overlay(self, is_shown: bool) -> None:
        """Mask and source area, or the bare photo."""
        self._is_overlay_shown = is_shown
        self.update()

    def set_marching(self, is_marching: bool) -> None:
        """Let the mask's edge march, or stand still for those whom movement disturbs."""
        self._is_marching = is_marching
        self._start_or_stop_marching()

    def _start_or_stop_marching(self) -> None:
        if self._is_marching and self.isVisible():
            self._march_timer.start()
        else:
            self._march_timer.stop()

    # ---- comparison ----

    @property
    def split_position(self) -> float | None:
        """Where the split handle stands, in widget units; None when there is none."""
        if self._comparison.mode != "split" or self._comparison.is_held or self._scene is None:
            return None
        return split_x(self._comparison.split, self.viewport, self._device_size) / self.viewport.ratio

    def drag_split(self, x: float) -> None:
        """The handle was dragged to a place in widget units."""
        self.split_dragged.emit(split_at(x, self.viewport))

    def refresh_image(self, rect: Rect) -> None:
        """Repaint what lies over a rectangle of image pixels."""
        if not rect.is_empty:
            # two pixels more: smoothing, and the edge of a mask
            self._refresh_device(self.viewport.to_device_rect(rect).grown(2))

    # ---- painting ----

    def paintEvent(self, event: QPaintEvent) -> None:
        self._watch_ratio()
        painter = QPainter(self)
        try:
            to_device_pixels(painter, self.viewport.ratio)
            # one rectangle around all that is dirty: the painter itself is clipped to the region
            dirty = device_part(event.rect(), self.viewport.ratio).intersect(Rect(0, 0, *self._device_size))
            is_complete = self._paint_all(painter, dirty)
        finally:
            # an error keeps this frame alive, and a painter that outlives its paint event crashes Qt
            painter.end()
        if not is_complete:
            self._is_building = True
            self._build_timer.start()
        elif event.rect() == self.rect():
            self._is_building = False

    def _paint_all(self, painter: QPainter, dirty: Rect) -> bool:
        """Everything within these device pixels; False if a part could only be sketched."""
        painter.fillRect(decorations.to_qrect(dirty), QColor(self.look.background))
        is_complete = True
        for pane in self._panes():
            is_complete &= self._paint_pane(painter, pane, dirty)
        if self._scene is not None:
            self._paint_comparison(painter)
        self._paint_over(painter)
        return is_complete

    def _paint_pane(self, painter: QPainter, pane: Pane, dirty: Rect) -> bool:
        area = dirty.intersect(pane.clip)
        if self._scene is None or area.is_empty:
            return True
        painter.save()
        painter.setClipRect(decorations.to_qrect(area))
        painter.translate(pane.shift, 0)
        area = area.moved(-pane.shift, 0)
        view = self.viewport
        is_complete = self._scene.paint(painter, pane.view, view, area, _BUILD_SECONDS)
        if view.zoom >= decorations.GRID_ZOOM:
            decorations.pixel_grid(painter, view, area)
        if pane.has_layers and self._is_overlay_shown and not self._has_preview:
            is_complete &= self._scene.paint_layers(painter, view, area, phase=self._phase, seconds=_BUILD_SECONDS)
        painter.restore()
        return is_complete

    def _paint_comparison(self, painter: QPainter) -> None:
        """The split handle, and which half is which."""
        panes, view = self._panes(), self.viewport
        photo = view.device_rect
        words = {
            "opened": self.tr("Before"),
            "current": self.tr("After"),
            "difference": self.tr("Difference × {gain}").format(gain=self._comparison.gain),
        }
        for number, pane in enumerate(panes):
            if len(panes) == 2 or pane.view != "current":
                place = photo.moved(pane.shift, 0).intersect(pane.clip)
                decorations.label(painter, words[pane.view], place, self.look, view.ratio, is_right=number == 1)
        if self.split_position is not None:
            x = split_x(self._comparison.split, view, self._device_size)
            shown = photo.intersect(Rect(0, 0, *self._device_size))
            decorations.split_handle(painter, x, shown, view.ratio, QColor(self.look.accent))

    def _paint_over(self, painter: QPainter) -> None:
        """Progress, over everything that is photo."""
        rects, fraction = self._progress
        for pane in self._panes():
            if rects and pane.has_layers:
                painter.save()
                painter.setClipRect(decorations.to_qrect(pane.clip))
                painter.translate(pane.shift, 0)
                accent = QColor(self.look.accent)
                seen = [rect for rect in rects if rect.touches(self.viewport.visible)]
                decorations.hole_progress(painter, seen, fraction, self.viewport, accent)
                painter.restore()

    def _panes(self) -> tuple[Pane, ...]:
        return lay_out(self._comparison, self.viewport, self._device_size)

    # ---- keeping up ----

    def showEvent(self, event: QShowEvent) -> None:
        self._start_or_stop_marching()

    def hideEvent(self, event: QHideEvent) -> None:
        self._start_or_stop_marching()
        self._build_timer.stop()

    @property
    def _level(self) -> int:
        return Pyramid.level_for(self.viewport.zoom)

    def _on_change(self, change: Change) -> None:
        if self._scene is None:
            return
        self._scene.changed(change, self._level)
        if change.is_resized:
            self._has_preview = False
            if self._scene.size != self.viewport.image:
                self._fit_to_document()
            self.update()
        else:
            self.refresh_image(change.rect)

    def _fit_to_document(self) -> None:
        assert self._scene is not None
        self.viewport = replace(self.viewport, image=self._scene.size)
        self._resize_viewport()
        self.zoom_fit()

    def _dress_layers(self) -> None:
        if self._scene is not None:
            for name, tint in self._tints.items():
                self._scene.layers[name].tint = tint
            stencil = self._scene.layers["stencil"]
            stencil.tint = replace(stencil.tint, colour=self.look.accent)
        self.update()

    def _pane_width(self) -> float:
        return viewport_width(self._comparison, self.width())

    def _pane_x(self, x: float) -> float:
        """A widget's x within the half it lies in."""
        shift = self._panes()[-1].shift / self.viewport.ratio
        return x - shift if shift and x >= shift else x

    def _refresh_device(self, rect: Rect) -> None:
        """Repaint these device pixels of the viewport, in every pane."""
        ratio = self.viewport.ratio
        for pane in self._panes():
            part = rect.moved(pane.shift, 0).intersect(pane.clip)
            if not part.is_empty:
                self.update(widget_part(part, ratio))

    def _build_on(self) -> None:
        """Another slice of level building, by way of a repaint."""
        self.update()

    def _march(self) -> None:
        is_seen = self._is_overlay_shown and not self._has_preview and self.isActiveWindow()
        if self._scene is None or not is_seen:
            return
        self._phase = (self._phase + 1) % 8
        marching = self._scene.marching(self.viewport)
        if not marching.is_empty:
            self._refresh_device(marching)
