"""What there is to see of a document: its pictures and coverage layers at every level, kept up to date."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter

from genrepair_desktop.app.canvas import decorations
from genrepair_desktop.app.canvas.overlay import Tint, colour_table, indices
from genrepair_desktop.app.canvas.pyramid import Pyramid, to_level
from genrepair_desktop.app.canvas.qimage import wrap_indexed, wrap_screen
from genrepair_desktop.app.canvas.sampling import picked, sampled_at
from genrepair_desktop.app.canvas.sources import (
    Bytes,
    CoverageSource,
    DifferenceSource,
    PhotoSource,
    Piece,
    ToDisplay,
    with_pieces,
)
from genrepair_desktop.app.canvas.viewport import Viewport
from genrepair_desktop.document.document import Change, Document
from genrepair_desktop.imaging import arrays
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.geometry import Rect, Size
from genrepair_desktop.imaging.masks import Coverage, bounds_of

View = Literal["current", "opened", "difference"]
# below this zoom neighbouring pixels are smoothed; from here on one wants to see them
_CRISP_ZOOM = 2.0
# three pictures (now, as opened, difference) and three layers share the memory: 3/4 and 3/12 of it
_PICTURE_SHARE, _LAYER_SHARE = 4, 12
DEFAULT_MEMORY = 1024 * 2**20


@dataclass
class CoverageLayer:
    """One coverage array on the screen."""

    read: Callable[[], Coverage]
    tint: Tint
    is_shown: bool = True
    marches: bool = False
    budget: int = DEFAULT_MEMORY // _LAYER_SHARE

    def __post_init__(self) -> None:
        self.reset()

    def set_budget(self, budget: int) -> None:
        """Bytes for this layer's levels."""
        self.budget = budget
        self.pyramid.set_budget(budget)

    def reset(self) -> None:
        """Another array is read from now on."""
        self.pyramid = Pyramid(CoverageSource(self.read), self.budget)

    def at(self, level: int, area: Rect, seconds: float) -> tuple[Coverage, bool]:
        """The layer at a level with ``area`` (picture pixels) usable; and whether it is complete."""
        if level == 0:
            return self.read(), True
        is_complete = self.pyramid.prepare(area, level, seconds)
        return self.pyramid.pixels(level)[..., 0], is_complete


class Scene:
    """The pictures and layers of one document. Paints into a painter of device pixels; knows no widget."""

    def __init__(
        self, document: Document, to_display: ToDisplay, gain: int = 8, *, memory: int = DEFAULT_MEMORY
    ) -> None:
        """``memory``: bytes for the display levels of all pictures and layers together."""
        self._memory = memory
        self._document = document
        self._to_display = to_display
        self._gain = gain
        self._pieces: tuple[Piece, ...] = ()
        self._strength = 1.0
        self._mask_preview: Coverage | None = None
        self._stencil: Coverage | None = None
        self._pyramids: dict[View, Pyramid] = {}
        self.layers = {
            "donor": CoverageLayer(lambda: document.donor, Tint("#34d17c", 0.55, is_hatched=True)),
            "mask": CoverageLayer(self._mask, Tint("#ffb000", 0.45), marches=True),
            "stencil": CoverageLayer(self._shown_stencil, Tint("#4c9be8", 0.45), is_shown=False),
        }
        self.set_memory(memory)

    @property
    def size(self) -> Size:
        bounds = self._document.bounds
        return Size(bounds.w, bounds.h)

    def changed(self, change: Change, level: int) -> None:
        """Take a change of the document into the levels on the screen."""
        if change.is_resized:
            self.forget()
        elif change.layer == "pixels":
            self._repaint(change.rect, level)
        else:
            self.layers[change.layer].pyramid.changed(change.rect, level)

    def forget(self) -> None:
        """Build everything anew: the document is another one."""
        self._pyramids.clear()
        self._pieces, self._mask_preview, self._stencil = (), None, None
        self.layers["stencil"].is_shown = False
        for layer in self.layers.values():
            layer.reset()

    @property
    def nbytes(self) -> int:
        """Memory of all display levels."""
        layers = sum(layer.pyramid.nbytes for layer in self.layers.values())
        return layers + sum(pyramid.nbytes for pyramid in self._pyramids.values())

    def set_memory(self, memory: int) -> None:
        """Take another budget for the display levels."""
        self._memory = memory
        for pyramid in self._pyramids.values():
            pyramid.set_budget(memory // _PICTURE_SHARE)
        for layer in self.layers.values():
            layer.set_budget(memory // _LAYER_SHARE)

    def set_gain(self, gain: int) -> None:
        if gain != self._gain:
            self._gain = gain
            self._pyramids.pop("difference", None)

    def set_pieces(self, pieces: Sequence[Piece], strength: float, level: int) -> Rect:
        """Lay pixels over the document without changing it; returns what looks different now."""
        before, self._pieces, self._strength = self._pieces, tuple(pieces), strength
        touched = Rect(0, 0, 0, 0)
        for rect, _ in (*before, *self._pieces):
            self._repaint(rect, level)
            touched = touched.union(rect)
        return touched

    def set_mask_preview(self, coverage: Coverage | None, level: int) -> Rect:
        """Show another mask in place of the document's; returns what looks different now."""
        before, self._mask_preview = self._mask_preview, coverage
        touched = bounds_of(self._document.mask)
        for shown in (before, coverage):
            if shown is not None:
                touched = touched.union(bounds_of(shown))
        if not touched.is_empty:
            self.layers["mask"].pyramid.changed(touched, level)
        return touched

    def set_stencil(self, stencil: Coverage | None, rect: Rect, level: int) -> None:
        """Show a stroke that has not become part of the mask."""
        layer = self.layers["stencil"]
        if stencil is not self._stencil:
            self._stencil = stencil
            layer.is_shown = stencil is not None
            layer.reset()
        elif not rect.is_empty:
            layer.pyramid.changed(rect, level)

    def paint(self, painter: QPainter, view: View, viewport: Viewport, device: Rect, seconds: float) -> bool:
        """Paint a picture within ``device`` pixels; False if a part could only be sketched in ``seconds``."""
        area = device.intersect(viewport.device_rect)
        if area.is_empty:
            return True
        level = Pyramid.level_for(viewport.zoom)
        pyramid = self._pyramid(view)
        # smoothing looks at the neighbours
        wanted = viewport.to_image_rect(area.grown(1)).grown(2 * 2**level)
        is_complete = pyramid.prepare(wanted, level, seconds)
        has_alpha = view != "difference" and arrays.has_alpha(self._document.pixels)
        if has_alpha:
            decorations.checkerboard(painter, area, viewport.origin, viewport.ratio)
        if viewport.zoom >= _CRISP_ZOOM:
            _draw_crisp(painter, pyramid.pixels(level), viewport, area, has_alpha=has_alpha)
        else:
            _draw_smooth(painter, pyramid.pixels(level), level, viewport, area, has_alpha=has_alpha)
        return is_complete

    def paint_layers(self, painter: QPainter, viewport: Viewport, device: Rect, *, phase: int, seconds: float) -> bool:
        """Paint the shown coverage layers within ``device`` pixels."""
        level = Pyramid.level_for(viewport.zoom)
        area = viewport.to_image_rect(device.grown(2)).grown(2**level)
        is_complete = True
        for layer in self.layers.values():
            if not layer.is_shown:
                continue
            coverage, is_ready = layer.at(level, area.intersect(self._document.bounds), seconds)
            is_complete &= is_ready
            marched = phase if layer.marches else 0
            found = indices(coverage, level, viewport, device, phase=marched, is_hatched=layer.tint.is_hatched)
            if found is not None:
                place, shown = found
                painter.drawImage(place.x, place.y, wrap_indexed(shown, colour_table(layer.tint)))
        return is_complete

    def marching(self, viewport: Viewport) -> Rect:
        """The device pixels in which edges march; empty if no mask is in sight."""
        layer = self.layers["mask"]
        seen = viewport.visible
        if not layer.is_shown or seen.is_empty:
            return Rect(0, 0, 0, 0)
        level = Pyramid.level_for(viewport.zoom)
        coverage, _ = layer.at(level, seen, 0.01)
        step, part = 2**level, to_level(seen, level)
        inner = bounds_of(coverage[part.slices])
        if inner.is_empty:
            return inner
        inner = inner.moved(part.x, part.y)
        return viewport.to_device_rect(Rect(inner.x * step, inner.y * step, inner.w * step, inner.h * step))

    def display_colour(self, x: int, y: int) -> tuple[int, int, int]:
        """What the screen shows at an image pixel: sRGB, 0 to 255."""
        shown = self._to_display(self._read_current(Rect(x, y, 1, 1)))[0, 0]
        red, green, blue = shown[:3] if len(shown) >= 3 else (shown[0],) * 3
        return int(red), int(green), int(blue)

    def _mask(self) -> Coverage:
        return self._document.mask if self._mask_preview is None else self._mask_preview

    def _shown_stencil(self) -> Coverage:
        return self._document.mask if self._stencil is None else self._stencil

    def _repaint(self, rect: Rect, level: int) -> None:
        for view in ("current", "difference"):
            if view in self._pyramids:
                self._pyramids[view].changed(rect, level)

    def _pyramid(self, view: View) -> Pyramid:
        if view not in self._pyramids:
            self._pyramids[view] = Pyramid(self._source(view), self._memory // _PICTURE_SHARE)
        return self._pyramids[view]

    def _source(self, view: View) -> PhotoSource | DifferenceSource:
        if view == "current":
            return self._photo(self._read_current)
        if view == "opened":
            return self._photo(self._document.opened)
        both = self._photo(self._read_current), self._photo(self._document.opened)
        return DifferenceSource(*both, self._gain)

    def _photo(self, read: Callable[[Rect], Pixels]) -> PhotoSource:
        return PhotoSource(self.size, self._document.pixels, read, self._to_display)

    def _read_current(self, rect: Rect) -> Pixels:
        return with_pieces(self._document.pixels[rect.slices], rect, self._pieces, self._strength)


def _draw_crisp(painter: QPainter, pixels: Bytes, viewport: Viewport, area: Rect, *, has_alpha: bool) -> None:
    """Level 0 enlarged to squares, exactly under the overlay's."""
    columns = sampled_at(area.x, area.w, viewport.origin[0], viewport.zoom, pixels.shape[1])
    rows = sampled_at(area.y, area.h, viewport.origin[1], viewport.zoom, pixels.shape[0])
    shown = np.ascontiguousarray(picked(pixels.view(np.uint32)[..., 0], rows, columns))
    image = wrap_screen(shown.view(np.uint8).reshape(area.h, area.w, 4), has_alpha=has_alpha)
    painter.drawImage(area.x, area.y, image)


def _draw_smooth(
    painter: QPainter, pixels: Bytes, level: int, viewport: Viewport, area: Rect, *, has_alpha: bool
) -> None:
    """A level made smaller, or up to twice as large, with its pixels blended."""
    scale = viewport.zoom * 2**level
    left, top = viewport.origin
    bounds = Rect.of_shape(pixels.shape)
    # only the part in sight, and what blending looks at around it: Qt's steps go astray over long ways
    part = Rect.from_edges(
        math.floor((area.x - left) / scale) - 2,
        math.floor((area.y - top) / scale) - 2,
        math.ceil((area.right - left) / scale) + 2,
        math.ceil((area.bottom - top) / scale) + 2,
    ).intersect(bounds)
    painter.save()
    painter.setClipRect(decorations.to_qrect(area), Qt.ClipOperation.IntersectClip)
    painter.translate(left + part.x * scale, top + part.y * scale)
    painter.scale(scale, scale)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale != 1.0)
    rows = wrap_screen(pixels[part.y : part.bottom], has_alpha=has_alpha)
    painter.drawImage(QRect(0, 0, part.w, part.h), rows, QRect(part.x, 0, part.w, part.h))
    painter.restore()
