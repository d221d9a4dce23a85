"""The tag directories that TIFF files and EXIF blocks share, read with bounds and written back.

TIFF 6.0, section 2; BigTIFF for reading. Only structure is known here, not what a tag means.
"""

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Order = Literal["<", ">"]

# bytes of one value, by type number; 13 is an offset to a directory, 16 to 18 are BigTIFF's 8-byte integers
TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_INTEGERS = {1: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_RATIONALS = {5: "I", 10: "i"}
MAX_TAGS = 4096


class TagError(ValueError):
    """The structure breaks off or points outside the data."""


@dataclass(frozen=True)
class Tag:
    """One entry of a directory: ``data`` is its value as it stands in the file, in the file's byte order."""

    code: int
    type: int
    count: int
    data: bytes
    entry_at: int = 0
    value_at: int = 0


@dataclass(frozen=True)
class Directory:
    """The tags of one directory by code, where it stands, and where the next one does (0: nowhere)."""

    tags: dict[int, Tag]
    at: int
    end: int
    next_at: int


class TagReader:
    """Reads directories from anything that can hand out bytes at an offset.

    Args:
        read_at: ``read_at(offset, count)`` returns up to ``count`` bytes.
        size: bytes there are; a value that reaches past them is left out.
        value_bytes: the values of one directory take at most this together; what is over it is left out, so
            that 4096 tags that all point at the same megabytes cost no more than one.

    Raises:
        TagError: the first bytes are no TIFF header.
    """

    def __init__(self, read_at: Callable[[int, int], bytes], size: int, value_bytes: int) -> None:
        self._read_at, self._size, self._value_bytes = read_at, size, value_bytes
        head = read_at(0, 16)
        if head[:2] not in (b"II", b"MM") or len(head) < 8:
            raise TagError("no TIFF header")
        self.order: Order = "<" if head[:2] == b"II" else ">"
        magic = struct.unpack_from(self.order + "H", head, 2)[0]
        self.is_big = magic == 43
        if magic not in (42, 43) or (self.is_big and len(head) < 16):
            raise TagError("no TIFF header")
        wide, at = ("Q", 8) if self.is_big else ("I", 4)
        self.first_at: int = struct.unpack_from(self.order + wide, head, at)[0]

    @classmethod
    def of_block(cls, block: bytes | bytearray | memoryview, value_bytes: int = 1 << 24) -> "TagReader":
        """A reader over bytes in memory."""
        return cls(lambda at, count: bytes(block[at : at + count]), len(block), value_bytes)

    def directory(self, at: int) -> Directory:
        """The directory at an offset. Tags of unknown type or with values outside the data are left out.

        Raises:
            TagError: the directory itself is outside the data, or has more than 4096 tags.
        """
        count_format, entry_size = ("Q", 20) if self.is_big else ("H", 12)
        head_size = struct.calcsize("=" + count_format)
        head = self._read_at(at, head_size)
        if at < 8 or len(head) < head_size:
            raise TagError("a directory lies outside the data")
        count: int = struct.unpack(self.order + count_format, head)[0]
        if count > MAX_TAGS:
            raise TagError(f"a directory of {count} tags")
        body = self._read_at(at + head_size, count * entry_size + 8)
        tags: dict[int, Tag] = {}
        room = self._value_bytes
        for index in range(min(count, len(body) // entry_size)):
            start = index * entry_size
            tag = self._tag(body[start : start + entry_size], at + head_size + start, room)
            if tag is not None:
                tags.setdefault(tag.code, tag)
                room -= len(tag.data)
        rest = body[count * entry_size :]
        wide = "Q" if self.is_big else "I"
        size = struct.calcsize("=" + wide)
        next_at = struct.unpack_from(self.order + wide, rest)[0] if len(rest) >= size else 0
        return Directory(tags, at, at + head_size + count * entry_size + size, next_at)

    def _tag(self, entry: bytes, entry_at: int, most: int) -> Tag | None:
        code, kind = struct.unpack_from(self.order + "HH", entry)
        wide = "Q" if self.is_big else "I"
        count = struct.unpack_from(self.order + wide, entry, 4)[0]
        size = TYPE_SIZES.get(kind, 0) * count
        inline_at = 12 if self.is_big else 8
        room = len(entry) - inline_at
        if size == 0 or size > most:
            return None
        if size <= room:
            return Tag(code, kind, count, entry[inline_at : inline_at + size], entry_at, entry_at + inline_at)
        value_at = struct.unpack_from(self.order + wide, entry, inline_at)[0]
        if value_at + size > self._size:
            return None
        data = self._read_at(value_at, size)
        return Tag(code, kind, count, data, entry_at, value_at) if len(data) == size else None

    def integers(self, directory: Directory, code: int) -> tuple[int, ...]:
        """The values of an integer tag; empty if it is missing or of another type."""
        tag = directory.tags.get(code)
        if tag is None or tag.type not in _INTEGERS:
            return ()
        return struct.unpack(f"{self.order}{tag.count}{_INTEGERS[tag.type]}", tag.data)

    def integer(self, directory: Directory, code: int, default: int) -> int:
        """The first value of an integer tag, or ``default``."""
        values = self.integers(directory, code)
        return values[0] if values else default

    def rational(self, directory: Directory, code: int) -> float | None:
        """The first value of a rational tag; None if it is missing or divides by zero."""
        tag = directory.tags.get(code)
        if tag is None or tag.type not in _RATIONALS:
            return None
        above, below = struct.unpack_from(f"{self.order}2{_RATIONALS[tag.type]}", tag.data)
        return above / below if below else None


def pack_directory(tags: Iterable[Tag], order: Order, at: int) -> bytes:
    """A directory to stand at the offset ``at`` (even), its out-of-line values following it, and no next one."""
    ordered = sorted(tags, key=lambda tag: tag.code)
    values_at = at + 2 + 12 * len(ordered) + 4
    entries, values = bytearray(struct.pack(order + "H", len(ordered))), bytearray()
    for tag in ordered:
        entries += struct.pack(order + "HHI", tag.code, tag.type, tag.count)
        if len(tag.data) <= 4:
            entries += tag.data.ljust(4, b"\0")
        else:
            entries += struct.pack(order + "I", values_at + len(values))
            values += tag.data + b"\0" * (len(tag.data) % 2)
    return bytes(entries + bytes(4) + values)


def long_tag(code: int, value: int, order: Order) -> Tag:
    """A tag of one unsigned 32-bit value."""
    return Tag(code, 4, 1, struct.pack(order + "I", value))


def pack_family(main: Iterable[Tag], children: Mapping[int, Iterable[Tag]], order: Order, at: int) -> bytes:
    """A directory at ``at`` with child directories behind it, each reached through the tag code it is given under."""
    pointers = [code for code, tags in children.items() if tags]
    main = [tag for tag in main if tag.code not in children]
    # the length of the main directory does not depend on the pointers' values
    end = at + len(pack_directory([*main, *(long_tag(code, 0, order) for code in pointers)], order, at))
    packed, targets = b"", {}
    for code in pointers:
        targets[code] = end + len(packed)
        child = pack_directory(children[code], order, targets[code])
        packed += child + b"\0" * (len(child) % 2)
    pointing = [long_tag(code, spot, order) for code, spot in targets.items()]
    return pack_directory([*main, *pointing], order, at) + packed
