"""The small before/after pictures that a person looks through after a batch."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.arrays import Pixels, colour_channels, full_scale
from genrepair_desktop.imaging.colour import as_colour
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.repair.photo_job import Repaired

PANEL = 256
_GAP = 4
# a close-up shows at least this much of the photo, so that the eye has surroundings to compare with
_LEAST_VIEW = 192
_MARK = (255, 64, 64)

Bytes3 = npt.NDArray[np.uint8]


def write_strip(folder: Path, name: str, before: Pixels, done: Repaired) -> str:
    """Write the strip of one photo: the whole result, then its largest repair before and after, close up.

    Returns:
        The strip's path inside ``folder``. Strips are spread over 256 folders, as file systems like it.
    """
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    target = Path(digest[:2], digest[2:22] + ".jpg")
    (folder / target.parent).mkdir(parents=True, exist_ok=True)
    is_written, data = cv2.imencode(".jpg", strip(before, done)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 82])
    if is_written:
        (folder / target).write_bytes(data.tobytes())
    return target.as_posix()


def strip(before: Pixels, done: Repaired) -> Bytes3:
    """The strip as 8-bit RGB, (PANEL, about 3 PANEL, 3)."""
    after = done.pixels
    bounds = Rect.of_shape(before.shape)
    whole = _panel(after)
    if before.shape != after.shape or not done.result.holes:
        return _row([_panel(before), whole])
    largest = max(done.result.holes, key=lambda hole: hole.area).rect
    view = _view_of(largest, bounds)
    _outline(whole, view, bounds)
    return _row([whole, _panel(before[view.slices]), _panel(after[view.slices])])


def _view_of(hole: Rect, bounds: Rect) -> Rect:
    """A square around a hole with as much again of its surroundings, inside the photo."""
    side = min(max(_LEAST_VIEW, round(1.5 * max(hole.w, hole.h))), bounds.w, bounds.h)
    x = min(max(0, hole.x + hole.w // 2 - side // 2), bounds.w - side)
    y = min(max(0, hole.y + hole.h // 2 - side // 2), bounds.h - side)
    return Rect(x, y, side, side)


def _panel(pixels: Pixels) -> Bytes3:
    """The picture as 8-bit RGB that fits a panel; small ones are enlarged without smoothing, up to 4 times."""
    h, w = pixels.shape[:2]
    scale = min(PANEL / w, PANEL / h, 4.0)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    colours = np.ascontiguousarray(pixels[..., : colour_channels(pixels)])
    small = cv2.resize(colours, size, interpolation=how).reshape(size[1], size[0], -1)
    eight = np.rint(small.astype(np.float32) * (255.0 / full_scale(pixels))).astype(np.uint8)
    return as_colour(eight)


def _outline(panel: Bytes3, view: Rect, bounds: Rect) -> None:
    scale = panel.shape[1] / bounds.w
    corner = (round(view.x * scale), round(view.y * scale))
    end = (round(view.right * scale) - 1, round(view.bottom * scale) - 1)
    cv2.rectangle(panel, corner, end, _MARK, 1)


def _row(panels: list[Bytes3]) -> Bytes3:
    """Panels side by side on white, each in the middle of its height."""
    width = sum(panel.shape[1] for panel in panels) + _GAP * (len(panels) - 1)
    sheet = np.full((PANEL, width, 3), 255, np.uint8)
    x = 0
    for panel in panels:
        y = (PANEL - panel.shape[0]) // 2
        sheet[y : y + panel.shape[0], x : x + panel.shape[1]] = panel
        x += panel.shape[1] + _GAP
    return sheet
