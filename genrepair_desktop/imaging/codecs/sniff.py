"""Which format a file's first bytes say it is. An allow-list: its name is never asked.

Pillow recognises PostScript by content too and would start an interpreter for ``photo.png``; so content decides
here, and Pillow is only ever given the one format that was found.
"""

from genrepair_desktop.imaging.codecs.errors import unsupported

HEAD_BYTES = 4096

_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_AVIF_BRANDS = {b"avif", b"avis"}
_TIFF_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

# What people do drop on a photo program, with what to do about it
_STRANGERS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "it is a PDF document", "export the page as PNG or TIFF and open that"),
    (b"%!PS", "it is a PostScript document", "convert it to PNG or TIFF first"),
    (b"\xc5\xd0\xd3\xc6", "it is a PostScript document", "convert it to PNG or TIFF first"),
    (b"<?xml", "it is an XML or SVG document, not a photo", "export it as PNG and open that"),
    (b"<svg", "it is an SVG drawing, not a photo", "export it as PNG and open that"),
    (b"8BPS", "it is a Photoshop document", "save it as TIFF or PNG and open that"),
    (b"gimp xcf", "it is a GIMP document", "export it as TIFF or PNG and open that"),
    (b"\xff\x0a", "it is a JPEG XL picture, which is not read here", "convert it to PNG or TIFF"),
    (b"\0\0\0\x0cJXL ", "it is a JPEG XL picture, which is not read here", "convert it to PNG or TIFF"),
    (b"\0\0\0\x0cjP  ", "it is a JPEG 2000 picture, which is not read here", "convert it to PNG or TIFF"),
    (b"\xff\x4f\xff\x51", "it is a JPEG 2000 picture, which is not read here", "convert it to PNG or TIFF"),
    (b"PK\x03\x04", "it is a zip archive or a project, not a photo", "open it as a project or unpack it"),
    (b"\0\0\1\0", "it is an icon file", "convert it to PNG"),
)  # fmt: skip


def sniff(head: bytes) -> str:
    """The format of a file that starts with ``head``: "jpeg", "png", "tiff", "webp", "bmp", "gif", "avif", "heic".

    Raises:
        Refused: none of these.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(_TIFF_HEADS):
        return "tiff"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if head[:2] == b"BM":
        return "bmp"
    if head[4:8] == b"ftyp":
        return _sniff_iso(head)
    for magic, what, remedy in _STRANGERS:
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(magic) or head.startswith(magic):
            raise unsupported(what, remedy)
    raise unsupported(
        "its content is no picture format that is read here",
        "choose a JPEG, PNG, TIFF, WebP, BMP, GIF, AVIF or HEIC file",
    )


def _sniff_iso(head: bytes) -> str:
    size = int.from_bytes(head[:4], "big")
    brands = [head[8:12]] + [head[at : at + 4] for at in range(16, min(size, len(head)), 4)]
    # the main brand first: an AVIF may list HEIF's general brands among the compatible ones
    for brand in brands:
        if brand in _AVIF_BRANDS:
            return "avif"
        if brand in _HEIC_BRANDS:
            return "heic"
    if b"mif1" in brands or b"msf1" in brands:
        return "heic"
    if b"crx " in brands:
        raise unsupported("it is a camera raw file", "develop it to TIFF with a raw program and open that")
    raise unsupported("it is a video or audio file, not a photo", "export a single frame as PNG and open that")
