"""A seeded corpus of picture files: sound ones in every mode that is read, and hostile ones made from them.

Nothing here uses the package's own writers, so that a fault shared by reader and writer shows.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import tifffile
from PIL import Image, ImageCms

H, W = 19, 26


@dataclass(frozen=True)
class Sample:
    """A file's content. ``must``: "open", "fail", or "either" (a picture or one clear error)."""

    name: str
    data: bytes
    must: str = "either"


def picture(seed: int = 0, channels: int = 3, dtype: type = np.uint8, size: tuple[int, int] = (H, W)) -> np.ndarray:
    """A smooth picture with some noise: compresses, and no two pixels are alike."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    waves = [np.sin(x / (3 + c) + c) + np.cos(y / (4 + c)) for c in range(channels)]
    values = np.stack(waves, axis=2) / 4 + 0.5 + rng.normal(0, 0.02, (*size, channels))
    return (np.clip(values, 0, 1) * np.iinfo(dtype).max).astype(dtype)


def saved(image: Image.Image, name: str, **settings: object) -> bytes:
    """A Pillow picture as the bytes of a file."""
    out = io.BytesIO()
    image.save(out, name, **settings)
    return out.getvalue()


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif_block(orientation: int = 1, *, gps: bool = True, thumbnail: bool = True, order: str = "<") -> bytes:
    """An EXIF block with camera, dates, a maker's note, pixel size, position and thumbnail."""

    def entry(code: int, kind: int, count: int, value: int | bytes) -> bytes:
        raw = value if isinstance(value, bytes) else struct.pack(order + ("H" if kind == 3 else "I"), value)
        return struct.pack(order + "HHI", code, kind, count) + raw.ljust(4, b"\0")

    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    jpeg = saved(Image.new("RGB", (8, 6), (200, 30, 30)), "JPEG") if thumbnail else b""
    note = b"NIKON secret of the maker\0"
    count = 4 + gps
    exif_at = 8 + 2 + 12 * count + 4
    exif_end = exif_at + 2 + 12 * 3 + 4
    gps_at = exif_end + len(note)
    gps_end = gps_at + (2 + 12 * 2 + 4 + 24 if gps else 0)
    thumb_ifd, camera = gps_end, b"ACME\0"
    camera_at = thumb_ifd + (2 + 12 * 2 + 4 if thumbnail else 0)
    jpeg_at = camera_at + 6
    main = [
        entry(0x010F, 2, 5, camera_at),
        entry(0x0112, 3, 1, orientation),
        entry(0x0132, 2, 4, b"now\0"),
        entry(0x8769, 4, 1, exif_at),
    ] + ([entry(0x8825, 4, 1, gps_at)] if gps else [])
    exif = [entry(0x927C, 7, len(note), exif_end), entry(0xA002, 4, 1, 26), entry(0xA003, 4, 1, 19)]
    block = head + struct.pack(order + "H", count) + b"".join(main)
    block += struct.pack(order + "I", thumb_ifd if thumbnail else 0)
    block += struct.pack(order + "H", 3) + b"".join(exif) + bytes(4) + note
    if gps:
        block += struct.pack(order + "H", 2) + entry(1, 2, 2, b"N\0") + entry(2, 5, 3, gps_at + 2 + 24 + 4) + bytes(4)
        block += struct.pack(order + "6I", 48, 1, 51, 1, 2917, 100)
    if thumbnail:
        block += struct.pack(order + "H", 2) + entry(0x0201, 4, 1, jpeg_at) + entry(0x0202, 4, 1, len(jpeg)) + bytes(4)
    assert len(block) == camera_at
    return block + camera + b"\0" + jpeg


def xmp_packet(orientation: int = 6) -> bytes:
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="%d" dc:title="sea" '
        b'exif:GPSLatitude="48,51.5N"><exif:GPSLongitude>2,20E</exif:GPSLongitude><xmp:Thumbnails><rdf:Alt>'
        b"AAAA</rdf:Alt></xmp:Thumbnails></rdf:Description></x:xmpmeta>" % orientation
    )


def tiff(values: np.ndarray, **settings: object) -> bytes:
    """A TIFF by tifffile."""
    out = io.BytesIO()
    tifffile.imwrite(out, values, software=False, metadata=None, **settings)
    return out.getvalue()


def png_chunk(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", zlib.crc32(name + payload))


def png(width: int, height: int, depth: int, kind: int, rows: bytes, *extra: bytes, interlace: int = 0) -> bytes:
    """A PNG from filtered rows, with further chunks behind the header."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlace))
    body = b"".join(extra) + png_chunk(b"IDAT", zlib.compress(rows, 9)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + body


def deep_png(values: np.ndarray) -> bytes:
    """A 16-bit PNG of 1 to 4 channels."""
    h, w, channels = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return png(w, h, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], rows)


def heic(values: np.ndarray, **settings: object) -> bytes:
    import pillow_heif

    modes = {(3, np.uint8): "RGB", (4, np.uint8): "RGBA", (3, np.uint16): "RGB;16"}
    out = io.BytesIO()
    mode = modes[values.shape[2], values.dtype.type]
    pillow_heif.from_bytes(mode, (values.shape[1], values.shape[0]), values.tobytes()).save(
        out, quality=90, **settings
    )
    return out.getvalue()


def sound_files() -> Iterator[Sample]:
    """One file of every format and mode that must open."""
    rgb, rgba, grey = (
        Image.fromarray(picture()),
        Image.fromarray(picture(1, 4)),
        Image.fromarray(picture(2, 1)[..., 0]),
    )
    palette = rgb.quantize(16)
    cmyk = rgb.convert("CMYK")
    blocks = {"exif": b"Exif\0\0" + exif_block(), "icc_profile": srgb_profile(), "xmp": xmp_packet()}
    jpeg = saved(rgb, "JPEG", quality=90, **blocks)
    made = {
        "rgb.jpg": jpeg, "grey.jpg": saved(grey, "JPEG"), "cmyk.jpg": saved(cmyk, "JPEG"),
        "progressive.jpg": saved(rgb, "JPEG", progressive=True, subsampling=0),
        "rgb.png": saved(rgb, "PNG", exif=exif_block(), icc_profile=srgb_profile(), dpi=(300, 300)),
        "rgba.png": saved(rgba, "PNG"), "grey.png": saved(grey, "PNG"), "bit.png": saved(rgb.convert("1"), "PNG"),
        "palette.png": saved(palette, "PNG"), "clear-palette.png": saved(palette, "PNG", transparency=3),
        "key.png": saved(rgb, "PNG", transparency=(1, 2, 3)), "greyalpha.png": saved(rgba.convert("LA"), "PNG"),
        **{f"deep{c}.png": deep_png(picture(3, c, np.uint16)) for c in (1, 2, 3, 4)},
        "rgb.webp": saved(rgb, "WEBP", **blocks), "lossless.webp": saved(rgba, "WEBP", lossless=True, exact=True),
        "moving.webp": saved(rgb, "WEBP", save_all=True, append_images=[rgb.rotate(90)], duration=50),
        "rgb.bmp": saved(rgb, "BMP"), "bit.bmp": saved(rgb.convert("1"), "BMP"), "grey.bmp": saved(grey, "BMP"),
        "still.gif": saved(palette, "GIF"), "clear.gif": saved(palette, "GIF", transparency=2),
        "moving.gif": saved(palette, "GIF", save_all=True, append_images=[palette.rotate(90)], comment=b"hello"),
        "rgb.avif": saved(rgb, "AVIF", **blocks), "rgba.avif": saved(rgba, "AVIF"),
        "rgb.heic": heic(picture()), "rgba.heic": heic(picture(1, 4)),
        **_sound_tiffs(rgb, palette, cmyk, grey),
    }  # fmt: skip
    for name, data in made.items():
        yield Sample(name, data, "open")


def _sound_tiffs(rgb: Image.Image, palette: Image.Image, cmyk: Image.Image, grey: Image.Image) -> dict[str, bytes]:
    deep = picture(4, 3, np.uint16)
    return {
        "rgb.tif": tiff(picture(), photometric="rgb"),
        "lzw.tif": tiff(picture(), photometric="rgb", compression="lzw", predictor=True, rowsperstrip=4),
        "deflate.tif": tiff(deep, photometric="rgb", compression="zlib", predictor=True),
        "tiled.tif": tiff(deep, photometric="rgb", tile=(16, 16), compression="zlib"),
        "planar.tif": tiff(np.moveaxis(deep, 2, 0), photometric="rgb", planarconfig="separate"),
        "big.tif": tiff(deep, photometric="rgb", bigtiff=True),
        "motorola.tif": tiff(deep, photometric="rgb", byteorder=">"),
        "white.tif": tiff(picture(5, 1)[..., 0], photometric="miniswhite"),
        "deepwhite.tif": tiff(picture(5, 1, np.uint16)[..., 0], photometric="miniswhite"),
        "deepalpha.tif": tiff(picture(6, 4, np.uint16), photometric="rgb", extrasamples=["unassalpha"]),
        "premultiplied.tif": tiff(picture(6, 4), photometric="rgb", extrasamples=["assocalpha"]),
        "float.tif": tiff(picture(7, 3).astype(np.float32) / 255, photometric="rgb"),
        "packbits.tif": saved(rgb, "TIFF", compression="packbits"), "jpeg.tif": saved(rgb, "TIFF", compression="jpeg"),
        "fax.tif": saved(rgb.convert("1"), "TIFF", compression="group4"), "palette.tif": saved(palette, "TIFF"),
        "cmyk.tif": saved(cmyk, "TIFF"), "lab.tif": saved(_lab(rgb), "TIFF"), "grey.tif": saved(grey, "TIFF"),
        "deepgrey.tif": tiff(picture(8, 1, np.uint16)[..., 0]), "pages.tif": tiff(np.stack([picture(), picture(1)])),
        "ycbcr.tif": saved(rgb.convert("YCbCr"), "TIFF"),
    }  # fmt: skip


def _lab(rgb: Image.Image) -> Image.Image:
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = ImageCms.applyTransform(rgb, to_lab)
    assert lab is not None
    return lab


def mutations(sample: Sample, rng: np.random.Generator, count: int) -> Iterator[Sample]:
    """Cut off, flipped, overwritten and doubled copies of a sound file."""
    data = sample.data
    for number in range(count):
        at = int(rng.integers(1, len(data)))
        broken = bytearray(data)
        kind = ("cut", "flip", "flips", "noise", "zeros", "repeat")[number % 6]
        if kind == "cut":
            broken = broken[:at]
        elif kind in ("flip", "flips"):
            for spot in rng.integers(0, len(data), 1 if kind == "flip" else 25):
                broken[spot] ^= 1 << int(rng.integers(8))
        elif kind == "repeat":
            broken[at:at] = broken[max(0, at - 64) : at] * int(rng.integers(1, 40))
        else:
            fill = rng.bytes(32) if kind == "noise" else bytes(32)
            broken[at : at + 32] = fill[: len(data) - at]
        yield Sample(f"{kind}-{number}-{sample.name}", bytes(broken))


def header_lies(sample: Sample, rng: np.random.Generator, count: int) -> Iterator[Sample]:
    """Copies whose first bytes, where sizes and counts stand, hold extreme numbers; PNG checksums made right."""
    extremes = [b"\0\0", b"\xff\xff", b"\x7f\xff", b"\xff\xff\xff\xff", b"\0\0\0\1", b"\x80\0\0\0", b"\0\0\x27\x10"]
    for number in range(count):
        broken = bytearray(sample.data)
        value = extremes[int(rng.integers(len(extremes)))]
        at = int(rng.integers(4, max(5, min(len(broken), 400) - 4)))
        broken[at : at + len(value)] = value
        if sample.name.endswith(".png"):
            broken[29:33] = struct.pack(">I", zlib.crc32(bytes(broken[12:29])))
        yield Sample(f"lie-{number}-{sample.name}", bytes(broken))


def bombs() -> Iterator[Sample]:
    """Small files that ask for much."""
    yield Sample("huge.png", png(50_000, 50_000, 8, 0, b"\0" * 1000), "fail")
    yield Sample("tall.png", png(1, 2**31 - 1, 8, 0, b"\0"), "fail")
    yield Sample("promise.png", png(13_000, 13_000, 8, 6, bytes(5000)), "fail")
    yield Sample("promise16.png", png(13_000, 13_000, 16, 6, bytes(5000)), "fail")
    text = zlib.compress(bytes(64 << 20), 9)
    small = b"".join(b"\0" + bytes(8) for _ in range(8))
    packed = {
        b"zTXt": b"Raw profile type exif\0\0" + text,
        b"iCCP": b"icc\0\0" + text,
        b"iTXt": b"XML:com.adobe.xmp\0\1\0\0\0" + text,
    }
    for name, payload in packed.items():
        yield Sample(f"{name.decode()}-bomb.png", png(8, 8, 8, 0, small, png_chunk(name, payload)), "open")
    million = zlib.compress(bytes(6 << 20), 9)
    again = png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + million) + png_chunk(b"iCCP", b"p\0\0" + million)
    yield Sample("again.png", png(8, 8, 8, 0, small, *[again] * 500), "open")
    values = b"".join(struct.pack("<HHII", code, 7, 4 << 20, 8) for code in range(1000, 5000))
    crowd = b"II*\0\x08\0\0\0" + struct.pack("<H", 4000) + values + bytes(4) + bytes(4 << 20)
    yield Sample("crowd.png", png(8, 8, 8, 0, small, png_chunk(b"eXIf", crowd)), "open")
    yield Sample("crowd.tif", crowd, "fail")
    many = [png_chunk(b"tEXt", b"a\0b")] * 20_000
    yield Sample("chunks.png", png(8, 8, 8, 0, small, *many), "open")
    yield from _jpeg_bombs()
    yield from _tiff_bombs()
    big_bmp = struct.pack("<2sIHHI", b"BM", 54, 0, 0, 54) + struct.pack(
        "<IiiHHIIiiII", 40, 13_000, 13_000, 1, 8, 1, 0, 0, 0, 0, 0
    )
    yield Sample("runs.bmp", big_bmp + b"\0\0\0\xff" * 16 + b"\xff\x01" * 1000)
    yield Sample("huge.bmp", big_bmp.replace(struct.pack("<i", 13_000), struct.pack("<i", 2**31 - 1)), "fail")
    gif = saved(Image.new("P", (4, 4)), "GIF")
    yield Sample("huge.gif", gif[:6] + struct.pack("<HH", 65535, 65535) + gif[10:], "fail")
    comments = b"!\xfe" + (b"\xff" + b"c" * 255) * 20_000 + b"\0"
    yield Sample("comments.gif", gif[:-1].replace(b",", comments + b",", 1) + b";", "either")
    flags = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", 16382 | 16382 << 14) + bytes(5)
    yield Sample("huge.webp", b"RIFF" + struct.pack("<I", 4 + len(flags)) + b"WEBP" + flags, "fail")
    for name, data in promises().items():
        yield Sample(name, data, "fail")


@cache
def promises() -> dict[str, bytes]:
    """Small files whose headers say that they are 13,000 pixels wide and high."""
    lossless = saved(Image.new("RGB", (64, 64)), "WEBP", lossless=True)
    avif = saved(Image.fromarray(picture()), "AVIF")
    made = {"promise.webp": lossless, "promise.avif": avif, "promise.heic": heic(picture())}
    return {name: claiming(data, 13_000) for name, data in made.items()}


def claiming(data: bytes, side: int) -> bytes:
    """An AVIF, HEIC or lossless WebP that says in its header that it is ``side`` pixels wide and high."""
    out = bytearray(data)
    lossless = out.find(b"VP8L")
    if lossless >= 0:
        kept = int.from_bytes(out[lossless + 9 : lossless + 13], "little") >> 28 << 28
        out[lossless + 9 : lossless + 13] = struct.pack("<I", side - 1 | side - 1 << 14 | kept)
    at = out.find(b"ispe")
    while at >= 0:
        out[at + 8 : at + 16] = struct.pack(">II", side, side)
        at = out.find(b"ispe", at + 4)
    return bytes(out)


def _jpeg_bombs() -> Iterator[Sample]:
    rgb = Image.fromarray(picture())
    plain = saved(rgb, "JPEG", progressive=True)
    scan = plain.rindex(b"\xff\xda")
    tail = plain[scan:-2]
    yield Sample("scans.jpg", plain[:-2] + tail * 1500 + b"\xff\xd9", "fail")
    sof = plain.index(b"\xff\xc2") + 5
    for side in (65_500, 13_000):
        yield Sample(f"promise{side}.jpg", plain[:sof] + struct.pack(">HH", side, side) + plain[sof + 4 :])
    lied = plain[:sof] + struct.pack(">HH", 13_000, 13_000) + plain[sof + 4 : -2]
    yield Sample("scans-large.jpg", lied + tail * 60 + b"\xff\xd9", "fail")
    loop = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHII", 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    for name, block in (("loop", loop), ("garbage", b"II*\0" + b"\xff" * 500), ("nothing", b"")):
        yield Sample(f"exif-{name}.jpg", saved(rgb, "JPEG", exif=b"Exif\0\0" + block), "open")
    tags = b"".join(struct.pack("<HHII", code, 4, 1, 7) for code in range(5000))
    yield Sample(
        "tags.jpg", saved(rgb, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 5000) + tags), "open"
    )
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><x:xmpmeta>&b;</x:xmpmeta>'
    yield Sample("laughs.jpg", saved(rgb, "JPEG", xmp=laughs), "open")
    block = bytes(60_000)
    shared = b"".join(struct.pack("<HHII", code, 7, 60_000, 0) for code in range(4096))
    block = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 4096) + shared[:50_000]
    yield Sample("shared.jpg", saved(rgb, "JPEG", exif=block), "open")
    yield Sample("profile.jpg", saved(rgb, "JPEG", icc_profile=b"\xff" * 100_000), "open")


def _tiff_bombs() -> Iterator[Sample]:
    inflated = zlib.compress(bytes(200 << 20), 9)

    def file(*tags: tuple[int, int, int, int], data: bytes = b"") -> bytes:
        body = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags)) + bytes(4)
        return b"II*\0\x08\0\0\0" + body + data

    at = 8 + 2 + 12 * 8 + 4
    strip = [
        (258, 3, 1, 8),
        (259, 3, 1, 8),
        (262, 3, 1, 1),
        (273, 4, 1, at),
        (277, 3, 1, 1),
        (279, 4, 1, len(inflated)),
    ]
    yield Sample("deflate.tif", file((256, 4, 1, 16), (257, 4, 1, 16), *strip, data=inflated))
    yield Sample("promise.tif", file((256, 4, 1, 13_000), (257, 4, 1, 13_000), *strip, data=inflated[:1000]), "fail")
    yield Sample("huge.tif", file((256, 4, 1, 2**31), (257, 4, 1, 2**31), *strip, data=inflated[:1000]), "fail")
    tiles = [(258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1), (322, 4, 1, 2**30), (323, 4, 1, 2**30), (324, 4, 1, 8)]
    yield Sample("tiles.tif", file((256, 4, 1, 9), (257, 4, 1, 9), *tiles, (325, 4, 1, 8)), "fail")
    sound = tiff(picture(), photometric="rgb")
    at_first = struct.unpack_from("<I", sound, 4)[0]
    count = struct.unpack_from("<H", sound, at_first)[0]
    looped = bytearray(sound)
    struct.pack_into("<I", looped, at_first + 2 + 12 * count, at_first)
    yield Sample("looped.tif", bytes(looped), "open")


def strangers() -> Iterator[Sample]:
    """What is no picture, under a picture's name."""
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n{} loop\n"
    contents = {
        "postscript.png": postscript,
        "dos.png": b"\xc5\xd0\xd3\xc6" + struct.pack("<II", 30, 60) + bytes(22) + postscript,
        "pdf.jpg": b"%PDF-1.7\n1 0 obj <<>> endobj", "drawing.png": b'<?xml version="1.0"?><svg width="1"/>',
        "svg.jpg": b"<svg xmlns='http://www.w3.org/2000/svg'/>", "archive.png": b"PK\3\4" + bytes(60),
        "photoshop.tif": b"8BPS\0\1" + bytes(40), "text.jpg": b"hello\n", "nothing.png": b"", "one.png": b"\x89",
        "magic.png": b"\x89PNG\r\n\x1a\n", "magic.jpg": b"\xff\xd8\xff", "magic.tif": b"II*\0", "magic.gif": b"GIF89a",
        "magic.bmp": b"BM", "magic.webp": b"RIFF\4\0\0\0WEBP", "magic.avif": b"\0\0\0\x14ftypavif\0\0\0\0avif",
        "film.heic": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(40), "zeros.png": bytes(5000),
        "raw.tif": b"II*\0\x10\0\0\0CR\2\0" + bytes(60),
    }  # fmt: skip
    for name, data in contents.items():
        yield Sample(name, data, "fail")


def corpus(seed: int, each: int) -> Iterator[Sample]:
    """Everything: sound files, ``each`` mutations and ``each`` header lies of every one of them, bombs, strangers."""
    rng = np.random.default_rng(seed)
    for sample in sound_files():
        yield sample
        yield from mutations(sample, rng, each)
        yield from header_lies(sample, rng, each)
    yield from bombs()
    yield from strangers()


def cmyk_profile() -> bytes:
    """A small CMYK profile (ICC.1, lut8): its inks have other colours than plain arithmetic gives them."""
    inks = {(1, 0, 0): (55, -37, -50), (0, 1, 0): (48, 74, -3), (0, 0, 1): (89, -5, 93), (0, 0, 0): (100, 0, 0)}
    inks |= {(1, 1, 0): (24, 17, -46), (1, 0, 1): (50, -65, 27), (0, 1, 1): (47, 68, 48), (1, 1, 1): (23, 0, 0)}
    nodes = b""
    for index in range(16):
        c, m, y, k = (index >> shift & 1 for shift in (3, 2, 1, 0))
        lightness, a, b = (0, 0, 0) if k else inks[c, m, y]
        nodes += bytes((round(lightness * 2.55), a + 128, b + 128))
    identity = struct.pack(">9i", *(65536 * (index % 4 == 0) for index in range(9)))
    ramp = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + identity + ramp * 4 + nodes + ramp * 3
    head = struct.pack(">I4sI4s4s4s12s4s", 0, b"", 0x02400000, b"prtr", b"CMYK", b"Lab ", bytes(12), b"acsp")
    head += bytes(28) + struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D) + bytes(48)
    tags = struct.pack(">I4sII", 1, b"A2B0", 144, len(table))
    body = head + tags + table
    return struct.pack(">I", len(body)) + body[4:]
