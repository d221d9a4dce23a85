"""The shapes inside a project file: arrays as members of known size, edits as JSON beside them.

A member's size follows from the manifest (shape and sample type), so a reader knows what to expect before it
unpacks a byte, and refuses anything else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from genrepair_desktop.document.document import Layer
from genrepair_desktop.document.edits import Edit, GroupEdit, ReplaceEdit, Tile, TileEdit
from genrepair_desktop.imaging.geometry import TILE, Rect

Array = npt.NDArray[Any]
Put = Callable[[str, Iterable[bytes]], None]
Take = Callable[[str, int], bytes]

LAYERS: tuple[Layer, ...] = ("pixels", "mask", "donor")
# grouped edits hold edits; ours are never deeper than one, and a hostile file shall not dig
_DEEPEST_GROUP = 3
_LARGEST_SIDE = 1 << 20


class ProjectDamagedError(Exception):
    """A part of a project is not what it should be; the reader turns this into the user's sentence."""


def array_bytes(array: Array) -> Iterator[bytes]:
    """The samples row band by row band, each sample minus its left neighbour (as in PNG's Sub filter).

    Photo samples then deflate to about half, in a fraction of the time that PNG takes.
    """
    for top in range(0, array.shape[0], TILE):
        band = array[top : top + TILE]
        coded = band.copy()
        coded[:, 1:] -= band[:, :-1]
        yield coded.tobytes()


def array_from(data: bytes, shape: tuple[int, ...], dtype: str) -> Array:
    """The inverse of ``array_bytes``; a writable array."""
    coded = np.frombuffer(data, dtype).reshape(shape)
    return np.cumsum(coded, axis=1, dtype=coded.dtype)


def array_size(shape: tuple[int, ...], dtype: str) -> int:
    """Bytes of an array in a member."""
    return int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize


def describe(array: Array) -> dict[str, Any]:
    """Shape and sample type for the manifest."""
    return {"shape": list(array.shape), "dtype": array.dtype.name}


def read_array(take: Take, member: str, values: Mapping[str, Any]) -> Array:
    """The array of a member that the manifest describes.

    Raises:
        ProjectDamagedError: the description makes no sense.
    """
    shape, dtype = checked_shape(values.get("shape")), values.get("dtype")
    if dtype not in ("uint8", "uint16"):
        raise ProjectDamagedError(f"{member} has the sample type {dtype!r}")
    return array_from(take(member, array_size(shape, dtype)), shape, dtype)


def checked_shape(shape: object) -> tuple[int, ...]:
    """``shape`` as a tuple of 2 or 3 sane whole numbers.

    Raises:
        ProjectDamagedError: it is not.
    """
    numbers = checked_integers(shape, 1, _LARGEST_SIDE)
    if len(numbers) not in (2, 3) or (len(numbers) == 3 and numbers[2] > 4):
        raise ProjectDamagedError(f"a picture has the shape {shape!r}")
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
    put(name, (piece for _, block in blocks for piece in array_bytes(block)))
    first: Array = blocks[0][1] if blocks else np.zeros((0, 0), np.uint8)
    return {
        "member": name,
        "rects": [value for rect, _ in blocks for value in rect],
        "dtype": first.dtype.name,
        "channels": first.shape[-1] if first.ndim == 3 else 0,
    }


def tiles_from_member(values: Mapping[str, Any], take: Take) -> list[tuple[Rect, Array]]:
    """The inverse of ``tiles_to_member``."""
    numbers = checked_integers(values.get("rects"), 0, _LARGEST_SIDE)
    if len(numbers) % 4:
        raise ProjectDamagedError("a list of rectangles is cut off")
    rects = [Rect(*numbers[i : i + 4]) for i in range(0, len(numbers), 4)]
    (channels,) = checked_integers([values.get("channels")], 0, 4)
    dtype = values.get("dtype")
    if dtype not in ("uint8", "uint16") or any(rect.is_empty or max(rect.w, rect.h) > TILE for rect in rects):
        raise ProjectDamagedError("a tile makes no sense")
    shapes: list[tuple[int, ...]] = [(rect.h, rect.w, channels) if channels else (rect.h, rect.w) for rect in rects]
    sizes = [array_size(shape, dtype) for shape in shapes]
    data = take(str(values.get("member")), sum(sizes))
    tiles, at = [], 0
    for rect, shape, size in zip(rects, shapes, sizes, strict=True):
        tiles.append((rect, array_from(data[at : at + size], shape, dtype)))
        at += size
    return tiles


def edit_values(edit: Edit, name: str, put: Put) -> dict[str, Any]:
    """Write an edit's pixels as members below ``name`` and return its JSON.

    Raises:
        TypeError: the edit is of a kind that this version cannot store.
    """
    common = {"label": edit.label, "recipe": None if edit.recipe is None else dict(edit.recipe)}
    if isinstance(edit, TileEdit):
        return common | {"kind": "tiles", "layer": edit.layer} | tiles_to_member(edit.blocks(), f"{name}.bin", put)
    if isinstance(edit, ReplaceEdit):
        for layer in LAYERS:
            put(f"{name}-{layer}.bin", array_bytes(edit.layers[layer]))
        opened = ((Rect(x, y, tile.shape[1], tile.shape[0]), tile) for (x, y), tile in edit.opened_tiles.items())
        layers = {layer: describe(edit.layers[layer]) for layer in LAYERS}
        tiles = tiles_to_member(opened, f"{name}-opened.bin", put)
        return common | {"kind": "replace", "name": name, "layers": layers, "opened": tiles}
    if isinstance(edit, GroupEdit):
        parts = [edit_values(part, f"{name}-{i}", put) for i, part in enumerate(edit.edits)]
        return common | {"kind": "group", "edits": parts}
    raise TypeError(f"cannot store {type(edit).__name__}")


def edit_from_values(values: object, take: Take, depth: int = 0) -> Edit:
    """The inverse of ``edit_values``.

    Raises:
        ProjectDamagedError: the JSON does not describe an edit.
    """
    if not isinstance(values, dict) or depth > _DEEPEST_GROUP:
        raise ProjectDamagedError("an edit is not described")
    label, recipe = str(values.get("label")), values.get("recipe")
    if recipe is not None and not isinstance(recipe, dict):
        raise ProjectDamagedError("a recipe is not described")
    kind = values.get("kind")
    if kind == "tiles" and values.get("layer") in LAYERS:
        tiles = [Tile(rect, block) for rect, block in tiles_from_member(values, take)]
        return TileEdit(label, values["layer"], tiles, recipe)
    if kind == "replace" and isinstance(values.get("layers"), dict) and isinstance(values.get("opened"), dict):
        name = str(values.get("name"))
        layers: dict[Layer, Array] = {
            layer: read_array(take, f"{name}-{layer}.bin", values["layers"].get(layer, {})) for layer in LAYERS
        }
        opened = {(rect.x, rect.y): tile for rect, tile in tiles_from_member(values["opened"], take)}
        return ReplaceEdit(label, layers, opened, recipe)
    if kind == "group" and isinstance(values.get("edits"), list):
        return GroupEdit(label, tuple(edit_from_values(part, take, depth + 1) for part in values["edits"]), recipe)
    raise ProjectDamagedError(f"an edit is of the unknown kind {kind!r}")
