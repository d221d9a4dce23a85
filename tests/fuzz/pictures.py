"""Picture files made to hurt: metadata, headers, scans, frames and modes that no camera writes."""

import io
import lzma
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from tests import corpus
from tests.corpus import Sample, picture, png, png_chunk, saved

TURNED_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF")


def attacks(rng: np.random.Generator, *, with_large: bool = True) -> Iterator[Sample]:
    """All of them; ``rng`` chooses sizes and places, so that another seed gives other files.

    with_large  also pictures of 150 megapixels, which take seconds to make
    """
    yield from _metadata(rng)
    yield from _headers(rng)
    yield from _scans(rng)
    yield from _frames(rng)
    yield from _modes(rng)
    if with_large:
        yield from _late_failures(rng)
    yield from turned(rng)


def turned(rng: np.random.Generator) -> Iterator[Sample]:
    """One picture in all eight orientations (EXIF), in four formats, and with nonsense for an orientation."""
    rgb = Image.fromarray(picture(int(rng.integers(99))))
    for kind in TURNED_FORMATS:
        for orientation in (*range(1, 9), 0, 9, 65535):
            tags = Image.Exif()
            tags[0x0112] = orientation
            settings = {"lossless": True} if kind == "WEBP" else {}
            yield Sample(f"turned-{orientation}.{kind.lower()}", saved(rgb, kind, exif=tags, **settings), "open")


def _metadata(rng: np.random.Generator) -> Iterator[Sample]:
    rgb = Image.fromarray(picture())
    plain, jpeg = saved(rgb, "PNG"), saved(rgb, "JPEG")
    big = int(rng.integers(50, 400)) << 20
    packed = _inflating_to(big)
    for name, head in ((b"zTXt", b"Comment\0\0"), (b"iCCP", b"icc\0\0"), (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0")):
        yield Sample(f"inflates-{name.decode()}.png", _after_header(plain, png_chunk(name, head + packed)), "open")
    chain = _looped_directories(int(rng.integers(2, 40)))
    for name, data in (("png", _after_header(plain, png_chunk(b"eXIf", chain))), ("jpg", _app1(jpeg, chain))):
        yield Sample(f"directories-in-circles.{name}", data, "open")
    for count in rng.integers(1, 65535, 4).tolist():
        tags = b"".join(struct.pack("<HHII", int(rng.integers(65536)), 4, count, 8) for _ in range(min(count, 4000)))
        block = b"MM\0*\0\0\0\x08" if count % 2 else b"II*\0\x08\0\0\0"
        yield Sample(f"tags-{count}.jpg", _app1(jpeg, block + struct.pack("<H", count) + tags), "open")
    for number in range(6):
        yield Sample(f"exif-noise-{number}.jpg", _app1(jpeg, b"II*\0" + rng.bytes(int(rng.integers(1, 3000)))), "open")
        yield Sample(f"icc-noise-{number}.jpg", saved(rgb, "JPEG", icc_profile=rng.bytes(200)), "open")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    for name, packet in (
        ("laughs", f"<!DOCTYPE x [{laughs}]><x>&l11;</x>".encode()),
        ("outside", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x:xmpmeta>&a;</x:xmpmeta>'),
        ("deep", b"<a>" * 20_000 + b"</a>" * 20_000),
        ("thumbnails", b"<xmp:Thumbnails " + b"<" * 50_000),
        ("positions", b"<exif:GPSa " * 5_000),
    ):
        yield Sample(f"xmp-{name}.jpg", _xmp(jpeg, packet), "open")
    segments = b"".join(b"\xff\xe1\0\x08Exif\0\0" for _ in range(20_000))
    yield Sample("segments.jpg", jpeg[:2] + segments + jpeg[2:], "open")
    comments = b"".join(b"\xff\xfe\xff\xff" + bytes(65533) for _ in range(300))
    yield Sample("comments.jpg", jpeg[:2] + comments + jpeg[2:], "open")


def _headers(rng: np.random.Generator) -> Iterator[Sample]:
    """Sizes that were never there, in front of the data of a small picture."""
    rgb = Image.fromarray(picture())
    sizes = [(13_000, 13_000), (1, 2**31 - 1), (2**31 - 1, 1), (0, 5), (65_535, 65_535), (2**32 - 1,) * 2]
    sizes += [tuple(rng.integers(1, 200_000, 2).tolist()) for _ in range(6)]
    for w, h in sizes:
        for depth, kind in ((8, 2), (16, 6), (1, 0), (8, 3), (4, 0)):
            yield Sample(f"lies-{w}x{h}-{depth}-{kind}.png", png(w, h, depth, kind, b"\0" * 999))
        jpeg = bytearray(saved(rgb, "JPEG", progressive=bool(w % 2)))
        at = jpeg.index(b"\xff\xc2" if w % 2 else b"\xff\xc0") + 5
        struct.pack_into(">HH", jpeg, at, h % 65536, w % 65536)
        yield Sample(f"lies-{w}x{h}.jpg", bytes(jpeg))
        gif = bytearray(saved(rgb.quantize(8), "GIF"))
        struct.pack_into("<HH", gif, 6, w % 65536, h % 65536)
        yield Sample(f"lies-{w}x{h}.gif", bytes(gif))
        for bits, packing in ((24, 0), (8, 1), (4, 2), (32, 3)):
            head = struct.pack("<IiiHHIIiiII", 40, w % 2**31, h % 2**31, 1, bits, packing, 0, 0, 0, 0, 0)
            file = b"BM" + struct.pack("<IHHI", 1000, 0, 0, 54) + head
            yield Sample(f"lies-{w}x{h}-{bits}-{packing}.bmp", file + rng.bytes(900))
        for compression in (1, 5, 8, 7, 32773, 50000, 34712):
            yield Sample(f"lies-{w}x{h}-{compression}.tif", _tiff(w, h, compression, rng.bytes(900)))
        flags = b"\x2f" + struct.pack("<I", (w - 1) % 16384 | (h - 1) % 16384 << 14) + rng.bytes(60)
        body = b"VP8L" + struct.pack("<I", len(flags)) + flags + b"\0" * (len(flags) % 2)
        yield Sample(f"lies-{w}x{h}.webp", b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body)
    for name, data in (("heic", corpus.heic(picture())), ("avif", saved(rgb, "AVIF"))):
        at = data.index(b"ispe") + 8
        for w, h in sizes:
            lied = bytearray(data)
            struct.pack_into(">II", lied, at, w % 2**32, h % 2**32)
            yield Sample(f"lies-{w}x{h}.{name}", bytes(lied))


def _scans(rng: np.random.Generator) -> Iterator[Sample]:
    """Progressive JPEGs with passes after passes, small and large."""
    jpeg = saved(Image.fromarray(picture()), "JPEG", progressive=True)
    first, last = jpeg.index(b"\xff\xda"), jpeg.rindex(b"\xff\xda")
    passes = jpeg[last:-2]
    sof = jpeg.index(b"\xff\xc2") + 5
    for count in (90, 101, int(rng.integers(200, 3000))):
        yield Sample(f"passes-{count}.jpg", jpeg[:-2] + passes * count + b"\xff\xd9")
        for side in (4_000, 13_000, 65_000):
            lied = jpeg[:sof] + struct.pack(">HH", side, min(side, 13_000)) + jpeg[sof + 4 : -2]
            yield Sample(f"passes-{count}-{side}.jpg", lied + passes * count + b"\xff\xd9")
    yield Sample("no-end.jpg", jpeg[:first] + jpeg[first:-2] * 40)
    restarts = saved(Image.fromarray(picture()), "JPEG")
    restarts = restarts.replace(b"\xff\xda", b"\xff\xdd\0\4\0\1\xff\xda", 1)
    yield Sample("restarts.jpg", restarts[:-2] + b"\xff\xd0" * 50_000 + b"\xff\xd9")


def _frames(rng: np.random.Generator) -> Iterator[Sample]:
    """Animations and documents of thousands of pages: the first is shown."""
    count = int(rng.integers(1500, 2500))
    tiny = saved(Image.new("P", (2, 2)), "GIF")
    frame = tiny[tiny.index(b",") : -1]
    yield Sample("frames.gif", tiny[:-1] + frame * count + b";")
    wide = tiny[:6] + struct.pack("<HH", 9_000, 9_000) + tiny[10:-1]
    yield Sample("frames-wide.gif", wide + frame * count + b";")
    still = saved(Image.fromarray(picture()), "PNG")
    control = png_chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    frames = b"".join(
        png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", n, 26, 19, 0, 0, 1, 1, 0, 0))
        + png_chunk(b"fdAT", struct.pack(">I", n) + b"x")
        for n in range(count)
    )
    yield Sample("frames.png", _after_header(still, control)[:-12] + frames + still[-12:], "open")
    page = _tiff(4, 4, 1, bytes(16))
    pages, size = bytearray(page[:8]), len(page) - 8
    for number in range(10_000):
        moved = bytearray(page[8:])
        at = 8 + number * size
        struct.pack_into("<I", moved, 2 + 12 * 5 + 8, at + 2 + 12 * 7 + 4)
        struct.pack_into("<I", moved, 2 + 12 * 7, at + size if number < 9_999 else 8)
        pages += moved
    yield Sample("pages-in-a-circle.tif", bytes(pages))


def _modes(rng: np.random.Generator) -> Iterator[Sample]:
    """Sample types that few programs write."""
    for name, values in (
        ("nan", np.full((9, 9, 3), np.nan, np.float32)),
        ("infinite", np.full((9, 9), np.inf, np.float64)),
        ("half", rng.normal(0, 1e4, (9, 9)).astype(np.float16)),
        ("wide", rng.integers(0, 2**32, (9, 9, 3), np.uint32)),
        ("signed", rng.integers(-(2**15), 2**15, (9, 9), np.int16)),
        ("complex", rng.normal(size=(9, 9)).astype(np.complex64)),
        ("channels", rng.integers(0, 255, (9, 9, 40), np.uint8)),
        ("long", rng.integers(0, 255, (1, 70_000), np.uint8)),
    ):
        photometric = "rgb" if values.shape[2:] == (3,) else "minisblack"
        yield Sample(f"mode-{name}.tif", corpus.tiff(values, photometric=photometric))
    grey = Image.fromarray(picture(1, 1)[..., 0])
    for mode in ("1", "I", "I;16", "F", "CMYK", "LAB", "YCbCr", "La", "RGBa"):
        try:
            yield Sample(f"mode-{mode}.tif", saved(grey.convert(mode), "TIFF"))
        except (ValueError, OSError, KeyError):
            continue
    for depth, kind in ((2, 0), (4, 3), (3, 0), (16, 3), (8, 1), (8, 5), (255, 255)):
        yield Sample(f"mode-{depth}-{kind}.png", png(9, 9, depth, kind, rng.bytes(500)))
    yield Sample("interlaced.png", png(9, 9, 8, 2, rng.bytes(500), interlace=1))
    yield Sample("palette-outside.png", png(9, 9, 8, 3, bytes([0, *[255] * 9]) * 9, png_chunk(b"PLTE", b"abc")))


def _late_failures(rng: np.random.Generator) -> Iterator[Sample]:
    """Large pictures whose data say all the way that they are sound, and break off near the end."""
    for depth, kind, samples in ((8, 6, 4), (16, 6, 8), (16, 2, 6), (8, 0, 1)):
        side = int(rng.integers(11_000, 13_300))
        rows = (side * samples + 1) * side
        yield Sample(f"late-{depth}-{kind}.png", _packed_png(side, side, depth, kind, _inflating_to(rows * 9 // 10)))
        broken = _packed_png(side, side, depth, kind, _inflating_to(rows)[:-9] + b"\0" * 9)
        yield Sample(f"late-sum-{depth}-{kind}.png", broken)
    side = int(rng.integers(11_000, 13_300))
    share = int(rng.integers(15, 95))
    mixed = _rows_with_noise(rng, side * 3, side, share)
    yield Sample(f"late-one-part-in-{share}.png", _packed_png(side, side, 8, 2, mixed[:-200] + bytes(200)))
    yield from _late_strips(side)
    strip = _inflating_to(side * side * 3 * 9 // 10)
    yield Sample("late.tif", _tiff(side, side, 8, strip, samples=3))
    yield Sample("late-lzw.tif", _tiff(side, side, 5, b"\x80\0" * 4000, samples=3))
    yield Sample("late-packbits.tif", _tiff(side, side, 32773, b"\x81\0" * (side * 3), samples=3))
    gif = saved(Image.new("P", (64, 64)), "GIF")
    at = gif.index(b",")
    wide = bytearray(gif)
    struct.pack_into("<HH", wide, 6, 13_000, 13_000)
    struct.pack_into("<HH", wide, at + 5, 13_000, 13_000)
    yield Sample("late.gif", bytes(wide))


def _late_strips(side: int) -> Iterator[Sample]:
    """TIFFs of many strips, of which the last is cut in half."""
    strips = -(-side // 64)
    raw = bytes(side * 3 * 64)
    for name, code, packed in (("deflate", 8, zlib.compress(raw, 6)), ("lzma", 34925, lzma.compress(raw, preset=1))):
        data = packed * (strips - 1) + packed[: len(packed) // 2]
        at = 8 + 2 + 12 * 9 + 4
        starts = [at + 8 * strips + len(packed) * number for number in range(strips)]
        lengths = [len(packed)] * (strips - 1) + [len(packed) // 2]
        tags = [
            (256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 8), (259, 3, 1, code), (262, 3, 1, 2),
            (273, 4, strips, at), (277, 3, 1, 3), (278, 4, 1, 64), (279, 4, strips, at + 4 * strips),
        ]  # fmt: skip
        body = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
        tables = struct.pack(f"<{2 * strips}I", *starts, *lengths)
        yield Sample(f"late-strips-{name}.tif", b"II*\0\x08\0\0\0" + body + tables + data, "fail")


def _rows_with_noise(rng: np.random.Generator, length: int, rows: int, share: int) -> bytes:
    """A zlib stream of PNG rows, one part in ``share`` of each noise and the rest zeros."""
    machine, out = zlib.compressobj(1), io.BytesIO()
    for _ in range(rows):
        noise = rng.bytes(length // share)
        out.write(machine.compress(b"\0" + noise + bytes(length - len(noise))))
    return out.getvalue() + machine.flush()


def _inflating_to(size: int) -> bytes:
    """A zlib stream of zeros, made without holding them."""
    machine, out, left = zlib.compressobj(1), io.BytesIO(), size
    block = bytes(1 << 20)
    while left > 0:
        out.write(machine.compress(block[:left]))
        left -= len(block)
    return out.getvalue() + machine.flush()


def _packed_png(w: int, h: int, depth: int, kind: int, packed: bytes) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", packed) + png_chunk(b"IEND", b"")


def _after_header(data: bytes, chunk: bytes) -> bytes:
    return data[:33] + chunk + data[33:]


def _app1(jpeg: bytes, block: bytes) -> bytes:
    payload = (b"Exif\0\0" + block)[:65533]
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + jpeg[2:]


def _xmp(jpeg: bytes, packet: bytes) -> bytes:
    payload = (b"http://ns.adobe.com/xap/1.0/\0" + packet)[:65533]
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + jpeg[2:]


def _looped_directories(count: int) -> bytes:
    block = b"II*\0\x08\0\0\0"
    for number in range(count):
        at = 8 + number * 18
        goes_to = at + 18 if number + 1 < count else 8
        block += struct.pack("<HHHIII", 1, 0x8769, 4, 1, goes_to, goes_to)
    return block


def _tiff(w: int, h: int, compression: int, data: bytes, *, samples: int = 1) -> bytes:
    """One strip of 8-bit samples."""
    at = 8 + 2 + 12 * 7 + 4
    tags = [
        (256, 4, 1, w % 2**32), (257, 4, 1, h % 2**32), (258, 3, 1, 8), (259, 3, 1, compression),
        (262, 3, 1, 2 if samples == 3 else 1), (273, 4, 1, at), (277, 3, 1, samples),
    ]  # fmt: skip
    body = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)
    return b"II*\0\x08\0\0\0" + body + data
