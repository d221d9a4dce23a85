"""Undoable changes: which tiles of which layer, and their other side."""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from genrepair_desktop.document.document import Document, Layer
from genrepair_desktop.imaging.arrays import Pixels
from genrepair_desktop.imaging.geometry import Rect, tiles_touching

RecipeValues = Mapping[str, Any]


class Edit(Protocol):
    """An undoable change.

    label    id of the words the history shows
    recipe   what it takes to do it again, as JSON values; None for strokes
    nbytes   memory it holds
    """

    label: str
    recipe: RecipeValues | None

    @property
    def nbytes(self) -> int: ...

    def swap(self, document: Document) -> None:
        """Exchange the document's side with the edit's: undo and redo are the same act."""
        ...

    def frozen(self) -> "Edit":
        """The same edit holding the same side for good; costs no copy of pixels."""
        ...

    def mirrored(self, document: Document) -> "Edit":
        """An edit of the same places that holds what the document shows there now."""
        ...

    def shared(self) -> "Edit":
        """The same edit holding the same side, over the same arrays: only for reading through a ``Snapshot``."""
        ...

    def layer_arrays(self) -> Iterable[npt.NDArray[Any]]:
        """The whole layers it holds, which a document writes into once it shows them."""
        ...


class Tile:
    """One rectangle and the pixels it does not show at the moment.

    Hard masks are kept as bits, an eighth of their size in 0.03 ms. Deflating made them smaller still, but the
    undo of a wide stroke at 50 megapixels took 40 ms for it instead of 5.
    """

    def __init__(self, rect: Rect, block: npt.NDArray[Any]) -> None:
        self.rect = rect
        self._shape = block.shape
        self._is_bits = False
        self._data: npt.NDArray[Any]
        self.block = block

    @property
    def block(self) -> npt.NDArray[Any]:
        if not self._is_bits:
            return self._data
        bits = np.unpackbits(self._data, count=self._shape[0] * self._shape[1])
        return (bits * np.uint8(255)).reshape(self._shape)

    @block.setter
    def block(self, block: npt.NDArray[Any]) -> None:
        # 255 + 1 is 0 in eight bits: above 1 is only what lies between
        self._is_bits = block.ndim == 2 and int((block + np.uint8(1)).max()) <= 1
        self._data = np.packbits(block) if self._is_bits else np.ascontiguousarray(block).copy()

    @property
    def nbytes(self) -> int:
        return self._data.nbytes


@dataclass
class TileEdit:
    """A change of some tiles of one layer. Holds one side only and swaps it with the document's."""

    label: str
    layer: Layer
    tiles: list[Tile]
    recipe: RecipeValues | None = None

    @property
    def nbytes(self) -> int:
        return sum(tile.nbytes for tile in self.tiles)

    @property
    def rect(self) -> Rect:
        """The smallest rectangle that holds every changed tile."""
        whole = Rect(0, 0, 0, 0)
        for tile in self.tiles:
            whole = whole.union(tile.rect)
        return whole

    def blocks(self) -> Iterable[tuple[Rect, npt.NDArray[Any]]]:
        """The rectangles and the pixels held for them (what an undo or redo would show)."""
        return ((tile.rect, tile.block) for tile in self.tiles)

    def swap(self, document: Document) -> None:
        layer = document.layer(self.layer)
        for tile in self.tiles:
            shown = layer[tile.rect.slices].copy()
            document.write(self.layer, tile.rect, tile.block)
            tile.block = shown

    def frozen(self) -> "TileEdit":
        # a swap gives a tile another block, it never writes into the one it has
        return TileEdit(self.label, self.layer, [copy.copy(tile) for tile in self.tiles], self.recipe)

    def shared(self) -> "TileEdit":
        return self.frozen()

    def layer_arrays(self) -> Iterable[npt.NDArray[Any]]:
        return ()

    def mirrored(self, document: Document) -> "TileEdit":
        layer = document.layer(self.layer)
        tiles = [Tile(tile.rect, layer[tile.rect.slices]) for tile in self.tiles]
        return TileEdit(self.label, self.layer, tiles, self.recipe)


@dataclass
class ReplaceEdit:
    """A change of the whole picture, also of its size. Holds the other whole document."""

    label: str
    layers: dict[Layer, npt.NDArray[Any]]
    opened_tiles: dict[tuple[int, int], Pixels] = field(default_factory=dict)
    recipe: RecipeValues | None = None

    @property
    def nbytes(self) -> int:
        held = [*self.layers.values(), *self.opened_tiles.values()]
        return sum(array.nbytes for array in held)

    def swap(self, document: Document) -> None:
        self.layers, self.opened_tiles = document.replace_layers(self.layers, self.opened_tiles)

    def frozen(self) -> "ReplaceEdit":
        # the document will write into these arrays once it shows them
        layers: dict[Layer, npt.NDArray[Any]] = {name: array.copy() for name, array in self.layers.items()}
        return ReplaceEdit(self.label, layers, dict(self.opened_tiles), self.recipe)

    def shared(self) -> "ReplaceEdit":
        return ReplaceEdit(self.label, dict(self.layers), dict(self.opened_tiles), self.recipe)

    def layer_arrays(self) -> Iterable[npt.NDArray[Any]]:
        return self.layers.values()

    def mirrored(self, document: Document) -> "ReplaceEdit":
        layers: dict[Layer, npt.NDArray[Any]] = {name: document.layer(name).copy() for name in self.layers}
        return ReplaceEdit(self.label, layers, document.opened_tiles(), self.recipe)


@dataclass
class GroupEdit:
    """Edits that are one for the user, such as a repair and the emptied mask. Undone in reverse order."""

    label: str
    edits: tuple[Edit, ...]
    recipe: RecipeValues | None = None

    @property
    def nbytes(self) -> int:
        return sum(edit.nbytes for edit in self.edits)

    def swap(self, document: Document) -> None:
        for edit in self.edits:
            edit.swap(document)
        self.edits = self.edits[::-1]

    def frozen(self) -> "GroupEdit":
        return GroupEdit(self.label, tuple(edit.frozen() for edit in self.edits), self.recipe)

    def shared(self) -> "GroupEdit":
        return GroupEdit(self.label, tuple(edit.shared() for edit in self.edits), self.recipe)

    def layer_arrays(self) -> Iterable[npt.NDArray[Any]]:
        return (array for edit in self.edits for array in edit.layer_arrays())

    def mirrored(self, document: Document) -> "GroupEdit":
        # held in the order of the next swap: after one it is turned round
        mirrored = tuple(edit.mirrored(document) for edit in self.edits)
        return GroupEdit(self.label, mirrored[::-1], self.recipe)


def edit_from_pieces(
    document: Document,
    layer: Layer,
    pieces: Iterable[tuple[Rect, npt.NDArray[Any]]],
    *,
    label: str,
    recipe: RecipeValues | None = None,
) -> TileEdit | None:
    """An edit that will show ``pieces`` once pushed; None if they change nothing.

    Pieces are cut along the tile grid and tiles that stay as they are are left out. Overlapping pieces are
    put down in order.
    """
    shown = document.layer(layer)
    blocks: dict[Rect, npt.NDArray[Any]] = {}
    for rect, piece in pieces:
        for tile in tiles_touching(rect, document.bounds):
            shared = tile.intersect(rect)
            part = piece[shared.relative_to(rect).slices]
            if tile not in blocks:
                # looked at before it is copied: a mask read from a file changes few of its tiles
                if np.array_equal(part, shown[shared.slices]):
                    continue
                blocks[tile] = shown[tile.slices].copy()
            blocks[tile][shared.relative_to(tile).slices] = part
    tiles = [Tile(rect, block) for rect, block in blocks.items() if not np.array_equal(block, shown[rect.slices])]
    return TileEdit(label, layer, tiles, recipe) if tiles else None


def edit_from_patch(
    document: Document,
    layer: Layer,
    rect: Rect,
    patch: npt.NDArray[Any],
    *,
    label: str,
    recipe: RecipeValues | None = None,
) -> TileEdit | None:
    """``edit_from_pieces`` for one rectangle."""
    return edit_from_pieces(document, layer, [(rect, patch)], label=label, recipe=recipe)


def edit_for_new_pixels(pixels: Pixels, *, label: str, recipe: RecipeValues | None = None) -> ReplaceEdit:
    """An edit that will show ``pixels`` of any size, with an empty mask and donor area."""
    empty = {name: np.zeros(pixels.shape[:2], np.uint8) for name in ("mask", "donor")}
    layers: dict[Layer, npt.NDArray[Any]] = {"pixels": pixels, "mask": empty["mask"], "donor": empty["donor"]}
    return ReplaceEdit(label, layers, recipe=recipe)


class StrokeRecorder:
    """Paints into a layer while the pointer moves, and makes one edit of it at the end."""

    def __init__(self, document: Document, layer: Layer) -> None:
        self._document = document
        self._layer: Layer = layer
        self._before: dict[Rect, npt.NDArray[Any]] = {}

    def paint(self, rect: Rect, function: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> None:
        """Replace what the layer shows in ``rect`` (cut at the picture) by ``function(current)``.

        ``function`` gets the block cut at the picture's edge and returns one of the same shape and type.
        """
        inside = rect.intersect(self._document.bounds)
        if inside.is_empty:
            return
        shown = self._document.layer(self._layer)
        for tile in tiles_touching(inside, self._document.bounds):
            if tile not in self._before:
                self._before[tile] = shown[tile.slices].copy()
        self._document.write(self._layer, inside, function(shown[inside.slices].copy()))

    def before(self, rect: Rect) -> npt.NDArray[Any]:
        """What ``rect`` (inside the picture) showed when the stroke began; a copy."""
        block = self._document.layer(self._layer)[rect.slices].copy()
        for tile, kept in self._before.items():
            shared = tile.intersect(rect)
            if not shared.is_empty:
                block[shared.relative_to(rect).slices] = kept[shared.relative_to(tile).slices]
        return block

    def finish(self, label: str) -> TileEdit | None:
        """The stroke as an edit already applied (for ``History.push_applied``); None if it changed nothing."""
        shown = self._document.layer(self._layer)
        tiles = [
            Tile(rect, block) for rect, block in self._before.items() if not np.array_equal(block, shown[rect.slices])
        ]
        self._before = {}
        return TileEdit(label, self._layer, tiles) if tiles else None

    def abandon(self) -> None:
        """Put everything back as it was when the stroke began."""
        for rect, block in self._before.items():
            self._document.write(self._layer, rect, block)
        self._before = {}
