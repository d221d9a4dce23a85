"""The open photo: its current pixels, its mask and its donor area, and who wants to know when they change."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from genrepair_desktop.document.snapshot import Array, Snapshot, Snapshots
from genrepair_desktop.imaging.arrays import Pixels, check_pixels
from genrepair_desktop.imaging.codecs.photo import PhotoMetadata, PhotoSource
from genrepair_desktop.imaging.geometry import Rect, tiles_touching

Layer: TypeAlias = Literal["pixels", "mask", "donor"]
# uint8, (h, w): 0 known, 255 fully replaced. Above 0 is hole; the value is the weight of the fill when pasted
Coverage: TypeAlias = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Change:
    """What a listener is told: this part of this layer is new. ``is_resized``: everything is."""

    layer: Layer
    rect: Rect
    is_resized: bool = False


Listener = Callable[[Change], None]


@dataclass(frozen=True)
class Embedded:
    """What a project knows of the photo's file: hash and size, and whether the file itself is in there."""

    project: Path
    sha256: str
    bytes: int
    is_inside: bool = True


class Document:
    """One photo being repaired.

    pixels    uint8 or uint16 (h, w, 1 to 4), as ``imaging.arrays`` describes; read it, never write it
    mask      coverage of the damage: uint8 (h, w)
    donor     where texture may be taken from: uint8 (h, w); all zero means anywhere
    revision  grows with every change
    embedded  what the project it came from, or was last saved to, knows of the photo's file
    is_source_seen  True where the photo's file itself was read, False where a project only told of it

    Only ``History`` and ``StrokeRecorder`` write, through ``write`` and ``replace_layers``.

    The picture as it was opened is not copied: the first write to a tile keeps that tile's opened pixels.
    """

    def __init__(
        self,
        pixels: Pixels,
        *,
        path: Path | None = None,
        metadata: PhotoMetadata | None = None,
        source: PhotoSource | None = None,
    ) -> None:
        check_pixels(pixels)
        self.path = path
        self.metadata = metadata
        self.source = source
        self.revision = 0
        self.embedded: Embedded | None = None
        self.is_source_seen = True
        self._layers: dict[Layer, npt.NDArray[Any]] = {
            "pixels": pixels,
            "mask": np.zeros(pixels.shape[:2], np.uint8),
            "donor": np.zeros(pixels.shape[:2], np.uint8),
        }
        self._opened_tiles: dict[tuple[int, int], Pixels] = {}
        self._listeners: list[Listener] = []
        self._snapshots = Snapshots()

    @property
    def pixels(self) -> Pixels:
        return self._layers["pixels"]

    @property
    def mask(self) -> Coverage:
        return self._layers["mask"]

    @property
    def donor(self) -> Coverage:
        return self._layers["donor"]

    @property
    def bounds(self) -> Rect:
        return Rect.of_shape(self.pixels.shape)

    def layer(self, name: Layer) -> npt.NDArray[Any]:
        """The array of a layer; to be read only."""
        return self._layers[name]

    def opened(self, rect: Rect) -> Pixels:
        """The pixels of ``rect`` as they were when the photo was opened (or last enlarged); a copy.

        Raises:
            ValueError: the rectangle leaves the picture.
        """
        self._check_inside(rect)
        block = self.pixels[rect.slices].copy()
        for tile in tiles_touching(rect, self.bounds):
            kept = self._opened_tiles.get((tile.x, tile.y))
            if kept is not None:
                shared = tile.intersect(rect)
                block[shared.relative_to(rect).slices] = kept[shared.relative_to(tile).slices]
        return block

    def opened_tiles(self) -> dict[tuple[int, int], Pixels]:
        """The opened pixels of every tile that was written to, by the tile's corner. For project files."""
        return dict(self._opened_tiles)

    def restore(
        self,
        *,
        mask: Coverage,
        donor: Coverage,
        opened_tiles: dict[tuple[int, int], Pixels],
    ) -> None:
        """Take over the rest of a saved state; the pixels were given at construction.

        Raises:
            ValueError: a layer does not fit the picture.
        """
        for layer in (mask, donor):
            if layer.dtype != np.uint8 or layer.shape != self.pixels.shape[:2]:
                raise ValueError(f"a layer is uint8 {self.pixels.shape[:2]}, got {layer.dtype} {layer.shape}")
        self._layers |= {"mask": mask, "donor": donor}
        self._opened_tiles = dict(opened_tiles)

    def write(self, name: Layer, rect: Rect, block: npt.NDArray[Any]) -> None:
        """Put ``block`` (shape and type of the layer's ``rect``) into a layer and tell the listeners.

        Raises:
            ValueError: the rectangle leaves the picture, or the block does not fit it.
        """
        self._check_inside(rect)
        layer = self._layers[name]
        wanted = (rect.h, rect.w, *layer.shape[2:])
        if block.shape != wanted or block.dtype != layer.dtype:
            raise ValueError(f"a block for {rect} is {layer.dtype} {wanted}, got {block.dtype} {block.shape}")
        if name == "pixels":
            self._keep_opened(rect)
        self._snapshots.before_write(self._layers[name], rect)
        self._layers[name][rect.slices] = block
        self._tell(Change(name, rect))

    def replace_layers(
        self,
        layers: dict[Layer, npt.NDArray[Any]],
        opened_tiles: dict[tuple[int, int], Pixels],
    ) -> tuple[dict[Layer, npt.NDArray[Any]], dict[tuple[int, int], Pixels]]:
        """Exchange the whole document, also for one of another size; returns what it was."""
        check_pixels(layers["pixels"])
        before = (self._layers, self._opened_tiles)
        self._layers, self._opened_tiles = layers, opened_tiles
        self._tell(Change("pixels", self.bounds, is_resized=True))
        return before

    def snapshot(self, others: Iterable[Array] = ()) -> Snapshot:
        """The layers as they are now (and ``others`` that may become layers), to be read on another thread."""
        return self._snapshots.take([*self._layers.values(), *others])

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell ``listener`` of every change, until the returned function is called."""
        self._listeners.append(listener)

        def unsubscribe() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unsubscribe

    @property
    def nbytes(self) -> int:
        """Memory held by the layers and the opened tiles."""
        layers = sum(array.nbytes for array in self._layers.values())
        return layers + sum(tile.nbytes for tile in self._opened_tiles.values())

    def _check_inside(self, rect: Rect) -> None:
        if rect.is_empty or not self.bounds.contains(rect):
            raise ValueError(f"{rect} is not inside {self.bounds}")

    def _keep_opened(self, rect: Rect) -> None:
        if not self.pixels.flags.writeable:
            # a decoder's read-only buffer: the first edit makes it ours
            self._layers["pixels"] = self.pixels.copy()
        for tile in tiles_touching(rect, self.bounds):
            if (tile.x, tile.y) not in self._opened_tiles:
                self._opened_tiles[tile.x, tile.y] = self.pixels[tile.slices].copy()

    def _tell(self, change: Change) -> None:
        self.revision += 1
        for listener in tuple(self._listeners):
            listener(change)
