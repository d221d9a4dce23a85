"""EXIF blocks: the few things the program must know in them, changed in place.

In place, because makers' notes hold offsets that only they understand: a block that is parsed and written
anew loses them. So orientation is patched, the thumbnail and the position are blanked, the rest stays as it was.
"""

import struct

from genrepair_desktop.imaging.codecs.tags import (
    MAX_TAGS,
    Directory,
    Order,
    Tag,
    TagError,
    TagReader,
    pack_family,
)

ORIENTATION, EXIF_IFD, GPS_IFD, INTEROP_IFD = 0x0112, 0x8769, 0x8825, 0xA005
_PIXEL_WIDTH, _PIXEL_HEIGHT = 0xA002, 0xA003
_THUMBNAIL_SPANS = ((0x0201, 0x0202), (0x0111, 0x0117))

# Tags of a TIFF's first directory that tell about the photo; all others tell how its samples are stored
_DESCRIPTIVE = {
    0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298, 0x4746, 0x4749, 0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F,
}  # fmt: skip


def orientation(block: bytes) -> int:
    """The EXIF orientation, 1 to 8; 1 where it is missing or not one of these.

    Raises:
        TagError: the block is broken.
    """
    reader = TagReader.of_block(block)
    value = reader.integer(reader.directory(reader.first_at), ORIENTATION, 1)
    return value if 1 <= value <= 8 else 1


def cleaned(block: bytes, *, strip_gps: bool = False, size: tuple[int, int] | None = None) -> bytes:
    """The block for an upright export: orientation 1, no thumbnail, the given pixel size, position if wanted.

    Args:
        block: an EXIF block.
        strip_gps: blank the position.
        size: width and height to put where the block states them.

    Raises:
        TagError: the block is broken.
    """
    reader = TagReader.of_block(block)
    if reader.is_big:
        raise TagError("EXIF is no BigTIFF")
    main = reader.directory(reader.first_at)
    out = bytearray(block)
    _set_integer(out, reader.order, main, ORIENTATION, 1)
    if size:
        child = _child(reader, main, EXIF_IFD)
        if child:
            _set_integer(out, reader.order, child, _PIXEL_WIDTH, size[0])
            _set_integer(out, reader.order, child, _PIXEL_HEIGHT, size[1])
    _drop_thumbnail(out, reader, main)
    while strip_gps and _drop_gps(out):
        pass
    return _shortened(bytes(out))


def from_tiff(reader: TagReader, main: Directory) -> bytes | None:
    """An EXIF block of what a TIFF's first directory tells about the photo; None if it tells nothing."""
    kept = [tag for code, tag in main.tags.items() if code in _DESCRIPTIVE]
    children = {code: _children(reader, main, code) for code in (EXIF_IFD, GPS_IFD)}
    if not kept and not any(children.values()):
        return None
    magic = struct.pack(reader.order + "2sHI", b"II" if reader.order == "<" else b"MM", 42, 8)
    return magic + pack_family(kept, children, reader.order, 8)


def byte_order(block: bytes) -> Order:
    """The byte order of a block."""
    return TagReader.of_block(block).order


def into_tiff(tiff: bytes | bytearray | memoryview, block: bytes) -> bytes:
    """What to append to a classic TIFF of the same byte order so that it carries the block's tags.

    The appended bytes start with a directory that replaces the first one; the file's header must be made to
    point at it.
    MakerNotes are copied, but those that count offsets from the start of the file will not find them.

    Raises:
        TagError: one of both is broken, or they differ in byte order.
    """
    target, source = TagReader.of_block(tiff), TagReader.of_block(block)
    if target.order != source.order or target.is_big:
        raise TagError("byte orders differ")
    own = target.directory(target.first_at).tags
    main = source.directory(source.first_at)
    told = [tag for code, tag in main.tags.items() if code in _DESCRIPTIVE]
    children = {code: _children(source, main, code) for code in (EXIF_IFD, GPS_IFD)}
    merged = {**own, **{tag.code: tag for tag in told}}
    return pack_family(merged.values(), children, target.order, len(tiff))


def _child(reader: TagReader, main: Directory, code: int) -> Directory | None:
    at = reader.integer(main, code, 0)
    if not at:
        return None
    try:
        return reader.directory(at)
    except TagError:
        return None


def _children(reader: TagReader, main: Directory, code: int) -> list[Tag]:
    child = _child(reader, main, code)
    # 8-byte integers and pointers to further directories would not survive the move
    return [t for t in child.tags.values() if t.type < 16 and t.code != INTEROP_IFD][:MAX_TAGS] if child else []


def _set_integer(out: bytearray, order: Order, directory: Directory, code: int, value: int) -> None:
    tag = directory.tags.get(code)
    if tag is None or tag.count != 1 or tag.type not in (3, 4):
        return
    if tag.type == 3 and value > 0xFFFF:
        struct.pack_into(order + "H", out, tag.entry_at + 2, 4)
        tag = Tag(code, 4, 1, b"", tag.entry_at, tag.value_at)
    struct.pack_into(order + ("H" if tag.type == 3 else "I"), out, tag.value_at, value)


def _blank(out: bytearray, start: int, size: int) -> None:
    end = min(len(out), start + size)
    if 8 <= start < end:
        out[start:end] = bytes(end - start)


def _blank_directory(out: bytearray, directory: Directory) -> None:
    for tag in directory.tags.values():
        _blank(out, tag.value_at, len(tag.data))
    _blank(out, directory.at, directory.end - directory.at)


def _drop_thumbnail(out: bytearray, reader: TagReader, main: Directory) -> None:
    if not main.next_at:
        return
    struct.pack_into(reader.order + "I", out, main.end - 4, 0)
    try:
        second = reader.directory(main.next_at)
    except TagError:
        return
    if second.at < main.end and main.at < second.end:
        return  # a loop: the pointer is gone, and that is all there was
    for offsets, counts in _THUMBNAIL_SPANS:
        spans = zip(reader.integers(second, offsets), reader.integers(second, counts), strict=False)
        for start, size in spans:
            if not (start < main.end and main.at < start + size):
                _blank(out, start, size)
    _blank_directory(out, second)


def _drop_gps(out: bytearray) -> bool:
    """Blank one position directory and take its entry out; False if there is none."""
    reader = TagReader.of_block(out)
    main = reader.directory(reader.first_at)
    entry = main.tags.get(GPS_IFD)
    if entry is None:
        return False
    child = _child(reader, main, GPS_IFD)
    if child and not (child.at < main.end and main.at < child.end):
        _blank_directory(out, child)
    # take the entry out of the list: the entries behind it and the pointer to the next directory move up
    out[entry.entry_at : main.end - 12] = out[entry.entry_at + 12 : main.end]
    out[main.end - 12 : main.end] = bytes(12)
    count = struct.unpack_from(reader.order + "H", out, main.at)[0]
    struct.pack_into(reader.order + "H", out, main.at, count - 1)
    return True


def _shortened(block: bytes) -> bytes:
    """Without the blanked bytes at the end, if nothing that is left points there."""
    reader = TagReader.of_block(block)
    main = reader.directory(reader.first_at)
    end, waiting = main.end, [main]
    for code in (EXIF_IFD, GPS_IFD):
        child = _child(reader, main, code)
        waiting += [child] if child else []
    for child in list(waiting):
        interop = _child(reader, child, INTEROP_IFD)
        waiting += [interop] if interop else []
    for directory in waiting:
        end = max([end, directory.end, *(tag.value_at + len(tag.data) for tag in directory.tags.values())])
    end = max(end, len(block.rstrip(b"\0")))
    return block[: min(len(block), end + end % 2)]
