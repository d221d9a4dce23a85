"""Zoom, pan and device pixels: where an image pixel lies on the screen and back. Pure maths, no widget.

Three kinds of coordinates: *image* pixels, *widget* units (device-independent, as Qt's events carry) and *device*
pixels of the screen, ``ratio`` to a widget unit. Zoom 1 is one image pixel per device pixel, at every ratio.
"""

import math
from dataclasses import dataclass, replace

from genrepair_desktop.imaging.geometry import Rect, Size

MAX_ZOOM = 64.0
# + and - stop at these; the wheel moves between them
STEPS = (
    1 / 64, 1 / 48, 1 / 32, 1 / 24, 1 / 16, 1 / 12, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3,
    1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0,
)  # fmt: skip


@dataclass(frozen=True)
class Viewport:
    """What part of an image of ``image`` pixels a widget of ``width`` x ``height`` units shows.

    ``(cx, cy)`` is the image point in the middle of the widget.
    """

    image: Size
    width: float
    height: float
    ratio: float = 1.0
    zoom: float = 1.0
    cx: float = 0.0
    cy: float = 0.0

    @property
    def device_size(self) -> Size:
        """The widget in device pixels."""
        return Size(max(1, round(self.width * self.ratio)), max(1, round(self.height * self.ratio)))

    @property
    def origin(self) -> tuple[int, int]:
        """Where the image's corner lies, in device pixels: whole ones, so that zoom 1 shows exact pixels."""
        size = self.device_size
        return round(size.w / 2 - self.cx * self.zoom), round(size.h / 2 - self.cy * self.zoom)

    @property
    def fit_zoom(self) -> float:
        """The zoom that shows the whole image, with a margin of 2 %."""
        size = self.device_size
        room = min(size.w / self.image.w, size.h / self.image.h) * 0.98
        return min(max(room, self.min_zoom), MAX_ZOOM)

    @property
    def min_zoom(self) -> float:
        """A quarter, or far enough out for the image to take half of the widget."""
        size = self.device_size
        return min(0.25, size.w / self.image.w / 2, size.h / self.image.h / 2)

    @property
    def device_rect(self) -> Rect:
        """The device pixels whose centres lie on the image; they may reach beyond the widget."""
        w, h = (max(1, math.ceil(length * self.zoom - 0.5)) for length in self.image)
        return Rect(*self.origin, w, h)

    @property
    def visible(self) -> Rect:
        """The image pixels of which at least a part is on the screen."""
        return self.to_image_rect(Rect(0, 0, *self.device_size))

    def to_widget(self, x: float, y: float) -> tuple[float, float]:
        """An image point in widget units."""
        left, top = self.origin
        return (x * self.zoom + left) / self.ratio, (y * self.zoom + top) / self.ratio

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """A widget point in image pixels; outside the image too."""
        left, top = self.origin
        return (x * self.ratio - left) / self.zoom, (y * self.ratio - top) / self.zoom

    def to_device_rect(self, rect: Rect) -> Rect:
        """The device pixels that an image rectangle touches."""
        left, top = self.origin
        return Rect.from_edges(
            math.floor(rect.x * self.zoom + left),
            math.floor(rect.y * self.zoom + top),
            math.ceil(rect.right * self.zoom + left),
            math.ceil(rect.bottom * self.zoom + top),
        )

    def to_image_rect(self, device: Rect) -> Rect:
        """The image pixels under a rectangle of device pixels, cut at the image."""
        left, top = self.origin
        return Rect.from_edges(
            math.floor((device.x - left) / self.zoom),
            math.floor((device.y - top) / self.zoom),
            math.ceil((device.right - left) / self.zoom),
            math.ceil((device.bottom - top) / self.zoom),
        ).intersect(Rect(0, 0, *self.image))

    def zoomed(self, zoom: float, at: tuple[float, float] | None = None) -> "Viewport":
        """At another zoom, with the image point under the widget point ``at`` (the middle) kept in place."""
        at = at or (self.width / 2, self.height / 2)
        x, y = self.to_image(*at)
        zoom = min(max(zoom, self.min_zoom), MAX_ZOOM)
        size = self.device_size
        cx = x - (at[0] * self.ratio - size.w / 2) / zoom
        cy = y - (at[1] * self.ratio - size.h / 2) / zoom
        return replace(self, zoom=zoom, cx=cx, cy=cy).clamped()

    def stepped(self, direction: int, at: tuple[float, float] | None = None) -> "Viewport":
        """At the next of the round zoom steps, in (+1) or out (-1)."""
        if direction > 0:
            zoom = next((step for step in STEPS if step > self.zoom * 1.001), MAX_ZOOM)
        else:
            zoom = next((step for step in reversed(STEPS) if step < self.zoom * 0.999), self.min_zoom)
        return self.zoomed(zoom, at)

    def panned(self, dx: float, dy: float) -> "Viewport":
        """The image moved by widget units, as a hand would drag it."""
        scale = self.ratio / self.zoom
        return replace(self, cx=self.cx - dx * scale, cy=self.cy - dy * scale).clamped()

    def fitted(self) -> "Viewport":
        """The whole image in the middle."""
        return replace(self, zoom=self.fit_zoom, cx=self.image.w / 2, cy=self.image.h / 2)

    def resized(self, width: float, height: float, ratio: float) -> "Viewport":
        """For a widget of another size or on another screen; the middle stays."""
        # the zoom is in device pixels: on a finer screen the same zoom would show the picture smaller
        zoom = self.zoom * ratio / self.ratio
        return replace(self, width=width, height=height, ratio=ratio, zoom=zoom).clamped()

    def clamped(self) -> "Viewport":
        """Moved so that the image cannot be lost: a small one stays whole, a large one keeps the middle."""
        size = self.device_size
        return replace(
            self,
            cx=_clamp_centre(self.cx, self.image.w, size.w / self.zoom, 1 / self.zoom),
            cy=_clamp_centre(self.cy, self.image.h, size.h / self.zoom, 1 / self.zoom),
        )


def _clamp_centre(centre: float, length: float, shown: float, pixel: float) -> float:
    """``shown`` is how many image pixels the view spans, ``pixel`` how many a device pixel does."""
    # beside a small image the view's edge may come as near as the image's own, a rounding's worth of a pixel apart
    slack = max(0.0, (shown - length) / 2 - pixel) if shown >= length else length / 2
    return min(max(centre, length / 2 - slack), length / 2 + slack)
