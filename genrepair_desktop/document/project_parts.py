"""The shapes inside a project file: arrays as members of known size, edits as JSON beside them.

A member's size follows from the manifest (shape and sample type), so a reader knows what to expect before it
unpacks a byte, and refuses anything else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from genrepair_desktop.document.document import Layer
from genrepair_desktop.document.edits import Edit, GroupEdit, ReplaceEdit, Tile, TileEdit
from genrepair_desktop.imaging.codecs.limits import Limits
from genrepair_desktop.imaging.geometry import TILE, Rect

Array = npt.NDArray[Any]


class Stream(Protocol):
    """Something bytes are read from."""

    def read(self, size: int, /) -> bytes: ...


Put = Callable[[str, Iterable[bytes]], None]
# opens a member of exactly so many bytes
Take = Callable[[str, int], AbstractContextManager[Stream]]
Bands = Callable[[Array], Iterable[Array]]

LAYERS: tuple[Layer, ...] = ("pixels", "mask", "donor")
# grouped edits hold edits; ours are never deeper than one, and a hostile file shall not dig
_DEEPEST_GROUP = 3
_MOST_IN_GROUP = 16
_LARGEST_SIDE = 1 << 20


class ProjectDamagedError(Exception):
    """A part of a project is not what it should be; the reader turns this into the user's sentence."""


def bands_of(array: Array) -> Iterator[Array]:
    """An array that nobody else writes, ``TILE`` rows at a time."""
    return (array[top : top + TILE] for top in range(0, array.shape[0], TILE))


def array_bytes(bands: Iterable[Array]) -> Iterator[bytes]:
    """The samples row band by row band, each sample minus its left neighbour (as in PNG's Sub filter).

    Photo samples then deflate to about half, in a fraction of the time that PNG takes.
    """
    for band in bands:
        coded = band.copy()
        coded[:, 1:] -= band[:, :-1]
        yield coded.tobytes()


def read_block(file: Stream, shape: tuple[int, ...], dtype: str) -> Array:
    """The inverse of ``array_bytes``; a writable array. Memory is used as far as there is data for it.

    Raises:
        ProjectDamagedError: the data end too early.
    """
    array = np.empty(shape, dtype)
    for band in bands_of(array):
        data = file.read(band.nbytes)
        if len(data) != band.nbytes:
            raise ProjectDamagedError("the pixels are cut off")
        np.cumsum(np.frombuffer(data, dtype).reshape(band.shape), axis=1, dtype=dtype, out=band)
    return array


def array_size(shape: tuple[int, ...], dtype: str) -> int:
    """Bytes of an array in a member."""
    return int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize


def describe(array: Array) -> dict[str, Any]:
    """Shape and sample type for the manifest."""
    return {"shape": list(array.shape), "dtype": array.dtype.name}


def read_array(take: Take, member: str, values: object, limits: Limits) -> Array:
    """The array of a member that the manifest describes.

    Raises:
        ProjectDamagedError: the description makes no sense.
    """
    if not isinstance(values, Mapping):
        raise ProjectDamagedError(f"{member} is not described")
    shape, dtype = checked_shape(values.get("shape"), limits), values.get("dtype")
    if dtype not in ("uint8", "uint16"):
        raise ProjectDamagedError(f"{member} has the sample type {dtype!r}")
    with take(member, array_size(shape, dtype)) as file:
        return read_block(file, shape, dtype)


def checked_shape(shape: object, limits: Limits) -> tuple[int, ...]:
    """``shape`` as a tuple of 2 or 3 sane whole numbers, of a picture that may be opened.

    Raises:
        ProjectDamagedError: it is not.
    """
    numbers = checked_integers(shape, 1, _LARGEST_SIDE)
    if len(numbers) not in (2, 3) or (len(numbers) == 3 and numbers[2] > 4):
        raise ProjectDamagedError(f"a picture has {len(numbers)} sides")
    if numbers[0] * numbers[1] > limits.pixels:
        raise ProjectDamagedError(
            f"{numbers[1]:,} × {numbers[0]:,} pixels are over the limit of {limits.pixels / 1e6:,.0f} megapixels"
        )
    return (*numbers,)


def checked_integers(values: object, low: int, high: int) -> list[int]:
    """``values`` as a list of whole numbers from ``low`` to ``high``.

    Raises:
        ProjectDamagedError: it is not.
    """
    if not isinstance(values, list) or not all(type(v) is int and low <= v <= high for v in values):
        raise ProjectDamagedError("a list of whole numbers is something else")
    return values


def tiles_to_member(tiles: Iterable[tuple[Rect, Array]], name: str, put: Put) -> dict[str, Any]:
    """Write blocks one behind the other and return what the manifest says of them."""
    blocks = list(tiles)
    put(name, (piece for _, block in blocks for piece in array_bytes(bands_of(block))))
    first: Array = blocks[0][1] if blocks else np.zeros((0, 0), np.uint8)
    return {
        "member": name,
        "rects": [value for rect, _ in blocks for value in rect],
        "dtype": first.dtype.name,
        "channels": first.shape[-1] if first.ndim == 3 else 0,
    }


def tiles_from_member(values: object, take: Take, limits: Limits) -> list[tuple[Rect, Array]]:
    """The inverse of ``tiles_to_member``.

    Raises:
        ProjectDamagedError: the description makes no sense.
    """
    if not isinstance(values, Mapping):
        raise ProjectDamagedError("a list of tiles is not described")
    rects = _checked_rects(checked_integers(values.get("rects"), 0, _LARGEST_SIDE), limits)
    (channels,) = checked_integers([values.get("channels")], 0, 4)
    dtype = values.get("dtype")
    if dtype not in ("uint8", "uint16"):
        raise ProjectDamagedError(f"tiles have the sample type {dtype!r}")
    shapes: list[tuple[int, ...]] = [(rect.h, rect.w, channels) if channels else (rect.h, rect.w) for rect in rects]
    with take(str(values.get("member")), sum(array_size(shape, dtype) for shape in shapes)) as file:
        return [(rect, read_block(file, shape, dtype)) for rect, shape in zip(rects, shapes, strict=True)]


def _checked_rects(numbers: list[int], limits: Limits) -> list[Rect]:
    """Tiles of one picture: no larger than a tile, none twice, together no more than a picture may have."""
    if len(numbers) % 4:
        raise ProjectDamagedError("a list of rectangles is cut off")
    rects = [Rect(*numbers[i : i + 4]) for i in range(0, len(numbers), 4)]
    if any(rect.is_empty or max(rect.w, rect.h) > TILE for rect in rects):
        raise ProjectDamagedError("a tile makes no sense")
    if len({(rect.x, rect.y) for rect in rects}) != len(rects) or sum(rect.area for rect in rects) > limits.pixels:
        raise ProjectDamagedError("there are more tiles than a picture has")
    return rects


def edit_values(edit: Edit, name: str, put: Put, bands: Bands = bands_of) -> dict[str, Any]:
    """Write an edit's pixels as members below ``name`` and return its JSON.

    Args:
        bands: how to read whole layers, which a document may be showing and writing meanwhile.

    Raises:
        TypeError: the edit is of a kind that this version cannot store.
    """
    common = {"label": edit.label, "recipe": None if edit.recipe is None else dict(edit.recipe)}
    if isinstance(edit, TileEdit):
        return common | {"kind": "tiles", "layer": edit.layer} | tiles_to_member(edit.blocks(), f"{name}.bin", put)
    if isinstance(edit, ReplaceEdit):
        for layer in LAYERS:
            put(f"{name}-{layer}.bin", array_bytes(bands(edit.layers[layer])))
        opened = ((Rect(x, y, tile.shape[1], tile.shape[0]), tile) for (x, y), tile in edit.opened_tiles.items())
        layers = {layer: describe(edit.layers[layer]) for layer in LAYERS}
        tiles = tiles_to_member(opened, f"{name}-opened.bin", put)
        return common | {"kind": "replace", "name": name, "layers": layers, "opened": tiles}
    if isinstance(edit, GroupEdit):
        parts = [edit_values(part, f"{name}-{i}", put, bands) for i, part in enumerate(edit.edits)]
        return common | {"kind": "group", "edits": parts}
    raise TypeError(f"cannot store {type(edit).__name__}")


def edit_from_values(values: object, take: Take, limits: Limits, depth: int = 0) -> Edit:
    """The inverse of ``edit_values``.

    Raises:
        ProjectDamagedError: the JSON does not describe an edit.
    """
    if not isinstance(values, dict) or depth > _DEEPEST_GROUP:
        raise ProjectDamagedError("an edit is not described")
    label, recipe = values.get("label"), values.get("recipe")
    if not isinstance(label, str) or not (recipe is None or _is_recipe(recipe)):
        raise ProjectDamagedError("an edit is not described")
    kind = values.get("kind")
    if kind == "tiles" and values.get("layer") in LAYERS:
        tiles = [Tile(rect, block) for rect, block in tiles_from_member(values, take, limits)]
        return TileEdit(label, values["layer"], tiles, recipe)
    if kind == "replace" and isinstance(values.get("layers"), dict):
        name = str(values.get("name"))
        layers: dict[Layer, Array] = {
            layer: read_array(take, f"{name}-{layer}.bin", values["layers"].get(layer), limits) for layer in LAYERS
        }
        opened = {(rect.x, rect.y): tile for rect, tile in tiles_from_member(values.get("opened"), take, limits)}
        return ReplaceEdit(label, layers, opened, recipe)
    if kind == "group" and isinstance(values.get("edits"), list) and len(values["edits"]) <= _MOST_IN_GROUP:
        parts = tuple(edit_from_values(part, take, limits, depth + 1) for part in values["edits"])
        return GroupEdit(label, parts, recipe)
    raise ProjectDamagedError("an edit is of an unknown kind")


def _is_recipe(values: object) -> bool:
    """Of a recipe the window shows the methods; whoever repeats it checks the rest."""
    if not isinstance(values, dict):
        return False
    methods = values.get("methods", [])
    return isinstance(methods, list) and all(isinstance(method, dict) for method in methods)


@dataclass(frozen=True)
class Form:
    """Shape and sample type of a picture's pixels."""

    shape: tuple[int, ...]
    dtype: str


def form_after(edit: Edit, form: Form) -> Form:
    """What a picture is like once ``edit`` was undone or redone on it.

    Raises:
        ProjectDamagedError: the edit does not fit the picture; the history would break where it is reached.
    """
    if isinstance(edit, GroupEdit):
        for part in edit.edits:
            form = form_after(part, form)
        return form
    if isinstance(edit, ReplaceEdit):
        pixels = edit.layers["pixels"]
        if pixels.ndim != 3 or any(edit.layers[name].shape != pixels.shape[:2] for name in LAYERS[1:]):
            raise ProjectDamagedError("the layers of a picture differ in size")
        return Form(pixels.shape, pixels.dtype.name)
    if isinstance(edit, TileEdit):
        is_pixels = edit.layer == "pixels"
        bounds = Rect.of_shape(form.shape)
        for rect, block in edit.blocks():
            wanted = (rect.h, rect.w, *form.shape[2:]) if is_pixels else (rect.h, rect.w)
            dtype = form.dtype if is_pixels else "uint8"
            if not bounds.contains(rect) or block.shape != wanted or block.dtype.name != dtype:
                raise ProjectDamagedError("an edit does not fit the picture")
        return form
    raise ProjectDamagedError("an edit is of an unknown kind")
